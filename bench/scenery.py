"""A busy organisation to measure pages in: one long incident by the book, thousands behind it.

The long one is made by the product's own actions; the thousands come straight by SQL.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils.crypto import get_random_string

from clock.queries import now
from config.roles import as_owner
from incidents.board.actions import add_card, move_card
from incidents.cards.models import Card
from incidents.changes.actions import write_change
from incidents.endstate.signals import add_signal, record_samples
from incidents.lifecycle.declaring import declare_incident
from incidents.outcomes.actions import finish_change, start_change
from incidents.record.models import Incident
from incidents.updates.actions import publish_update
from people.actions import issue_token
from people.models import Role, User

CHANGED = range(30, 50)
"""The cards of the long incident that carry a change."""
KEY_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
ENTRIES = """
INSERT INTO incidents_timelineentry
    (id, incident_id, seq, at, recorded_at, afterwards, kind, actor_id, text, data, salts,
     canonical, previous_hash, hash)
SELECT i.id * 10000000 + n, i.id, n, now() - n * interval '1 minute', now(), false, 'note', %s,
       'A line of the record that says what somebody saw', '{}', '{}', '{}', '', ''
FROM incidents_incident i, generate_series(i.last_seq + 1, i.last_seq + %s) n WHERE i.id = ANY(%s)
"""


@dataclass(frozen=True)
class Scenery:
    """What the benchmarks need to know of it."""

    incident: Incident
    cookie: str
    token: str
    cards: list[int]


def sign_in(users: list[User]) -> list[str]:
    """A session for each, as signing in would make it; answers the cookies."""
    store = SessionStore()
    sessions, cookies = [], []
    for user in users:
        key = get_random_string(32, KEY_LETTERS)
        claim = {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
        data = store.encode(claim)
        sessions.append(Session(session_key=key, session_data=data, expire_date="2100-01-01T00Z"))
        cookies.append(f"{settings.SESSION_COOKIE_NAME}={key}")
    Session.objects.bulk_create(sessions, batch_size=1000)
    return cookies


def long_incident(*, cards: int = 60, entries: int = 5000) -> Scenery:
    """One open incident: cards in all columns, four signals with an hour of samples, updates."""
    maya = User.objects.create_user("maya@bench.test", name="Maya Köhler", role=Role.ADMIN)
    owners = [
        User.objects.create_user(f"owner{number}@bench.test", name=f"Owner Number {number}")
        for number in range(12)
    ]
    incident = declare_incident(
        by=maya,
        title="Checkout fails for cards issued abroad",
        severity="sev1",
        statement="One in five payments is refused at the last step.",
    )
    moment = now()
    for number in range(4):
        signal = add_signal(
            incident, by=maya, name=f"Signal number {number}", comparator="<=", target=1.0, unit="%"
        )
        samples = [
            (2.0 - minute / 60, moment - timedelta(minutes=60 - minute)) for minute in range(60)
        ]
        record_samples(signal.pk, by=maya, samples=samples)
    made = []
    for number in range(cards):
        card = add_card(
            incident,
            by=maya,
            title=f"Compare the answers of the gateway, part {number}",
            column="next",
            owner=owners[number % 12],
            time_box_min=30,
            serves=signal.pk,
            expected_proof="A graph of refusals by country before and after.",
            risk="safe" if number in CHANGED else "read_only",
        )
        made.append(card.pk)
        if number in CHANGED:
            _ran(card, maya)
        if number < 8:
            move_card(card.pk, by=maya, to="now", version=card.version)
        elif number < 30:
            move_card(card.pk, by=maya, to="done", proof="The graph.", version=card.version)
    publish_update(
        incident,
        by=maya,
        status_text="Refusals are down to one in ten.",
        hypothesis="The new rules of one gateway refuse cards without a postal code.",
        current_action="We send the postal code again, for one country first.",
        executive_summary="Payments from abroad are partly refused. We try the fix in one country.",
        next_update_at=now() + timedelta(minutes=10),
    )
    _fill([incident.pk], entries, maya)
    come_to_rest()
    _, token = issue_token(maya, name="bench")
    return Scenery(incident, sign_in([maya])[0], token, made)


def _ran(card: Card, by: User) -> None:
    """A change that ran and went as expected, with every signal before and after."""
    change = write_change(
        card.pk,
        by=by,
        expectation="Refusals fall under one in a hundred within five minutes.",
        rollback="The flag off, ten seconds.",
        hypothesis="The new rules of one gateway refuse cards without a postal code",
    )
    start_change(change.pk, by=by, occurred_at=now())
    finish_change(change.pk, by=by, outcome="as_expected", no_data=True, occurred_at=now())


def many_incidents(count: int = 10_000, entries_each: int = 100) -> None:
    """The organisation's past: closed incidents with their records."""
    actor = User.objects.get(email="maya@bench.test")
    moment = now()
    past = Incident.objects.bulk_create(
        (
            Incident(
                number=100_000 + number,
                title=f"An incident of last year, number {number}",
                severity="sev3",
                highest_severity="sev3",
                status="closed",
                declared_at=moment - timedelta(hours=number),
                resolved_at=moment - timedelta(hours=number, minutes=-40),
                closed_at=moment - timedelta(hours=number, minutes=-50),
            )
            for number in range(1, count + 1)
        ),
        batch_size=2000,
    )
    _fill([incident.pk for incident in past], entries_each, actor)
    come_to_rest()


def come_to_rest() -> None:
    """Do now what PostgreSQL would begin within the next minute, beside what is measured.

    Its tables are the owner's; for the application's role it would leave them out with a warning.
    """
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def _fill(ids: list[int], entries: int, actor: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ENTRIES, [actor.pk, entries, ids])
        cursor.execute(
            "UPDATE incidents_incident SET last_seq = last_seq + %s WHERE id = ANY(%s)",
            [entries, ids],
        )
