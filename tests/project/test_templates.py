"""Templates read well, and say truly what they are given."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.template import engines
from jinja2 import Environment, meta, nodes

from running.places import ROOT

FOLDER = ROOT / "templates"
OURS = sorted(path for path in FOLDER.rglob("*.html") if "django" not in path.parts)
LONGEST_LINE = 160

#: What Django's backend and the context processors give to every page.
EVERYWHERE = {"request", "user", "messages", "csrf_input", "csrf_token"}

#: ``name, name: what they are``, at the start of a contract or after a semicolon.
DECLARED = re.compile(r"(?:^|; )((?:[a-z_]+, )*[a-z_]+): ")


def name_of(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


def environment() -> Environment:
    return engines["jinja2"].env  # type: ignore[no-any-return, attr-defined]


def tree(name: str) -> nodes.Template:
    return environment().parse((FOLDER / name).read_text())


def declared(name: str) -> set[str]:
    """The variables that the contract of a template names, those of every page left out."""
    contract = re.match(r"\{#(.*?)#\}", (FOLDER / name).read_text(), re.DOTALL)
    assert contract is not None
    names = DECLARED.findall(" ".join(contract[1].split()))
    return {one for group in names for one in group.split(", ")} - EVERYWHERE


@cache
def used(name: str) -> frozenset[str]:
    """The variables that a template and what it includes read from outside."""
    template = tree(name)
    asked = meta.find_undeclared_variables(template)
    for partial in template.find_all(nodes.Include):
        if isinstance(partial.template, nodes.Const):
            asked |= used(partial.template.value)
    made: set[str] = set()
    for taken in template.find_all(nodes.FromImport):
        made |= {one if isinstance(one, str) else one[1] for one in taken.names}
    made |= {module.target for module in template.find_all(nodes.Import)}
    made_in: tuple[type[Any], ...] = (nodes.Assign, nodes.AssignBlock, nodes.With)
    for made_here in template.find_all(made_in):
        targets = made_here.targets if isinstance(made_here, nodes.With) else [made_here.target]
        made |= {one.name for target in targets for one in target.find_all(nodes.Name)}
        made |= {target.name for target in targets if isinstance(target, nodes.Name)}
    return frozenset(asked - made - set(environment().globals) - EVERYWHERE)


def used_by_parents(name: str) -> frozenset[str]:
    """The variables that the templates read which this one extends."""
    parents = [parent.template.value for parent in tree(name).find_all(nodes.Extends)]  # type: ignore[attr-defined]
    return frozenset().union(*(used(parent) | used_by_parents(parent) for parent in parents))


@pytest.mark.parametrize("name", [name_of(path) for path in OURS])
def test_a_template_declares_what_it_reads_and_nothing_else(name: str) -> None:
    assert used(name) - declared(name) == set()
    assert declared(name) - used(name) - used_by_parents(name) == set()


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.html")), ids=name_of)
def test_lines_of_templates_are_broken_where_a_person_would(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert [line for line in lines if len(line) > LONGEST_LINE] == []
