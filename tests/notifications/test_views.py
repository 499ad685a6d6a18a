"""The inbox of everybody, and the mailbox of managers where no mail server is set."""

from pathlib import Path

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from notifications.queries import inbox
from notifications.sending import send_due
from people.models import User
from tests.outbox import queue_delivery

pytestmark = pytest.mark.django_db

FILES = "django.core.mail.backends.filebased.EmailBackend"


def as_person(person: User | None) -> Client:
    """A browser in which that person is signed in."""
    client = Client()
    if person is not None:
        client.force_login(person)
    return client


def tell(person: User, subject_line: str = "Your update is due", **more: str) -> None:
    """Address a message to the person."""
    queue_delivery(
        key=f"{subject_line}/{person.pk}",
        kind="test",
        person=person,
        subject_line=subject_line,
        text="At 03:15.",
        **more,  # type: ignore[arg-type]
    )


def test_the_inbox_shows_ones_own_messages_only(lena: User, manager: User) -> None:
    tell(lena, url="/incidents/INC-7/")
    tell(manager, "Something for the manager")
    browser = as_person(lena)
    page = browser.get("/notifications/").content.decode()
    (row,) = inbox(lena)
    assert f'<a href="/notifications/{row.pk}/">Your update is due</a>' in page
    assert "Something for the manager" not in page
    opened = browser.get(f"/notifications/{row.pk}/")
    assert (opened.status_code, opened.headers["Location"]) == (302, "/incidents/INC-7/")


def test_opening_one_reads_it_and_nobody_opens_anothers(lena: User, manager: User) -> None:
    tell(lena, url="/incidents/INC-7/")
    (row,) = inbox(lena)
    assert as_person(manager).get(f"/notifications/{row.pk}/").status_code == 404
    browser = as_person(lena)
    assert "1 unread" in browser.get("/notifications/count/").content.decode()
    browser.get(f"/notifications/{row.pk}/")
    read_at = inbox(lena).get().read_at
    browser.get(f"/notifications/{row.pk}/")
    assert inbox(lena).get().read_at == read_at is not None
    assert "0 unread" in browser.get("/notifications/count/").content.decode()


def test_an_empty_inbox_says_what_belongs_there(lena: User) -> None:
    page = as_person(lena).get("/notifications/").content.decode()
    assert "Nothing was addressed to you yet." in page


def test_everything_is_marked_read_by_its_reader_only(lena: User, manager: User) -> None:
    tell(lena)
    tell(manager)
    response = as_person(lena).post("/notifications/read/")
    assert (response.status_code, response.headers["Location"]) == (302, "/notifications/")
    assert [inbox(one).filter(read_at=None).count() for one in (lena, manager)] == [0, 1]
    assert as_person(lena).get("/notifications/read/").status_code == 405


@pytest.mark.parametrize("path", ["/notifications/", "/mailbox/"])
def test_nobody_reads_without_signing_in(path: str) -> None:
    response = as_person(None).get(path)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/accounts/login/")


def test_the_inbox_asks_as_much_for_three_as_for_thirty(lena: User) -> None:
    counts = []
    for number in range(30):
        tell(lena, f"Message {number}")
        if number in (2, 29):
            browser = as_person(lena)
            with CaptureQueriesContext(connection) as seen:
                browser.get("/notifications/")
            counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_mailbox_shows_managers_what_would_have_left(
    manager: User, lena: User, tmp_path: Path
) -> None:
    with override_settings(EMAIL_BACKEND=FILES, EMAIL_FILE_PATH=str(tmp_path)):
        tell(lena, "First <b>nudge</b>")
        tell(manager, "Second nudge")
        assert send_due("email").sent == 2
        EmailMessage("Confirm your address", "Here.", to=["new@example.org"]).send()
        page = as_person(manager).get("/mailbox/").content.decode()
    assert "Mailbox (no mail server is set)" in page
    for words in (
        "First &lt;b&gt;nudge",
        "Second nudge",
        "Confirm your address",
        "new@example.org",
    ):
        assert words in page


def test_an_empty_mailbox_says_so(manager: User, tmp_path: Path) -> None:
    with override_settings(EMAIL_BACKEND=FILES, EMAIL_FILE_PATH=str(tmp_path / "none")):
        page = as_person(manager).get("/mailbox/").content.decode()
    assert "No mail has been written yet." in page


def test_the_mailbox_is_for_managers_and_only_without_a_mail_server(
    manager: User, lena: User, tmp_path: Path
) -> None:
    with override_settings(EMAIL_BACKEND=FILES, EMAIL_FILE_PATH=str(tmp_path)):
        assert as_person(lena).get("/mailbox/").status_code == 403
    assert as_person(manager).get("/mailbox/").status_code == 404


def test_the_menu_leads_to_notifications_and_managers_to_the_mailbox(
    manager: User, lena: User, tmp_path: Path
) -> None:
    links = ['href="/notifications/"', 'href="/mailbox/"']
    seen = []
    with override_settings(EMAIL_BACKEND=FILES, EMAIL_FILE_PATH=str(tmp_path)):
        for person in (lena, manager):
            page = as_person(person).get("/notifications/").content.decode()
            seen.append([link in page for link in links])
    page = as_person(manager).get("/notifications/").content.decode()
    seen.append([link in page for link in links])
    assert seen == [[True, False], [True, True], [True, False]]


def test_the_bell_says_what_is_newest_so_that_the_page_may_call(lena: User) -> None:
    browser = as_person(lena)
    assert "data-newest" not in browser.get("/notifications/count/").content.decode()
    tell(lena)
    tell(lena, "A question waits")
    newest = inbox(lena)[0]
    bell = browser.get("/notifications/count/").content.decode()
    assert 'data-unread="2"' in bell
    assert f'data-newest="{newest.pk}" data-text="{newest.subject_line}"' in bell
    page = browser.get("/notifications/").content.decode()
    assert 'data-call="on"' in page
    assert "Chrome on Android has none for pages" in " ".join(page.split())
