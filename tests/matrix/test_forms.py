"""Every form of every page carries its proof of origin: found by walking, sent with checks on."""

import copy
import re
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import resolve

from incidents.endstate.actions import write_end_state
from incidents.hypotheses.actions import add_hypothesis
from incidents.hypotheses.models import Hypothesis
from incidents.lifecycle.actions import AllClear, change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.line.actions import stop_line
from incidents.record.models import Incident
from people.models import User
from postmortems.review.actions import open_review
from tests.matrix.addresses import ROLES, Address, Cast, addresses, an_object_of, world_of
from tests.matrix.forms import TOKEN, Form, forms_of, is_html
from tests.matrix.pages import ABOUT_INCIDENTS, OTHERS
from tests.outbox import queue_delivery
from tests.project.reading import name_of, templates
from tests.warroom.test_views import POSTS

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]

TOO_OLD = "This form is too old"
SCRIPTED = {
    "postmortems:language",
    "warroom:language",
    "warroom:try-query",
    "api:openapi-json",
    "api:openapi-view",
}
"""What no form leads to: what is looked at while one types, and the API's description."""
HTMX = {"HX-Request": "true"}


class Walk:
    """One person's way through all pages, and what became of the forms."""

    def __init__(self, browser: Client) -> None:
        self.browser = browser
        self.without: list[str] = []
        """Forms that lack their token."""
        self.refused: list[str] = []
        """Forms whose token was not accepted."""
        self.unchecked: list[str] = []
        """Addresses that take a POST without any token."""
        self.reached: set[str] = set()
        """Names of the addresses that a form was sent to."""
        self._sent: set[str] = set()

    def visit(self, path: str, data: Any = None, **headers: str) -> None:
        """Look at a page, or at what a POST answers, and send each of its forms."""
        if data is None:
            answer = self.browser.get(path, headers=headers)
        else:
            token = self.browser.cookies["csrf"].value
            answer = self.browser.post(path, {**data, TOKEN: token})
        if is_html(answer):
            for form in forms_of(answer.content.decode(), at=path):
                self._try(form, path)

    def _try(self, form: Form, path: str) -> None:
        if form.method != "post":
            return
        if TOKEN not in form.fields:
            self.without.append(f"{form.id or form.action} of {path}")
            return
        for target in form.targets - self._sent:
            self._sent.add(target)
            self.reached.add(resolve(target.partition("?")[0]).view_name)
            if self._is_too_old(target, form.fields):
                self.refused.append(target)
            bare = {name: value for name, value in form.fields.items() if name != TOKEN}
            if not self._is_too_old(target, bare):
                self.unchecked.append(target)

    def _is_too_old(self, target: str, fields: dict[str, str]) -> bool:
        """Send it in a browser that is like this one; whatever came of it is undone."""
        other = Client(enforce_csrf_checks=True)
        other.cookies = copy.deepcopy(self.browser.cookies)
        with transaction.atomic():
            answer = other.post(target, fields)
            transaction.set_rollback(True)
        return answer.status_code == 403 and TOO_OLD in answer.content.decode()


def ended(incident: Incident, *, by: User) -> Incident:
    """The incident resolved, which is when a review may open."""
    return change_status(
        incident,
        by=by,
        to="resolved",
        all_clear=AllClear(executive_summary="It is over.", statement="Calls failed."),
        override_reason="No signal measures it yet.",
    )


@pytest.fixture
def scenes(cast: Cast) -> list[Incident]:
    """One that gets a part of every kind, one stopped with facts to agree on, one just declared."""
    commander = cast.people["commander"]
    busy = cast.incident(private=False)
    stopped = cast.incident(private=False)
    open_review(ended(stopped, by=commander), by=commander)
    stopped = change_status(stopped, by=commander, to="investigating", reason="It is back.")
    stop_line(stopped, by=commander, reason="Errors rise.")
    add_hypothesis(busy, by=commander, text="Nobody looks into this")
    Hypothesis.objects.update(owner=None)
    write_end_state(busy, by=commander, text="Calls succeed.")
    bare = declare_incident(by=commander, title="Slow", severity="sev2")
    for number, person in enumerate(cast.people.values()):
        queue_delivery(
            key=f"unread{number}",
            kind="test",
            person=person,
            channels=("in_app",),
            subject_line="Unread",
            text="T",
        )
    return [busy, stopped, bare]


def paths(scenes: list[Incident], cast: Cast) -> list[str]:
    """Every address filled with every scene."""
    busy, *others = scenes
    world = world_of(busy, by=cast.people["commander"])
    found = []
    for one in addresses():
        if "object_id" in one.words and "content_type_id" not in one.words:
            if one.name.startswith("admin:") and (key := an_object_of(one)) is not None:
                world["object_id"] = key
            else:
                continue
        found.append(one.filled({"object_id": 1, **world}))
        if one.words == ["ref"]:
            found += [one.filled({"ref": other.ref}) for other in others]
    return found


def walk(role: str, cast: Cast, scenes: list[Incident]) -> Walk:
    """Send ``role`` everywhere, to pages and to the parts that dialogs are made of."""
    walking = Walk(cast.browser(role, enforce_csrf_checks=True))
    for path in paths(scenes, cast):
        walking.visit(path)
        if not path.startswith(("/admin/", "/accounts/")):
            walking.visit(path, **HTMX)
    if role == "commander":
        update = dict(POSTS)["updates"]
        walking.visit(f"{scenes[0].get_absolute_url()}updates/preview/", update)
    return walking


@pytest.mark.parametrize("role", ROLES)
def test_every_form_of_every_page_carries_a_token_that_is_asked_for(
    cast: Cast, scenes: list[Incident], role: str
) -> None:
    walking = walk(role, cast, scenes)
    assert (walking.without, walking.refused, walking.unchecked) == ([], [], [])
    assert walking.reached


def takes_a_post(one: Address) -> bool:
    row = {**ABOUT_INCIDENTS, **OTHERS}.get(one.name)
    return row is not None and "m" in row[1]


def test_a_form_leads_to_every_address_that_takes_a_post(
    cast: Cast, scenes: list[Incident]
) -> None:
    reached = walk("commander", cast, scenes).reached | walk("anonymous", cast, scenes).reached
    posts = {one.name for one in addresses() if takes_a_post(one)}
    assert posts - reached == SCRIPTED


def test_a_page_gives_its_scripts_the_token_too(cast: Cast, incident: Incident) -> None:
    browser = cast.browser("commander")
    page = browser.get(incident.get_absolute_url()).content.decode()
    (token,) = re.findall(r"""hx-headers:inherited='\{"X-CSRFToken": "(\w+)"\}'""", page)
    scripted = Client(enforce_csrf_checks=True)
    scripted.cookies = browser.cookies
    address = f"{incident.get_absolute_url()}notes/"
    with_it = scripted.post(
        address, {"text": "Seen", "kind": "note"}, headers={**HTMX, "X-CSRFToken": token}
    )
    without = scripted.post(address, {"text": "Seen", "kind": "note"}, headers=HTMX)
    assert (with_it.status_code, without.status_code) == (200, 403)


def test_no_template_writes_a_form_without_a_token() -> None:
    """Also where a form is drawn in a state that the walk does not come by."""
    forms = re.compile(r"<form\b[^>]*method=\"post\".*?</form>", re.DOTALL)
    bare = [
        name_of(path)
        for path in templates()
        for form in forms.findall(path.read_text())
        if not re.search(r"\{\{ csrf_input \}\}|\{% csrf_token %\}", form)
    ]
    assert bare == []
