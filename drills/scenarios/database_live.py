"""The second half of the night at 02:47: what the demo plays in real time."""

from drills.moves import (
    adds,
    answers,
    changes,
    completes,
    goes,
    moves,
    plans,
    publishes,
    resolves,
    starts,
)
from drills.script import Step

MIN = 60.0

LIVE = (
    Step(
        41.5 * MIN,
        adds(
            "jo",
            "ledger",
            "Compare the orders of the last hour with the ledger",
            serves="rows",
            owner="jo",
            expected_proof="totals match",
            risk="read_only",
            time_box_min=10,
            column="next",
        ),
        "A card: compare with the ledger",
    ),
    Step(41.6 * MIN, moves("jo", "ledger", "now"), "Jo compares"),
    Step(
        42 * MIN,
        completes("lena", "banner", "banner live, screenshot in the room"),
        "The banner is up",
    ),
    Step(
        43 * MIN,
        answers("lena", "partners", "Once the error rate holds under 1 %. We will say so here."),
        "Lena answers Sam",
    ),
    Step(
        44 * MIN,
        completes("tunde", "cap", "flag on at 5 000 rows; error rate 12 → 3 %", "errors 31 → 3 %"),
        "The query is capped",
    ),
    Step(
        44.1 * MIN,
        adds(
            "ravi",
            "memory",
            "Watch the pods’ memory until the all-clear",
            serves="errors",
            owner="ravi",
            expected_proof="memory stays flat",
            risk="read_only",
            time_box_min=40,
            column="next",
        ),
        "A card: watch the memory",
    ),
    Step(44.2 * MIN, moves("ravi", "memory", "now"), "Ravi watches"),
    Step(45 * MIN, moves("jo", "drain", "next", position=0), "Retries come first"),
    Step(46 * MIN, changes("maya", blocker="Partner clients retry all at once."), "A new blocker"),
    Step(46.5 * MIN, moves("jo", "ledger", "done", "02:47 to 03:30 match"), "Jo has compared"),
    Step(
        47 * MIN,
        adds(
            "jo",
            "limit",
            "Limit retries at the edge to 50 a second",
            serves="errors",
            owner="tunde",
            pair="jo",
            expected_proof="edge graph below 50",
            risk="safe",
            time_box_min=10,
            column="next",
        ),
        "A card: limit retries",
    ),
    Step(
        47.6 * MIN,
        plans(
            "tunde",
            "limit",
            "error rate under 1 % within 5 min",
            "lift the limit, 10 s",
            took_s=33,
        ),
        "Tunde says what the limit should do",
    ),
    Step(48 * MIN, starts("tunde", "limit"), "Tunde limits retries"),
    Step(
        53 * MIN,
        publishes(
            "lena",
            15,
            "Orders go through again for almost everyone. Partners’ retries are let in slowly.",
            status_text="Error rate under 4 % and falling; retries are limited at the edge.",
            hypothesis="The capped query was the cause; retries keep the rate above target.",
            current_action="Limiting retries at the edge.",
            next_moves=["Verify order totals", "Hold the signals for five minutes"],
        ),
        "Update 4",
    ),
    Step(54 * MIN, completes("tunde", "limit", "edge graph at 48 a second"), "Retries limited"),
    Step(55 * MIN, goes("maya", "monitoring"), "Monitoring"),
    Step(
        67 * MIN,
        publishes(
            "lena",
            15,
            "Orders go through for everyone. We keep watching before we call it over.",
            status_text="Error rate under 1 %, CPU under 60 %.",
            hypothesis="The capped query was the cause.",
            current_action="Watching the signals hold.",
            next_moves=["Verify order totals", "Give the all-clear"],
        ),
        "Update 5",
    ),
    Step(79 * MIN, moves("ravi", "memory", "done", "flat at 41 % for 30 min"), "It stayed flat"),
    Step(
        80 * MIN,
        resolves(
            "maya",
            "All clear: orders and reads work for everyone, and nothing was lost.",
            what_follows="The export stays capped until it reads in pages.",
            watching="Ravi",
        ),
        "All clear",
    ),
)
