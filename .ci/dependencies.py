"""Judges what is locked: every package pinned with hashes, under a licence that is allowed.

Asks nobody: pins are read from ``requirements/``, what is declared from ``pyproject.toml``,
licences from the metadata of what is installed. Then deptry compares what is declared with what
is imported.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("base", "embedded", "dev", "bench")

#: What metadata from before licence expressions says, and which licence that is.
OLDER_NAMES = {
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd 2-clause license": "BSD-2-Clause",
    "bsd license": "BSD-3-Clause",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "new bsd": "BSD-3-Clause",
    "python software foundation license": "PSF-2.0",
}

#: Classifiers that name no licence.
KINDS_OF_LICENCE = ("OSI Approved", "DFSG approved")

_PIN = re.compile(r"([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(?:;\s*([^\\]+?))?\s*\\?")


@dataclass(frozen=True)
class Pin:
    """One package of a lock: its version, where it is installed, and its hashes."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]

    @property
    def is_for_here(self) -> bool:
        """Whether this Python on this system installs it."""
        return not self.marker or Marker(self.marker).evaluate()

    @property
    def is_for_somewhere(self) -> bool:
        """Whether any system and Python we run on installs it."""
        return not self.marker or any(
            Marker(self.marker).evaluate(environment) for environment in _supported()
        )


def _supported() -> Iterator[dict[str, str]]:
    for platform in ("linux", "darwin", "win32"):
        for version in ("3.11.0", "3.11.9", "3.12.9", "3.13.9", "3.14.9"):
            yield {
                "sys_platform": platform,
                "python_full_version": version,
                "python_version": version.rpartition(".")[0],
                "implementation_name": "cpython",
                "platform_python_implementation": "CPython",
            }


def pins_of(lock: str) -> tuple[list[Pin], list[str]]:
    """What a lock pins, and its lines that pin nothing."""
    pins, strays = [], []
    entries = re.split(r"\n(?=\S)", lock.strip())
    for entry in entries:
        first, *rest = entry.splitlines()
        found = _PIN.fullmatch(first)
        if found is None:
            strays.append(first)
            continue
        hashes = tuple(
            line.strip(" \\").removeprefix("--hash=") for line in rest if "--hash=" in line
        )
        name, version, marker = found.groups()
        pins.append(Pin(canonicalize_name(name), version, marker or "", hashes))
    return pins, strays


def wrong_pins(name: str, lock: str) -> list[str]:
    """What is wrong with a lock by itself."""
    pins, strays = pins_of(lock)
    return [
        *(f"{name}: {line!r} pins nothing" for line in strays if not line.startswith("#")),
        *(
            f"{name}: {pin.name} has no sha256"
            for pin in pins
            if not pin.hashes or any(not one.startswith("sha256:") for one in pin.hashes)
        ),
    ]


def wrong_between(locks: dict[str, list[Pin]]) -> list[str]:
    """Packages that two locks pin in different versions."""
    first: dict[str, tuple[str, str]] = {}
    wrong = []
    for name, pins in locks.items():
        for pin in pins:
            before, version = first.setdefault(f"{pin.name} {pin.marker}", (name, pin.version))
            if version != pin.version:
                wrong.append(f"{pin.name} is {version} in {before} and {pin.version} in {name}")
    return wrong


def undeclared_in(name: str, pins: list[Pin], declared: list[str]) -> list[str]:
    """What is declared and not locked, or locked outside its bounds."""
    versions: dict[str, list[str]] = {}
    for pin in pins:
        versions.setdefault(pin.name, []).append(pin.version)
    wrong = []
    for line in declared:
        wanted = Requirement(line)
        found = versions.get(canonicalize_name(wanted.name), [])
        if not found:
            wrong.append(f"{name}: {wanted.name} is declared and not locked")
        wrong += [
            f"{name}: {wanted.name} {version} is not {wanted.specifier}"
            for version in found
            if not wanted.specifier.contains(version, prereleases=True)
        ]
    return wrong


def licence_of(name: str, read: dict[str, str]) -> str:
    """The licence of an installed package as an expression; as its metadata says it if unknown."""
    if name in read:
        return read[name]
    found = metadata(name)
    if expression := found.get("License-Expression"):
        return str(expression)
    classifiers = {
        line.rpartition(" :: ")[2]
        for line in found.get_all("Classifier") or []
        if line.startswith("License :: ") and line.rpartition(" :: ")[2] not in KINDS_OF_LICENCE
    }
    words = classifiers or {(found.get("License") or "nothing").splitlines()[0].strip()}
    return " AND ".join(sorted(OLDER_NAMES.get(word.lower(), word) for word in words))


def is_allowed(expression: str, allowed: list[str]) -> bool:
    """Whether an expression lets us choose among what is allowed: any of ``OR``, all of ``AND``."""
    return any(
        all(one.strip(" ()") in allowed for one in choice.split(" AND "))
        for choice in expression.strip(" ()").split(" OR ")
    )


def wrong_licences(
    pins: list[Pin], shipped: set[str], rules: dict[str, Any], *, installed: bool = True
) -> list[str]:
    """What is locked and not allowed, or of which nobody knows.

    Args:
        pins: What is locked.
        shipped: The names that are installed to run the product.
        rules: ``tool.endstate.licences``.
        installed: Whether what these pins are for must be installed here.
    """
    wrong = []
    for pin in pins:
        allowed = list(rules["allowed"])
        if pin.name not in shipped:
            allowed += rules["allowed_in_development"]
        try:
            licence = licence_of(pin.name, rules["read"])
            version = metadata(pin.name)["Version"]
        except PackageNotFoundError:
            if not pin.is_for_somewhere:
                continue
            if pin.name not in rules["elsewhere"]:
                wrong.append(f"{pin.name} is not installed, and nobody says its licence")
                continue
            if installed and pin.is_for_here:
                wrong.append(f"{pin.name} is locked and not installed")
            licence, version = rules["elsewhere"][pin.name], pin.version
        if pin.is_for_here and version != pin.version:
            wrong.append(f"{pin.name} is locked as {pin.version} and installed as {version}")
        if not is_allowed(licence, allowed):
            wrong.append(f"{pin.name} is under {licence!r}, which is not allowed")
    return wrong


def stale_licences(names: set[str], rules: dict[str, Any]) -> list[str]:
    """Packages whose licence is written down and that nothing locks any more."""
    written = [*rules["read"], *rules["elsewhere"]]
    return [f"{name} has a licence written down and is not locked" for name in written
            if name not in names]  # fmt: skip


def main() -> int:
    """Print what is wrong; answers the exit status."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    rules = project["tool"]["endstate"]["licences"]
    texts = {name: (ROOT / "requirements" / f"{name}.txt").read_text() for name in LOCKS}
    locks = {name: pins_of(text)[0] for name, text in texts.items()}
    declared = list(project["project"]["dependencies"])
    embedded = declared + project["project"]["optional-dependencies"]["embedded"]
    dev = embedded + project["dependency-groups"]["dev"]
    bench = dev + project["dependency-groups"]["bench"]
    shipped = {pin.name for pin in locks["embedded"]}
    in_dev = {pin.name for pin in locks["dev"]}
    only_bench = [pin for pin in locks["bench"] if pin.name not in in_dev]
    wrong = [line for name, text in texts.items() for line in wrong_pins(name, text)]
    wrong += wrong_between(locks)
    for name, lines in zip(LOCKS, (declared, embedded, dev, bench), strict=True):
        wrong += undeclared_in(name, locks[name], lines)
    wrong += wrong_licences(locks["dev"], shipped, rules)
    wrong += wrong_licences(only_bench, shipped, rules, installed=False)
    wrong += stale_licences({pin.name for pin in locks["bench"]}, rules)
    for line in wrong:
        print(line)
    print(
        f"{len(locks['bench'])} packages are locked, {len(wrong)} of them wrongly: hashes, bounds, "
        "licences. Whether an advisory names one is asked by hand (docs/security.md)."
    )
    return int(bool(wrong) or not imports_agree(ROOT))


def imports_agree(root: Path) -> bool:
    """Whether what is imported is declared and the other way round, first of what is shipped.

    The second look takes the tests along and counts what they need as declared.
    """
    product = ["--extend-exclude", "bench", "--extend-exclude", "\\.ci"]
    everything = ["--exclude", "\\.venv", "--exclude", "\\.git/",
                  "--non-dev-dependency-groups", "dev,bench", "--ignore", "DEP002"]  # fmt: skip
    return all(
        subprocess.run(
            [sys.executable, "-m", "deptry", ".", *arguments], cwd=root, check=False
        ).returncode
        == 0
        for arguments in (product, everything)
    )


if __name__ == "__main__":
    sys.exit(main())
