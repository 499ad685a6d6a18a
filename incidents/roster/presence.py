"""Begins every action on an incident: locks it, asks who may, puts the person on its roster.

Seats and their hand-over stand in ``command``.
"""

from collections.abc import Iterable
from typing import TypeVar

from django.db.models import Model, QuerySet

from incidents.record.locking import lock_incident, moment_of
from incidents.record.models import GUESTS, Incident, RoleAssignment, RosterRole
from incidents.record.timeline import record
from incidents.record.visibility import is_visible
from incidents.roster.arriving import person_arrived
from incidents.roster.hand_over import ask_for_hand_over
from incidents.roster.queries import roles_of, roster
from people.models import User
from refusals import versions
from refusals.errors import AgentMayNot, Forbidden, NotVisible, Refused

M = TypeVar("M", bound=Model)


def enter(
    incident: Incident | int,
    *,
    by: User,
    joins: bool = True,
    version: int | None = None,
    helpers: bool = False,
    agents: bool = False,
    whole: bool = False,
) -> Incident:
    """Lock the incident, check that ``by`` may act on it, and answer the fresh row.

    Acting joins the roster: somebody without a role (or only an observer) becomes a responder
    while the incident is open, unless ``joins`` is false; a program never joins. Whoever was asked
    answers by acting (P11). ``helpers`` and ``agents`` (P37) say that the act is theirs too; what
    nobody allowed is refused to them (``Forbidden``, ``AgentMayNot``, and ``agents_off`` where
    agents are switched off). Raises ``NotVisible``, for a stakeholder ``Forbidden``, and for a
    ``version`` that is not the incident's any more ``stale``. ``whole`` reads the roster at once,
    for ``held_in``. Inside a transaction only; two queries, more for who joins and where only the
    roster may know of it.
    """
    fresh = lock_incident(incident if isinstance(incident, int) else incident.pk)
    if not fresh.is_public_to(by) and not is_visible(by, fresh.pk):
        raise NotVisible
    if not by.is_responder:
        _check_helps(fresh, by, allowed=helpers)
    if by.agent is not None:
        _check_agent(fresh, allowed=agents)
    # Before joining, which itself is recorded and raises the version.
    check_version(fresh, version)
    if fresh.is_open and by.agent is None:
        if whole:
            fresh.held = roster(fresh)  # type: ignore[attr-defined]
            held = [one for one in fresh.held if one.person_id == by.pk]  # type: ignore[attr-defined]
        else:
            held = roles_of(by, fresh)
        if joins and not by.is_program:
            _join(fresh, by, held, by=by)
        _note_act(fresh, held)
    return fresh


def held_in(incident: Incident) -> list[RoleAssignment]:
    """The roster of an incident that was entered: as it was read then, unless somebody joined.

    No query, else one.
    """
    held: list[RoleAssignment] | None = getattr(incident, "held", None)
    return roster(incident) if held is None else held


def _check_helps(incident: Incident, by: User, *, allowed: bool) -> None:
    helping = RoleAssignment.objects.filter(
        incident=incident, person=by, role=RosterRole.HELPER, ended_at__isnull=True
    )
    if not helping.exists():
        raise Forbidden("Only responders act in the war room. Ask on the stakeholder page.")
    if not allowed:
        raise Forbidden(
            "A helper works on their own cards, notes, stops the line, escalates and answers "
            "questions. Ask a responder for this."
        )


def _check_agent(incident: Incident, *, allowed: bool) -> None:
    if not allowed:
        raise AgentMayNot
    if not incident.agents_on:
        raise Refused("agents_off", "Whoever leads has switched agents off in this incident.")


def enter_part(
    parts: "QuerySet[M]", part_id: int, *, by: User, helpers: bool = False
) -> tuple[M, Incident]:
    """``enter`` the incident of one of its parts and answer the part as it is under the lock.

    ``parts`` answers which ones there are, asked before the lock and under it. Raises
    ``NotVisible`` for one that is none of them, or not any more. Two queries more than ``enter``.
    """
    found = parts.filter(pk=part_id)
    incident_id = found.values_list("incident_id", flat=True).first()
    if incident_id is None:
        raise NotVisible
    incident = enter(incident_id, by=by, helpers=helpers)
    part = found.first()
    if part is None:
        raise NotVisible
    return part, incident


def check_version(incident: Incident, version: int | None) -> None:
    """Refuse (``stale``) an edit that was begun on an older state."""
    versions.check_version(
        version,
        incident.version,
        "Somebody changed the incident meanwhile. Look at what it says now, then save again.",
        {
            "title": incident.title,
            "statement": incident.statement,
            "blocker": incident.blocker,
            "in_our_control": incident.in_our_control,
            "beyond_our_control": incident.beyond_our_control,
        },
    )


def _note_act(incident: Incident, held: Iterable[RoleAssignment]) -> None:
    """Whoever was asked has acted now, and is not away any more; ``held``: their roles before."""
    asked = [one for one in held if one.is_asked]
    if asked:
        moment = moment_of(incident)
        for one in asked:
            one.acted_at = moment
            one.save(update_fields=["acted_at"])


def put_on_roster(incident: Incident, people: Iterable[User | None], *, by: User) -> None:
    """Let those of ``people`` who are not on the roster join it, named by ``by`` for some work.

    The caller holds the incident's lock. One query a person, more for who joins. A program does
    not join by naming its own person.
    """
    for person in people:
        if person is not None and not (person == by and by.is_program):
            _join(incident, person, roles_of(person, incident), by=by)


def _join(incident: Incident, person: User, held: Iterable[RoleAssignment], *, by: User) -> None:
    """Make a responder of ``person`` who holds ``held``, unless that is work already.

    Of a stakeholder a helper.
    """
    role = RosterRole.RESPONDER if person.is_responder else RosterRole.HELPER
    if any(one.role not in GUESTS or one.role == role for one in held):
        return
    moment = moment_of(incident)
    incident.__dict__.pop("held", None)
    for watching in held:
        watching.ended_at = moment
        watching.save(update_fields=["ended_at"])
    # Whoever was invited takes that up.
    joined = RoleAssignment.objects.invited().filter(incident=incident, person=person).first()
    if joined is None:
        joined = RoleAssignment(incident=incident, assigned_by=by)
    joined.role, joined.person = role, person
    joined.started_at = joined.accepted_at = moment
    joined.save()
    record(
        incident,
        "joined",
        by=by,
        text="joined as a responder" if by == person else f"brought in {person.name}",
        role=role.value,
        person=person.pk,
    )
    person_arrived(incident, joined)
    ask_for_hand_over(incident, joined)
