"""Renders a state into the bytes people see: the HTML of its regions, the messages of the stream.

Once per audience and never per person; ``live.state_cache`` calls it for the page and the hub. The
hub decides who gets which message.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from django.template import engines
from django.template.backends.jinja2 import Jinja2
from markupsafe import Markup

from live.sameness import is_same, names_in
from live.topics import Audience, State
from live.viewers import Message


@dataclass(frozen=True)
class Rendered:
    """All regions of one audience in one state.

    ``state_id`` names the state for ``?at=`` and ``Last-Event-ID``: the version, then a digest of
    what is shown, since time alone can change what is shown. ``html`` is by region id, ready to
    stand in a page as it is.
    """

    state_id: str
    version: int
    html: Mapping[str, Markup]
    digests: Mapping[str, bytes] = field(default_factory=dict)
    """Of each region's HTML."""

    def __getitem__(self, region_id: str) -> Markup:
        return self.html[region_id]

    def differing_from(self, older: "Rendered") -> list[str]:
        """The ids of the regions that look different now."""
        return [key for key, html in self.html.items() if older.html.get(key) != html]

    def message(self, region_ids: Iterable[str]) -> bytes:
        """The event that brings a page to this state by replacing these regions."""
        partials = "\n".join(_partial(key, self.html[key]) for key in region_ids)
        data = partials.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\ndata: ")
        return f"id: {self.state_id}\ndata: {data}\n\n".encode()

    @cached_property
    def full_message(self) -> Message:
        """The event with every region, for a page in whatever older state. Made once."""
        return Message.of(self.message(self.html))


def render_regions(
    audience: Audience, state: State, older: tuple[State, Rendered] | None = None
) -> Rendered:
    """Render every region of ``audience`` from the state's context. No query of its own.

    A region whose names in the context are the same as in an ``older`` state stays as it was
    rendered for that. Raises ``ValueError`` when a partial is not one root element that carries
    its region's id.
    """
    environment = cast(Jinja2, engines["jinja2"]).env
    before = older[1] if older is not None else None
    same = _Same(state, older[0]) if older is not None else None
    html: dict[str, Markup] = {}
    digests: dict[str, bytes] = {}
    for region in audience.regions:
        if same is not None and before is not None and same.to(region.template):
            html[region.id], digests[region.id] = before.html[region.id], before.digests[region.id]
            continue
        text = environment.get_template(region.template).render(state.context).strip()
        root = text[: text.find(">") + 1]
        if f'id="{region.id}"' not in root or not text.startswith("<"):
            raise ValueError(f"{region.template} does not begin with the element #{region.id}")
        html[region.id] = Markup(text)  # noqa: S704 - what an escaping template made
        digests[region.id] = hashlib.blake2b(text.encode(), digest_size=8).digest()
    whole = hashlib.blake2b(b"".join(digests.values()), digest_size=6)
    return Rendered(f"{state.version}-{whole.hexdigest()}", state.version, html, digests)


class _Same:
    """What is the same in two states, each name compared once."""

    def __init__(self, one: State, other: State) -> None:
        self._one, self._other = one, other
        self._known: dict[str, bool] = {}

    def to(self, template: str) -> bool:
        """Whether everything that a template names is."""
        names = names_in(template)
        return names is not None and all(map(self._is_same, names))

    def _is_same(self, name: str) -> bool:
        if name not in self._known:
            self._known[name] = is_same(self._one.seen(name), self._other.seen(name))
        return self._known[name]


def _partial(region_id: str, html: Markup) -> str:
    return f'<hx-partial hx-target="#{region_id}" hx-swap="outerMorph">{html}</hx-partial>'
