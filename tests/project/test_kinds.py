"""Every kind of message and of deadline: one class, registered, documented, with its theme."""

import inspect
from collections.abc import Iterator
from importlib import import_module

import pytest

from incidents.record.kinds import KINDS, register_kinds
from notifications.kinds import MessageKind, all_kinds
from running.places import ROOT
from tests.project.reading import APPS, modules, page, rows, section

PLACES = ("deadlines", "messages")
"""The files of a theme that hold its kinds."""


def _below(kind: type[MessageKind]) -> Iterator[type[MessageKind]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def kinds_written() -> set[type[MessageKind]]:
    """Every class of ours that has a name of its own."""
    for path in modules():
        if path.stem in PLACES:
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return {
        kind
        for kind in _below(MessageKind)
        if kind.__module__.split(".")[0] in APPS
        and hasattr(kind, "name")
        and not inspect.isabstract(kind)
    }


def test_every_kind_says_why_one_gets_it() -> None:
    said = {kind.name: kind.because for kind in kinds_written()}
    assert [name for name, because in said.items() if not because or because.endswith(".")] == []


def test_every_kind_that_is_written_is_registered() -> None:
    assert {type(kind) for kind in all_kinds() if type(kind).__module__.split(".")[0] in APPS} == (
        kinds_written()
    )


def test_every_kind_has_its_own_name() -> None:
    names = sorted(kind.name for kind in kinds_written())
    assert names == sorted(set(names))


def test_every_kind_stands_with_its_theme() -> None:
    elsewhere = [
        f"{kind.__module__}.{kind.__name__}"
        for kind in kinds_written()
        if kind.__module__.split(".")[-1] not in PLACES
    ]
    assert elsewhere == []


def test_every_kind_of_message_is_documented_in_its_words() -> None:
    table = rows(section(page("docs/operations.md"), "What people hear"))
    assert {row[0].strip("`"): row[1] for row in table} == {
        kind.name: kind.words for kind in all_kinds()
    }


ROOMS = ("alerts", "incidents", "postmortems")


def test_every_kind_of_entry_is_declared_by_its_theme_once_and_registered() -> None:
    declared: list[tuple[str, str]] = []
    for path in modules():
        if path.stem == "kinds" and path.parts[len(ROOT.parts)] in ROOMS:
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            if name != "incidents.record.kinds":
                declared += import_module(name).KINDS.items()
    own = [("text_withdrawn", "Text withdrawn"), ("deadline_missed", "A promise was missed")]
    assert sorted([*own, *declared]) == sorted(KINDS.items())


def test_a_kind_of_entry_has_one_label() -> None:
    register_kinds({"note": "Note"})
    with pytest.raises(LookupError, match="'note' is registered twice"):
        register_kinds({"note": "Notes"})
    assert KINDS["note"] == "Note"
