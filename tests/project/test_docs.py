"""Documentation proven by the code: settings, schedule, codes, kinds, practices, commands."""

import ast
import re
from importlib import import_module

import pytest
import yaml
from django.core.management import get_commands

from config.schedule import BEAT_SCHEDULE
from incidents.record.kinds import KINDS
from refusals.codes import CODES
from running.places import ROOT
from tests.project.reading import APPS, code_words, modules, name_of, page, rows, section, tracked

#: Read from the environment, but not for people to set.
OURS = {
    *("BENCH_PEERS_PYTHON", "CELERY_SKIP_CHECKS", "DJANGO_SETTINGS_MODULE", "MALLOC_ARENA_MAX"),
    *("PYTHONPATH", "PYTHONUNBUFFERED"),
}


def settings_read() -> set[str]:
    """Every name our modules ask the environment for."""
    found: set[str] = set()
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Attribute() as asked, args=[ast.Constant(value), *_]):
                    name = ast.unparse(asked)
                    if re.fullmatch(r"env\.\w+|os\.environ\.(get|setdefault)", name):
                        found.add(str(value))
                case ast.Subscript(value=where, slice=ast.Constant(value)):
                    if ast.unparse(where) == "os.environ":
                        found.add(str(value))
    return found - OURS


def documented_settings() -> set[str]:
    table = rows(section(page("docs/operations.md"), "Settings"))
    return {name for row in table for name in code_words(row[0])}


def test_every_setting_is_documented_and_every_documented_one_is_read() -> None:
    assert documented_settings() == settings_read()


def test_the_example_environment_names_every_setting() -> None:
    named = set(re.findall(r"^#? ?([A-Z_]+)=", page(".env.example"), re.MULTILINE))
    assert named == documented_settings()


def test_the_containers_pass_every_setting_on() -> None:
    compose = yaml.safe_load(page("docker-compose.yml"))
    passed = set(compose["services"]["web"]["environment"])
    assert passed == documented_settings() - {"DEBUG", "ENDSTATE_DATA"}


def test_every_beat_entry_is_documented_with_its_rhythm() -> None:
    table = rows(section(page("docs/operations.md"), "What runs by itself"))
    units = {"s": 1, "min": 60, "h": 3600}
    documented = {}
    for name, task, every in table:
        number, unit = every.split()
        documented[name] = (task.strip("`"), float(number) * units[unit])
    assert documented == {
        name: (entry["task"], entry["schedule"]) for name, entry in BEAT_SCHEDULE.items()
    }


def test_every_beat_entry_rings_a_task_that_exists_and_piles_up_nowhere() -> None:
    for entry in BEAT_SCHEDULE.values():
        module, _, name = entry["task"].rpartition(".")
        task = getattr(import_module(module), name)
        assert task.name == entry["task"]
        assert entry["options"]["expires"] <= 2 * max(entry["schedule"], 60)


def test_every_refusal_code_is_documented() -> None:
    documented = {word for row in rows(page("docs/api.md")) if row for word in code_words(row[0])}
    assert set(CODES) - documented == set()


def test_every_kind_of_entry_is_documented_with_its_label() -> None:
    table = rows(section(page("docs/record.md"), "Kinds of entry"))
    assert {row[0].strip("`"): row[1] for row in table} == dict(KINDS)


def practices(*headings: str) -> list[str]:
    found = [rows(section(page("docs/practices.md"), heading)) for heading in headings]
    return [row[0] for table in found for row in table]


ALL = ("In force", "In part", "Planned")


def practices_tested() -> set[str]:
    found = set()
    for path in tracked():
        if path.name.startswith("test_") and path.suffix == ".py":
            for name in re.findall(r"def (test_\w+)", path.read_text()):
                found |= {number.upper() for number in re.findall(r"(?<=_)p\d\d(?=_)", name)}
    return found


def test_every_practice_stands_once_on_its_page() -> None:
    everything = practices(*ALL)
    assert len(everything) == len(set(everything))
    assert {number for code in CODES.values() for number in code.practices} <= set(everything)


def test_every_practice_in_force_has_a_test_that_carries_its_id() -> None:
    assert sorted(set(practices("In force", "In part")) - practices_tested()) == []


def test_every_practice_in_part_says_what_is_missing() -> None:
    table = rows(section(page("docs/practices.md"), "In part"))
    assert [row[0] for row in table if len(row) != 4 or not row[3]] == []


def test_every_practice_that_is_tested_is_documented() -> None:
    everything = {*practices(*ALL)}
    assert sorted(practices_tested() - everything) == []


def test_codes_named_on_the_practices_page_exist_and_belong_there() -> None:
    text = page("docs/practices.md")
    for row in rows(section(text, "In force")) + rows(section(text, "In part")):
        for word in code_words(row[2]):
            if word in CODES:
                assert row[0] in CODES[word].practices, f"{word} does not name {row[0]}"


#: Pages that the product was specified by, which nobody finds in its tree; written in parts.
ELSEWHERE = re.compile(
    r"\b(?:"
    + "|".join(("PRO" + "DUCT", "CON" + "TRACT", "FAU" + "LTS", "RELI" + "ABILITY"))
    + r")\b"
)


def test_nothing_is_cited_that_is_not_in_the_tree() -> None:
    found = [name_of(path) for path in modules(tests=True) if ELSEWHERE.search(path.read_text())]
    assert found == []


def test_every_section_that_is_cited_exists() -> None:
    for path in modules(tests=True):
        text = " ".join(path.read_text().split())
        for name, heading in re.findall(r"(docs/[\w-]+\.md), (?:under )?\*([^*]+)\*", text):
            said = re.search(rf"^##+ {re.escape(heading)}$", page(name), re.MULTILINE)
            assert said, f"{name_of(path)}: {name} has no section {heading!r}"


def test_every_command_is_documented() -> None:
    ours = {name for name, app in get_commands().items() if app in APPS}
    text = page("docs/operations.md")
    assert sorted(name for name in ours if f"manage.py {name}" not in text) == []


def test_every_page_that_is_linked_exists() -> None:
    for path in tracked():
        if path.suffix != ".md":
            continue
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text()):
            if "://" not in target and not target.startswith("mailto:"):
                assert (path.parent / target).exists(), f"{path.relative_to(ROOT)} → {target}"


#: Prose that names modules and functions of ours; decisions keep the names of their day.
PROSE = (
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "README.md",
    *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
)


def _named_paths(text: str) -> set[str]:
    """What looks like a path of ours in backticks."""
    found = re.findall(r"`([\w./<>-]+)`", text)
    tops = (*APPS, "tests", "templates", "static", "bench", "docs", "requirements")
    return {
        one
        for one in found
        if "<" not in one and "/" in one and one.split("/")[0] in tops and not one.startswith("/")
    }


def _named_modules(text: str) -> set[str]:
    """What looks like a dotted name of ours in backticks."""
    found = set(re.findall(r"`([a-z_]+(?:\.[A-Za-z_]+)+)(?:\(.*?\))?`", text))
    files = {one for one in found if one.endswith((".py", ".md", ".html"))}
    return {one for one in found - files if one.split(".")[0] in APPS}


def _exists(dotted: str) -> bool:
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        path = ROOT.joinpath(*parts[:length])
        source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if not source.is_file() and not path.is_dir():
            continue
        rest = parts[length:]
        if not rest:
            return True
        words = set(re.findall(r"\w+", source.read_text())) if source.is_file() else set()
        return all(one in words for one in rest)
    return False


@pytest.mark.parametrize("name", PROSE)
def test_paths_and_names_in_prose_exist(name: str) -> None:
    text = page(name)
    missing = {one for one in _named_paths(text) if not (ROOT / one.rstrip("/")).exists()}
    assert missing | {one for one in _named_modules(text) if not _exists(one)} == set()


@pytest.mark.parametrize("name", PROSE)
def test_what_is_said_to_stand_in_a_file_or_folder_stands_there(name: str) -> None:
    """As in: a path, and in brackets behind it the file or the name that stands there."""
    for where, what in re.findall(r"`([\w./-]+[/.][\w./-]*)` \(`(\w+(?:\.py)?)`", page(name)):
        place = ROOT / where
        if what.endswith(".py"):
            assert (place / what).is_file(), f"{where} has no {what}"
        elif place.is_file():
            assert re.search(rf"\b{what}\b", place.read_text()), f"{where} knows no {what}"


def test_make_help_names_every_command_and_contributing_most() -> None:
    makefile = page("Makefile")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    helped = set(re.findall(r'^\t@echo "  (\w+)', makefile, re.MULTILINE))
    parts = {"help", "test-install", "chromium"}
    assert helped == set(phony.split()) - parts
    told = set(re.findall(r"`make (\w+)`", page("CONTRIBUTING.md")))
    assert helped - told == {"clean"}


#: What the first words of a module say of where other things stand.
STANDS_IN = re.compile(r"\bstands? in ``([\w.]+)``")
DOTTED = re.compile(r"``((?:" + "|".join(APPS) + r")(?:\.\w+)+)``")


def test_modules_send_their_readers_where_something_stands() -> None:
    """By a whole name, or by one that is of the same folder, of the room, or a room itself."""
    lost = []
    for path in modules():
        said = ast.get_docstring(ast.parse(path.read_text())) or ""
        near = [*path.parents[: len(path.relative_to(ROOT).parts)]]
        lost += [f"{name_of(path)}: {name}" for name in DOTTED.findall(said) if not _exists(name)]
        lost += [
            f"{name_of(path)}: {name}"
            for name in STANDS_IN.findall(said)
            if not any(
                (folder / name.split(".")[0]).is_dir() or (folder / f"{name}.py").is_file()
                for folder in near
            )
            and not _exists(name)
        ]
    assert lost == []
