"""An incident with everything an executive wants to know, and its page as it is read."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client, override_settings

from incidents.board.actions import add_card, move_card
from incidents.endstate.actions import write_end_state
from incidents.endstate.signals import add_signal, record_samples
from incidents.impact.actions import add_impact
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
from incidents.roster.actions import assign_role, join
from incidents.updates.actions import publish_update
from notifications.sending import send_due
from people.models import User
from stakeholders.subscriptions.actions import subscribe
from stakeholders.subscriptions.models import Subscription
from tests.conftest import Clock
from tests.notifications.receiver import Receiver, receiver

LOCMEM = "django.core.mail.backends.locmem.EmailBackend"
MISS = "Every customer’s API calls fail three times in four"


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
        statement=MISS,
        executive_summary=summary,
        next_update_at=clock.now + timedelta(minutes=15),
        **more,
    )


def follow(by: User, incident: Incident | None = None, **more: Any) -> Subscription:
    """Subscribe by mail, to an incident or to everything."""
    to = {"to": "incident", "ref": incident.ref} if incident else {"to": "everything"}
    return subscribe(by=by, way="email", **{**to, **more})[0]


def leave() -> list[Any]:
    """Let everything leave that is due; answers the mails of it."""
    before = len(mail.outbox)
    for channel in ("fan_out", "email", "webhook", "chat"):
        send_due(channel)
    return mail.outbox[before:]


def to_whom(mails: list[Any]) -> list[str]:
    """The addresses that mails go to, sorted."""
    return sorted(one.to[0] for one in mails)


def path_of(url: str) -> str:
    """Where a whole address leads on this site."""
    return url.removeprefix("http://127.0.0.1:8000")


@pytest.fixture
def letters() -> Iterator[None]:
    """Mails end in Django's own outbox."""
    with override_settings(EMAIL_BACKEND=LOCMEM):
        yield


@pytest.fixture
def other_side() -> Iterator[Receiver]:
    """A receiver that the operator named."""
    with receiver() as got, override_settings(OUTGOING_ALLOW=["127.0.0.0/8"]):
        yield got


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
