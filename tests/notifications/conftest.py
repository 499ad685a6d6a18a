"""Recipients and a mail server for the tests of the outbox."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from clock.actions import set_offset
from notifications import verdicts
from notifications.models import Delivery
from people.models import User
from tests.notifications.smtp import Post, post_office
from tests.outbox import queue_delivery


def mail_to(person: User, key: str = "k", **more: object) -> Delivery:
    """Queue one mail and answer its row."""
    fields = {"kind": "test", "subject_line": "Hello", "text": "Hello there.", **more}
    queue_delivery(key=key, person=person, channels=("email",), **fields)  # type: ignore[arg-type]
    return Delivery.objects.get(key=f"{key}/email")


def ahead(**time: float) -> None:
    """Move the clock to that far ahead of the database's."""
    set_offset(timedelta(**time).total_seconds())


@pytest.fixture(autouse=True)
def nobody_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    """The outbox alone: the rooms above it, whose incidents are not there, rule on nothing."""
    monkeypatch.setattr(verdicts, "_judges", [])


@pytest.fixture
def lena(db: None) -> User:
    """Gets messages in the product and by mail."""
    return User.objects.create_user("lena@example.org", name="Lena")


@pytest.fixture
def manager(db: None) -> User:
    """An administrator."""
    return User.objects.create_user("manager@example.org", name="Manager", role="admin")


@pytest.fixture
def post() -> Iterator[Post]:
    """A real mail server on loopback."""
    with post_office() as office:
        yield office
