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
from incidents.sharing.actions import share_incident
from live.identity import Credential, identify
from live.topics import Viewer
from notifications.endpoints import add_channel
from notifications.models import Delivery
from notifications.sending import send_due
from notifications.sight import HIDDEN
from people.actions import deactivate_person, issue_token
from people.feed_keys import personal_url
from people.models import ApiToken, Scope, User
from postmortems.items.daily_message import write_message
from postmortems.items.models import ActionItem
from stakeholders.subscriptions.actions import subscribe
from tests.incidents.cast import publish
from tests.live.conftest import House, boards, cookie_of, house, open_house
from tests.live.lines import Line
from tests.matrix.hidden import WORD, Hidden, a_hidden_incident, as_text, queue, signed_in
from tests.notifications.receiver import Receiver
from tests.programs import Program
from tests.stakeholders.conftest import leave, other_side, path_of
from tests.waiting import PATIENCE_S
from warroom.live import WAR_ROOM

__all__ = ["boards", "house", "open_house", "other_side"]

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]

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


ALL_OF_THEM = {
    *("next request", "timeline", "export", "snapshot", "executive page", "executive list"),
    *("home", "inbox", "list", "search", "autocomplete", "action items", "review"),
    *("feed", "feed of the incident", "feed of the service", "calendar", "replayed key"),
    *("state over the API", "search over the API", "inbox over the API", "items over the API"),
}


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
        mine = {
            "feed": ("stakeholders:feed",),
            "feed of the incident": ("stakeholders:incident-feed", hidden.incident.ref),
            "feed of the service": ("stakeholders:service-feed", "partner-api"),
            "calendar": ("stakeholders:calendar",),
        }
        self.by_key = {name: path_of(personal_url(self.leaver, *of)) for name, of in mine.items()}
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
            "snapshot": f"{self.base}snapshot/",
            "review": f"/postmortems/{self.hidden.incident.ref}/",
            "executive list": "/stakeholders/",
        }
        calls = {
            "state over the API": f"incidents/{self.hidden.incident.ref}",
            "search over the API": "incidents?q=sings",
            "inbox over the API": "notifications",
            "items over the API": "action-items",
        }
        told = {name: self._told(self.browser.get(path)) for name, path in pages.items()}
        told |= {name: self._told(Client().get(path)) for name, path in self.by_key.items()}
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
    # Everything but the admin's, so that each has something to lose.
    assert {*before} == ALL_OF_THEM
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


def test_what_whoever_has_the_link_reads_and_programs_hear_ends_when_it_turns_private(
    surfaces: Surfaces, other_side: Receiver
) -> None:
    hidden = surfaces.hidden
    lead, admin = hidden.inside["commander"], hidden.inside["admin"]
    guest = path_of(share_incident(hidden.incident, by=lead).url)
    add_channel(by=admin, kind="webhook", url=other_side.url, name="own")
    subscribe(by=admin, to="everything", way="webhook", target="own")
    publish(hidden.incident, lead, executive_summary=f"{WORD} was seen.")
    leave()
    heard = len(other_side.arrived)
    assert WORD in other_side.arrived[-1].body.decode()
    assert WORD in Client().get(guest).content.decode()
    publish(hidden.incident, lead, executive_summary=f"{WORD} flew on.")
    made_private(hidden)
    leave()
    assert len(other_side.arrived) == heard
    gone = Client().get(guest)
    assert (gone.status_code, hidden.told_by(gone)) == (404, set())


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
