"""The demo's night: somebody always works, whoever leads; it ends, comes again, and rests."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from clock.actions import set_offset
from clock.queries import now
from drills.cast import gather, set_up_services
from drills.demo import IN_PROGRESS_S, PLAYS_S, go_on, set_up
from drills.player import play_past
from drills.progress import Progress
from drills.scenarios import database
from drills.script import Stage, Step
from incidents.cards.models import Card
from incidents.line.actions import stop_line
from incidents.record.models import Incident, Kind
from incidents.roster.actions import assign_role
from incidents.roster.command import accept_command
from incidents.roster.queries import commander_of
from people.models import User

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def running(tmp_path: Path, settings: object) -> Incident:
    """The demo as it opens."""
    settings.DATA = tmp_path  # type: ignore[attr-defined]
    return Incident.objects.get(number=int(set_up().removeprefix("INC-")))


def person(key: str) -> User:
    found: User = User.objects.get(email=f"{key}@endstate.example")
    return found


class Enough(Exception):
    """Raised by a sleep to leave a player that never returns."""


def test_somebody_works_and_somebody_is_heard_from_the_opening_to_the_all_clear() -> None:
    people = gather(with_password=False)
    stage = Stage(
        people=people,
        services=set_up_services(people),
        kind=Kind.INCIDENT,
        started_at=now() - timedelta(hours=3),
    )
    idle: list[str] = []

    def watched(step: Step) -> Step:
        def act(stage: Stage) -> object:
            done = step.does(stage)
            runs = Card.objects.filter(incident=stage.war_room, column="now").exists()
            if IN_PROGRESS_S <= step.at < PLAYS_S and not runs:
                idle.append(step.words)
            return done

        return replace(step, does=act)

    steps = tuple(watched(step) for step in database.SCENARIO.steps)
    try:
        play_past(replace(database.SCENARIO, steps=steps), stage)
    finally:
        set_offset(0)
    incident = stage.war_room
    live = [entry for entry in incident.entries.all() if entry.at >= stage.at(41)]
    kinds = [entry.kind for entry in live]
    assert idle == []
    assert incident.status == "resolved"
    assert kinds.count("question_asked") == 3
    assert kinds.count("update_published") >= 3
    assert not any(update.was_late for update in incident.updates.all())
    assert incident.resolved_override == ""
    assert incident.questions.waiting().count() == 0
    assert list(database.SCENARIO.steps) == sorted(database.SCENARIO.steps, key=lambda s: s.at)


def test_the_night_goes_on_under_whoever_leads_and_ends_though_the_line_was_left_stopped(
    running: Incident,
) -> None:
    maya, jo = person("maya"), person("jo")
    assign_role(running, by=maya, role="commander", person=jo, note="Try it yourself.")
    accept_command(running, by=jo)
    stop_line(running, by=person("ravi"), reason="A visitor wants to see what happens.")
    go_on(say=lambda words: None, sleep=lambda seconds: None, speed=1e9, nights=1)
    running.refresh_from_db()
    resolved = running.entries.get(kind="resolved")
    assert (running.status, resolved.actor) == ("resolved", jo)
    progress = Progress.load()
    assert progress is not None
    assert (progress.rests, bool(progress.over_at)) == (False, True)


def test_an_hour_later_a_new_one_is_declared(running: Incident) -> None:
    go_on(say=lambda words: None, sleep=lambda seconds: None, speed=1e9, nights=1)
    progress = Progress.load()
    assert progress is not None
    before = timedelta(minutes=59)
    for ago, begins in ((before, False), (timedelta(minutes=61), True)):
        progress.keep(over_at=(now() - ago).isoformat())
        count = Incident.objects.count()

        def slept(seconds: float, *, waits: bool = not begins) -> None:
            if waits or seconds != 2.0:
                raise Enough

        with pytest.raises(Enough):
            go_on(say=lambda words: None, sleep=slept)
        assert Incident.objects.count() == count + begins
    newest = Incident.objects.latest("number")
    assert (newest.title, newest.is_open) == (running.title, True)


def test_the_next_day_it_says_what_it_is_and_is_played_again_on_wish(running: Incident) -> None:
    kept = json.loads(Progress.path().read_text())
    yesterday = now() - timedelta(days=1)
    kept |= {"last_at": yesterday.isoformat(), "asked_at": yesterday.isoformat()}
    Progress.path().write_text(json.dumps(kept))
    wishes: list[str] = []

    def slept(seconds: float) -> None:
        if wishes:
            raise Enough
        for key, status in (("ingrid", 404), ("maya", 302)):
            client = Client()
            client.force_login(person(key))
            if key == "maya":
                page = client.get("/").content.decode()
                assert "This is the demo" in page
                assert "was left in the middle at" in page
            assert client.post("/demo/again/").status_code == status, key
            wishes.append(key)

    with pytest.raises(Enough):
        go_on(say=lambda words: None, sleep=slept)
    assert wishes == ["ingrid", "maya"]
    running.refresh_from_db()
    newest = Incident.objects.latest("number")
    assert running.status == "cancelled"
    assert (newest.status, newest.is_open, newest.title) == ("identified", True, running.title)
    assert Card.objects.filter(incident=newest, column="now").count() == 2
    assert newest.next_update_at is not None
    assert newest.next_update_at > now()
    assert commander_of(newest) == person("maya")
    assert not Progress.wish().exists()


def test_where_there_is_no_demo_nothing_is_said_and_nothing_played(
    tmp_path: Path, settings: object, commander: User
) -> None:
    settings.DATA = tmp_path  # type: ignore[attr-defined]
    client = Client()
    client.force_login(commander)
    assert "This is the demo" not in client.get("/").content.decode()
    assert client.post("/demo/again/").status_code == 404
    said: list[str] = []
    go_on(say=said.append, sleep=lambda seconds: None)
    assert said == ["There is no demo to go on with."]
