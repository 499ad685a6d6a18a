"""02:47, Friday: one export reads 600 000 rows and takes the database with it."""

from drills.moves import (
    adds,
    agrees,
    approves,
    asks,
    asks_approval,
    blocks,
    changes,
    completes,
    declares,
    expects,
    finds,
    goes,
    joins,
    moves,
    names,
    notes,
    pauses,
    plans,
    publishes,
    starts,
    stops_when,
    thinks,
    wants,
    watches,
)
from drills.scenarios.database_live import LIVE
from drills.script import Curve, Scenario, Step

MIN = 60.0

STEPS = (
    Step(
        0,
        declares(
            "jo", "API calls fail for most customers", "sev1", "partner-api", impact_min_before=2
        ),
        "Jo declares",
    ),
    Step(
        35,
        names("jo", "commander", "maya", "Error rate 74 %, database CPU 98 %. Nothing tried yet."),
        "Maya takes command",
    ),
    Step(60, names("maya", "communications", "lena"), "Lena takes communications"),
    Step(75, joins("tunde"), "Tunde joins"),
    Step(90, names("maya", "fix_owner", "tunde"), "Tunde owns the fix"),
    Step(105, joins("ravi"), "Ravi joins"),
    Step(
        2.2 * MIN,
        changes(
            "maya",
            statement="Every customer’s API calls fail about three times in four",
            in_our_control="Our export code, the replica, feature flags, the connection pool.",
            beyond_our_control="How fast partner clients retry.",
        ),
        "Maya names the miss",
    ),
    Step(
        2.6 * MIN,
        blocks(
            "maya",
            "Order placement through the public API",
            "every partner integration",
            1_950,
            "failed orders",
            450,
        ),
        "Maya anchors to who is blocked",
    ),
    Step(
        3.2 * MIN,
        wants(
            "maya",
            "API calls succeed, no data is lost, and this cannot come back unseen.",
            "maya",
            "tunde",
            "lena",
        ),
        "The end state is written",
    ),
    Step(
        3.6 * MIN,
        watches("ravi", "errors", "API error rate", "<=", 1, unit="%", hold_s=300),
        "A signal: API error rate",
    ),
    Step(
        3.7 * MIN,
        watches("ravi", "cpu", "Database CPU", "<=", 60, unit="%", hold_s=300),
        "A signal: database CPU",
    ),
    Step(
        3.8 * MIN,
        watches("ravi", "rows", "Rows lost", "=", 0, unit="", hold_s=60),
        "A signal: rows lost",
    ),
    Step(
        3.9 * MIN,
        watches("ravi", "queue", "Support queue", "<=", 20, hold_s=600, required=False),
        "A signal: the support queue",
    ),
    Step(
        4 * MIN,
        stops_when("maya", "Rows lost rises above 0", "rows", ">", 0),
        "What stops the line by itself",
    ),
    Step(
        4.1 * MIN,
        stops_when("maya", "A second region shows errors"),
        "What makes people stop the line",
    ),
    Step(
        4.15 * MIN,
        pauses(
            "ravi",
            "reindex",
            "Search re-index",
            "ravi",
            "It reads the same database.",
            "the incident is resolved",
        ),
        "Ravi puts the re-index down",
    ),
    Step(4.2 * MIN, agrees("ravi"), "Ravi agrees to the end state"),
    Step(
        4.5 * MIN,
        adds(
            "maya",
            "release",
            "Find which release went out just before",
            serves="errors",
            owner="ravi",
            expected_proof="release name and time",
            risk="read_only",
            time_box_min=10,
            column="next",
        ),
        "A card: which release",
    ),
    Step(4.7 * MIN, moves("ravi", "release", "now"), "Ravi starts looking for the release"),
    Step(
        5.1 * MIN,
        adds(
            "tunde",
            "replica",
            "Fail reads over to the replica",
            serves="cpu",
            owner="tunde",
            pair="jo",
            expected_proof="CPU of the primary falls",
            risk="risky",
            time_box_min=15,
            column="next",
        ),
        "A card: fail over reads",
    ),
    Step(
        5.6 * MIN,
        adds(
            "jo",
            "totals",
            "Verify order totals since the first failure",
            serves="rows",
            expected_proof="totals match the ledger",
            column="next",
        ),
        "A card: verify totals",
    ),
    Step(
        6.0 * MIN,
        adds("jo", "dashboard", "Repaint the capacity dashboard"),
        "An idea that moves no signal is parked",
    ),
    Step(
        6.2 * MIN,
        plans(
            "tunde",
            "replica",
            "CPU of the primary under 80 % within 5 min",
            "point reads back at the primary, 20 s",
        ),
        "Tunde says what the failover should do, and the way back",
    ),
    Step(6.5 * MIN, starts("tunde", "replica"), "Tunde starts the failover with Jo"),
    Step(
        8 * MIN,
        thinks("ravi", "index", "The re-index holds locks on the orders table"),
        "A hypothesis: the re-index",
    ),
    Step(
        10 * MIN,
        finds("ravi", "index", "It was put down at 4 min; errors have not moved", "ruled_out"),
        "The re-index is ruled out",
    ),
    Step(
        11.5 * MIN,
        publishes(
            "lena",
            15,
            "API calls are failing for most customers. A team is assembled and has two leads.",
            status_text="Three of four API calls fail. The database runs at 98 % CPU.",
            hypothesis="We don’t know yet.",
            current_action="Failing reads over to the replica; finding the last release.",
            next_moves=["Fail reads over to the replica", "Verify order totals"],
        ),
        "Update 1",
    ),
    Step(
        13 * MIN,
        moves("ravi", "release", "done", "export v118, three minutes before the first error"),
        "Ravi found the release",
    ),
    Step(
        13.5 * MIN,
        notes("maya", "We treat export v118 as the suspect; nobody rolls back yet.", "decision"),
        "A decision",
    ),
    Step(
        13.6 * MIN,
        thinks("tunde", "export", "One export loads 600 000 rows and eats the pods’ memory"),
        "A hypothesis: the export",
    ),
    Step(
        14 * MIN,
        changes("maya", blocker="Connections run out within seconds of each restart of the pods."),
        "The blocker in plain words",
    ),
    Step(
        16 * MIN,
        completes("tunde", "replica", "CPU 98 → 71 %, reads answer again", "CPU fell below 80 %"),
        "Reads are on the replica",
    ),
    Step(
        17 * MIN,
        asks("ingrid", "exposed", "Is any customer data exposed?"),
        "Ingrid asks",
    ),
    Step(
        18 * MIN,
        adds(
            "tunde",
            "cap",
            "Cap the export query at 5 000 rows behind its flag",
            serves="errors",
            owner="tunde",
            pair="ravi",
            expected_proof="error rate under 5 % within 3 min",
            risk="destructive",
            time_box_min=15,
            column="next",
        ),
        "A card: cap the query",
    ),
    Step(19 * MIN, goes("maya", "identified"), "The cause is identified"),
    Step(
        25 * MIN,
        publishes(
            "lena",
            15,
            "Reads are back for everyone. Placing orders still fails one time in three. "
            "Nothing has been lost.",
            status_text="Reads answer from the replica. Order placement fails 1 in 3.",
            hypothesis="One export loads 600 000 rows and exhausts the pods’ memory.",
            current_action="Capping that query behind its flag.",
            answering=True,
            next_moves=["Cap the export query", "Verify order totals"],
        ),
        "Update 2",
    ),
    Step(
        27 * MIN,
        adds(
            "jo",
            "drain",
            "Drain the retry storm from partner clients",
            serves="errors",
            owner="jo",
            expected_proof="queue depth graph",
            time_box_min=10,
            column="next",
        ),
        "A card: drain retries",
    ),
    Step(
        29 * MIN,
        adds(
            "ravi",
            "scale",
            "Scale the primary up one size",
            serves="cpu",
            source="ai",
            ai_tool="Watchtower",
            column="next",
        ),
        "A suggestion by an AI tool",
    ),
    Step(
        28 * MIN,
        thinks("jo", "retries", "Partner retries keep the database busy"),
        "A hypothesis: retries",
    ),
    Step(
        29.2 * MIN,
        plans(
            "tunde",
            "cap",
            "error rate under 5 % within 3 min, CPU under 60 %",
            "flag off, 10 s",
            tests="export",
            took_s=74,
            risk="exports of large partners come back incomplete",
            quick_fix=True,
        ),
        "Tunde writes what the cap should do, what can go wrong, and the way back",
    ),
    Step(29.3 * MIN, asks_approval("tunde", "cap"), "Tunde asks Maya to approve it"),
    Step(30.5 * MIN, approves("maya", "cap"), "Maya approves it"),
    Step(31 * MIN, starts("tunde", "cap"), "Tunde and Ravi start capping the query"),
    Step(
        32 * MIN,
        notes(
            "maya",
            "We turn Watchtower’s suggestion down: a larger size restarts the primary, and the "
            "query stays.",
            "decision",
        ),
        "The suggestion is turned down",
    ),
    Step(32.1 * MIN, moves("maya", "scale", "parked"), "It is parked"),
    Step(
        36 * MIN,
        finds("tunde", "export", "memory of the pods fell as the cap went in", "supported"),
        "Evidence for the export",
    ),
    Step(
        33 * MIN,
        adds(
            "lena",
            "banner",
            "Read-only banner for partners on the status page",
            serves="queue",
            owner="lena",
            expected_proof="screenshot of the banner",
            risk="safe",
            time_box_min=6,
            column="next",
        ),
        "A card: the banner",
    ),
    Step(
        33.5 * MIN,
        plans(
            "lena",
            "banner",
            "the support queue grows no more",
            "take the banner down, 1 min",
            took_s=21,
        ),
        "Lena says what the banner should do",
    ),
    Step(34 * MIN, starts("lena", "banner"), "Lena starts the banner"),
    Step(
        35 * MIN,
        expects("maya", None),
        "Expected back: not known yet",
    ),
    Step(
        39.5 * MIN,
        publishes(
            "lena",
            15,
            "Reads are back for everyone. Placing orders still fails one time in eight. We have "
            "found the cause and are switching off the query behind it; nothing has been lost.",
            status_text="Reads are back. Order placement still fails 1 in 8.",
            hypothesis="An export query exhausts the pods’ memory.",
            current_action="Capping that query behind its flag.",
            next_moves=["Drain partner retries", "Verify order totals"],
        ),
        "Update 3",
    ),
    Step(40.4 * MIN, asks("sam", "partners", "When can partners retry their orders?"), "Sam asks"),
    # From here on the demo plays in real time.
    *LIVE,
)

CURVES = (
    Curve(
        "errors",
        ((-5, 74), (6, 74), (16, 52), (19, 31), (31, 24), (40, 12), (44, 3), (56, 0.6), (90, 0.3)),
        wobble=0.5,
    ),
    Curve("cpu", ((-5, 98), (6, 97), (15, 82), (18, 71), (36, 66), (44, 55), (90, 48)), wobble=1.2),
    Curve("rows", ((-5, 0), (90, 0))),
    Curve(
        "queue",
        ((-5, 12), (0, 40), (15, 250), (22, 340), (40, 338), (60, 120), (90, 14)),
        wobble=2,
        whole=True,
    ),
)

SCENARIO = Scenario(
    name="database",
    title="02:47, Friday: the database at 98 %",
    steps=STEPS,
    curves=CURVES,
)
