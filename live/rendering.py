"""Renders a state into the bytes people see: the HTML of its regions, the messages of the stream.

Once per audience and never per person; ``live.state_cache`` calls it for the page and the hub. The
hub decides who gets which message.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from django.template import engines
from django.template.backends.jinja2 import Jinja2
from markupsafe import Markup

from live.topics import Audience, State


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
    def full_message(self) -> bytes:
        """The event with every region, for a page in whatever older state. Made once."""
        return self.message(self.html)


def render_regions(audience: Audience, state: State) -> Rendered:
    """Render every region of ``audience`` from the state's context. No query of its own.

    Raises ``ValueError`` when a partial is not one root element that carries its region's id.
    """
    environment = cast(Jinja2, engines["jinja2"]).env
    html: dict[str, Markup] = {}
    digest = hashlib.blake2b(digest_size=6)
    for region in audience.regions:
        text = environment.get_template(region.template).render(state.context).strip()
        root = text[: text.find(">") + 1]
        if f'id="{region.id}"' not in root or not text.startswith("<"):
            raise ValueError(f"{region.template} does not begin with the element #{region.id}")
        html[region.id] = Markup(text)  # noqa: S704 - what an escaping template made
        digest.update(text.encode())
        digest.update(b"\0")
    return Rendered(f"{state.version}-{digest.hexdigest()}", state.version, html)


def _partial(region_id: str, html: Markup) -> str:
    return f'<hx-partial hx-target="#{region_id}" hx-swap="outerMorph">{html}</hx-partial>'
