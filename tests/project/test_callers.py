"""Nothing is there that only tests call: every public name has a caller in the product."""

import ast
import re
from enum import Enum
from functools import cache
from importlib import import_module

import pytest
from django.conf import global_settings
from pydantic import BaseModel

from running.places import ROOT
from tests.project.callers import Public, Reader
from tests.project.reading import APPS, modules, templates, tracked

PLACES = re.compile(
    # What Django and Celery find by its name and place.
    r"\w+\.apps\.\w+Config|.*\.management\.commands\.\w+\.Command"
    r"|.*\burls\.(urlpatterns|app_name|handler\d+)|config\.formats\..*"
)
SETTINGS = ("ROOT_URLCONF", "ACCOUNT_", "ALLAUTH_", "MFA_", "SOCIALACCOUNT_", "WHITENOISE_")
"""Settings of the libraries we use begin so; Django's own are asked of Django."""

HOOKS = re.compile(
    # How a class is described; a field's own check in a form; what ninja prints of who may call.
    r"Meta|Media|clean_\w+|openapi_\w+"
    # What Django asks of a user, of a middleware, of a password's validator.
    r"|(USERNAME|EMAIL)_FIELD|get_full_name|is_staff|process_exception|get_help_text"
)
PRINTED = {"incidents.roster.permissions.WHOSE", "incidents.roster.permissions.may"}
"""Read by the script that prints the table in ``docs/security.md``; every cell is tried there."""


@cache
def product() -> Reader:
    """Our modules, with the words of the templates and of what starts them."""
    files = [*templates(), *(one for one in tracked() if one.name in ("Dockerfile", "Makefile"))]
    comments = re.compile(r"\{#.*?#\}", re.DOTALL)
    words = {
        word for one in files for word in re.findall(r"\w+", comments.sub("", one.read_text()))
    }
    sources = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): (
            path.read_text()
        )
        for path in (*modules(), ROOT / "manage.py")
    }
    return Reader(sources, frozenset(words))


def is_asked_by_a_framework(one: Public) -> bool:
    """Whether a framework calls it: by its place, as a setting, or because its own class has it."""
    if PLACES.fullmatch(str(one)) or str(one) in PRINTED:
        return True
    if one.module == "config.settings":
        return True  # asked of them alone, below
    if one.owner is None:
        return isinstance(one.node, ast.ClassDef) and _replaces_a_foreign_one(one)
    owner = getattr(import_module(one.module), one.owner.name)
    if issubclass(owner, Enum):
        return True  # its values come from rows and from people
    if issubclass(owner, BaseModel) and one.name in owner.model_fields:
        return True  # an answer's fields are filled and printed by name
    foreign = [base for base in owner.__mro__ if base.__module__.split(".")[0] not in APPS]
    return bool(HOOKS.fullmatch(one.name)) or any(one.name in vars(base) for base in foreign)


def _replaces_a_foreign_one(one: Public) -> bool:
    """Whether a class stands in for the one of the same name that it comes from."""
    found = getattr(import_module(one.module), one.name)
    return any(
        base.__name__ == one.name and base.__module__.split(".")[0] not in APPS
        for base in found.__mro__
    )


def test_every_public_name_has_a_caller() -> None:
    dead = [str(one) for one in product().without_caller() if not is_asked_by_a_framework(one)]
    assert dead == []


def test_every_setting_of_ours_is_read() -> None:
    names = [one.name for one in product().public() if one.module == "config.settings"]
    ours = {name for name in names if not hasattr(global_settings, name)}
    unread = {
        name
        for name in ours
        if not name.startswith(SETTINGS)
        and not {("django.conf.settings", name), ("config.settings", name)} & product().used
    }
    assert unread == set()


def test_every_kind_of_entry_is_written_by_somebody() -> None:
    written = {
        node.value
        for module, tree in product().trees.items()
        if module.split(".")[-1] != "kinds"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    declared = {
        kind
        for module in product().sources
        if re.fullmatch(r"(incidents|postmortems)\.\w+\.kinds", module)
        for kind in import_module(module).KINDS
    }
    assert declared - written == set()


SMALL_HOUSE = {
    "garden.beds": """
WIDTH = 3
DEPTH = 4

def dig(bed): return bed.soil * WIDTH
def rake(bed): return bed.soil
def weed(bed): return weed_one(bed)
def weed_one(bed): return bed.weeds

class Bed:
    soil: int
    weeds = 0
    stones = 0
    def water(self): return self.soil
    def drain(self): return self.soil

@router.get("/beds")
def beds(request): return []
""",
    "garden.gate": """
from garden import beds
from garden.beds import dig, rake as smooth
MODULE = "garden.paths"
def open_gate(bed): return dig(bed) and bed.water()
""",
    "garden.house": "from garden.gate import open_gate, smooth\nopen_gate(smooth)",
    "garden.paths": "def sweep(): pass",
    "garden.tools": "from garden.gate import MODULE\nimport_module(MODULE).sweep()",
}


def test_a_name_without_caller_is_found() -> None:
    """The control: what is used, passed on, handed over or named as a whole is not."""
    found = [str(one) for one in Reader(SMALL_HOUSE).without_caller()]
    assert found == [
        "garden.beds.DEPTH",
        "garden.beds.weed",
        "garden.beds.Bed",
        "garden.beds.Bed.stones",
        "garden.beds.Bed.drain",
    ]


@pytest.mark.parametrize("word", ["stones", "drain"])
def test_a_template_calls_members(word: str) -> None:
    found = [one.name for one in Reader(SMALL_HOUSE, frozenset({word})).without_caller()]
    assert word not in found
