"""Draws the small line beside a value."""

from collections.abc import Iterable

WIDTH, HEIGHT, MARGIN = 100.0, 22.0, 2.0
"""Of the box it is drawn in."""


def draw(
    points: Iterable[tuple[float, float]],
    target: float,
    longest_gap: float,
    *,
    over: tuple[float, float] | None = None,
) -> tuple[str, float]:
    """The path through (minute, value), stretched to the box, and the target's height.

    ``over`` is the first minute of the box and how many it holds, where points may fill a part.

    The range always holds the target, so the dashed line is in the picture. Where nothing was
    measured for longer than ``longest_gap`` minutes the line has a hole, never a bridge.
    """
    found = list(points)
    values = [value for _, value in found]
    low, high = min([*values, target]), max([*values, target])
    spread = (high - low) or 1.0
    first, width = over or (found[0][0], (found[-1][0] - found[0][0]) or 1)

    def height(value: float) -> float:
        return round(HEIGHT - MARGIN - (value - low) / spread * (HEIGHT - 2 * MARGIN), 1)

    if len(found) == 1 and over is None:
        return f"M0 {height(values[0]):g}H{WIDTH:g}", height(target)
    path, before = "", None
    for minute, value in found:
        step = "L" if before is not None and minute - before <= longest_gap else "M"
        path += f"{step}{round((minute - first) / width * WIDTH, 1):g} {height(value):g}"
        before = minute
    return path, height(target)
