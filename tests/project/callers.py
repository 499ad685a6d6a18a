"""Reading who calls whom: the public names of our modules, and where each is used.

A name of a module counts as used where it is read in its own module, or in another one that imports
it. A member of a class counts as used where anything of that name is read, here or in a template,
since what an object is cannot be told from its text.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

Name = tuple[str, str]
"""A module by its dotted path, and a name in it."""

HANDED_OVER = {"router", "admin", "shared_task", "receiver", "connect", "register"} | {
    "register_lookup"
}
"""Decorators that give what they decorate to somebody who will call it."""


@dataclass(frozen=True)
class Public:
    """One public name: of a module, or of a class in it."""

    module: str
    name: str
    node: ast.stmt
    owner: ast.ClassDef | None = None

    def __str__(self) -> str:
        inside = f"{self.owner.name}." if self.owner else ""
        return f"{self.module}.{inside}{self.name}"

    @property
    def is_handed_over(self) -> bool:
        """Whether a decorator gives it to a framework."""
        decorators = getattr(self.node, "decorator_list", ())
        words = (set(re.split(r"\W+", ast.unparse(one).split("(")[0])) for one in decorators)
        return any(HANDED_OVER & each for each in words)


def names_of(node: ast.stmt) -> list[str]:
    """The public names that one statement defines."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            found = [node.name]
        case ast.Assign():
            found = [one.id for one in node.targets if isinstance(one, ast.Name)]
        case ast.AnnAssign(target=ast.Name(name)):
            found = [name]
        case _:
            found = []
    return [name for name in found if not name.startswith("_")]


@dataclass
class Reader:
    """What a set of modules says. ``words``: what templates and other files say beside them."""

    sources: Mapping[str, str]
    words: frozenset[str] = frozenset()
    used: set[Name] = field(default_factory=set)
    members: set[str] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for module, tree in self.trees.items():
            self._read(module, tree)
        self._follow_names_passed_on()

    @cached_property
    def trees(self) -> dict[str, ast.Module]:
        """Every module, parsed."""
        return {module: ast.parse(text) for module, text in self.sources.items()}

    def public(self) -> Iterator[Public]:
        """Every public name of every module, and of every class that stands in one."""
        for module, tree in self.trees.items():
            for node in tree.body:
                yield from (Public(module, name, node) for name in names_of(node))
                if isinstance(node, ast.ClassDef):
                    for inner in node.body:
                        yield from (Public(module, name, inner, node) for name in names_of(inner))

    def is_used(self, one: Public) -> bool:
        """Whether anything but its own definition names it."""
        if one.owner is not None:
            return one.name in self.members | self.words
        if one.module in self.whole and one.name in self.members:
            return True
        return (one.module, one.name) in self.used or f"{one.module}.{one.name}" in self.paths

    def without_caller(self) -> list[Public]:
        """Every public name that nothing names and no decorator hands over."""
        return [one for one in self.public() if not (self.is_used(one) or one.is_handed_over)]

    def _read(self, module: str, tree: ast.Module) -> None:
        imported = _imports(tree)
        owners = set()
        for node in ast.walk(tree):
            match node:
                case ast.Attribute(value=ast.Name(name) as base, attr=attr) if name in imported:
                    owners.add(base)
                    self.used |= {imported[name], (".".join(filter(None, imported[name])), attr)}
                    self._keep_member(node)
                case ast.Attribute():
                    self._keep_member(node)
                case ast.keyword(arg=str(name)):
                    self.members.add(name)
                case ast.Constant(value=str(text)) if not re.search(r"\s", text):
                    self.paths |= {text, text.replace(":", ".")}
                    self.members |= {text, *re.split(r"__|\W", text)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node not in owners:
                self.used.add(imported.get(node.id, (module, node.id)))
                if node.id in imported:
                    self.whole.add(".".join(filter(None, imported[node.id])))
        self.whole |= self.paths

    def _keep_member(self, node: ast.Attribute) -> None:
        if isinstance(node.ctx, ast.Load):
            self.members.add(node.attr)

    def _follow_names_passed_on(self) -> None:
        """A name that a module only imports is used where somebody imports it from there."""
        passed = {
            (module, name): origin
            for module, tree in self.trees.items()
            for name, origin in _imports(tree).items()
        }
        open_ends = [name for name in passed if name in self.used]
        while open_ends:
            origin = passed[open_ends.pop()]
            if origin not in self.used:
                self.used.add(origin)
                open_ends += [origin] if origin in passed else []


def _imports(tree: ast.Module) -> dict[str, Name]:
    """What each imported name stands for. A whole module is a name in nothing."""
    found: dict[str, Name] = {}
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module), names=names):
                found |= {one.asname or one.name: (module, one.name) for one in names}
            case ast.Import(names=names):
                found |= {one.asname or one.name: ("", one.name) for one in names}
    return found
