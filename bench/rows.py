"""What a benchmark answers: rows with a figure, what it is compared with, and the bar.

How the figures are printed and kept stands in ``bench.__main__``.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Row:
    """One figure. ``against`` is the limit's or a peer's figure of the same run, if any.

    ``pairs`` is the middle of the ratios where both were asked in turn.
    """

    what: str
    figure: float
    unit: str
    against: float | None = None
    versus: str = ""
    bar: float | None = None
    bar_is: Literal["ratio", "figure", "at least"] = "figure"
    pairs: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours divided by the other's."""
        if self.pairs is not None:
            return self.pairs
        return self.figure / self.against if self.against else None

    @property
    def holds(self) -> bool | None:
        """Whether the bar is kept; nothing where there is none."""
        if self.bar is None:
            return None
        if self.bar_is == "at least":
            return self.figure >= self.bar
        value = self.ratio if self.bar_is == "ratio" else self.figure
        return value is not None and value <= self.bar

    def as_dict(self) -> dict[str, Any]:
        """For the results file."""
        return {**asdict(self), "ratio": self.ratio, "holds": self.holds}


def table(rows: list[Row]) -> str:
    """The rows as people read them."""
    lines = [("what", "figure", "against", "ratio", "bar", "")]
    for row in rows:
        against = f"{row.against:.4g} {row.versus}" if row.against is not None else row.versus
        sign = {"ratio": "≤ {:.3g}×", "figure": "≤ {:.3g}", "at least": "≥ {:.3g}"}[row.bar_is]
        lines.append(
            (
                row.what,
                f"{row.figure:.4g} {row.unit}",
                against,
                f"{row.ratio:.2f}×" if row.ratio is not None else "",
                sign.format(row.bar) if row.bar is not None else "",
                {True: "holds", False: "MISSED", None: ""}[row.holds],
            )
        )
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
