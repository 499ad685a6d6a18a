"""Plays scripts through the ordinary actions: in the past for history, in real time for drills."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection, transaction

from clock.actions import set_offset
from clock.queries import now
from drills.script import Scenario, Stage, Step
from incidents.endstate.models import Signal
from incidents.endstate.signals import record_samples
from refusals.errors import Forbidden, Invalid, NotVisible, Refused

logger = logging.getLogger(__name__)


def go_to(moment: datetime) -> None:
    """Move Endstate's clock to ``moment``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (real,) = cursor.fetchone()
    set_offset((moment - real).total_seconds())


@transaction.atomic
def play_past(scenario: Scenario, stage: Stage, *, until_s: float | None = None) -> Stage:
    """Act out ``scenario`` as history, each step at its own time by a moved clock.

    ``until_s`` stops before the first step later than that many seconds. Nothing may be refused:
    a script that breaks a rule is a mistake, so refusals surface. The caller resets the clock.
    """
    for step in (*scenario.steps, *scenario.afterwards):
        if until_s is not None and step.at > until_s:
            break
        go_to(stage.started_at + timedelta(seconds=step.at))
        sample_until(scenario, stage, step.at)
        step.does(stage)
    if until_s is not None:
        go_to(stage.started_at + timedelta(seconds=until_s))
        sample_until(scenario, stage, until_s)
    return stage


def sample_until(scenario: Scenario, stage: Stage, second: float) -> None:
    """Send every sample of the curves that is due by ``second`` and was not sent yet."""
    signals = {s.pk: s for s in Signal.objects.filter(pk__in=stage.signals.values())}
    for curve in scenario.curves:
        signal = signals.get(stage.signals.get(curve.signal, 0))
        if signal is None or signal.removed_at is not None:
            continue
        key = f"sampled:{curve.signal}"
        # History starts before the declaration, so that the sparkline has a past.
        first = stage.kept.get(key, -300.0)
        end = min(second, curve.corners[-1][0] * 60)
        samples = []
        while first <= end:
            minute = first / 60
            samples.append((curve.value_at(minute), stage.at(minute)))
            first += scenario.sample_every_s
        if samples:
            record_samples(signal.pk, by=stage.who("ravi"), samples=samples)
        stage.kept[key] = first


def play_live(
    scenario: Scenario,
    stage: Stage,
    *,
    speed: float = 1.0,
    after_s: float = -1.0,
    sleep: Callable[[float], None] = time.sleep,
    say: Callable[[str], object] = logger.info,
    played: Callable[[Step], object] = lambda step: None,
) -> Stage:
    """Act out the steps later than ``after_s`` seconds in real time, ``speed`` times as fast.

    People may act on the same incident meanwhile: a step that a rule refuses is said and
    skipped, and the play ends early when somebody ended the incident. ``played`` hears of
    every step that was tried.
    """
    begun, offset = time.monotonic(), max(after_s, 0.0)

    def script_second() -> float:
        return offset + (time.monotonic() - begun) * speed

    for step in scenario.steps:
        if step.at <= after_s:
            continue
        while (ahead := step.at - script_second()) > 0:
            _send_samples(scenario, stage, script_second())
            sleep(min(ahead, scenario.sample_every_s) / speed)
        if stage.incident is not None and not stage.war_room.is_open:
            say("The incident has ended; the script stops here.")
            return stage
        _perform(step, stage, say)
        played(step)
    last = max((curve.corners[-1][0] * 60 for curve in scenario.curves), default=0)
    while script_second() < last and stage.war_room.is_open:
        _send_samples(scenario, stage, script_second())
        sleep(scenario.sample_every_s / speed)
    return stage


def _perform(step: Step, stage: Stage, say: Callable[[str], object]) -> None:
    try:
        step.does(stage)
        say(step.words)
    except (Refused, Forbidden, Invalid, NotVisible) as refusal:
        say(f"{step.words}: not now, {refusal}")
    except KeyError as missing:
        # What an earlier, refused step would have made: stakeholders do not ask in a drill.
        say(f"{step.words}: not without {missing}")


def _send_samples(scenario: Scenario, stage: Stage, second: float) -> None:
    """One sample per curve at the present moment: a drill's samples carry real times."""
    moment = now()
    for curve in scenario.curves:
        if pk := stage.signals.get(curve.signal):
            record_samples(
                pk, by=stage.who("ravi"), samples=[(curve.value_at(second / 60), moment)]
            )
