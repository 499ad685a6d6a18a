"""A fresh installation: its first account, its second factor, the first person let in."""

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from incidents.record.models import Incident
from notifications.channels.email import message_of
from notifications.models import Delivery
from people.factors import has_second_factor
from people.models import User
from tests.browser.conftest import Seat, serving
from tests.browser.entering import PASSWORD, code, is_signed_in, sign_in, sign_out

pytestmark = pytest.mark.browser


@pytest.fixture
def site(transactional_db: None, tmp_path: Path) -> Iterator[str]:
    """Where admins need a second factor, as behind an https address."""
    with serving(tmp_path / "log", ADMIN_MFA="1") as address:
        yield address


def path_in(text: str) -> str:
    """The way of an invitation, without the host it is mailed with."""
    found = re.search(r"https?://[^/\s]+(/invitation/\S+)", text)
    assert found is not None
    return found[1]


def accept(seat: Seat, path: str, name: str) -> None:
    """Follow the link and choose a password."""
    page = seat.open(path)
    expect(page.get_by_role("heading", name=f"Hello {name}")).to_be_visible()
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Set it and sign in").click()
    is_signed_in(seat, name)


def test_from_the_first_account_to_somebody_on_an_incident(
    stranger: Callable[[], Seat], subtests: pytest.Subtests
) -> None:
    assert not User.objects.exists()
    out = io.StringIO()
    call_command("person", "ada@example.org", "--name", "Ada Quist", "--role", "admin", stdout=out)
    ada = stranger()
    page = ada.page

    with subtests.test("the link that was printed lets the first admin in"):
        accept(ada, path_in(out.getvalue()), "Ada Quist")

    with subtests.test("who is led to add a second factor before anything else"):
        expect(page.get_by_role("heading", name="Second factor", exact=True)).to_be_visible()
        ada.pictures("first-admin-second-factor")
        ada.check_accessible()
        ada.open("/admin/people/user/add/")
        expect(page.locator("main")).to_contain_text("Admins act with a second factor here")
        ada.pictures("first-admin-led-to-it")
        page.get_by_role("link", name="Add an app").click()
        ada.pictures("first-admin-app")
        seed = page.get_by_label("Or type this secret into the app").input_value()
        page.get_by_label("Code").fill(code(seed))
        page.get_by_role("button", name="Add it").click()
        expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
        ada.pictures("first-admin-codes")
        page.get_by_role("link", name="I have kept them").click()
        assert has_second_factor(User.objects.get())

    with subtests.test("the start page says what comes first"):
        steps = ada.open("/").get_by_label("Ready before it is needed")
        expect(steps).to_contain_text("1 of 6 done.")
        expect(steps.get_by_role("listitem").first).to_contain_text("✓ done")
        expect(steps.get_by_role("link")).to_have_text(
            ["Invite", "Look", "Add a service", "Choose", "Run a drill"]
        )
        ada.pictures("first-admin-home")
        ada.check_accessible()

    with subtests.test("the admin opens, and adds somebody"):
        ada.open("/admin/")
        ada.pictures("first-admin-admin")
        ada.open("/admin/people/user/")
        ada.pictures("first-admin-people")
        page.get_by_role("link", name="Add person").click()
        ada.pictures("first-admin-add")
        page.get_by_label("Name:").fill("Lena Sato")
        page.get_by_label("Email:").fill("lena@example.org")
        page.get_by_role("button", name="Save", exact=True).click()
        shown = page.get_by_label("Or hand it over yourself").input_value()
        ada.pictures("first-admin-invited")

    with subtests.test("and declares what is broken"):
        page = ada.open("/")
        page.keyboard.press("d")
        page.get_by_label("What is broken?").fill("Orders fail")
        page.keyboard.press("Enter")
        page.wait_for_url("**/incidents/INC-*/")
        incident = Incident.objects.get()

    lena = stranger()
    with subtests.test("the link on screen is the one in the mail, and lets in once"):
        letter = Delivery.objects.get(kind="account", person__email="lena@example.org")
        path = path_in(str(message_of([letter]).body))
        assert path == path_in(shown)
        lena.open(path)
        lena.pictures("invited")
        accept(lena, path, "Lena Sato")
        lena.pictures("invited-home")
        lena.open(path)
        expect(lena.page.get_by_role("heading", name="This link no longer works")).to_be_visible()
        lena.pictures("invited-twice")

    with subtests.test("signing in again asks for what was chosen"):
        lena.open("/")
        sign_out(lena, "Lena Sato")
        lena.pictures("sign-in")
        sign_in(lena, "lena@example.org")
        is_signed_in(lena, "Lena Sato")

    with subtests.test("who was let in joins the incident, and both see it"):
        other = lena.page
        other.get_by_role("link", name="Orders fail").first.click()
        other.get_by_role("button", name="Join", exact=True).click()
        expect(page.locator("#roster")).to_contain_text("Lena Sato")
        assert incident.get_absolute_url() in other.url

    with subtests.test("the admin's next sign-in asks for the second factor"):
        ada.open("/")
        sign_out(ada, "Ada Quist")
        sign_in(ada, "ada@example.org")
        expect(ada.page.get_by_role("heading", name="Your second factor")).to_be_visible()
        ada.pictures("first-admin-factor-asked")
        ada.page.get_by_label("Code").fill(code(seed))
        ada.page.get_by_role("button", name="Sign in").click()
        is_signed_in(ada, "Ada Quist")
