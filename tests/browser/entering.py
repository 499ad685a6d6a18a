"""What people do at the way in: sign in and out, read the code of their app."""

import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from tests.browser.conftest import Seat

PASSWORD = "a long enough password"


def sign_in(seat: Seat, email: str, password: str = PASSWORD) -> Page:
    """Type address and password on the sign-in page, and send them."""
    page = seat.open("/accounts/login/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    return page


def sign_out(seat: Seat, name: str) -> None:
    """By the menu under one's own face."""
    seat.page.get_by_label(f"Your menu, {name}").click()
    seat.page.get_by_role("button", name="Sign out").click()
    expect(seat.page.get_by_role("heading", name="Sign in")).to_be_visible()


def is_signed_in(seat: Seat, name: str) -> None:
    """Wait for a page of theirs."""
    expect(seat.page.get_by_label(f"Your menu, {name}")).to_be_visible()


def code(seed: str) -> str:
    """What an authenticator app shows now."""
    return str(format_hotp_value(hotp_value(seed, int(time.time()) // 30)))
