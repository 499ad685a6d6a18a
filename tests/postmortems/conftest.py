"""A resolved SEV1 with its review, for the tests of learning."""

from datetime import UTC, datetime, timedelta

import pytest

from clock.actions import set_offset
from clock.queries import now
from deadlines.sweeping import sweep
from incidents.lifecycle.actions import change_status
from incidents.record.models import Incident
from incidents.roster.actions import assign_role
from incidents.updates.actions import AllClear
from notifications.models import Delivery
from people.models import User
from postmortems.items.actions import add_item
from postmortems.items.models import ActionItem
from postmortems.review.facts import agree_facts
from postmortems.review.models import Postmortem
from postmortems.whys.actions import add_why
from tests.conftest import Clock

MONDAY = datetime(2026, 3, 9, 10, 0, tzinfo=UTC)
SYSTEMIC = (
    "The database ran out of CPU.",
    "One query loads every row.",
    "The list has no pages.",
    "The review has no check for large tables.",
    "No test runs at the scale of production.",
)


@pytest.fixture
def monday(clock: Clock) -> Clock:
    """It is Monday, 10:00 UTC."""
    clock.advance(seconds=(MONDAY - now()).total_seconds())
    return clock


def resolve(incident: Incident, by: User) -> Incident:
    """End it with an override, so that no signal is needed."""
    return change_status(
        incident,
        by=by,
        to="resolved",
        all_clear=AllClear(
            executive_summary="It is over.", statement="Three of four API calls fail."
        ),
        override_reason="No signal measures it yet.",
    )


@pytest.fixture
def resolved(
    monday: Clock, incident: Incident, commander: User, responder: User, other_responder: User
) -> Incident:
    """Resolved on Monday: commanded by ``commander``, fixed by ``responder``."""
    assign_role(incident, by=commander, role="fix_owner", person=responder)
    assign_role(incident, by=commander, role="responder", person=other_responder)
    return resolve(incident, commander)


@pytest.fixture
def review(resolved: Incident) -> Postmortem:
    """The review that the resolution opened."""
    return Postmortem.objects.select_related("incident", "facilitator").get(incident=resolved)


@pytest.fixture
def agreed(review: Postmortem, commander: User) -> Postmortem:
    """The same with its facts agreed."""
    return agree_facts(review, by=commander)


@pytest.fixture
def asked(agreed: Postmortem, commander: User) -> Postmortem:
    """The same with five whys."""
    ask_whys(agreed, by=commander)
    return agreed


def ask_whys(review: Postmortem, *, by: User, answers: tuple[str, ...] = SYSTEMIC) -> None:
    """Answer one why after the other."""
    parent = None
    for count, answer in enumerate(answers, 1):
        safeguard = "limit" if count == len(answers) else ""
        parent = add_why(review, by=by, answer=answer, parent=parent, safeguard=safeguard).pk


@pytest.fixture
def item(asked: Postmortem, commander: User, other_responder: User) -> ActionItem:
    """An item of ``other_responder``, due on a Friday at noon."""
    return add_item(
        asked,
        by=commander,
        title="A query limit in the ORM",
        type="guardrail",
        owner=other_responder,
        due_at=MONDAY + timedelta(days=11, hours=2),
        priority="p1",
        success_criterion="No query reads more than 10 000 rows.",
    )


def set_clock(moment: datetime) -> None:
    """Let it be ``moment``."""
    set_offset(0)
    set_offset((moment - now()).total_seconds())


def told_in_the_mornings() -> list[tuple[str, str]]:
    """Whom the messages of the days reached in the app, and with which lines, in their order."""
    rows = Delivery.objects.filter(kind="morning", channel="in_app")
    return list(rows.order_by("due_at", "person__name").values_list("person__name", "text"))


def go_through(*moments: datetime) -> None:
    """Let enforcement run at each moment, and once more when the day's messages are written."""
    for moment in moments:
        set_clock(moment)
        sweep()
        set_clock(moment + timedelta(minutes=2))
        sweep()
