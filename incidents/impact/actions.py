"""Who is blocked, as a number: recording it, changing it, taking it out of the total."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from clock.moments import SKEW
from clock.queries import now
from incidents.endstate.models import Signal
from incidents.endstate.queries import value_at
from incidents.impact.models import Impact
from incidents.impact.queries import impact_total
from incidents.impact.rules import read_amount, read_currency
from incidents.record.afterwards import check_near
from incidents.record.models import Incident
from incidents.record.timeline import record
from incidents.roster.presence import enter, enter_part
from pages.moments import happened
from pages.numbers import said
from pages.texts import read_line
from people.models import User
from refusals.errors import Invalid

TEXTS = {"journey": 200, "blocked": 200, "unit": 60}
OPTIONAL = {"story": 300, "cut_off": 120, "currency": 3}
FIELDS = {*TEXTS, *OPTIONAL, "amount", "at", "per_minute", "signal", "cut_off_at"}


@transaction.atomic
def add_impact(
    incident: Incident,
    *,
    by: User,
    journey: str,
    blocked: str,
    amount: Decimal | float,
    unit: str,
    at: datetime | None = None,
    per_minute: Decimal | float | None = None,
    signal: Signal | int | None = None,
    currency: str = "",
    story: str = "",
    cut_off: str = "",
    cut_off_at: datetime | None = None,
) -> Impact:
    """Record an interrupted journey: who is blocked, a number known ``at`` a time (default: now).

    From then on it grows by ``per_minute`` until mitigation, or it is read from ``signal``. Money
    needs its ``currency``, unless the unit says it. ``story`` is one named customer's or team's, in
    a sentence; at ``cut_off_at`` it gets worse, as ``cut_off`` names (the 18:00 settlement).
    """
    incident = enter(incident, by=by)
    moment = now()
    impact = Impact(incident=incident, created_by=by, created_at=moment)
    _write_on(
        impact,
        incident,
        {
            "journey": journey,
            "blocked": blocked,
            "amount": amount,
            "unit": unit,
            "at": at or moment,
            "per_minute": per_minute,
            "signal": signal,
            "story": story,
            "cut_off": cut_off,
            "cut_off_at": cut_off_at,
            "currency": currency,
        },
        moment,
    )
    impact.save()
    record(
        incident,
        "impact_recorded",
        by=by,
        text=f"recorded who is blocked: {_words(impact)}",
        impact=impact.pk,
        **_plain(impact),
    )
    return impact


@transaction.atomic
def change_impact(impact_id: int, *, by: User, **fields: Any) -> Impact:
    """Change what is recorded. A new amount or rate without a time counts from now on, and a rate
    changed alone goes on from the total so far.

    The same values change nothing; the timeline keeps what it said before.
    """
    impact, incident = _enter_impact(impact_id, by=by)
    before, moment = _plain(impact), now()
    total = impact_total(impact, incident, moment)
    changed = _write_on(impact, incident, fields, moment)
    if not changed:
        return impact
    if {"amount", "per_minute"} & set(changed) and fields.get("at") is None:
        impact.at = moment
        if "amount" not in changed:
            impact.amount = total
    impact.save()
    record(
        incident,
        "impact_changed",
        by=by,
        text=f"changed who is blocked: {_words(impact)}",
        impact=impact.pk,
        before=before,
        **_plain(impact),
    )
    return impact


@transaction.atomic
def remove_impact(impact_id: int, *, by: User) -> None:
    """Take an impact out of the total. The timeline keeps it."""
    impact, incident = _enter_impact(impact_id, by=by)
    impact.removed_at = now()
    impact.save(update_fields=["removed_at"])
    record(
        incident,
        "impact_removed",
        by=by,
        text=f"took out of the impact: {_words(impact)}",
        impact=impact.pk,
        **_plain(impact),
    )


def _enter_impact(impact_id: int, *, by: User) -> tuple[Impact, Incident]:
    return enter_part(Impact.objects.standing().select_related("signal"), impact_id, by=by)


def _write_on(
    impact: Impact, incident: Incident, fields: dict[str, Any], moment: datetime
) -> list[str]:
    errors: dict[str, str] = {}
    changed = []
    for name, value in fields.items():
        if name not in FIELDS:
            raise TypeError(f"an impact has no field {name!r} to change")
        try:
            taken = _take(name, value, incident, moment)
        except Invalid as invalid:
            errors |= invalid.errors
            continue
        except ValueError as error:
            errors[name] = str(error)
            continue
        if name == "at" and taken is None:
            continue
        if getattr(impact, name, None) != taken:
            setattr(impact, name, taken)
            changed.append(name)
    if not errors and {"unit", "currency"} & set(fields):
        try:
            impact.currency = read_currency(impact.unit, impact.currency)
        except ValueError as error:
            errors["currency"] = str(error)
    if not errors and impact.cut_off and impact.cut_off_at is None:
        errors["cut_off_at"] = "Say when that is, so that it counts down."
    if not errors and impact.per_minute is not None and impact.signal is not None:
        errors["signal"] = "Either a rate or a signal: the number comes from one place."
    if errors:
        raise Invalid(errors)
    if "signal" in changed:
        impact.value_at_end = _value_at_end(impact.signal, incident)
    return changed


def keep_values_at_end(incident: Incident) -> None:
    """Keep what the signals of the impacts said when the impact ended; the caller holds the lock.

    What is measured later changes no total any more. One query, two more an impact with a signal.
    """
    read = Impact.objects.standing().filter(incident=incident, signal__isnull=False)
    for impact in read.select_related("signal"):
        impact.value_at_end = _value_at_end(impact.signal, incident)
        impact.save(update_fields=["value_at_end"])


def _value_at_end(signal: Signal | None, incident: Incident) -> float | None:
    if signal is None or incident.impact_ended_at is None:
        return None
    return value_at(signal, incident.impact_ended_at)


def _take(name: str, value: Any, incident: Incident, moment: datetime) -> Any:
    if name in TEXTS:
        return read_line(name, value, TEXTS[name], required="Needed here.")
    if name in OPTIONAL:
        return read_line(name, value, OPTIONAL[name])
    if name in ("at", "cut_off_at"):
        check_near(name, value, incident.declared_at)
        return value if name == "cut_off_at" else happened(name, value, moment, ahead=SKEW)
    if value is None and name != "amount":
        return None
    if name == "signal":
        key = value.pk if isinstance(value, Signal) else value
        signals = Signal.objects.standing().filter(incident=incident)
        signal = signals.filter(pk=key).first()
        if signal is None:
            raise ValueError("This incident has no such signal.")
        return signal
    return read_amount(value)


def _words(impact: Impact) -> str:
    rate = f", {said(impact.per_minute)} a minute" if impact.per_minute else ""
    return f"{said(impact.amount)} {impact.measure}{rate}. {impact.journey}, {impact.blocked}"


def _plain(impact: Impact) -> dict[str, Any]:
    return {
        "journey": impact.journey,
        "blocked": impact.blocked,
        "amount": float(impact.amount),
        "unit": impact.unit,
        "known_at": impact.at.isoformat(),
        "per_minute": None if impact.per_minute is None else float(impact.per_minute),
        "signal": impact.signal_id,
        "currency": impact.currency,
        "story": impact.story,
        "cut_off": impact.cut_off,
        "cut_off_at": impact.cut_off_at.isoformat() if impact.cut_off_at else None,
    }
