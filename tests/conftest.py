"""The small cast that every test plays with, and the clock they move."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.test import Client

from clock.actions import set_offset
from clock.models import Offset
from clock.queries import now
from incidents.lifecycle.declaring import declare_incident
from incidents.record.models import DEFAULT_LADDER, Incident, Severity, SeverityPolicy
from people.models import Role, User
from postmortems.items.models import PriorityPolicy
from tests.flushing import (
    django_db_setup,
    flush_past_the_append_only_triggers,
    pytest_runtest_setup,
)
from tests.programs import program
from waits.limits import COMMAND, become

__all__ = [
    "django_db_setup",
    "flush_past_the_append_only_triggers",
    "program",
    "pytest_runtest_setup",
]


def pytest_collection_finish() -> None:
    """Wait as a command does: some module imports the web process, which would keep its limits."""
    become(COMMAND)


@pytest.fixture(autouse=True)
def patient() -> None:
    """Undo what a test before changed: a busy disk is no reason to give a connection up."""
    become(COMMAND)


def make_person(key: str, name: str, role: str) -> User:
    """An account with the address ``key@example.com``."""
    return User.objects.create_user(f"{key}@example.com", name=name, role=role)


def make_policies() -> None:
    """The default policies, also after a test that emptied every table."""
    for severity, interval, triage, enforcement in (
        (Severity.SEV1, 15, 15, "enforce"),
        (Severity.SEV2, 20, 20, "enforce"),
        (Severity.SEV3, 60, None, "warn"),
        (Severity.SEV4, 240, None, "warn"),
    ):
        policy, _ = SeverityPolicy.objects.get_or_create(
            severity=severity,
            defaults={
                "definition": f"{severity} by its measure.",
                "update_interval_min": interval,
                "triage_window_min": triage,
                "enforcement": enforcement,
                "review_required": enforcement == "enforce",
                "wakes_at_night": enforcement == "enforce",
            },
        )
        if not policy.ladder.exists():
            for name, minutes, audience in DEFAULT_LADDER:
                policy.ladder.create(name=name, minutes=minutes, audience=audience)
    for priority, days in (("p0", 7), ("p1", 14), ("p2", 30), ("p3", 90)):
        PriorityPolicy.objects.get_or_create(priority=priority, defaults={"due_within_days": days})


@pytest.fixture
def policies(db: None) -> None:
    """The default policies."""
    make_policies()


@pytest.fixture
def commander(policies: None) -> User:
    """Declares and commands ``incident``."""
    return make_person("maya", "Maya Köhler", Role.RESPONDER)


@pytest.fixture
def responder(policies: None) -> User:
    """Digs."""
    return make_person("tunde", "Tunde Okafor", Role.RESPONDER)


@pytest.fixture
def other_responder(policies: None) -> User:
    """Digs too."""
    return make_person("ravi", "Ravi Patel", Role.RESPONDER)


@pytest.fixture
def outsider(policies: None) -> User:
    """A responder who is on no roster."""
    return make_person("jo", "Jo Dahl", Role.RESPONDER)


@pytest.fixture
def stakeholder(policies: None) -> User:
    """Reads the executive page."""
    return make_person("ingrid", "Ingrid Vale", Role.STAKEHOLDER)


@pytest.fixture
def admin(policies: None) -> User:
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
