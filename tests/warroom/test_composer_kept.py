"""The composer that nobody touched is drawn once for the same words, and anew for any other."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from markupsafe import Markup

from clock.queries import now
from incidents.board.actions import move_card
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
from incidents.updates.questions import answer_question, ask_question
from pages.drawn import Drawn
from people.models import User
from tests.incidents.cast import publish, ready
from tests.matrix.hidden import signed_in
from warroom import updates
from warroom.room import room_of
from warroom.update_forms import UpdateForm

pytestmark = pytest.mark.django_db

#: What differs between two pages of the same: the token against forgery, and where it is asked for.
APART = re.compile(r'name="csrfmiddlewaretoken" value="\w+"|data-fresh="[^"]*"')


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often the fields were drawn: one number each time."""
    monkeypatch.setattr(updates, "_drawn", Drawn(128))
    count: list[int] = []
    composer = updates.composer

    def counted(*args: object, **kwargs: object) -> object:
        count.append(len(count))
        return composer(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(updates, "composer", counted)
    return count


def composer_on(client: Client, path: str) -> str:
    """The composer of a page, without what differs each time."""
    page = client.get(path).content.decode()
    found = re.search(r'<form id="update".*?</form>', page, re.DOTALL)
    assert found
    return " ".join(APART.sub("", found[0]).split())


def steps(incident: Incident, commander: User, responder: User) -> list[Callable[[], object]]:
    """What changes some word of the composer each."""

    def ask() -> None:
        question = ask_question(incident, by=responder, text="Is data lost?")
        asked.append(question.pk)

    asked: list[int] = []
    card = ready(incident, responder, "Then drain the retries")
    return [
        lambda: publish(incident, commander),
        ask,
        lambda: ready(incident, responder, "Call the vendor"),
        lambda: move_card(card.pk, by=responder, to="parked", version=card.version),
        lambda: answer_question(asked[0], by=commander, text="No, none."),
        lambda: change_incident(incident, by=commander, cadence={"every_min": 7}),
        lambda: publish(incident, commander, next_update_at=now() + timedelta(minutes=5)),
    ]


def test_it_is_drawn_once_for_the_same_words_and_reads_as_if_drawn_each_time(
    incident: Incident, commander: User, responder: User, drawn: list[int]
) -> None:
    client, other = signed_in(commander), signed_in(responder)
    room, page = incident.get_absolute_url(), f"{incident.get_absolute_url()}updates/"
    seen = {composer_on(client, room)}
    for count, step in enumerate(steps(incident, commander, responder), start=2):
        step()
        before = len(drawn)
        kept = composer_on(client, room)
        assert kept == composer_on(client, room) == composer_on(other, room)
        assert len(drawn) == before + 1
        # The composer on its own page is drawn each time.
        assert kept == composer_on(client, page)
        seen.add(kept)
        assert len(seen) == count


def test_another_zone_is_drawn_anew(
    incident: Incident, commander: User, responder: User, drawn: list[int]
) -> None:
    ready(incident, responder, by_when=datetime(2026, 11, 28, 15, 30, tzinfo=UTC))
    room = room_of(incident)
    responder.time_zone = "Asia/Tokyo"

    def by_when(ref: str, number: int, form: UpdateForm) -> Markup:
        return Markup.escape(form["move_1_by"].as_widget())

    first, second = (
        updates.composer_of(room, one).drawn(by_when) for one in (commander, responder)
    )
    assert 'value="2026-11-28T15:30:00"' in first
    assert 'value="2026-11-29T00:30:00"' in second
    assert len(drawn) == 2


def test_only_so_many_are_kept() -> None:
    kept = Drawn(2)
    drawn: list[str] = []

    def ask(word: str) -> str:
        def draw() -> Markup:
            drawn.append(word)
            return Markup(word)

        return kept.get(word, draw)

    assert [ask(word) for word in ("a", "b", "a", "c", "a", "b")] == ["a", "b", "a", "c", "a", "b"]
    assert drawn == ["a", "b", "c", "b"]
