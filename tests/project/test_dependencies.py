"""The check of what is locked, tried on locks and metadata that are wrong in each of its ways."""

import subprocess
import sys
import tomllib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from running.places import ROOT
from tests.project.reading import page

HASH = "--hash=sha256:" + "a" * 64


def _check() -> ModuleType:
    spec = spec_from_file_location("dependencies", ROOT / ".ci" / "dependencies.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


check = _check()
RULES = tomllib.loads(page("pyproject.toml"))["tool"]["endstate"]["licences"]


def _pins(lock: str) -> Any:
    return check.pins_of(lock)[0]


def test_a_lock_with_hashes_is_right() -> None:
    lock = f"django==5.2.19 \\\n    {HASH}\n    # via endstate\nnh3==0.3.7 \\\n    {HASH}\n"
    assert check.wrong_pins("base", lock) == []
    assert [(pin.name, pin.version) for pin in _pins(lock)] == [
        ("django", "5.2.19"),
        ("nh3", "0.3.7"),
    ]


@pytest.mark.parametrize(
    ("lock", "said"),
    [
        ("django==5.2.19\n    # via endstate", "base: django has no sha256"),
        ("django==5.2.19 \\\n    --hash=md5:ab", "base: django has no sha256"),
        ("django>=5.2 \\\n    " + HASH, "base: 'django>=5.2 \\\\' pins nothing"),
        ("-e ../elsewhere", "base: '-e ../elsewhere' pins nothing"),
        ("django @ https://example.com/a.whl", None),
    ],
)
def test_what_pins_nothing_or_has_no_hash_is_said(lock: str, said: str | None) -> None:
    said = said or f"base: {lock!r} pins nothing"
    assert check.wrong_pins("base", lock) == [said]


def test_two_locks_name_the_same_version() -> None:
    one, other = _pins(f"nh3==0.3.1 \\\n {HASH}"), _pins(f"nh3==0.3.2 \\\n {HASH}")
    assert check.wrong_between({"base": one, "dev": one}) == []
    assert check.wrong_between({"base": one, "dev": other}) == [
        "nh3 is 0.3.1 in base and 0.3.2 in dev"
    ]


def test_what_is_declared_is_locked_within_its_bounds() -> None:
    pins = _pins(f"django==5.2.19 \\\n {HASH}\nnh3==0.2.1 \\\n {HASH}")
    declared = ["django>=5.2.19,<5.3", "nh3>=0.3", "httpx[http2]>=0.28"]
    assert check.undeclared_in("base", pins, declared) == [
        "base: nh3 0.2.1 is not >=0.3",
        "base: httpx is declared and not locked",
    ]


@pytest.mark.parametrize(
    ("expression", "is_allowed"),
    [
        ("MIT", True),
        ("Apache-2.0 OR GPL-3.0-only", True),
        ("MIT AND PSF-2.0", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-only", False),
        ("nothing", False),
        ("Other/Proprietary License", False),
    ],
)
def test_a_licence_is_allowed_or_not(expression: str, is_allowed: bool) -> None:
    assert check.is_allowed(expression, RULES["allowed"]) is is_allowed


def test_a_licence_is_read_from_what_is_installed() -> None:
    # By expression, by classifier of older metadata, and by the file where metadata says nothing.
    assert [
        check.licence_of(name, RULES["read"])
        for name in ("django", "django-ninja", "axe-playwright-python")
    ] == ["BSD-3-Clause", "MIT", "MIT"]
    assert check.licence_of("axe-playwright-python", {}) == "nothing"


def test_what_is_shipped_may_not_be_under_what_only_tools_may() -> None:
    pins = [pin for pin in _pins(page("requirements/dev.txt")) if pin.name == "djlint"]
    assert check.wrong_licences(pins, set(), RULES) == []
    assert check.wrong_licences(pins, {"djlint"}, RULES) == [
        "djlint is under 'GPL-3.0-or-later', which is not allowed"
    ]


def test_another_version_than_the_locked_one_is_said() -> None:
    pins = _pins(f"ruff==0.0.1 \\\n {HASH}")
    (said,) = check.wrong_licences(pins, set(), RULES)
    assert said.startswith("ruff is locked as 0.0.1 and installed as ")


@pytest.mark.parametrize(
    ("lock", "said"),
    [
        ("absent-here==1", ["absent-here is not installed, and nobody says its licence"]),
        ("absent-here==1 ; sys_platform == 'emscripten'", []),
        ("channels==4.3.2", ["channels is locked and not installed"]),
        ("colorama==0.4.6 ; sys_platform == 'win32'", []),
    ],
)
def test_what_is_not_installed_needs_a_licence_written_down(lock: str, said: list[str]) -> None:
    assert check.wrong_licences(_pins(f"{lock} \\\n {HASH}"), set(), RULES) == said


def test_a_licence_written_down_for_nothing_is_said() -> None:
    written = {"read": {"gone": "MIT", "nh3": "MIT"}, "elsewhere": {}}
    assert check.stale_licences({"nh3"}, written) == [
        "gone has a licence written down and is not locked"
    ]


@pytest.mark.parametrize(
    ("source", "agree"),
    [
        ("import nh3\n", True),
        ("import nh3\nimport httpx\n", False),
        ("import nh3\nimport markupsafe\nimport jinja2\n", False),
        ("print(1)\n", False),
    ],
)
def test_what_is_imported_is_declared_and_the_other_way_round(
    tmp_path: Path, source: str, agree: bool
) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "tried"\nversion = "1"\ndependencies = ["nh3", "django"]\n'
        '[dependency-groups]\ndev = ["pytest"]\nbench = []\n'
    )
    (tmp_path / "product.py").write_text(f"import django\n{source}")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text("import pytest\n")
    assert check.imports_agree(tmp_path) is agree


def test_tests_declare_what_they_import(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "tried"\nversion = "1"\ndependencies = ["nh3"]\n'
        '[dependency-groups]\ndev = ["pytest"]\nbench = []\n'
    )
    (tmp_path / "product.py").write_text("import nh3\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text("import yaml\n")
    assert not check.imports_agree(tmp_path)


def test_the_check_asks_nobody_and_says_what_it_covers() -> None:
    run = (
        "import runpy, socket, sys\n"
        "def watch(event, about):\n"
        "    if event.startswith('socket.'): raise SystemExit(f'{event} {about}')\n"
        "sys.addaudithook(watch)\n"
        "runpy.run_path('.ci/dependencies.py', run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", run], cwd=ROOT, capture_output=True, text=True, check=False
    )
    said = (
        f"{len(_pins(page('requirements/bench.txt')))} packages are locked, 0 of them wrongly: "
        "hashes, bounds, licences. Whether an advisory names one is asked by hand "
        "(docs/security.md).\n"
    )
    assert (done.returncode, done.stdout) == (0, said)
    assert "No dependency issues found" in done.stderr


def test_the_check_runs_with_the_others() -> None:
    assert "$(PY) .ci/dependencies.py" in page("Makefile")
