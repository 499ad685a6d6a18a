"""What was learned from the launch, in the days and weeks after."""

from drills.reviewing import (
    asks_why,
    decides,
    fills_grid,
    finishes,
    looks_at_list,
    meets,
    puts_off,
    shares,
    thanks,
    verifies,
    writes,
)
from drills.script import Step

DAY = 24 * 60 * 60.0

AFTERWARDS = (
    Step(5 * DAY, meets("maya"), "The review meets"),
    Step(
        5.01 * DAY,
        asks_why(
            "maya",
            (
                "Why could partners not take payments?",
                "Every charge went through one provider whose interface was down.",
                "the provider’s notice",
            ),
            (
                "Why was there no second route?",
                "The launch plan had one route; a second was planned for later.",
                "the launch plan",
            ),
            (
                "Why did the plan pass with one route?",
                "The launch checklist asks for load tests, not for a provider turned off.",
                "the checklist",
            ),
            (
                "Why does the checklist not ask?",
                "It was written when all providers were in one region.",
                "its history",
            ),
            (
                "Which safeguard was absent?",
                "No test turns a provider off before a launch.",
                "the test plan",
            ),
            safeguard="test",
        ),
        "Five whys",
    ),
    Step(
        5.02 * DAY,
        writes(
            "maya",
            "analysis",
            "One provider was a single point of failure for eleven countries. Queuing charges kept "
            "every order; the second route ended the outage before the provider did.",
        ),
        "The analysis",
    ),
    Step(
        5.03 * DAY,
        fills_grid(
            "maya",
            {
                "worked": {"tooling": ["Charges queued; none was lost or doubled."]},
                "did_not": {"process": ["The launch plan had no way around one provider."]},
                "change_next": {"process": ["Turn each provider off once before a launch."]},
            },
        ),
        "The grid",
    ),
    Step(
        5.04 * DAY,
        decides(
            "maya",
            "route",
            "Route charges through a second provider by itself when the first fails",
            owner="tunde",
            due_days=14,
            type="automation",
            priority="p0",
            success_criterion="A provider turned off costs less than one minute of charges",
        ),
        "An action item: route by itself",
    ),
    Step(
        5.05 * DAY,
        decides(
            "maya",
            "rehearse",
            "Turn each provider off in staging before every launch",
            owner="jo",
            due_days=20,
            type="test",
            priority="p1",
            success_criterion="The launch pipeline shows a passed provider-off run",
        ),
        "An action item: rehearse it",
    ),
    Step(
        5.06 * DAY,
        decides(
            "maya",
            "runbook",
            "Write the runbook for draining queued charges country by country",
            owner="lena",
            due_days=30,
            type="runbook",
            priority="p2",
            success_criterion="Somebody new drains a queue in a drill with it alone",
        ),
        "An action item: a runbook",
    ),
    Step(6 * DAY, thanks("maya", "tunde", "for the second route in a day"), "Thanks"),
    Step(7 * DAY, shares("maya"), "Published"),
    Step(14.2 * DAY, looks_at_list("maya"), "The list is looked at"),
    Step(17 * DAY, finishes("tunde", "route", "live since this morning"), "Done: route"),
    Step(22 * DAY, puts_off("jo", "rehearse", 12, "Staging moves house this week."), "Moved"),
    Step(
        25 * DAY,
        verifies("maya", "route", "Provider off for 5 minutes: 40 s of charges waited."),
        "Verified: route",
    ),
    Step(33 * DAY, finishes("lena", "runbook", "used in Tuesday’s drill"), "Done: the runbook"),
)
