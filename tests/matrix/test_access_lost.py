"""Access lost, however it was lost, over every surface."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from api.models import KeptAnswer
from clock.queries import now
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident, RoleAssignment
from incidents.roster.actions import release_role
from live.identity import Credential, identify
from live.topics import Viewer
from notifications.models import Delivery
from notifications.sending import send_due
from notifications.sight import HIDDEN
from people.actions import deactivate_person, issue_token
from people.models import ApiToken, Scope, User
from postmortems.items.daily_message import write_message
from postmortems.items.models import ActionItem
from tests.live.conftest import House, boards, cookie_of, house, open_house
from tests.live.lines import Line
from tests.matrix.hidden import WORD, Hidden, a_hidden_incident, as_text, queue, signed_in
from tests.programs import Program
from tests.waiting import PATIENCE_S
from warroom.live import WAR_ROOM

__all__ = ["boards", "house", "open_house"]

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]

KEY = {"Idempotency-Key": "kept-once"}


def made_private(hidden: Hidden) -> None:
    """Everybody who is not on the roster loses it."""
    hidden.make_private()


def taken_off(hidden: Hidden) -> None:
    """It is private already, and the commander takes them off its roster."""
    lead, leaver = hidden.inside["commander"], hidden.outside["leaver"]
    change_incident(hidden.incident, by=lead, private=True)
    held = RoleAssignment.objects.active().filter(incident=hidden.incident, person=leaver)
    while (role := held.order_by("-pk").first()) is not None:
        release_role(role.pk, by=lead, note="Thank you.")


def deactivated(hidden: Hidden) -> None:
    """Their account is closed."""
    deactivate_person(hidden.outside["leaver"], by=hidden.inside["admin"])


LOST: list[Callable[[Hidden], None]] = [made_private, taken_off, deactivated]


class Surfaces:
    """Everywhere the leaver may read of the incident, opened before access is lost."""

    def __init__(self, hidden: Hidden) -> None:
        self.hidden, self.leaver = hidden, hidden.outside["leaver"]
        self.browser = signed_in(self.leaver)
        _, secret = issue_token(
            self.leaver, name="mine", scopes=(Scope.READ, Scope.WRITE, Scope.INGEST)
        )
        self.program = Program(secret)
        self.base = hidden.incident.get_absolute_url()
        self.note = f"incidents/{hidden.incident.ref}/notes"
        self.made = self.program.post(self.note, {"text": f"{WORD} is kept."}, **KEY)
        assert self.made.status_code == 201
        queue("reply", hidden.incident, self.leaver, "lost")
        item = ActionItem.objects.get(owner=self.leaver)
        write_message(self.leaver, [("action_item", item.pk, "due")], now())

    def reads(self) -> dict[str, set[str]]:
        """What each of them tells now; what tells nothing is left out."""
        pages = {
            "next request": self.base,
            "timeline": f"{self.base}timeline/",
            "export": f"{self.base}timeline/?as=csv",
            "executive page": f"/stakeholders/{self.hidden.incident.ref}/",
            "home": "/",
            "inbox": "/notifications/",
            "list": "/incidents/",
            "search": "/incidents/?q=sings",
            "autocomplete": "/incidents/names/",
            "action items": "/actions/?list=all",
            "admin": f"/admin/incidents/incident/{self.hidden.incident.pk}/change/",
        }
        calls = {
            "state over the API": f"incidents/{self.hidden.incident.ref}",
            "search over the API": "incidents?q=sings",
            "inbox over the API": "notifications",
            "items over the API": "action-items",
        }
        told = {name: self._told(self.browser.get(path)) for name, path in pages.items()}
        told |= {name: self._told(self.program.get(path)) for name, path in calls.items()}
        again = self.program.post(self.note, {"text": f"{WORD} is kept."}, **KEY)
        told["replayed key"] = self._told(again)
        return {name: words for name, words in told.items() if words}

    def _told(self, answer: Any) -> set[str]:
        return self.hidden.told_by(answer) & {WORD}


@pytest.fixture
def surfaces(db: None) -> Surfaces:
    """All of them open."""
    return Surfaces(a_hidden_incident())


@pytest.mark.parametrize("lose", LOST)
def test_access_lost_is_lost_on_every_surface(
    surfaces: Surfaces, lose: Callable[[Hidden], None], mailoutbox: list[Any]
) -> None:
    hidden, leaver = surfaces.hidden, surfaces.leaver
    before = surfaces.reads()
    assert {"next request", "home", "inbox", "search", "autocomplete", "replayed key"} <= {*before}
    assert "admin" not in before
    viewer = Viewer("person", leaver.pk)
    assert WAR_ROOM.authorise(hidden.incident.pk, {viewer}) == {viewer}
    lose(hidden)
    assert surfaces.reads() == {}
    assert WAR_ROOM.authorise(hidden.incident.pk, {viewer}) == set()
    Delivery.objects.underway().update(next_attempt_at=now() - timedelta(seconds=1))
    mailoutbox.clear()
    send_due("email")
    mine = [mail for mail in mailoutbox if leaver.email in mail.to]
    assert [mail.subject for mail in mine if hidden.told_by(mail.subject + mail.body)] == []
    waiting = Delivery.objects.filter(person=leaver, incident_id=hidden.incident.pk)
    assert not waiting.filter(state__in=["pending", "sending"], channel="email").exists()


def test_who_lost_it_reads_in_their_inbox_that_it_is_no_longer_shown(surfaces: Surfaces) -> None:
    made_private(surfaces.hidden)
    said = surfaces.program.get("notifications").json()["items"]
    about = [one for one in said if one["subject"] == HIDDEN]
    assert about
    assert {(one["text"], one["url"], one["incident"]) for one in about} == {("", "", None)}
    path = f"notifications/{about[0]['id']}/read"
    read = surfaces.program.post(path)
    assert (read.json()["subject"], read.json()["read"]) == (HIDDEN, True)


def test_administrator_no_more_reads_no_admin_and_no_private_incident(surfaces: Surfaces) -> None:
    hidden = surfaces.hidden
    admin = hidden.inside["admin"]
    browser = signed_in(admin)
    address = f"/admin/incidents/incident/{hidden.incident.pk}/change/"
    hidden.make_private()
    assert hidden.told_by(browser.get(hidden.incident.get_absolute_url()))
    User.objects.filter(pk=admin.pk).update(role="stakeholder")
    for path in (address, hidden.incident.get_absolute_url(), "/stakeholders/", "/notifications/"):
        assert WORD not in browser.get(path).content.decode()


@pytest.mark.parametrize("scope", ["read", "ingest"])
def test_a_kept_answer_is_not_for_a_token_that_could_not_have_made_it(
    surfaces: Surfaces, scope: str
) -> None:
    _, secret = issue_token(surfaces.leaver, name="less", scopes=(scope,))
    again = Program(secret).post(surfaces.note, {"text": f"{WORD} is kept."}, **KEY)
    assert (again.status_code, again.json()["code"]) == (403, "forbidden")
    assert WORD not in as_text(again)


def test_who_may_see_is_asked_before_whether_the_body_is_the_same(surfaces: Surfaces) -> None:
    made_private(surfaces.hidden)
    other = surfaces.program.post(surfaces.note, {"text": "Another."}, **KEY)
    assert (other.status_code, other.json()["code"]) == (404, "not_found")


def test_a_declaration_is_not_replayed_to_who_left_its_roster(db: None, admin: User) -> None:
    person = User.objects.create_user("declares@example.com", name="Declares", role="responder")
    _, secret = issue_token(person, name="mine", scopes=(Scope.READ, Scope.WRITE, Scope.INGEST))
    caller = Program(secret)
    body = {"title": f"{WORD} fled", "severity": "sev2", "private": True}
    made = caller.post("incidents", body, **KEY)
    assert made.status_code == 201
    assert caller.post("incidents", body, **KEY).json() == made.json()
    number = int(made.json()["ref"].removeprefix("INC-"))
    RoleAssignment.objects.filter(incident__number=number).update(ended_at=now())
    again = caller.post("incidents", body, **KEY)
    assert (again.status_code, again.json()["code"]) == (404, "not_found")
    assert Incident.objects.count() == 1


def test_what_was_kept_before_this_was_asked_is_nobodys(surfaces: Surfaces) -> None:
    KeptAnswer.objects.update(terms={})
    again = surfaces.program.post(surfaces.note, {"text": f"{WORD} is kept."}, **KEY)
    assert (again.status_code, again.json()["code"]) == (404, "not_found")


def test_a_token_ends_with_its_person(surfaces: Surfaces) -> None:
    from_token = Credential(token=ApiToken.digest_of(surfaces.program.secret))
    assert identify([from_token])
    deactivated(surfaces.hidden)
    assert not identify([from_token])
    assert surfaces.program.get("me").status_code == 401


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lose", LOST)
def test_an_open_stream_ends_when_access_is_lost(
    db: None, house: House, lose: Callable[[Hidden], None]
) -> None:
    hidden = a_hidden_incident()
    leaver, stays = hidden.outside["leaver"], hidden.inside["commander"]
    path = f"/incidents/{hidden.incident.ref}/events/"
    theirs = Line(house.port, path, cookie=cookie_of(leaver))
    other = Line(house.port, path, cookie=cookie_of(stays))
    try:
        assert WORD in theirs.next().data
        other.next()
        lose(hidden)
        assert theirs.ended.wait(PATIENCE_S)
        assert not other.ended.is_set()
        assert Line(house.port, path, cookie=cookie_of(stays)).status == 200
    finally:
        theirs.close()
        other.close()


def test_signed_out_nothing_is_left(surfaces: Surfaces) -> None:
    surfaces.browser.logout()
    assert surfaces.browser.get("/").status_code == 302
    assert Client().get(surfaces.base).status_code == 302
