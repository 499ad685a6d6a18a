"""``python -m bench``: run the benchmarks, print the table, keep it under ``bench/results``."""

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import django

from bench.rows import Row, table
from bench.stage import ROOT, allow_many_files, ground
from bench.turns import is_quiet, jitter

PARTS = (
    "live",
    "storm",
    "slow",
    "end",
    "peers",
    "click",
    "pages",
    "sweep",
    "word",
    "hooks",
    "polls",
    "due",
)


def main() -> int:
    """Answer 0 when every bar holds, 1 when one is missed, 2 when others used the machine."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", default=PARTS, help=" ".join(PARTS))
    parser.add_argument("--sizes", default="300,1000,5000,10000", help="viewers, for the fan-out")
    parser.add_argument(
        "--seconds", type=float, default=300.0, help="how long hooks are posted, each time"
    )
    parser.add_argument(
        "--peers-python", default=os.environ.get("BENCH_PEERS_PYTHON") or sys.executable
    )
    options = parser.parse_args()
    allow_many_files()
    taken = jitter()
    quiet = is_quiet(taken)
    with ground():
        django.setup()
        rows = run(set(options.parts), options)
    print(table(rows))
    print(f"\nOthers took {taken:.1%} of a busy loop's time before the run.")
    keep(rows, taken)
    if not quiet:
        print("The machine was not quiet: these figures judge nothing.")
        return 2
    return int(any(row.holds is False for row in rows))


def run(parts: set[str], options: argparse.Namespace) -> list[Row]:
    """The chosen parts, one after the other."""
    # They need Django set up, which needs the database of this run.
    names = (
        "board",
        "live",
        "peers",
        "scenery",
        "click",
        "pages",
        "sweep",
        "word",
        "hooks",
        "polls",
        "due",
    )
    board, live, peers, scenery, click, pages, sweep, word, hooks, polls, due = (
        import_module(f"bench.{name}") for name in names
    )
    sizes = [int(size) for size in options.sizes.split(",")]
    cookies = Path(os.environ["ENDSTATE_DATA"]) / "cookies"
    rows: list[Row] = []
    if parts & {"live", "storm", "slow", "end", "peers"}:
        cookies.write_text("\n".join(board.set_up(max(*sizes, 1000))))
    if "live" in parts:
        rows += live.fan_out_rows(cookies, sizes)
    if "storm" in parts:
        rows += live.storm_rows(cookies)
    if "slow" in parts:
        rows += live.slow_rows(cookies)
    if "end" in parts:
        rows += live.end_rows(cookies)
    if "peers" in parts:
        rows += peers.rows(cookies, options.peers_python)
    long_one = scenery.long_incident() if parts & {"click", "pages"} else None
    if "click" in parts:
        rows += click.rows(long_one)
    if "pages" in parts:
        rows += pages.rows(long_one)
    if "sweep" in parts:
        rows += sweep.rows()
    if "word" in parts:
        rows += word.rows()
    if "hooks" in parts:
        rows += hooks.rows(options.seconds)
    if "polls" in parts:
        rows += polls.rows()
    if "due" in parts:
        rows += due.rows()
    return rows


def keep(rows: list[Row], taken: float) -> None:
    """Write what was measured, where, and by which command."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    ).stdout.strip()
    moment = datetime.now(UTC)
    result = {
        "at": moment.isoformat(timespec="seconds"),
        "commit": commit,
        "command": "python -m bench " + " ".join(sys.argv[1:]),
        "machine": {
            "system": platform.platform(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "load_before": os.getloadavg()[2],
            "taken_by_others": round(taken, 4),
        },
        "rows": [row.as_dict() for row in rows],
    }
    folder = ROOT / "bench" / "results"
    folder.mkdir(exist_ok=True)
    path = folder / f"{moment:%Y-%m-%d-%H%M}.json"
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    print(f"\nWritten to {path.relative_to(ROOT)}")


if __name__ == "__main__":
    raise SystemExit(main())
