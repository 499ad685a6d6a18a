"""An address belongs to one account, verified, and changes by an admin only."""

import re
import time

import pytest
from allauth.account.internal.flows import login as allauth_login
from allauth.account.models import EmailAddress
from django.test import Client, override_settings

from drills.cast import gather
from notifications.models import Delivery
from people.actions import create_or_change_person, deactivate_person, reactivate_person
from people.invitations import invitation_by, invite
from people.models import User
from people.moving import change_address
from people.sessions import sign_ins_of
from refusals.errors import Invalid, NotVisible
from tests.people.conftest import PASSWORD, Mail, link_in

pytestmark = pytest.mark.django_db


def addresses() -> list[tuple[str, str, bool, bool]]:
    rows = EmailAddress.objects.order_by("email")
    return [(row.user.email, row.email, row.verified, row.primary) for row in rows]


def test_everybody_who_is_made_has_their_address_verified() -> None:
    User.objects.create_user("One@Example.org", name="One")
    create_or_change_person("two@example.org", name="Two")
    gather(with_password=False)
    expected = sorted(User.objects.values_list("email", flat=True))
    assert addresses() == [(email, email, True, True) for email in expected]
    assert len(expected) == 10


def test_making_somebody_takes_an_address_back_from_who_claimed_it(commander: User) -> None:
    EmailAddress.objects.create(user=commander, email="ada@example.com", verified=True)
    User.objects.create_user("ada@example.com", name="Ada")
    assert addresses() == [
        ("ada@example.com", "ada@example.com", True, True),
        ("maya@example.com", "maya@example.com", True, True),
    ]


@pytest.mark.parametrize(
    "claim",
    [
        {"email": "ada@example.com", "action_add": ""},
        {"email": "ada@example.com", "action_primary": ""},
        {"email": "new@example.org", "action_add": ""},
    ],
)
def test_nobody_claims_an_address(
    client: Client, commander: User, admin: User, claim: dict[str, str]
) -> None:
    before = addresses()
    client.force_login(commander)
    assert client.post("/accounts/email/", claim).status_code == 405
    assert addresses() == before


def test_the_page_of_the_address_says_who_changes_it_and_writes_nothing(
    client: Client, commander: User
) -> None:
    before = addresses()
    client.force_login(commander)
    page = client.get("/accounts/email/").content.decode()
    assert "maya@example.com" in page
    assert "Only an admin changes it" in page
    assert "<nav" in page
    assert addresses() == before


def test_a_stranger_cannot_sign_up_with_an_address_somebody_has(
    client: Client, commander: User, mail: Mail
) -> None:
    values = {"email": "MAYA@example.com", "password1": PASSWORD, "password2": PASSWORD}
    with override_settings(SIGNUP_OPEN=True):
        client.post("/accounts/signup/", values)
    ((to, subject, _),) = mail()
    assert (to, subject) == ("maya@example.com", "You have an account already")
    assert User.objects.count() == 1
    assert not User.objects.get().has_usable_password()


def test_a_stranger_who_signs_up_proves_the_address_first(client: Client, mail: Mail) -> None:
    values = {"email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD}
    with override_settings(SIGNUP_OPEN=True):
        client.post("/accounts/signup/", values)
    assert addresses() == [("new@example.org", "new@example.org", False, True)]
    assert "_auth_user_id" not in client.session
    ((_, _, text),) = mail()
    client.post(link_in(text))
    assert addresses() == [("new@example.org", "new@example.org", True, True)]
    entered = client.post("/accounts/login/", {"login": "new@example.org", "password": PASSWORD})
    assert (entered.status_code, entered["Location"]) == (302, "/")


VALUES = {
    "name": "Maya Chen",
    "email": "Maya@New.example",
    "role": "responder",
    "time_zone": "UTC",
    "office_start": "09:00",
    "office_end": "17:00",
}
ADA = ("ada@example.com", "ada@example.com", True, True)
MAYA = ("maya@example.com", "maya@example.com", True, True)
MOVED = ("maya@new.example", "maya@new.example", True, True)


@pytest.fixture
def came_in(commander: User) -> Client:
    """The commander's browser: they signed in, so their address is known to be theirs."""
    browser = Client()
    browser.force_login(commander)
    return browser


def told(mail: Mail) -> list[tuple[str, str]]:
    return sorted((to, subject) for to, subject, _ in mail())


def test_an_admin_asks_for_an_address_and_its_mailbox_says_yes(
    client: Client, commander: User, came_in: Client, admin: User, mail: Mail
) -> None:
    client.force_login(admin)
    saved = client.post(f"/admin/people/user/{commander.pk}/change/", VALUES, follow=True)
    said = "A link is on its way to maya@new.example. The address changes once it is followed."
    assert said in saved.content.decode()
    assert addresses() == [ADA, MAYA, ("maya@example.com", "maya@new.example", False, False)]
    page = client.get(f"/admin/people/user/{commander.pk}/change/").content.decode()
    assert 'value="maya@example.com"' in page
    assert "maya@new.example" in page
    history = client.get(f"/admin/people/user/{commander.pk}/history/").content.decode()
    assert "once its link is followed, address from maya@example.com to maya@new.example" in history
    asked = [
        ("maya@example.com", "Another address was asked for"),
        ("maya@new.example", "Confirm your address"),
    ]
    assert told(mail) == asked
    assert came_in.get("/preferences/").status_code == 200
    kept = [f"{row.text}{row.context}" for row in Delivery.objects.all()]
    assert [text for text in kept if "confirm-email" in text] == []

    elsewhere = Client()
    elsewhere.force_login(commander)
    (link,) = (link_in(text) for to, _, text in mail() if to == "maya@new.example")
    assert "maya@new.example" in Client().get(link).content.decode()
    assert addresses()[1] == MAYA
    done = came_in.post(link, follow=True)
    assert "Your address is confirmed. Sign in." in done.content.decode()
    assert addresses() == [ADA, MOVED]
    changed = "The address of your account was changed"
    assert told(mail) == sorted([*asked, *((one, changed) for one in (MAYA[1], MOVED[1]))])
    assert sign_ins_of(commander) == []
    out = [browser.get("/preferences/").status_code for browser in (came_in, elsewhere)]
    assert out == [302, 302]
    assert Client().post(link).status_code == 404


def test_a_link_to_an_address_opens_nothing_once_something_else_was_said(
    commander: User, came_in: Client, admin: User, other_responder: User, mail: Mail
) -> None:
    def asked(email: str) -> str:
        assert not change_address(commander, email, by=admin)
        (link,) = (link_in(text) for to, _, text in mail() if to == email)
        return link

    replaced = asked("one@new.example")
    taken = asked("two@new.example")
    assert Client().post(replaced).status_code == 404
    User.objects.create_user("two@new.example", name="Two")
    assert Client().post(taken).status_code == 404
    left = asked("three@new.example")
    deactivate_person(commander, by=admin)
    reactivate_person(commander, by=admin)
    assert Client().post(left).status_code == 404
    assert MAYA in addresses()


def test_a_link_to_an_address_is_good_for_three_days(
    commander: User, came_in: Client, admin: User, mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_address(commander, "maya@new.example", by=admin)
    (link,) = (link_in(text) for to, _, text in mail() if to == "maya@new.example")
    three_days = 3 * 24 * 60 * 60
    for passed, status in ((three_days + 60, 404), (three_days - 60, 302)):
        with monkeypatch.context() as later:
            at = time.time() + passed
            later.setattr("django.core.signing.time.time", lambda at=at: at)
            assert Client().post(link).status_code == status
    assert addresses() == [ADA, MOVED]


def test_an_address_that_waits_signs_in_nobody_and_resets_at_the_old_one(
    client: Client, commander: User, came_in: Client, admin: User, mail: Mail
) -> None:
    commander.set_password(PASSWORD)
    commander.save()
    change_address(commander, "maya@new.example", by=admin)
    client.post("/accounts/login/", {"login": "maya@new.example", "password": PASSWORD})
    assert "_auth_user_id" not in client.session
    before = len(mail())
    client.post("/accounts/password/reset/", {"email": "maya@new.example"})
    assert {to for to, _, _ in mail()[before:]} <= {"maya@example.com"}
    assert addresses()[1] == MAYA


def test_somebody_who_never_came_in_is_moved_at_once_and_both_are_told(
    commander: User, admin: User, mail: Mail
) -> None:
    assert change_address(commander, "Maya@New.example", by=admin)
    assert addresses() == [ADA, MOVED]
    assert told(mail) == [
        ("maya@example.com", "The address of your account was changed"),
        ("maya@new.example", "The address of your account was changed"),
    ]


def test_an_admin_who_signed_in_a_while_ago_says_first_who_they_are(
    client: Client, commander: User, came_in: Client, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin.set_password(PASSWORD)
    admin.save()
    with monkeypatch.context() as past:
        past.setattr(allauth_login.time, "time", lambda: time.monotonic())
        client.post("/accounts/login/", {"login": admin.email, "password": PASSWORD})
    path = f"/admin/people/user/{commander.pk}/change/"
    values = {**VALUES, "name": "Maya K."}
    refused = client.post(path, values)
    assert refused.status_code == 200
    page = refused.content.decode()
    found = re.search(r'href="(/accounts/reauthenticate/\?next=[^"]+)"', page)
    assert found is not None
    assert 'value="Maya@New.example"' in page
    assert addresses() == [ADA, MAYA]
    # Whatever else stands in the form is saved without.
    assert client.post(path, {**values, "email": commander.email}).status_code == 302

    said = client.post(found[1], {"password": PASSWORD})
    assert (said.status_code, said["Location"]) == (302, path)
    assert client.post(path, values).status_code == 302
    assert addresses()[2] == ("maya@example.com", "maya@new.example", False, False)


def test_links_sent_to_the_old_address_open_nothing(
    client: Client, commander: User, admin: User, mail: Mail
) -> None:
    secret = invite(commander).link.split("/")[-2]
    client.post("/accounts/password/reset/", {"email": commander.email})
    reset = link_in(mail()[-1][2])
    change_address(commander, "maya@new.example", by=admin)
    with pytest.raises(NotVisible):
        invitation_by(secret)
    assert "This link no longer works" in client.get(reset, follow=True).content.decode()


@pytest.mark.parametrize("email", ["ADA@example.com", "no address"])
def test_an_address_that_is_taken_or_none_is_refused(
    commander: User, admin: User, email: str
) -> None:
    with pytest.raises(Invalid):
        change_address(commander, email, by=admin)
    assert addresses()[1] == ("maya@example.com", "maya@example.com", True, True)
