"""Getting in, in a real browser: an invitation, a reset, an authenticator app, a passkey."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import expect

from notifications.channels.email import message_of
from notifications.models import Delivery
from people.invitations import invite
from people.models import Role, User
from tests.browser import entering
from tests.browser.conftest import Seat, Sit
from tests.browser.entering import PASSWORD, code

pytestmark = pytest.mark.browser

NEW = "another long password"


def with_a_finger(seat: Seat) -> None:
    """Plug in a virtual authenticator that knows its owner."""
    devtools = seat.context.new_cdp_session(seat.page)
    devtools.send("WebAuthn.enable")
    options: dict[str, Any] = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def lena() -> User:
    person: User = User.objects.create_user(
        "lena@example.org", PASSWORD, name="Lena Sato", role=Role.RESPONDER
    )
    return person


def sign_in(seat: Seat, password: str = PASSWORD) -> None:
    entering.sign_in(seat, "lena@example.org", password)


def sign_out(seat: Seat) -> None:
    entering.sign_out(seat, "Lena Sato")


def is_home(seat: Seat) -> None:
    entering.is_signed_in(seat, "Lena Sato")


def test_an_admin_adds_somebody_who_comes_in_by_the_link(
    sit: Sit, stranger: Callable[[], Seat], admin: User
) -> None:
    manager = sit(admin)
    page = manager.open("/admin/people/user/add/")
    page.get_by_label("Name:").fill("Lena Sato")
    page.get_by_label("Email:").fill("lena@example.org")
    page.get_by_role("button", name="Save", exact=True).click()
    link = page.get_by_label("Or hand it over yourself").input_value()

    newcomer = stranger()
    path = "/invitation/" + link.split("/invitation/")[1]
    came = newcomer.open(path)
    expect(came.get_by_role("heading", name="Hello Lena Sato")).to_be_visible()
    newcomer.check_accessible()
    newcomer.picture("invitation")
    came.get_by_label("New password").fill("short")
    came.get_by_role("button", name="Set it and sign in").click()
    expect(came.get_by_role("alert").first).to_contain_text("Use at least 15 characters")
    came.get_by_label("New password").fill(PASSWORD)
    came.get_by_role("button", name="Set it and sign in").click()
    is_home(newcomer)
    expect(newcomer.open(path).get_by_role("heading", name="This link no longer")).to_be_visible()
    sign_out_and_in(newcomer)


def sign_out_and_in(seat: Seat) -> None:
    seat.open("/")
    sign_out(seat)
    sign_in(seat)
    is_home(seat)


def test_the_invited_uses_a_passkey_and_no_password(stranger: Callable[[], Seat]) -> None:
    person: User = User.objects.create_user("lena@example.org", name="Lena Sato")
    seat = stranger()
    with_a_finger(seat)
    page = seat.open("/invitation/" + invite(person).link.split("/invitation/")[1])
    page.get_by_role("button", name="Use a passkey").click()
    is_home(seat)
    person.refresh_from_db()
    assert not person.has_usable_password()
    sign_out(seat)
    page.get_by_role("button", name="Sign in with a passkey").click()
    is_home(seat)


def test_a_password_is_set_anew_by_mail(stranger: Callable[[], Seat]) -> None:
    lena()
    seat = stranger()
    page = seat.open("/accounts/login/")
    seat.check_accessible()
    page.get_by_role("link", name="Forgot it? Set a new one").click()
    page.get_by_label("E-mail address").fill("lena@example.org")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    body = str(message_of([Delivery.objects.get(kind="account")]).body)
    found = re.search(r"https?://[^/\s]+(/accounts/password/reset/key/\S+)", body)
    assert found is not None
    seat.open(found[1])
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("New password, again").fill(NEW)
    page.get_by_role("button", name="Save the password").click()
    expect(page.get_by_role("heading", name="Your password is set")).to_be_visible()
    sign_in(seat, NEW)
    is_home(seat)


def test_an_authenticator_app_is_added_and_asked_for(stranger: Callable[[], Seat]) -> None:
    lena()
    seat = stranger()
    sign_in(seat)
    is_home(seat)
    page = seat.open("/preferences/")
    page.get_by_role("link", name="Second factor: none yet").click()
    expect(page.get_by_label("Main")).to_be_visible()
    seat.check_accessible()
    page.get_by_role("link", name="Add an app").click()
    seat.check_accessible()
    seat.picture("authenticator-app")
    # Black lines, scanned in the dark as well.
    scanned = page.get_by_alt_text("The secret below as a QR code")
    expect(scanned).to_have_css("background-color", "rgb(255, 255, 255)")
    seed = page.get_by_label("Or type this secret into the app").input_value()
    page.get_by_label("Code").fill(code(seed))
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    recovery = page.get_by_label("Codes").input_value().split("\n")
    seat.check_accessible()
    page.get_by_role("link", name="I have kept them").click()

    sign_out(seat)
    sign_in(seat)
    expect(page.get_by_role("heading", name="Your second factor")).to_be_visible()
    seat.check_accessible()
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").first).to_contain_text("That did not match")
    page.get_by_label("Code").fill(recovery[0])
    page.get_by_role("button", name="Sign in").click()
    is_home(seat)


def test_a_passkey_is_added_and_signs_in_alone_or_as_second_factor(
    stranger: Callable[[], Seat],
) -> None:
    lena()
    seat = stranger()
    with_a_finger(seat)
    sign_in(seat)
    is_home(seat)
    page = seat.open("/accounts/2fa/webauthn/add/")
    seat.check_accessible()
    page.get_by_label("Name").fill("My laptop")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert Authenticator.objects.filter(type="webauthn").count() == 1
    seat.open("/accounts/2fa/webauthn/")
    expect(page.get_by_text("My laptop")).to_be_visible()
    seat.check_accessible()
    seat.open("/accounts/2fa/webauthn/reauthenticate/?next=/preferences/")
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    seat.check_accessible()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Preferences")).to_be_visible()

    sign_out(seat)
    page.get_by_role("button", name="Sign in with a passkey").click()
    is_home(seat)
    sign_out(seat)
    sign_in(seat)
    page.get_by_role("button", name="Use a passkey").click()
    is_home(seat)


def test_where_passkeys_cannot_work_the_page_says_so(
    stranger: Callable[[], Seat], site: str
) -> None:
    seat = stranger()
    seat.site = site
    page = seat.open("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("#passkey-said")).to_contain_text("Passkeys need https here")


def test_the_preferences_list_sessions_and_end_the_others(stranger: Callable[[], Seat]) -> None:
    lena()
    here, there = stranger(), stranger()
    for seat in (here, there):
        sign_in(seat)
        is_home(seat)
    page = here.open("/preferences/")
    expect(page.get_by_text("Elsewhere")).to_be_visible()
    here.check_accessible()
    here.picture("preferences")
    page.get_by_role("button", name="End all others").click()
    expect(page.get_by_text("1 other session ended.")).to_be_visible()
    expect(there.open("/preferences/").get_by_role("heading", name="Sign in")).to_be_visible()
