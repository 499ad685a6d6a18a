"""Tries the breakages: ``python -m tests.faults.guards``, as ``make faults`` does.

With words it tries those whose description holds one of them. Ends with status 1 when a breakage
goes unnoticed or could not be tried. A whole run keeps its figures beside the benchmarks.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from running.places import ROOT
from tests.faults.breakages import Outcome, try_all
from tests.faults.guards import GUARDS


def main(words: Sequence[str]) -> int:
    """Try the table, or what of it holds one of the words; the exit status."""
    chosen = [one for one in GUARDS if not words or any(word in one.what for word in words)]
    commit = _commit()
    found = try_all(chosen)
    unnoticed = {one.what: outcome for one, outcome in found.items() if outcome != Outcome.CAUGHT}
    figures = {
        "commit": commit,
        "tried": len(found),
        "caught": len(found) - len(unnoticed),
        "unnoticed": unnoticed,
    }
    print(f"{figures['caught']} of {figures['tried']} breakages were caught.")
    if not words:
        path = ROOT / "bench" / "results" / f"guards-{datetime.now(UTC):%Y-%m-%d}.json"
        path.write_text(json.dumps(figures, indent=1) + "\n")
    return int(bool(unnoticed))


def _commit() -> str:
    """The commit that is tried; nothing outside of a clone."""
    asked = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
