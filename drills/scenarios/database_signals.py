"""What the night at 02:47 is measured by: the signals, and how each of them moves."""

from drills.moves import watches
from drills.script import Curve, Step

MIN = 60.0

SIGNALS = (
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
)

CURVES = (
    Curve(
        "errors",
        ((-5, 74), (6, 74), (16, 52), (19, 31), (31, 24), (40, 12), (44, 3), (56, 0.6), (95, 0.3)),
        wobble=0.5,
    ),
    Curve("cpu", ((-5, 98), (6, 97), (15, 82), (18, 71), (36, 66), (44, 55), (95, 48)), wobble=1.2),
    Curve("rows", ((-5, 0), (95, 0))),
    Curve(
        "queue",
        ((-5, 12), (0, 40), (15, 250), (22, 340), (40, 338), (60, 120), (84, 19), (95, 14)),
        wobble=2,
        whole=True,
    ),
)
