"""The small cast that every test plays with, and the clock they move."""

import gc
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client

from clock.actions import set_offset
from clock.models import Offset
from clock.queries import now
from incidents.lifecycle.declaring import declare_incident
from incidents.record.models import Incident, Severity
from people.models import Role, User
from tests.flushing import (
    django_db_modify_db_settings,
    django_db_setup,
    flush_past_the_append_only_triggers,
    pytest_runtest_setup,
)
from tests.leftovers import as_found
from tests.programs import program
from tests.static_files import find_once
from waits.limits import COMMAND, become

__all__ = [
    "as_found",
    "django_db_modify_db_settings",
    "django_db_setup",
    "flush_past_the_append_only_triggers",
    "program",
    "pytest_runtest_setup",
]


#: Their files take long, those with the fewest tests the longest.
SLOW_FOLDERS = ("faults", "browser", "running", "matrix", "live", "upgrades")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no worker is left alone with it at the end.

    Files stay whole: first those of the slow folders, the fewest tests first, then all others, the
    most tests first.
    """
    sizes = Counter(item.path for item in items)
    tests = Path(__file__).parent

    def order(item: pytest.Item) -> tuple[bool, int, str]:
        is_slow = item.path.relative_to(tests).parts[0] in SLOW_FOLDERS
        size = sizes[item.path]
        return not is_slow, size if is_slow else -size, str(item.path)

    items.sort(key=order)


def pytest_collection_finish() -> None:
    """Wait as a command does: some module imports the web process, which would keep its limits.

    Then spare each test's client its own look for static files, and the collector all tests.
    """
    become(COMMAND)
    find_once()
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def patient() -> None:
    """Undo what a test before changed: a busy disk is no reason to give a connection up."""
    become(COMMAND)


def make_person(key: str, name: str, role: str) -> User:
    """An account with the address ``key@example.com``."""
    return User.objects.create_user(f"{key}@example.com", name=name, role=role)


@pytest.fixture
def commander(db: None) -> User:
    """Declares and commands ``incident``."""
    return make_person("maya", "Maya Köhler", Role.RESPONDER)


@pytest.fixture
def responder(db: None) -> User:
    """Digs."""
    return make_person("tunde", "Tunde Okafor", Role.RESPONDER)


@pytest.fixture
def other_responder(db: None) -> User:
    """Digs too."""
    return make_person("ravi", "Ravi Patel", Role.RESPONDER)


@pytest.fixture
def outsider(db: None) -> User:
    """A responder who is on no roster."""
    return make_person("jo", "Jo Dahl", Role.RESPONDER)


@pytest.fixture
def stakeholder(db: None) -> User:
    """Reads the executive page."""
    return make_person("ingrid", "Ingrid Vale", Role.STAKEHOLDER)


@pytest.fixture
def admin(db: None) -> User:
    """Manages the page."""
    return make_person("ada", "Ada Quist", Role.ADMIN)


@pytest.fixture
def incident(commander: User) -> Incident:
    """A declared SEV1 that ``commander`` commands."""
    return declare_incident(by=commander, title="API calls fail", severity=Severity.SEV1)


class Clock:
    """Moves Endstate's clock."""

    def __init__(self) -> None:
        self.offset = 0.0

    @property
    def now(self) -> datetime:
        """The present moment by the database."""
        return now()

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> None:
        """Let that much time pass."""
        self.offset += timedelta(
            days=days, hours=hours, minutes=minutes, seconds=seconds
        ).total_seconds()
        set_offset(self.offset)


@pytest.fixture
def clock(db: None) -> Iterator[Clock]:
    """The clock, moved back by the end of the test's transaction or its flush."""
    yield Clock()
    Offset.objects.all().delete()


@pytest.fixture
def browser_of(client: Client) -> Client:
    """Django's test client, for tests that sign somebody in."""
    return client
