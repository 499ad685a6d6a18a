"""What already happened is recorded from its page with its real time, marked (section 1)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from incidents.board.actions import add_card
from incidents.record.models import Incident, RosterRole
from incidents.roster.actions import join
from people.models import User
from tests.conftest import Clock
from tests.warroom.signing_in import at, signed_in

pytestmark = pytest.mark.django_db

Act = Callable[[Incident, User], tuple[str, dict[str, object]]]


def _status(incident: Incident, person: User) -> tuple[str, dict[str, object]]:
    return at(incident, "status"), {"to": "identified"}


def _seat(incident: Incident, person: User) -> tuple[str, dict[str, object]]:
    return at(incident, "roles"), {"role": RosterRole.FIX_OWNER, "person": person.pk}


def _update(incident: Incident, person: User) -> tuple[str, dict[str, object]]:
    said = {"statement": "Calls fail", "status_text": "We look", "hypothesis": "A query"}
    return at(incident, "updates"), {**said, "current_action": "Looking", "next_in": "5"}


def _card(incident: Incident, person: User) -> tuple[str, dict[str, object]]:
    card = add_card(incident, by=person, title="Read the logs", owner=person, risk="safe")
    done = {"to": "done", "proof": "412 lines at 3", "risk": "safe", "owner": person.pk}
    fields = {"version": card.version, "title": card.title, **done}
    return at(incident, "card", card.pk), fields


ACTS: dict[str, Act] = {
    "status_changed": _status,
    "role_assigned": _seat,
    "update_published": _update,
    "card_done": _card,
}


@pytest.mark.parametrize("kind", ACTS)
def test_a_page_records_afterwards_what_already_happened(
    incident: Incident, commander: User, responder: User, clock: Clock, kind: str
) -> None:
    join(incident, by=responder)
    clock.advance(minutes=40)
    path, sent = ACTS[kind](incident, responder)
    then = (clock.now - timedelta(minutes=20)).replace(second=0, microsecond=0)
    by = signed_in(commander)
    early = f"{incident.declared_at - timedelta(hours=2):%Y-%m-%dT%H:%M}"
    refused = by.post(path, {**sent, "occurred_at": early})
    assert refused.status_code == 422
    shown = refused.content.decode()
    assert early in shown
    assert 'aria-invalid="true"' in shown
    assert by.post(path, {**sent, "occurred_at": f"{then:%Y-%m-%dT%H:%M}"}).status_code == 302
    entry = incident.entries.get(kind=kind)
    assert (entry.at, entry.afterwards) == (then, True)
