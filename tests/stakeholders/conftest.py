"""An incident with everything an executive wants to know, and its page as it is read."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from incidents.board.actions import add_card, move_card
from incidents.endstate.actions import write_end_state
from incidents.endstate.signals import add_signal, record_samples
from incidents.impact.actions import add_impact
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
from incidents.roster.actions import assign_role, join
from incidents.updates.actions import publish_update
from people.models import User
from tests.conftest import Clock


def words(html: str) -> str:
    """What a reader sees: no tags, one space between words."""
    text = re.sub(r"<(script|style|head)\b.*?</\1>", " ", html, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def page(person: User, path: str) -> str:
    """The words of a page as this person reads it."""
    client = Client()
    client.force_login(person)
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    return words(answer.content.decode())


def address(incident: Incident, rest: str = "") -> str:
    """The page's path."""
    return f"/stakeholders/{incident.ref}/{rest}"


def publish(incident: Incident, by: User, clock: Clock, summary: str, **more: Any) -> None:
    """An update that promises the next one in 15 minutes."""
    publish_update(
        incident,
        by=by,
        status_text="Three of four calls fail.",
        hypothesis="We don’t know yet.",
        current_action="Looking.",
        statement="Every customer’s API calls fail three times in four",
        executive_summary=summary,
        next_update_at=clock.now + timedelta(minutes=15),
        **more,
    )


@pytest.fixture
def told(
    incident: Incident, commander: User, responder: User, other_responder: User, clock: Clock
) -> Incident:
    """An incident with everything an executive wants to know."""
    join(incident, by=responder)
    assign_role(incident, by=commander, role="fix_owner", person=responder)
    assign_role(incident, by=commander, role="communications", person=other_responder)
    change_incident(incident, by=commander, blocker="Connections run out within seconds.")
    write_end_state(incident, by=commander, text="Orders succeed and no data is lost.")
    signal = add_signal(
        incident, by=commander, name="API error rate", comparator="<=", target=1, unit="%"
    )
    record_samples(signal.pk, by=commander, samples=[(12.4, None)])
    add_impact(
        incident,
        by=commander,
        journey="Placing orders",
        blocked="every partner",
        amount=18450,
        unit="failed orders",
        per_minute=450,
    )
    card = add_card(
        incident,
        by=responder,
        title="Fail reads over",
        serves="end_state",
        owner=responder,
        risk="safe",
    )
    move_card(card.pk, by=responder, to="done", proof="CPU 98 → 71 %", version=1)
    publish(incident, other_responder, clock, "A team is on it.")
    publish(
        incident,
        other_responder,
        clock,
        "Reads are back for everyone.",
        next_moves=["Drain the retries", "verify order totals"],
        technical_note="The **replica** answers.",
    )
    incident.refresh_from_db()
    return incident
