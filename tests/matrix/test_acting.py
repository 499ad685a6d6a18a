"""What people write acts on no page: every text of every row holds strings that would."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import CharField, Field, Model, TextField
from django.test import Client
from markdown_it import MarkdownIt

from incidents.lifecycle.notes import add_note
from incidents.record.models import Incident
from notifications.outbox import Message, queue_deliveries
from pages.markdown import render_markdown
from people.models import User
from tests.matrix.acting import STRINGS, acting_in
from tests.matrix.addresses import Cast, addresses, an_object_of, world_of
from tests.matrix.test_private import AS_WELL, LISTS
from tests.waiting import FULL
from withdrawal.words import RENDERED

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(3600 if FULL else 600)]

OURS = ("people", "notifications", "incidents", "alerts", "stakeholders", "postmortems")
#: Where no words of people stand: names of ours, digests, addresses of the net that are read when
#: they are written (``test_no_address_that_acts_is_taken``), what a zone or a mark is called.
NO_WORDS = {
    *("password", "email", "time_zone", "digest", "key", "kind", "step", "source", "address"),
    *("target", "url", "html", "incident_ref", "host", "secret", "room_url", "slug", "chat_url"),
    *("call_url", "runbook_url", "comparator", "state", "cadence_zone", "last_hash", "canonical"),
    *("previous_hash", "hash", "currency", "told", "tool", "fingerprint", "subject", "token"),
    *("access_token", "refresh_token"),
}
#: Rows that the record itself keeps; what is noted there is written as a note.
KEPT = {"TimelineEntry", "LadderStep", "FollowUpStep"}


def fields() -> Iterator[tuple[type[Model], list["Field[Any, Any]"]]]:
    """Every field of ours that holds words of people, by its model."""
    for model in apps.get_models():
        if model._meta.app_label not in OURS or model._meta.proxy or model.__name__ in KEPT:
            continue
        found: list[Field[Any, Any]] = [
            one
            for one in model._meta.concrete_fields
            if isinstance(one, CharField | TextField)
            and not one.choices
            and one.name not in NO_WORDS
            and one.name not in RENDERED
        ]
        if found:
            yield model, found


class Packs:
    """Hands out as many strings as a field holds, going on with the next ones."""

    def __init__(self, first: int) -> None:
        self.next = first
        self.given: set[int] = set()

    def of(self, longest: int | None, ends: str = "") -> str:
        room, found = (longest or 20_000) - len(ends), ""
        for _ in STRINGS:
            one = STRINGS[self.next % len(STRINGS)]
            if len(found) + len(one) + 1 > room:
                break
            found += one + "\n" if room > 600 else one + " "
            self.given.add(self.next % len(STRINGS))
            self.next += 1
        return found + ends


def write_everywhere(incident: Incident, by: User, first: int) -> set[int]:
    """Put strings into every text of every row; answers which ones stand in a short one."""
    short, long = Packs(first), Packs(0)
    for model, found in fields():
        for row in model._default_manager.all():
            values = {}
            for one in found:
                packs = short if (one.max_length or 20_000) < 1_000 else long
                values[one.name] = packs.of(one.max_length, f"~{row.pk}" if one.unique else "")
            for html, source in RENDERED.items():
                if source in values and hasattr(row, html):
                    values[html] = render_markdown(values[source])
            _write(row, values)
    for at in range(0, len(STRINGS), 30):
        text = "\n".join(STRINGS[at : at + 30])
        add_note(incident, by=by, text=text.replace("\x0c", " "))
    return short.given


def _write(row: Model, values: dict[str, str]) -> None:
    """All of them; where some belong together, what holds words already."""
    mine = type(row)._default_manager.filter(pk=row.pk)
    try:
        with transaction.atomic():
            mine.update(**values)
    except IntegrityError:
        mine.update(**{name: one for name, one in values.items() if getattr(row, name)})


def acting(cast: Cast, world: dict[str, Any]) -> dict[str, list[str]]:
    """What acts on each page, as a manager and a stakeholder read it."""
    found = {}
    for role in ("admin", "stakeholder"):
        browser = cast.browser(role)
        for one in addresses():
            if role == "stakeholder" and not one.name.startswith(("stakeholders:", "warroom:home")):
                continue
            if "object_id" in one.words and "content_type_id" not in one.words:
                world["object_id"] = an_object_of(one) or 1
            path = one.filled({"object_id": 1, **world})
            for query in ("", *LISTS.get(one.name, ()), *AS_WELL.get(one.name, ())):
                answer: Any = browser.get(path + query)
                assert answer.status_code != 500, path
                kind = answer.headers.get("Content-Type", "")
                if answer.status_code == 200 and "html" in kind and not answer.streaming:
                    found[f"{role} {path}{query}"] = acting_in(answer.content.decode())
    return found


def test_over_two_hundred_strings_in_every_text_act_on_no_page(cast: Cast) -> None:
    commander = cast.people["commander"]
    incident = cast.incident(private=False)
    world = world_of(incident, by=commander)
    for person in cast.people.values():
        message = Message(
            key=f"{person.pk}", kind="test", person=person, subject_line="S", text="T"
        )
        queue_deliveries([message])
    tried: set[int] = set()
    for turn in range(12 if FULL else 1):
        # Where a text is short, other strings stand in it each time.
        tried |= write_everywhere(incident, commander, turn * 20)
        pages = acting(cast, world)
        assert {path: found for path, found in pages.items() if found} == {}
        assert len(pages) > 100
    assert tried == {*range(len(STRINGS))}
    assert len(STRINGS) > 200


def contexts(string: str) -> Iterator[str]:
    """Where a careless page would put it."""
    yield from (f"<p>{string}</p>", f'<p title="{string}">', f"<p title='{string}'>")
    yield from (f"<title>{string}</title>", f"<textarea>{string}</textarea>")
    careless = MarkdownIt("commonmark", {"html": True})
    careless.validateLink = lambda url: True  # type: ignore[method-assign]
    yield careless.render(string)


def test_control_each_string_acts_where_nobody_takes_care() -> None:
    assert [one for one in STRINGS if not any(map(acting_in, contexts(one)))] == []


def test_rendered_markdown_lets_none_of_them_act() -> None:
    assert [one for one in STRINGS if acting_in(render_markdown(one))] == []


@pytest.mark.parametrize("field", ["chat_url", "call_url"])
def test_no_address_that_acts_is_taken(incident: Incident, commander: User, field: str) -> None:
    browser = Client()
    browser.force_login(commander)
    bad = [
        *("javascript:zq()", "JaVaScRiPt:zq()", " javascript:zq()", "java\tscript:zq()"),
        *("data:text/html,x", "vbscript:zq()", "//evil.example", "https://", "file:///etc/passwd"),
    ]
    path = f"/api/v1/incidents/{incident.ref}"
    token = browser.get("/session/").json()["token"]
    said = {
        one: browser.patch(
            path, {field: one}, content_type="application/json", headers={"X-CSRFToken": token}
        ).status_code
        for one in bad
    }
    assert said == dict.fromkeys(bad, 422)
