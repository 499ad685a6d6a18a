"""A kind of deadline and the person it is about, for the tests of the engine."""

from collections.abc import Iterator

import pytest

from notifications import verdicts
from notifications.kinds import register
from people.models import User
from tests.deadlines.kind import Watering
from tests.outbox import kinds_put_back


@pytest.fixture(autouse=True)
def nobody_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine alone: the rooms above it, whose incidents are not there, rule on nothing."""
    monkeypatch.setattr(verdicts, "_judges", [])


@pytest.fixture
def watering() -> Iterator[Watering]:
    """The test kind, registered for the length of the test."""
    kind = Watering()
    with kinds_put_back():
        register(kind)
        yield kind


@pytest.fixture
def gardener(db: None) -> User:
    """Who owes the watering, and is told unless a test says otherwise."""
    return User.objects.create_user("gardener@example.org", name="Gardener")


@pytest.fixture
def neighbour(db: None) -> User:
    """Somebody else."""
    return User.objects.create_user("neighbour@example.org", name="Neighbour")
