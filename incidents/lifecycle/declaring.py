"""Declares an incident, which opens its war room (P01)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction

from clock.queries import now
from deadlines.actions import owe
from incidents.cadence.intervals import interval_of
from incidents.cadence.promises import promise_update
from incidents.lifecycle.course import followers
from incidents.lifecycle.deadlines import WarRoomLink
from incidents.record.afterwards import OLDEST, check_near
from incidents.record.catalogue import find_services
from incidents.record.models import Incident, Kind, RoleAssignment, RosterRole, Service, Severity
from incidents.record.timeline import record
from incidents.roster.deadlines import NoCommander
from incidents.roster.owed import ask_for_fix_owner
from pages.moments import happened
from pages.texts import read_line
from people.models import User
from refusals.errors import Forbidden, Invalid

LONG_AGO = timedelta(hours=4)
"""What began longer ago than the longest interval, and is declared only now, is over."""
LINK_WITHIN = timedelta(minutes=2)


COMMANDER_WITHIN = timedelta(minutes=2)


@transaction.atomic
def declare_incident(
    *,
    by: User | None,
    title: str,
    severity: str,
    kind: str = Kind.INCIDENT,
    statement: str = "",
    services: Iterable[Service | str] = (),
    impact_started_at: datetime | None = None,
    private: bool = False,
    occurred_at: datetime | None = None,
    detected_at: datetime | None = None,
) -> Incident:
    """Declare an incident and answer it; the declarer commands until somebody takes over.

    ``services`` are services or their slugs or names; chat and call links come from the first that
    has them, else a two-minute deadline asks for them. ``by=None`` is an alert: then a commander is
    asked for within two minutes, and the rest is owed once somebody joins (``begin_promises``). The
    first update is promised one interval from now, except for a near miss. ``occurred_at`` records
    afterwards what already happened: the declaration carries that time, marked. Refuses unknown
    words and times in the future (``Invalid``), and stakeholders (``Forbidden``).
    """
    if by is not None and not by.is_responder:
        raise Forbidden("Responders declare incidents. Tell one of them what you see.")
    moment = now()
    found = find_services(services)
    title = read_line("title", title, 200, required="A few words say what broke.")
    statement = read_line("statement", statement, 500)
    _check(severity, kind)
    impact_started_at = happened("impact_started_at", impact_started_at, moment)
    occurred_at = happened("occurred_at", occurred_at, moment)
    declared_at = occurred_at or moment
    check_near("impact_started_at", impact_started_at, declared_at)
    if moment - declared_at > OLDEST:
        raise Invalid({"occurred_at": "That is over twenty years ago."})
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('incident_number')")
        (number,) = cursor.fetchone()
    sources = {"declared_at": _source(by, afterwards=occurred_at is not None)}
    sources["detected_at"] = sources["declared_at"]
    if impact_started_at is not None:
        sources["impact_started_at"] = _source(by, afterwards=True)
    leads = by if by is not None and not by.is_program else None
    if leads is not None:
        sources["acknowledged_at"] = sources["declared_at"]
    incident = Incident.objects.create(
        number=number,
        title=title,
        kind=kind,
        severity=severity,
        highest_severity=severity,
        private=private,
        statement=statement or title,
        statement_confirmed_at=moment if statement else None,
        chat_url=next((one.chat_url for one in found if one.chat_url), ""),
        call_url=next((one.call_url for one in found if one.call_url), ""),
        impact_started_at=impact_started_at,
        recorded_afterwards=moment - declared_at > LONG_AGO,
        unattended=by is None,
        detected_at=detected_at or declared_at,
        declared_at=declared_at,
        acknowledged_at=declared_at if leads is not None else None,
        time_sources=sources,
    )
    incident.services.set(found)
    if incident.chat_url or incident.call_url:
        incident.linked_at = declared_at
        incident.save(update_fields=["linked_at"])
    if leads is not None:
        RoleAssignment.objects.create(
            incident=incident,
            role=RosterRole.COMMANDER,
            person=leads,
            assigned_by=leads,
            started_at=moment,
            accepted_at=moment,
            acted_at=moment,
        )
    record(
        incident,
        "declared",
        by=by,
        text=f"declared {severity.upper()}: {title}",
        at=declared_at,
        afterwards=occurred_at is not None,
        title=title,
        severity=severity,
        incident_kind=kind,
        services=[one.slug for one in found],
        private=private,
        statement=incident.statement,
    )
    _open_deadlines(incident, moment, has_commander=leads is not None)
    return incident


def _check(severity: str, kind: str) -> None:
    errors = {}
    if severity not in Severity.values:
        errors["severity"] = f"One of {', '.join(Severity.values)}; unsure means the higher."
    if kind not in Kind.values:
        errors["kind"] = f"One of {', '.join(Kind.values)}."
    if errors:
        raise Invalid(errors)


def _source(by: User | None, *, afterwards: bool) -> dict[str, str]:
    return {"source": "manual", "by": by.email} if by and afterwards else {"source": "auto"}


def _open_deadlines(incident: Incident, moment: datetime, *, has_commander: bool) -> None:
    if incident.makes_promises:
        begin_promises(incident, since=moment)
    if not has_commander:
        owe(incident, NoCommander.name, incident, moment + COMMANDER_WITHIN)


def begin_promises(incident: Incident, *, since: datetime) -> None:
    """Owe the first update one interval ``since`` then, the room's links, a fix owner, a cause.

    At the declaration, or when the first joins what an alert opened; under the incident's lock.
    """
    promise_update(incident, at=since, due_at=since + interval_of(incident))
    if not incident.linked_at:
        owe(incident, WarRoomLink.name, incident, since + LINK_WITHIN)
    ask_for_fix_owner(incident, since=since)
    for one in followers():
        one.is_investigated(incident, since=since)
