"""``python -m bench.agreement``: the same benchmarks again and again, and how far they agree.

What is compared is the ratio where a row has one, else its figure. A row agrees when every run
lies within a tenth of the runs' middle (``WITHIN``).
"""

import argparse
import json
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.stage import ROOT

WITHIN = 0.10
RESULTS = ROOT / "bench" / "results"


@dataclass(frozen=True)
class Spread:
    """What the runs said of one row."""

    what: str
    values: list[float]
    bar: float | None

    @property
    def middle(self) -> float:
        """The middle of the runs."""
        return statistics.median(self.values)

    @property
    def farthest(self) -> float:
        """How far the farthest run lies from the middle, as a share of it."""
        if not self.middle:
            return 0.0
        return max(abs(value / self.middle - 1) for value in self.values)

    @property
    def agrees(self) -> bool:
        """Whether every run lies within ``WITHIN`` of the middle."""
        return self.farthest <= WITHIN

    def line(self) -> str:
        """As people read it."""
        low, high = min(self.values), max(self.values)
        bar = f"bar {self.bar:.3g}" if self.bar is not None else ""
        sign = "agrees" if self.agrees else "APART"
        return (
            f"{self.what:<64} {low:8.3g} {self.middle:8.3g} {high:8.3g} "
            f"{self.farthest:6.1%}  {sign:<6}  {bar}"
        )


def spreads(runs: list[list[dict[str, Any]]]) -> list[Spread]:
    """One for each row that every run has, in the order of the first."""
    found = []
    for row in runs[0]:
        same = [next((r for r in run if r["what"] == row["what"]), None) for run in runs]
        values = [
            float(one["ratio"] if one["ratio"] is not None else one["figure"])
            for one in same
            if one is not None
        ]
        if len(values) == len(runs):
            found.append(Spread(row["what"], values, row["bar"]))
    return found


def measure(arguments: list[str]) -> dict[str, Any]:
    """One run's results, read from the file that it wrote; the file is taken away.

    Raises ``RuntimeError`` when the run ended without one.
    """
    before = set(RESULTS.glob("2*.json"))
    done = subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    written: list[Path] = sorted(set(RESULTS.glob("2*.json")) - before)
    if not written:
        raise RuntimeError(f"the run wrote nothing: {done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(written[-1].read_text())
    written[-1].unlink()
    return result


def main() -> int:
    """Answer 0 when the judged rows agree, 1 when one does not."""
    parser = argparse.ArgumentParser(prog="python -m bench.agreement", description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    options, arguments = parser.parse_known_args()
    runs = []
    for number in range(options.runs):
        runs.append(measure(arguments))
        taken = runs[-1]["machine"]["taken_by_others"]
        print(f"run {number + 1}: others took {taken:.1%}", flush=True)
    found = spreads([run["rows"] for run in runs])
    print(f"{'what':<64} {'least':>8} {'middle':>8} {'most':>8} {'far':>6}")
    print("\n".join(spread.line() for spread in found))
    moment = datetime.now(UTC)
    kept = {
        "at": moment.isoformat(timespec="seconds"),
        "commit": runs[-1]["commit"],
        "command": "python -m bench.agreement " + " ".join(sys.argv[1:]),
        "machine": {
            **runs[-1]["machine"],
            "taken_by_others": [run["machine"]["taken_by_others"] for run in runs],
        },
        "rows": [
            {**asdict(spread), "middle": spread.middle, "farthest": spread.farthest}
            for spread in found
        ],
    }
    path = RESULTS / f"agreement-{moment:%Y-%m-%d-%H%M}.json"
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    print(f"\nWritten to {path.relative_to(ROOT)}")
    return int(not all(spread.agrees for spread in found if spread.bar is not None))


if __name__ == "__main__":
    raise SystemExit(main())
