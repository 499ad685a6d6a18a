"""Adding somebody: one link, on screen once and by mail, good once."""

from datetime import timedelta

import pytest
from django.test import Client, override_settings

from notifications.models import Delivery
from notifications.sending import send_due
from people.actions import deactivate_person
from people.invitations import invitation_by, invite, use_invitation
from people.models import ApiToken, Invitation, User
from refusals.errors import NotVisible
from tests.conftest import Clock
from tests.people.conftest import PASSWORD, Mail, link_in

NEW = {
    "name": "Lena Sato",
    "email": "Lena@Example.org",
    "role": "responder",
    "time_zone": "UTC",
    "office_start": "09:00",
    "office_end": "17:00",
    "by_email": "on",
}


def path_of(link: str) -> str:
    return link.removeprefix("http://127.0.0.1:8000")


def test_who_is_added_gets_a_link_on_screen_once_and_by_mail(
    client: Client, admin: User, mail: Mail
) -> None:
    client.force_login(admin)
    added = client.post("/admin/people/user/add/", NEW)
    page = added.content.decode()
    ((to, subject, text),) = mail()
    link = link_in(text)
    assert (added.status_code, to, subject) == (200, "lena@example.org", "Your way into Endstate")
    assert f'value="http://127.0.0.1:8000{link}"' in page
    assert "no-store" in added["Cache-Control"]
    lena = User.objects.get(email="lena@example.org")
    assert link not in client.get(f"/admin/people/user/{lena.pk}/change/").content.decode()


def test_the_link_is_stored_hashed_and_sealed(commander: User) -> None:
    secret = invite(commander).link.split("/")[-2]
    invitation = Invitation.objects.values().get()
    delivery = Delivery.objects.values().get()
    assert invitation["digest"] == ApiToken.digest_of(secret)
    assert secret not in f"{invitation} {delivery}"


def test_the_invited_sets_a_password_and_lands_signed_in(client: Client, commander: User) -> None:
    path = path_of(invite(commander).link)
    seen = [client.get(path).status_code for _ in range(3)]
    entered = client.post(path, {"password1": PASSWORD})
    commander.refresh_from_db()
    assert (seen, entered.status_code, entered["Location"]) == ([200] * 3, 302, "/")
    assert client.get("/").status_code == 200
    assert client.session["_auth_user_id"] == str(commander.pk)
    assert commander.check_password(PASSWORD)


def test_a_link_is_good_once(client: Client, commander: User) -> None:
    path = path_of(invite(commander).link)
    client.post(path, {"password1": PASSWORD})
    stranger = Client()
    again = stranger.post(path, {"password1": "another long password"})
    commander.refresh_from_db()
    assert (again.status_code, stranger.get(path).status_code) == (404, 404)
    assert "This link no longer works" in again.content.decode()
    assert commander.check_password(PASSWORD)
    assert "_auth_user_id" not in stranger.session


def test_of_two_who_look_at_a_link_one_uses_it(commander: User) -> None:
    secret = path_of(invite(commander).link).split("/")[2]
    first, second = invitation_by(secret), invitation_by(secret)
    use_invitation(first)
    with pytest.raises(NotVisible):
        use_invitation(second)


@pytest.mark.parametrize("ended_by", ["time", "another", "leaving", "nothing ever"])
def test_a_link_that_ended_looks_like_none(
    client: Client, commander: User, admin: User, clock: Clock, ended_by: str
) -> None:
    path = path_of(invite(commander).link)
    match ended_by:
        case "time":
            clock.advance(days=7, seconds=1)
        case "another":
            invite(commander)
        case "leaving":
            deactivate_person(commander, by=admin)
        case _:
            path = "/invitation/never-made/"
    answer = client.get(path)
    assert answer.status_code == 404
    assert "This link no longer works" in answer.content.decode()


def test_a_short_password_is_refused_and_the_link_stays_good(
    client: Client, commander: User
) -> None:
    path = path_of(invite(commander).link)
    refused = client.post(path, {"password1": "fourteen-chars"})
    assert refused.status_code == 422
    assert "Use at least 15 characters" in refused.content.decode()
    assert client.post(path, {"password1": "fifteen-chars-x"}).status_code == 302


def test_a_link_ends_another_persons_session_in_that_browser(
    client: Client, commander: User, responder: User
) -> None:
    client.force_login(responder)
    client.post(path_of(invite(commander).link), {"password1": PASSWORD})
    assert client.session["_auth_user_id"] == str(commander.pk)


def test_inviting_needs_no_mail_server(client: Client, admin: User) -> None:
    client.force_login(admin)
    with override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=1,
    ):
        added = client.post("/admin/people/user/add/", NEW)
        send_due("email")
    assert added.status_code == 200
    assert Delivery.objects.values_list("state", flat=True).get() == "pending"


def test_the_list_of_people_invites_again(client: Client, admin: User, commander: User) -> None:
    first = invite(commander).link
    client.force_login(admin)
    answer = client.post(
        "/admin/people/user/", {"action": "invite_again", "_selected_action": [commander.pk]}
    )
    assert answer.status_code == 200
    assert "http://127.0.0.1:8000/invitation/" in answer.content.decode()
    assert client.get(path_of(first)).status_code == 404


def test_links_follow_the_base_url_whatever_the_host_says(
    client: Client, admin: User, mail: Mail
) -> None:
    client.force_login(admin)
    client.post("/admin/people/user/add/", NEW, headers={"Host": "localhost"})
    client.post("/accounts/password/reset/", {"email": admin.email}, headers={"Host": "localhost"})
    assert [link_in(text)[:12] for _, _, text in mail()] == ["/invitation/", "/accounts/pa"]


def test_an_invitation_expires_in_the_outbox_with_its_link(commander: User, clock: Clock) -> None:
    invited = invite(commander)
    delivery = Delivery.objects.get()
    assert delivery.expires_at == invited.expires_at
    assert invited.expires_at - clock.now > timedelta(days=6, hours=23)
