"""The forms of a rendered page, with what a browser without scripts would send."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

TOKEN = "csrfmiddlewaretoken"


@dataclass
class Form:
    """One form: where its buttons send it, and its fields as they were rendered."""

    id: str
    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    targets: set[str] = field(default_factory=set)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.open: Form | None = None
        self.outside: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.open = Form(
                named.get("id", ""), named.get("method", "get").lower(), named.get("action", "")
            )
            self.forms.append(self.open)
        elif tag in ("input", "button", "textarea", "select"):
            if "form" in named:
                self.outside.append((named["form"], named))
            elif self.open is not None:
                _put(self.open, named)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None


def _put(form: Form, named: dict[str, str]) -> None:
    if "formaction" in named:
        form.targets.add(named["formaction"])
    if named.get("name") and named.get("type") not in ("checkbox", "radio", "submit"):
        form.fields.setdefault(named["name"], named.get("value", ""))


def forms_of(html: str, *, at: str) -> list[Form]:
    """The forms of the page at the path ``at``, with what stands outside and belongs to them."""
    reader = _Reader()
    reader.feed(html)
    for owner, named in reader.outside:
        for form in reader.forms:
            if form.id == owner:
                _put(form, named)
    for form in reader.forms:
        form.targets.add(form.action or at)
    return reader.forms


def is_html(answer: Any) -> bool:
    """Whether an answer of the test client is a page or a part of one."""
    return answer.status_code == 200 and "html" in answer.headers.get("Content-Type", "")
