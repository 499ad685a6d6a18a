"""Reads the report of a test run and fails unless tests ran and every one of them passed."""

import sys
from pathlib import Path
from xml.etree import ElementTree

FEWEST = 2500
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
    modules = {one.get("classname", "") for one in suite}
    absent = {
        folder
        for folder in {path.parent for path in Path("tests").rglob("test_*.py")}
        if not any(_lies_in(folder, module) for module in modules)
    }
    if absent:
        print(f"No test ran in: {', '.join(sorted(map(str, absent)))}")
    bad = counts["failures"] + counts["errors"] + counts["skipped"]
    return int(bool(bad or absent or counts["tests"] < FEWEST))


def _lies_in(folder: Path, name: str) -> bool:
    """Whether a test of that class name stands in a module of the folder itself, not further in.

    A class name is the module's dotted name, followed by the test's class if it has one.
    """
    inside = name.removeprefix(".".join(folder.parts) + ".")
    return inside != name and inside.split(".")[0].startswith("test_")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
