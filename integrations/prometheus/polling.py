"""Asks for every signal of an open incident every 15 s, and writes what was answered.

A poll is a due row. Beat's task and the loop claim rows alike, with a lease, ask outside any
transaction, and write through the ordinary actions, once per signal and moment.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from clock.queries import now
from incidents.endstate.models import Signal, SignalQuerySet
from incidents.endstate.signals import note_no_data, record_polled
from incidents.endstate.steps import record_steps
from incidents.record.models import Incident
from integrations.prometheus.asking import NoData, Silent, client, value_at, values_before
from integrations.prometheus.models import Poll
from integrations.prometheus.trying import answer_trials
from refusals.errors import NotVisible

logger = logging.getLogger(__name__)

EVERY = timedelta(seconds=15)
#: How long rows belong to whoever asks; more than all its questions can take.
LEASE = timedelta(seconds=90)
MOST_AT_ONCE = 50
SIDE_BY_SIDE = 8

Samples = list[tuple[float, datetime]]


@dataclass(frozen=True)
class Question:
    """One signal to be asked for as of ``moment``."""

    signal_id: int
    query: str
    moment: datetime
    lease: datetime
    wants_past: bool


def ask_what_is_due() -> int:
    """Ask for what is due and for queries that are being typed; answers how many were asked.

    Any number at once is harmless. Blocks while Prometheus takes its time, for the loop and the
    worker, never for a request: a source that is silent for one is not asked for the others.
    """
    if not settings.PROMETHEUS_URL:
        return 0
    with client() as line:
        asked = answer_trials(line)
        _queue_new()
        while questions := _claim():
            asked += len(questions)
            if not _ask_all(line, questions):
                break
    return asked


def wanted() -> SignalQuerySet:
    """The signals that are asked for: with a query, of incidents that are open."""
    signals = Signal.objects.standing().exclude(query="")
    return signals.filter(incident__in=Incident.objects.open())


def _queue_new() -> None:
    """A place in the queue for every signal that has none. Twice is once."""
    missing = wanted().filter(~Exists(Poll.objects.filter(signal=OuterRef("pk"))))
    if keys := list(missing.values_list("pk", flat=True)):
        moment = now()
        Poll.objects.bulk_create(
            [Poll(signal_id=key, due_at=moment) for key in keys], ignore_conflicts=True
        )


@transaction.atomic
def _claim() -> list[Question]:
    moment = now()
    due = Poll.objects.filter(due_at__lte=moment, signal__in=wanted())
    rows = due.order_by("due_at").select_for_update(skip_locked=True, of=("self",))
    found = list(rows.select_related("signal")[:MOST_AT_ONCE])
    lease = moment + LEASE
    Poll.objects.filter(pk__in=[row.pk for row in found]).update(due_at=lease)
    return [Question(row.pk, row.signal.query, moment, lease, row.wants_past) for row in found]


def _ask_all(line: httpx.Client, questions: list[Question]) -> bool:
    """Ask side by side, write together what says nothing new, and the rest in turn.

    Answers whether the source spoke at all.
    """
    silence: list[str] = []

    def ask(question: Question) -> Samples | NoData:
        if silence:
            return Silent(silence[0])
        try:
            return _samples(line, question)
        except Silent as trouble:
            silence.append(str(trouble))
            return trouble
        except NoData as trouble:
            return trouble

    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        answers = list(zip(questions, threads.map(ask, questions), strict=True))
    written = _write_together(answers)
    for question, answer in answers:
        if question.signal_id not in written:
            _write(question, answer)
    if silence:
        logger.warning("Prometheus is asked in vain: %s", silence[0])
    return not silence


def _samples(line: httpx.Client, question: Question) -> Samples:
    past: Samples = []
    if question.wants_past:
        try:
            past = values_before(line, question.query, question.moment)
        except Silent:
            raise
        except NoData:
            pass
    return [*past, (value_at(line, question.query, question.moment), question.moment)]


@transaction.atomic
def _write_together(answers: list[tuple[Question, Samples | NoData]]) -> set[int]:
    """Write values that are a step onward for rows that are ours; answers the signals' ids.

    ``answers`` are of one claim. Waits for nobody: what is locked is left to be written by itself.
    """
    question, _ = answers[0]
    steps = {
        one.signal_id: answer[0]
        for one, answer in answers
        if isinstance(answer, list) and len(answer) == 1
    }
    rows = Poll.objects.filter(pk__in=steps, due_at=question.lease)
    ours = rows.select_for_update(skip_locked=True).values_list("pk", flat=True)
    written = record_steps({key: steps[key] for key in ours})
    following = {"due_at": _next(question.moment), "wants_past": False}
    Poll.objects.filter(pk__in=written).update(**following)
    return written


class _Late(Exception):
    """Somebody else has asked meanwhile, or the query is another."""


def _write(question: Question, answer: Samples | NoData) -> None:
    """Write the outcome where the row is still ours; who is late finds it written.

    The row comes last, as for whoever changes the signal: incident, signal, row. What was removed
    meanwhile is asked for no more.
    """
    following: dict[str, Any] = {"due_at": _next(question.moment)}
    if not isinstance(answer, NoData):
        following["wants_past"] = False
    with suppress(NotVisible, _Late), transaction.atomic():
        if isinstance(answer, NoData):
            note_no_data(question.signal_id, because=str(answer), moment=question.moment)
        else:
            record_polled(question.signal_id, samples=answer)
        if not Poll.objects.filter(pk=question.signal_id, due_at=question.lease).update(
            **following
        ):
            raise _Late


def _next(moment: datetime) -> datetime:
    return max(moment + EVERY, now())
