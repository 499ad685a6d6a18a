"""Renders the plain widgets of forms without a template.

A page such as the war room holds two dozen of them, and a template of templates for each took as
long as all of its regions. Byte for byte what Django's own templates make.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.forms.renderers import Jinja2
from markupsafe import escape

WIDGETS = "django/forms/widgets/{}.html"
OPTION = WIDGETS.format("select_option")


class PlainWidgets(Jinja2):
    """Django's renderer by Jinja2, whose inputs, areas and choices need no template."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        """The HTML of one widget. ``context`` is what ``Widget.get_context`` answers."""
        plain = PLAIN.get(template_name)
        text = plain(context["widget"]) if plain is not None else None
        return text if text is not None else str(super().render(template_name, context, request))


def _attributes(widget: Mapping[str, Any]) -> str:
    return "".join(
        f" {escape(name)}" if value is True else f' {escape(name)}="{escape(value)}"'
        for name, value in widget["attrs"].items()
        if value is not False
    )


def _input(widget: Mapping[str, Any]) -> str:
    value = widget["value"]
    shown = "" if value is None else f' value="{escape(value)}"'
    kind, name = escape(widget["type"]), escape(widget["name"])
    return f'<input type="{kind}" name="{name}"{shown}{_attributes(widget)}>'


def _textarea(widget: Mapping[str, Any]) -> str:
    value = escape(widget["value"]) if widget["value"] else ""
    name = escape(widget["name"])
    return f'<textarea name="{name}"{_attributes(widget)}>\n{value}</textarea>'


def _select(widget: Mapping[str, Any]) -> str | None:
    """Nothing where an option has a template of its own."""
    parts = [f'<select name="{escape(widget["name"])}"{_attributes(widget)}>']
    for group, options, _ in widget["optgroups"]:
        if any(option["template_name"] != OPTION for option in options):
            return None
        if group:
            parts.append(f'\n  <optgroup label="{escape(group)}">')
        parts.extend(
            f'\n  <option value="{escape(option["value"])}"{_attributes(option)}>'
            f"{escape(option['label'])}</option>"
            for option in options
        )
        if group:
            parts.append("\n  </optgroup>")
    return "".join([*parts, "\n</select>"])


INPUTS = [
    "text",
    "number",
    "email",
    "url",
    "hidden",
    "date",
    "datetime",
    "time",
    "checkbox",
    "input",
]
PLAIN: dict[str, Callable[[Mapping[str, Any]], str | None]] = {
    **{WIDGETS.format(name): _input for name in INPUTS},
    WIDGETS.format("textarea"): _textarea,
    WIDGETS.format("select"): _select,
}
