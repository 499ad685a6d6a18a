"""What was learned from the green dashboards, in the days after."""

from drills.reviewing import (
    asks_why,
    decides,
    declines,
    fills_grid,
    finishes,
    has_idea,
    meets,
    shares,
    thanks,
    verifies,
    writes,
)
from drills.script import Step

DAY = 24 * 60 * 60.0

AFTERWARDS = (
    Step(2.4 * DAY, meets("lena"), "The review meets"),
    Step(
        2.41 * DAY,
        asks_why(
            "lena",
            (
                "Why did workflows stop half way?",
                "The flag batch_window splits runs above 10 000 rows and loses the second half.",
                "run 88 121",
            ),
            (
                "Why was the flag on?",
                "The upgrade turned four flags on by default.",
                "the list of flags that changed",
            ),
            (
                "Why did no test see it?",
                "Test accounts hold 200 rows; the flag acts above 10 000.",
                "the staging seed",
            ),
            (
                "Why were the dashboards green?",
                "They count started runs, not ended ones.",
                "the query behind the dashboard",
            ),
            (
                "Which safeguard was absent?",
                "No step of an upgrade compares flags or runs one large account first.",
                "the upgrade checklist",
            ),
            safeguard="dry_run",
        ),
        "Five whys",
    ),
    Step(
        2.42 * DAY,
        writes(
            "lena",
            "analysis",
            "The upgrade changed four defaults. One of them only acts at a scale that no test "
            "account has, and the dashboard counted **starts**, so everything looked well.",
        ),
        "The analysis",
    ),
    Step(
        2.43 * DAY,
        fills_grid(
            "lena",
            {
                "worked": {"process": ["Every step could be undone; one account went first."]},
                "did_not": {"tooling": ["Dashboards count starts, not ends."]},
                "lucky": {"process": ["A customer wrote within nine minutes."]},
                "change_next": {"tooling": ["Compare flags before and after an upgrade."]},
            },
        ),
        "The grid",
    ),
    Step(
        2.44 * DAY,
        decides(
            "lena",
            "ended",
            "Count ended workflows beside started ones and alert on the gap",
            owner="ravi",
            due_days=6,
            type="alert",
            priority="p1",
            success_criterion="A gap above 0.5 % pages within 5 minutes",
        ),
        "An action item: count ends",
    ),
    Step(
        2.45 * DAY,
        decides(
            "lena",
            "large",
            "Run one large account through every upgrade before the others",
            owner="jo",
            due_days=9,
            type="test",
            priority="p1",
            success_criterion="No upgrade passes without a run above 10 000 rows",
        ),
        "An action item: a large account first",
    ),
    Step(
        2.46 * DAY,
        decides(
            "lena",
            "flags",
            "Refuse an upgrade that changes a flag nobody named",
            owner="tunde",
            due_days=25,
            type="guardrail",
            priority="p2",
            success_criterion="The pipeline stops and lists the flags",
        ),
        "An action item: named flags",
    ),
    Step(
        2.47 * DAY,
        decides(
            "lena",
            "page",
            "Put a status line for workflows on every customer page",
            owner="maya",
            due_days=25,
            type="design",
            priority="p3",
            success_criterion="Customers see delays without writing to us",
        ),
        "An action item: a status line",
    ),
    Step(
        2.48 * DAY,
        has_idea("jo", "A copy of the largest account, anonymised, in staging"),
        "An idea",
    ),
    Step(3 * DAY, thanks("lena", "ravi", "for one account at a time, at 02:40"), "Thanks"),
    Step(4 * DAY, shares("lena"), "Published"),
    Step(
        6.5 * DAY,
        declines("maya", "page", "Customers have the feed; a second place would drift."),
        "Declined",
    ),
    Step(7.5 * DAY, finishes("ravi", "ended", "alert workflow-gap is live"), "Done: count ends"),
    Step(
        14.7 * DAY,
        verifies("lena", "ended", "It paged in a rehearsal, 3 minutes after the gap."),
        "Verified: count ends",
    ),
)
