"""The demo: the three scenarios, two of them as history and the first one in progress.

Its night is acted out in real time, by whoever leads; an hour after its end a new one is declared.
Left alone for long, it rests until somebody wants it played again.
"""

import ipaddress
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from clock.actions import set_offset
from clock.queries import now
from drills.cast import gather, set_up_services
from drills.deployments import report_history
from drills.endings import finishes_all
from drills.moves import goes, resumes
from drills.player import play_live, play_past
from drills.progress import ALIVE_S, Progress, moment_of
from drills.scenarios import database, green_dashboards, payments
from drills.script import Scenario, Stage, Step
from incidents.line.queries import stop_of
from incidents.record.models import Incident, Kind
from notifications.actions import cancel_deliveries
from refusals.errors import Forbidden, Invalid, NotVisible, Refused

logger = logging.getLogger(__name__)

IN_PROGRESS_S = 41 * 60.0
"""How old the running incident is when the demo opens: the moment of the pictures."""
PLAYS_S = database.SCENARIO.steps[-1].at
"""How long a night takes from its declaration to its all-clear."""
SEATS = {"maya": "commander", "lena": "communications"}
"""Whose acts are a seat's: whoever holds it acts them, a visitor too."""
BETWEEN = timedelta(hours=1)
"""How long after the end of one night the next is declared."""
LEFT_ALONE = timedelta(minutes=30)
"""A night whose last step is older was left in the middle: its clocks mean nothing any more."""
AS_LONG_AS = timedelta(hours=12)
"""New nights are declared for so long after somebody wanted one."""
STOPPED_FOR = timedelta(minutes=4)
"""How long a stopped line stays stopped before whoever leads lets it go on."""
LOOK_EVERY_S = 2.0
LOCAL_NAMES = (".localhost", ".local", ".internal", ".home.arpa", ".test", ".invalid")
"""Ends of names that no public name server knows (RFC 6761, 6762, 8375, ICANN for internal)."""


class AlreadyInUse(Exception):
    """The database holds incidents that are not the demo's to touch."""


class TooPublic(Exception):
    """The demo's published password would open an address that everybody reaches."""


@transaction.atomic
def set_up() -> str:
    """Load the demo into an empty database and answer the running incident's reference.

    Refuses (``AlreadyInUse``) a database that already holds incidents, and (``TooPublic``) a
    public ``BASE_URL``. All of it or nothing: one
    transaction. Times are made by moving Endstate's clock, which stands right again afterwards.
    """
    if is_public(settings.BASE_URL):
        raise TooPublic(
            f"BASE_URL is {settings.BASE_URL}, and the demo's people share a published password. "
            "Load it on a local address only."
        )
    if Incident.objects.exists():
        raise AlreadyInUse(
            "This database already holds incidents. The demo wants an empty one: "
            "choose another data folder with --data, or another DATABASE_URL."
        )
    people = gather(with_password=True)
    services = set_up_services(people)
    present = now()

    def stage(started_at: datetime) -> Stage:
        return Stage(people=people, services=services, kind=Kind.INCIDENT, started_at=started_at)

    try:
        for scenario, days in ((payments.SCENARIO, 38), (green_dashboards.SCENARIO, 16)):
            past = stage(_at_local(present - timedelta(days=days), scenario))
            play_past(scenario, past)
        running = stage(present - timedelta(seconds=IN_PROGRESS_S))
        play_past(database.SCENARIO, running, until_s=IN_PROGRESS_S)
        report_history(past, running, present=present)
    finally:
        set_offset(0)
    # What happened in the past was told in the past: nobody is nudged for it today.
    for incident in Incident.objects.all():
        cancel_deliveries(incident_id=incident.pk, reason="history of the demo")
    Progress.of(running, IN_PROGRESS_S).keep()
    return running.war_room.ref


def is_public(base_url: str) -> bool:
    """Whether an address may be reached from anywhere: no local name, no local number."""
    host = (urlsplit(base_url).hostname or "").rstrip(".")
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not f".{host}".endswith(LOCAL_NAMES)


def _at_local(day: datetime, scenario: Scenario) -> datetime:
    """The scenario's hour of the night on that day: 02:07 for the green dashboards, else 09:40."""
    hour, minute = (2, 7) if scenario is green_dashboards.SCENARIO else (9, 40)
    return day.replace(hour=hour, minute=minute, second=0, microsecond=0)


def go_on(
    *,
    say: Callable[[str], object],
    sleep: Callable[[float], None],
    nights: int | None = None,
    speed: float = 1.0,
) -> None:
    """Act out the demo in real time from where it was left, night after night.

    Does nothing where there is no demo. An hour after a night is over the next is declared, as long
    as somebody wanted it in the last twelve hours. What was left alone in the middle rests. A night
    that rests, or is over, is played again as soon as somebody wants it. It returns after so many
    ``nights``, without them never; ``speed`` is how many times as fast it is played.
    """
    progress = Progress.load()
    if progress is None:
        say("There is no demo to go on with.")
        return
    done = 0
    while nights is None or done < nights:
        stage = _stage_of(progress)
        if stage is None:
            progress = _wait(progress, sleep, say)
            continue
        play_live(
            database.SCENARIO,
            stage,
            speed=speed,
            after_s=progress.played_s,
            sleep=partial(_sleep, sleep, stage),
            say=lambda words: say(words),
            played=partial(_played, stage, progress.asked_at),
        )
        progress = Progress.of(stage, progress.played_s, asked_at=progress.asked_at)
        progress = progress.keep(over_at=progress.last_at)
        done += 1


def _stage_of(progress: Progress) -> Stage | None:
    """The stage of the night as it was left; nothing where it is over or was left alone."""
    incident = Incident.objects.filter(pk=progress.incident).first()
    last_at = moment_of(progress.last_at)
    if progress.over_at or progress.rests or incident is None or not incident.is_open:
        return None
    if last_at is None or now() - last_at > LEFT_ALONE:
        return None
    return replace(
        _new_stage(datetime.fromisoformat(progress.started_at)),
        incident=incident,
        cards=dict(progress.cards),
        signals=dict(progress.signals),
        kept=dict(progress.kept),
    )


def _new_stage(started_at: datetime) -> Stage:
    people = gather(with_password=True)
    services = set_up_services(people)
    return Stage(
        people=people, services=services, kind=Kind.INCIDENT, started_at=started_at, seats=SEATS
    )


def _sleep(sleep: Callable[[float], None], stage: Stage, seconds: float) -> None:
    """Sleep, and let a line go on that a visitor stopped and left."""
    if (progress := Progress.load()) is not None:
        progress.touch()
    stop = stop_of(stage.war_room)
    if stop is not None and now() - stop.at > STOPPED_FOR:
        try:
            resumes("maya", "Nothing was harmed; the play goes on.")(stage)
        except (Refused, Forbidden, Invalid) as refusal:
            logger.info("The line of the demo stays stopped: %s", refusal)
    sleep(min(seconds, ALIVE_S / 2))


def _played(stage: Stage, asked_at: str, step: Step) -> None:
    Progress.of(stage, step.at, asked_at=asked_at).keep()


def _wait(
    progress: Progress, sleep: Callable[[float], None], say: Callable[[str], object]
) -> Progress:
    """Wait for the hour of the next night, or for whoever wants it; answers what begins then."""
    over_at, asked_at = moment_of(progress.over_at), datetime.fromisoformat(progress.asked_at)
    if over_at is None:
        incident = Incident.objects.filter(pk=progress.incident).first()
        ended = incident.resolved_at or now() if incident and not incident.is_open else None
        over_at = ended or datetime.fromisoformat(progress.last_at)
        progress = progress.keep(over_at=over_at.isoformat() if ended else "")
    goes_on = bool(progress.over_at) and over_at + BETWEEN <= asked_at + AS_LONG_AS
    progress = progress.keep(rests=not goes_on or now() > over_at + BETWEEN + LEFT_ALONE)
    while True:
        if progress.wish().exists():
            progress.wish().unlink(missing_ok=True)
            say("The night is played again.")
            try:
                return play_again(progress)
            except (Refused, Forbidden, Invalid, NotVisible):
                # Visitors may have set rules that the story breaks; live, such a step is skipped.
                logger.exception("The demo begins with its first minute.")
                return _declare_next(progress.keep(asked_at=now().isoformat()))
        if not progress.rests and now() >= over_at + BETWEEN:
            say("A new night is declared.")
            return _declare_next(progress)
        progress.touch()
        sleep(LOOK_EVERY_S)


def _declare_next(progress: Progress) -> Progress:
    """The next night from its first minute on."""
    stage = _new_stage(now())
    first = database.SCENARIO.steps[0]
    first.does(stage)
    return Progress.of(stage, first.at, asked_at=progress.asked_at).keep()


@transaction.atomic
def play_again(progress: Progress) -> Progress:
    """Begin a new night in the middle, as the demo opens; a night that still runs is cancelled.

    All of it or nothing. Nobody is nudged for what lies before this moment.
    """
    old = Incident.objects.filter(pk=progress.incident).first()
    stage = _new_stage(now() - timedelta(seconds=IN_PROGRESS_S))
    if old is not None and old.is_open:
        left = replace(stage, incident=old)
        finishes_all("maya")(left)
        goes("maya", "cancelled", "The demo was played again.")(left)
    try:
        play_past(database.SCENARIO, stage, until_s=IN_PROGRESS_S)
    finally:
        set_offset(0)
    cancel_deliveries(incident_id=stage.war_room.pk, reason="history of the demo")
    return Progress.of(stage, IN_PROGRESS_S).keep()
