"""Recipients and a mail server for the tests of the outbox."""

from collections.abc import Iterator

import pytest

from notifications import verdicts
from people.models import User
from tests.notifications.smtp import Post, post_office


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
