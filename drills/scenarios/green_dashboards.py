"""Green dashboards, 02:07: an edge-case flag that only triggers at scale, undone in small steps."""

from drills.moves import (
    adds,
    answers,
    asks,
    blocks,
    changes,
    completes,
    declares,
    escalates,
    goes,
    hears,
    joins,
    moves,
    names,
    notes,
    plans,
    publishes,
    resolves,
    resumes,
    starts,
    stops,
    stops_when,
    thinks,
    wants,
    watches,
)
from drills.scenarios.green_dashboards_review import AFTERWARDS
from drills.script import Curve, Scenario, Step

MIN = 60.0

BUDGET = (
    '100 * (1 - (sum(increase(http_requests_total{job="api", code=~"5.."}[30d])) '
    '/ sum(increase(http_requests_total{job="api"}[30d]))) / 0.001)'
)
"""What is left of 0.1 % of all requests, in percent: docs/metrics.md."""

STEPS = (
    Step(
        0,
        declares(
            "ravi",
            "Scheduled workflows fail now and then after the upgrade",
            "sev2",
            "workflows",
            impact_min_before=9,
        ),
        "Ravi declares",
    ),
    Step(
        50,
        names("ravi", "commander", "lena", "All dashboards are green; customers report failures."),
        "Lena takes command",
    ),
    Step(70, joins("maya"), "Maya joins"),
    Step(80, names("lena", "communications", "maya"), "Maya takes communications"),
    Step(90, names("lena", "fix_owner", "ravi"), "Ravi owns the fix"),
    Step(
        2 * MIN,
        changes(
            "lena",
            statement="One in nine scheduled workflows stops half way since the upgrade at 01:50",
            in_our_control="The upgrade, its flags, the scheduler.",
            beyond_our_control="When customers schedule their runs.",
        ),
        "Lena names the miss",
    ),
    Step(
        3 * MIN,
        blocks(
            "lena", "Nightly workflows", "customers with large accounts", 130, "stopped runs", 11
        ),
        "Who is blocked",
    ),
    Step(
        4 * MIN,
        wants(
            "lena",
            "Every scheduled workflow ends, none runs twice, and we would see it next time.",
            "ravi",
            "maya",
        ),
        "The end state",
    ),
    Step(
        5 * MIN,
        watches("ravi", "failed", "Stopped workflows", "<=", 0.5, unit="%", hold_s=600),
        "A signal: stopped workflows",
    ),
    Step(
        5.5 * MIN,
        watches("ravi", "twice", "Runs started twice", "=", 0, hold_s=60),
        "A signal: double runs",
    ),
    Step(
        5.7 * MIN,
        watches(
            "ravi",
            "budget",
            "Error budget left, 30 days",
            ">=",
            0,
            unit="%",
            required=False,
            query=BUDGET,
        ),
        "A signal: what is left of the error budget",
    ),
    Step(
        6 * MIN,
        stops_when("lena", "A run starts twice", "twice", ">", 0),
        "What stops the line by itself",
    ),
    Step(
        7 * MIN,
        adds(
            "ravi",
            "diff",
            "Compare flags before and after the upgrade",
            serves="failed",
            owner="ravi",
            expected_proof="list of flags that changed",
            risk="read_only",
            column="next",
        ),
        "A card: compare flags",
    ),
    Step(8 * MIN, moves("ravi", "diff", "now"), "Ravi compares flags"),
    Step(
        14 * MIN,
        publishes(
            "maya",
            20,
            "Some scheduled workflows stop half way since an upgrade tonight. We are comparing "
            "what changed.",
            status_text="One in nine scheduled workflows stops half way; no dashboard shows it.",
            hypothesis="A flag behaves differently for large accounts.",
            current_action="Comparing flags before and after the upgrade.",
            next_moves=["Turn the suspect flag off for one account", "Replay a stopped run"],
        ),
        "Update 1",
    ),
    Step(
        21 * MIN,
        moves("ravi", "diff", "done", "4 flags differ; batch_window only acts above 10 000 rows"),
        "Four flags differ",
    ),
    Step(
        16 * MIN,
        escalates("ravi", "scale", "I cannot reproduce it: no test account is large enough"),
        "Ravi escalates",
    ),
    Step(17 * MIN, hears("lena", "scale"), "Lena has it"),
    Step(22 * MIN, goes("lena", "identified"), "Identified"),
    Step(
        23 * MIN,
        adds(
            "ravi",
            "one",
            "Turn batch_window off for one large account",
            serves="failed",
            owner="ravi",
            pair="jo",
            expected_proof="its next run ends",
            risk="safe",
            column="next",
        ),
        "A card: one account first",
    ),
    Step(
        23.2 * MIN,
        thinks("ravi", "flag", "batch_window loses the second half of split runs"),
        "A hypothesis: the flag",
    ),
    Step(
        23.5 * MIN,
        plans(
            "ravi",
            "one",
            "the next run of that account ends",
            "flag on again, 5 s",
            tests="flag",
            took_s=35,
        ),
        "What one account should do",
    ),
    Step(24 * MIN, starts("ravi", "one"), "One account first"),
    Step(26 * MIN, asks("ingrid", "data", "Did any workflow run twice?"), "Ingrid asks"),
    Step(28 * MIN, answers("maya", "data", "No. Runs started twice stands at zero."), "Answered"),
    Step(
        33 * MIN,
        publishes(
            "maya",
            20,
            "We found a setting that only acts on large accounts and undo it in small steps.",
            status_text="The flag batch_window stops runs above 10 000 rows.",
            hypothesis="batch_window splits a run and loses its second half.",
            current_action="Turning it off for one account.",
            next_moves=["Turn it off for a tenth of accounts", "Replay stopped runs"],
        ),
        "Update 2",
    ),
    Step(
        37 * MIN,
        completes("ravi", "one", "run 88 121 ended", "it ended at the first try"),
        "One account works",
    ),
    Step(
        38 * MIN,
        notes("lena", "A tenth first, then everybody: every step can be undone.", "decision"),
        "A decision",
    ),
    Step(
        39 * MIN,
        adds(
            "ravi",
            "all",
            "Turn batch_window off in three steps",
            serves="failed",
            owner="ravi",
            pair="maya",
            expected_proof="stopped workflows under 0.5 %",
            risk="safe",
            time_box_min=30,
            column="next",
        ),
        "A card: three steps",
    ),
    Step(
        39.5 * MIN,
        plans(
            "ravi",
            "all",
            "stopped workflows under 0.5 %",
            "flag on again for that tenth, 5 s",
            tests="flag",
            took_s=28,
        ),
        "What the three steps should do",
    ),
    Step(40 * MIN, starts("ravi", "all"), "In three steps"),
    Step(
        52 * MIN,
        publishes(
            "maya",
            20,
            "The setting is off for half of our customers; their workflows end again.",
            status_text="Stopped workflows fell from 11 % to 4 %.",
            hypothesis="batch_window loses the second half of split runs.",
            current_action="Turning it off for the rest.",
            next_moves=["Turn it off for everybody", "Replay stopped runs"],
        ),
        "Update 3",
    ),
    Step(
        55 * MIN,
        stops("maya", "A large customer reports a workflow that ran twice"),
        "Maya stops the line",
    ),
    Step(
        59 * MIN,
        resumes("lena", "That run was started by hand before the upgrade; none ran twice since"),
        "Lena lets it go on",
    ),
    Step(66 * MIN, completes("ravi", "all", "0.2 % for five minutes"), "Off for everybody"),
    Step(67 * MIN, goes("lena", "monitoring"), "Monitoring"),
    Step(
        71 * MIN,
        publishes(
            "maya",
            20,
            "Workflows end again for everyone. We watch the signals before we call it over.",
            status_text="Stopped workflows at 0.2 %.",
            hypothesis="batch_window was the cause.",
            current_action="Replaying 1 004 stopped runs.",
            next_moves=["Replay stopped runs", "Give the all-clear"],
        ),
        "Update 4",
    ),
    Step(
        86 * MIN,
        changes("lena", caused_by_change=True),
        "Marked as caused by a change",
    ),
    Step(
        90 * MIN,
        resolves(
            "lena",
            "All clear: every scheduled workflow ends again and none ran twice.",
            what_follows="Stopped runs are replayed; the flag stays off.",
            watching="Ravi",
        ),
        "All clear",
    ),
)

CURVES = (
    Curve(
        "failed",
        ((-5, 11), (24, 11), (42, 9), (52, 4), (64, 0.2), (95, 0.1)),
        wobble=0.05,
    ),
    Curve("twice", ((-5, 0), (95, 0))),
    Curve("budget", ((-5, 64), (24, 57), (42, 53), (64, 51), (95, 50.8))),
)

SCENARIO = Scenario(
    name="green-dashboards",
    title="02:07: green dashboards",
    steps=STEPS,
    curves=CURVES,
    sample_every_s=30.0,
    afterwards=AFTERWARDS,
)
