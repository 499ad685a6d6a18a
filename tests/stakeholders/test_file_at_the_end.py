"""P49: whoever wants it has the whole incident as a file with its all-clear."""

import pytest
from django.test import Client

from incidents.lifecycle.actions import change_status
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
from incidents.updates.actions import AllClear
from notifications import attachments
from notifications.models import Delivery
from notifications.sending import send_due
from people.models import User
from refusals.errors import Invalid
from stakeholders.subscriptions.actions import subscribe
from stakeholders.subscriptions.models import Subscription
from tests.conftest import Clock
from tests.programs import Programs
from tests.stakeholders.conftest import follow, leave, page, publish

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("letters")]

TELLS_OF_THE_ROOM = "Fail reads over"


def resolve(incident: Incident, by: User) -> None:
    change_status(
        incident,
        by=by,
        to="resolved",
        all_clear=AllClear(executive_summary="It is over."),
        override_reason="Confirmed.",
    )


def test_p49_the_file_comes_with_the_all_clear_and_with_nothing_else(
    told: Incident,
    commander: User,
    outsider: User,
    stakeholder: User,
    other_responder: User,
    clock: Clock,
) -> None:
    follow(outsider, told, snapshot=True)
    follow(stakeholder, told)
    leave()
    publish(told, other_responder, clock, "Not yet.")
    assert [one.attachments for one in leave()] == [[], []]
    resolve(told, commander)
    mails = {one.to[0]: one for one in leave() if "resolved" in one.subject}
    (file,) = mails[outsider.email].attachments
    name, content, kind = file
    assert name.startswith(f"{told.ref}-") and name.endswith(".html")
    assert kind == "text/html"
    assert TELLS_OF_THE_ROOM in content and "It is over." in content
    assert "<script" not in content
    others = [one.attachments for to, one in mails.items() if to != outsider.email]
    assert others and not any(others)


def test_p49_whoever_may_not_enter_the_room_any_more_gets_no_file(
    told: Incident, commander: User, outsider: User, admin: User
) -> None:
    follow(outsider, told, snapshot=True)
    leave()
    resolve(told, commander)
    send_due("fan_out")
    outsider.role = "stakeholder"
    outsider.save()
    (letter,) = [one for one in leave() if one.to == [outsider.email]]
    assert letter.attachments == []


def test_p49_a_private_one_sends_neither_word_nor_file(
    told: Incident, commander: User, outsider: User
) -> None:
    follow(outsider, told, snapshot=True)
    leave()
    resolve(told, commander)
    send_due("fan_out")
    change_incident(told, by=commander, private=True)
    assert [one for one in leave() if one.to == [outsider.email]] == []
    row = Delivery.objects.get(kind="word", step="all_clear", person=outsider, channel="email")
    assert (row.state, row.context["attached"]) == ("cancelled", "snapshot")


def test_a_file_too_large_for_a_mail_stays_behind(
    told: Incident, commander: User, outsider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "LARGEST", 1000)
    follow(outsider, told, snapshot=True)
    leave()
    resolve(told, commander)
    (letter,) = [one for one in leave() if one.to == [outsider.email]]
    assert letter.attachments == []
    assert "It is over." in letter.body


def test_only_who_may_enter_the_room_wants_the_file_and_only_for_oneself(
    told: Incident, stakeholder: User, outsider: User, program: Programs
) -> None:
    with pytest.raises(Invalid):
        follow(stakeholder, told, snapshot=True)
    with pytest.raises(Invalid):
        follow(outsider, told, target="board@elsewhere.example", snapshot=True)
    assert not Subscription.objects.exists()
    asked = {"to": "incident", "ref": told.ref, "channel": "email"}
    api = program(outsider)
    made = api.post("subscriptions", {**asked, "snapshot": True})
    again = api.post("subscriptions", {**asked, "every": "daily"})
    never = api.post("subscriptions", {**asked, "every": "daily", "snapshot": False})
    said = [
        (one.status_code, one.json()["every"], one.json()["snapshot"])
        for one in (made, again, never)
    ]
    assert said == [(201, "update", True), (200, "daily", True), (200, "daily", False)]


def test_it_is_wanted_on_the_pages(told: Incident, stakeholder: User, outsider: User) -> None:
    browser, path = Client(), f"/stakeholders/{told.ref}/"
    browser.force_login(outsider)
    browser.post(f"{path}subscription/", {"every": "daily"})
    assert "The whole incident as a file with the all-clear" in page(outsider, path)
    browser.post(f"{path}subscription/", {"snapshot": "yes"})
    row = Subscription.objects.get()
    assert (row.every, row.snapshot) == ("daily", True)
    assert "No file with the all-clear" in page(outsider, path)
    assert "with the file at the end" in page(outsider, "/subscriptions/")
    subscribe(by=stakeholder, to="incident", way="email", ref=told.ref)
    assert "as a file" not in page(stakeholder, path)
    assert "as a file" not in page(stakeholder, "/subscriptions/")
    browser.post(
        "/subscriptions/",
        {"to": "everything", "every": "update", "where": "email", "address": "", "snapshot": "on"},
    )
    assert Subscription.objects.get(to="everything").snapshot
