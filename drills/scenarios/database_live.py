"""The second half of the night at 02:47: what the demo plays in real time.

Somebody always works: each card in Now ends after the next one began.
"""

from drills.endings import answers_waiting, ends
from drills.moves import (
    adds,
    answers,
    asks,
    changes,
    completes,
    goes,
    moves,
    plans,
    publishes,
    starts,
)
from drills.script import Step

MIN = 60.0


def looks(
    at: float, until: float, who: str, key: str, title: str, serves: str, proof: str
) -> tuple[Step, ...]:
    """``who`` looks at something without changing it, from minute ``at`` until minute ``until``."""
    card = adds(
        who,
        key,
        title,
        serves=serves,
        owner=who,
        expected_proof=proof,
        risk="read_only",
        time_box_min=15,
        column="next",
    )
    return (
        Step(at * MIN, card, f"A card: {title}"),
        Step(at * MIN + 12, moves(who, key, "now"), f"Begun: {title}"),
        Step(until * MIN, moves(who, key, "done", proof), f"Done: {title}"),
    )


LIVE = (
    *looks(
        41.6,
        49,
        "jo",
        "imports",
        "Compare partner imports with yesterday’s",
        "errors",
        "imports within 2 % of yesterday",
    ),
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
    Step(45 * MIN, moves("jo", "drain", "next", position=0), "Retries come first"),
    Step(46 * MIN, changes("maya", blocker="Partner clients retry all at once."), "A new blocker"),
    Step(
        47 * MIN,
        adds(
            "jo",
            "limit",
            "Limit retries at the edge to 50 a second",
            serves="errors",
            owner="tunde",
            pair="ravi",
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
        50 * MIN,
        asks("ingrid", "customers", "Do customers have to do anything themselves?"),
        "Ingrid asks",
    ),
    *looks(
        51,
        62,
        "jo",
        "ledger",
        "Compare order totals with the ledger",
        "rows",
        "totals match the ledger to the cent",
    ),
    Step(
        52 * MIN,
        answers("lena", "customers", "No. What failed is sent again by itself."),
        "Lena answers Ingrid",
    ),
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
        60 * MIN,
        asks("sam", "doubled", "Was any order placed twice?"),
        "Sam asks",
    ),
    *looks(
        61,
        73,
        "ravi",
        "doubled",
        "Count orders that were placed twice",
        "rows",
        "none placed twice in 41 200",
    ),
    Step(
        64 * MIN,
        answers("lena", "doubled", "None so far; every one of them is being compared."),
        "Lena answers Sam",
    ),
    Step(
        67 * MIN,
        publishes(
            "lena",
            15,
            "Orders go through for everyone. We keep watching before we call it over.",
            status_text="Error rate under 1 %, CPU under 60 %.",
            hypothesis="The capped query was the cause.",
            current_action="Counting orders that were placed twice.",
            next_moves=["Watch the support queue", "Give the all-clear"],
        ),
        "Update 5",
    ),
    *looks(
        71,
        84,
        "jo",
        "support",
        "Watch the support queue fall to 20",
        "queue",
        "queue at 19",
    ),
    Step(
        76 * MIN,
        asks("ingrid", "again", "Can this happen again tonight?"),
        "Ingrid asks",
    ),
    Step(
        78 * MIN,
        answers("lena", "again", "Not by this export: it is capped until it reads in pages."),
        "Lena answers Ingrid",
    ),
    Step(79 * MIN, answers_waiting("lena", "The next update says more."), "Nobody waits"),
    Step(
        80 * MIN,
        publishes(
            "lena",
            15,
            "Everything has worked for half an hour. The all-clear follows once the queue is down.",
            status_text="All required signals hold; the support queue is nearly empty.",
            hypothesis="The capped query was the cause.",
            current_action="Watching the support queue.",
            next_moves=["Watch every signal hold", "Give the all-clear"],
        ),
        "Update 6",
    ),
    *looks(
        82,
        92,
        "tunde",
        "hold",
        "Watch every signal hold for five minutes",
        "errors",
        "all held for ten minutes",
    ),
    Step(91 * MIN, answers_waiting("lena", "The all-clear follows."), "Nobody waits"),
    Step(
        92 * MIN,
        ends(
            "maya",
            "All clear: orders and reads work for everyone, and nothing was lost.",
            what_follows="The export stays capped until it reads in pages.",
            watching="Ravi",
        ),
        "All clear",
    ),
)
