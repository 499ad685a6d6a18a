"""Reads the report of a test run and fails unless tests ran and every one of them passed."""

import sys
from pathlib import Path
from xml.etree import ElementTree

FEWEST = 300
"""A run with fewer tests than this did not collect them all."""


def main(report: Path) -> int:
    """Print the counts; answers the exit status."""
    suite = ElementTree.parse(report).getroot().find("testsuite")  # noqa: S314 - our own file
    if suite is None:
        print(f"{report} holds no test suite.")
        return 1
    names = ("tests", "failures", "errors", "skipped")
    counts = {name: int(suite.get(name, "0")) for name in names}
    print(", ".join(f"{count} {name}" for name, count in counts.items()))
    folders = {Path(one.get("classname", "").replace(".", "/")).parts[1] for one in suite}
    expected = {path.parent.name for path in Path("tests").glob("*/test_*.py")}
    if absent := expected - folders:
        print(f"No test ran in: {', '.join(sorted(absent))}")
    bad = counts["failures"] + counts["errors"] + counts["skipped"]
    return int(bool(bad or absent or counts["tests"] < FEWEST))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
