"""What the tests of accounts share: reading the mail an account gets."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from notifications.channels.email import message_of
from notifications.models import Delivery

PASSWORD = "a long enough password"

Mail = Callable[[], list[tuple[str, str, str]]]


@pytest.fixture(autouse=True)
def short_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousandth of the rounds: no other process reads these passwords."""
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1_000)


@pytest.fixture
def mail(db: None) -> Mail:
    """Every mail of accounts that left or waits: to whom, subject, text with its link opened."""

    def read() -> list[tuple[str, str, str]]:
        rows = Delivery.objects.filter(channel="email", kind="account").order_by("created_at", "id")
        messages = [message_of([row]) for row in rows]
        return [(one.to[0], str(one.subject), str(one.body)) for one in messages]

    return read


def link_in(text: str) -> str:
    """The path of the link above a mail's footer; its host must be that of ``BASE_URL``."""
    found = re.search(r"\n\nhttp://127\.0\.0\.1:8000(/\S+)\n\n-- \n", text)
    assert found is not None, text
    return found[1]
