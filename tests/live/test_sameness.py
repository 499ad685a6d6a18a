"""When a region stays as it was rendered: everything that its template names is the same."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from django.template import engines

from live.sameness import is_same, names_in
from people.models import User

AT = datetime(2026, 11, 27, tzinfo=UTC)


@dataclass(frozen=True)
class Line:
    name: str
    person: Any


ANNA, RENAMED = User(pk=1, name="Anna"), User(pk=1, name="Another name")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a", "a"),
        (AT, datetime(2026, 11, 27, tzinfo=UTC)),
        ([1, (2, None)], [1, (2, None)]),
        ({"a": [1]}, {"a": [1]}),
        ({1, 2}, {2, 1}),
        (Line("a", ANNA), Line("a", ANNA)),
        (ANNA, ANNA),
    ],
    ids=repr,
)
def test_what_a_template_cannot_tell_apart(one: Any, other: Any) -> None:
    assert is_same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a", "b"),
        (1, True),
        (1, 1.0),
        ([1], (1,)),
        ([1], [1, 2]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (Line("a", ANNA), Line("b", ANNA)),
        (ANNA, RENAMED),
        ([ANNA], [RENAMED]),
        (Line("a", ANNA), Line("a", RENAMED)),
        ({ANNA}, {RENAMED}),
        (object(), object()),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_it_can(one: Any, other: Any) -> None:
    assert not is_same(one, other)


def test_the_names_of_a_template_are_those_of_what_it_includes_too() -> None:
    named = names_in("warroom/board/_board.html")

    assert named is not None
    assert {"columns", "incident"} <= named
    assert "url" not in named


def test_what_chooses_its_parts_while_it_renders_has_no_known_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environment: Any = engines["jinja2"]
    sources = {"chooses.html": "{% include name %}", "with.html": "{% include 'chooses.html' %}"}
    loader = type(
        "Sources",
        (),
        {"get_source": lambda self, _, name: (sources[name], None, lambda: True)},
    )()
    monkeypatch.setattr(environment.env, "loader", loader)

    assert names_in("chooses.html") is None
    assert names_in("with.html") is None
