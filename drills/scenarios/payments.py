"""The launch that did not hit the mark: payments are dead until a provider's interface recovers."""

from drills.moves import (
    adds,
    asks,
    blocks,
    changes,
    completes,
    declares,
    goes,
    joins,
    names,
    notes,
    plans,
    publishes,
    resolves,
    starts,
    wants,
    watches,
)
from drills.scenarios.payments_review import AFTERWARDS
from drills.script import Curve, Scenario, Step

MIN = 60.0
HOUR = 60 * MIN

STEPS = (
    Step(
        0,
        declares(
            "maya",
            "Payments for the global launch do not go through",
            "sev1",
            "payments",
            impact_min_before=20,
        ),
        "Maya declares",
    ),
    Step(60, joins("jo"), "Jo joins"),
    Step(70, joins("tunde"), "Tunde joins"),
    Step(80, names("maya", "fix_owner", "jo"), "Jo owns the fix"),
    Step(90, joins("lena"), "Lena joins"),
    Step(100, names("maya", "communications", "lena"), "Lena takes communications"),
    Step(110, names("maya", "deputy", "tunde"), "Tunde is the deputy"),
    Step(
        3 * MIN,
        changes(
            "maya",
            statement="Partners in eleven countries cannot take payments since the launch at 09:20",
            in_our_control="Our fallback route, how we queue charges, what partners see.",
            beyond_our_control="When the provider’s interface is back.",
            blocker="The provider’s charge interface answers nothing outside two regions.",
        ),
        "Maya names the miss",
    ),
    Step(
        4 * MIN,
        blocks("maya", "Taking a payment", "340 launch partners", 2_100, "failed payments", 12),
        "Who is blocked",
    ),
    Step(
        6 * MIN,
        wants(
            "maya",
            "Every launch partner takes payments, no charge is doubled, and one provider alone "
            "cannot stop us again.",
            "jo",
            "lena",
            "tunde",
        ),
        "The end state",
    ),
    Step(
        7 * MIN,
        watches(
            "jo",
            "charged",
            "Payments that go through",
            ">=",
            99,
            unit="%",
            hold_s=3600,
            stale_after_s=3600,
        ),
        "A signal: payments that go through",
    ),
    Step(
        7.5 * MIN,
        watches("jo", "doubled", "Doubled charges", "=", 0, hold_s=600, stale_after_s=3600),
        "A signal: doubled charges",
    ),
    Step(
        9 * MIN,
        adds(
            "jo",
            "queue",
            "Queue charges instead of failing them",
            serves="charged",
            owner="jo",
            pair="tunde",
            expected_proof="queue depth grows, failures stop",
            risk="risky",
            time_box_min=60,
            column="next",
        ),
        "A card: queue charges",
    ),
    Step(
        9.5 * MIN,
        plans(
            "jo",
            "queue",
            "no charge fails any more, the queue grows",
            "flag off: charges go straight to the provider again, 10 s",
            took_s=52,
        ),
        "What queuing should do, and the way back",
    ),
    Step(10 * MIN, starts("jo", "queue"), "Jo and Tunde queue charges"),
    Step(
        12 * MIN,
        publishes(
            "lena",
            15,
            "Launch partners cannot take payments. We are queuing their charges so that none is "
            "lost.",
            status_text="The provider’s charge interface is down outside two regions.",
            hypothesis="Their rollout of the new region list failed.",
            current_action="Queuing charges instead of failing them.",
            next_moves=["Queue charges", "Ask for a second provider’s test account"],
        ),
        "Update 1",
    ),
    Step(14 * MIN, goes("maya", "identified"), "Identified"),
    Step(15 * MIN, asks("ingrid", "when", "When will partners be able to sell?"), "Ingrid asks"),
    Step(
        26 * MIN,
        publishes(
            "lena",
            15,
            "Charges now wait in a queue and none is lost. The provider works on its side and "
            "gives no time.",
            status_text="Charges queue. The provider confirmed the outage.",
            hypothesis="Their region list is wrong for new countries.",
            current_action="Preparing a fallback route through a second provider.",
            answering=True,
            next_moves=["Build the fallback route", "Tell partners what to expect"],
        ),
        "Update 2",
    ),
    Step(
        30 * MIN,
        completes("jo", "queue", "0 failures a minute, 5 200 charges wait"),
        "Charges queue",
    ),
    Step(
        36 * MIN,
        changes(
            "maya",
            cadence={
                "daily_at": "16:00",
                "time_zone": "UTC",
                "reason": "The provider repairs its API; it takes days and nothing moves hourly.",
            },
        ),
        "From now on, one update a day",
    ),
    Step(
        40 * MIN,
        publishes(
            "lena",
            None,
            "Charges are kept safe in a queue. We now report once a day at 16:00 UTC, and at once "
            "when something changes.",
            status_text="Charges queue without failures. The provider has no time to give.",
            hypothesis="Their region list is wrong for new countries.",
            current_action="Planning a route through a second provider.",
            next_moves=["Build the fallback route", "Tell partners what to expect"],
        ),
        "Update 3",
    ),
    Step(
        38 * MIN,
        adds(
            "tunde",
            "fallback",
            "Route charges through a second provider",
            serves="charged",
            owner="tunde",
            pair="jo",
            expected_proof="first charge through the second route",
            risk="risky",
            time_box_min=60,
            column="next",
        ),
        "A card: second route",
    ),
    Step(
        4.9 * HOUR,
        plans(
            "tunde",
            "fallback",
            "the first charge goes through the second provider",
            "switch the route off, 30 s; the queue keeps the charges",
            took_s=61,
        ),
        "What the second route should do",
    ),
    Step(5 * HOUR, starts("tunde", "fallback"), "Tunde builds the second route"),
    Step(
        5.8 * HOUR,
        publishes(
            "lena",
            None,
            "Partners’ charges are kept safe in a queue. A second route is being built and is "
            "expected tomorrow.",
            status_text="7 800 charges wait. The provider has no time to give.",
            hypothesis="Their region list is wrong for new countries.",
            current_action="Building a route through a second provider.",
            next_moves=["First charge through the second route", "Drain the queue"],
        ),
        "Update 4",
    ),
    Step(
        25 * HOUR,
        completes("tunde", "fallback", "charge 1 of 1 through the second route at 10:31"),
        "The second route works",
    ),
    Step(
        26 * HOUR,
        notes("maya", "Country by country; stop at one doubled charge.", "decision"),
        "A decision",
    ),
    Step(
        29.8 * HOUR,
        publishes(
            "lena",
            None,
            "A second route works. Partners in four of eleven countries take payments again.",
            status_text="Four countries use the second route; the queue drains there.",
            hypothesis="The provider’s region list.",
            current_action="Moving country by country to the second route.",
            next_moves=["The other seven countries", "Drain the queue"],
        ),
        "Update 5",
    ),
    Step(48 * HOUR, goes("maya", "monitoring"), "Monitoring"),
    Step(
        53 * HOUR,
        publishes(
            "lena",
            None,
            "All launch partners take payments again. The last waiting charges are being worked "
            "off.",
            status_text="All eleven countries use the second route.",
            hypothesis="The provider’s region list.",
            current_action="Draining the queue.",
            next_moves=["Drain the queue", "Give the all-clear"],
        ),
        "Update 6",
    ),
    Step(
        54 * HOUR,
        resolves(
            "maya",
            "All clear: every launch partner takes payments and no charge was doubled.",
            what_follows="Both routes stay in use; the review is scheduled.",
            watching="Jo",
        ),
        "All clear",
    ),
)


CURVES = (
    Curve(
        "charged",
        ((-5, 8), (600, 9), (1500, 12), (1790, 41), (2880, 99.2), (3250, 99.6)),
        wobble=0.3,
    ),
    Curve("doubled", ((-5, 0), (3250, 0))),
)

SCENARIO = Scenario(
    name="payments",
    title="The launch that did not hit the mark",
    steps=STEPS,
    curves=CURVES,
    sample_every_s=600.0,
    afterwards=AFTERWARDS,
)
