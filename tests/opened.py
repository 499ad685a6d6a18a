"""An editor as a browser without scripts has it open: what it would send, and sending it."""

from html.parser import HTMLParser
from typing import Any

from django.test import Client


class _Sent(HTMLParser):
    """The fields of the form with that id, with what they hold."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form, self.inside = form, False
        self.fields: dict[str, list[str]] = {}
        self.area = self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = named.get("id") == self.form
        name = named.get("name", "")
        if not self.inside:
            return
        if tag == "input" and name:
            is_choice = named.get("type") in ("checkbox", "radio")
            if not is_choice or "checked" in named:
                value = named.get("value", "on" if is_choice else "")
                self.fields.setdefault(name, []).append(value)
        elif tag == "textarea":
            self.area = name
            self.fields[name] = [""]
        elif tag == "select":
            self.select = name
        elif tag == "option" and (
            self.select and ("selected" in named or self.select not in self.fields)
        ):
            self.fields[self.select] = [named.get("value", "")]

    def handle_data(self, data: str) -> None:
        if self.area:
            self.fields[self.area][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.area:
            self.fields[self.area] = [self.fields[self.area][0].removeprefix("\n")]
            self.area = ""
        self.select = "" if tag == "select" else self.select
        self.inside = self.inside and tag != "form"


def sent_by(html: str, form: str = "edit-form") -> dict[str, Any]:
    """What the form of the page would send as it stands."""
    reader = _Sent(form)
    reader.feed(html)
    assert reader.fields, f"no form #{form}"
    return dict(reader.fields)


def opened(client: Client, path: str, form: str = "edit-form") -> dict[str, Any]:
    """What the editor at that address sends, opened now and left as it is."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    return sent_by(answer.content.decode(), form)
