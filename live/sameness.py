"""Whether a template would make the same of two contexts: what it names, and what is the same."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, cast

from django.template import engines
from django.template.backends.jinja2 import Jinja2
from jinja2 import meta, nodes

#: Told apart by their values; whatever else is no plain container is told apart by being another.
PLAIN = (str, int, float, Decimal, date, timedelta, bytes, type(None))


def is_same(one: Any, other: Any) -> bool:
    """Whether two values cannot be told apart by a template.

    Rows of the database never are the same unless they are one object: equal ids say nothing.
    """
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, PLAIN):
        return bool(one == other)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, Mapping):
        # In the same order, too: a template may walk over it.
        return is_same(list(one.items()), list(other.items()))
    if isinstance(one, set | frozenset):
        return all(isinstance(part, PLAIN) for part in one) and bool(one == other)
    if is_dataclass(one):
        return all(
            is_same(getattr(one, part.name), getattr(other, part.name)) for part in fields(one)
        )
    return False


@cache
def names_in(template: str) -> frozenset[str] | None:
    """The names of the context that a template reads, or what it includes.

    Nothing where that cannot be told beforehand: what it includes, or imports with the context,
    it chooses while it renders.
    """
    environment = cast(Jinja2, engines["jinja2"]).env
    loader = environment.loader
    if loader is None:
        return None
    tree = environment.parse(loader.get_source(environment, template)[0])
    found = set(meta.find_undeclared_variables(tree))
    for node in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        if not getattr(node, "with_context", True):
            continue
        chosen = getattr(node, "template", None)
        inner = names_in(chosen.value) if isinstance(chosen, nodes.Const) else None
        if inner is None:
            return None
        found |= inner
    return frozenset(found - environment.globals.keys())
