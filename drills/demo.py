"""The demo: the three scenarios, two of them as history and the first one in progress."""

import ipaddress
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from clock.actions import set_offset
from clock.queries import now
from drills.cast import gather, set_up_services
from drills.deployments import report_history
from drills.player import play_live, play_past
from drills.scenarios import database, green_dashboards, payments
from drills.script import Scenario, Stage
from incidents.record.models import Incident, Kind
from notifications.actions import cancel_deliveries

IN_PROGRESS_S = 41 * 60.0
"""How old the running incident is when the demo opens: the moment of the pictures."""
LOCAL_NAMES = (".localhost", ".local", ".internal", ".home.arpa", ".test", ".invalid")
"""Ends of names that no public name server knows (RFC 6761, 6762, 8375, ICANN for internal)."""


class AlreadyInUse(Exception):
    """The database holds incidents that are not the demo's to touch."""


class TooPublic(Exception):
    """The demo's published password would open an address that everybody reaches."""


@dataclass(frozen=True)
class Progress:
    """How far the running incident's script was played; kept as a file in the data folder."""

    incident: int
    started_at: str
    played_s: float
    cards: dict[str, int]
    signals: dict[str, int]
    kept: dict[str, float]

    @staticmethod
    def path() -> Path:
        """Where it is kept."""
        return Path(settings.DATA) / "demo.json"


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
    _keep(running, IN_PROGRESS_S)
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


def go_on(*, say: Callable[[str], object], sleep: Callable[[float], None]) -> None:
    """Act out the rest of the running incident in real time, from where it was left.

    Does nothing when there is no demo or its incident has ended.
    """
    path = Progress.path()
    if not path.is_file():
        say("There is no demo to go on with.")
        return
    progress = Progress(**json.loads(path.read_text()))
    people = gather(with_password=True)
    incident = Incident.objects.filter(pk=progress.incident).first()
    if incident is None or not incident.is_open:
        say("The demo's incident has ended.")
        return
    stage = Stage(
        people=people,
        services=set_up_services(people),
        kind=Kind.INCIDENT,
        started_at=datetime.fromisoformat(progress.started_at),
        incident=incident,
        cards=dict(progress.cards),
        signals=dict(progress.signals),
        kept=dict(progress.kept),
    )
    play_live(
        database.SCENARIO,
        stage,
        after_s=progress.played_s,
        sleep=sleep,
        say=lambda words: say(words),
        played=lambda step: _keep(stage, step.at),
    )


def _keep(stage: Stage, played_s: float) -> None:
    progress = Progress(
        incident=stage.war_room.pk,
        started_at=stage.started_at.isoformat(),
        played_s=played_s,
        cards=stage.cards,
        signals=stage.signals,
        kept={key: value for key, value in stage.kept.items() if isinstance(value, int | float)},
    )
    path = Progress.path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(progress.__dict__))
