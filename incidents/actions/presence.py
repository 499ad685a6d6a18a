"""How every action on an incident begins: locked, allowed, and the person on its roster.

Seats and their hand-over stand in ``command``.
"""

from collections.abc import Iterable

from django.db.models import F, Q

from clock.queries import now
from deadlines.actions import keep_deadline
from incidents.actions.promises import COMMAND_ACCEPTANCE
from incidents.actions.solo import ask_for_hand_over
from incidents.locking import lock_incident
from incidents.models import Incident, RoleAssignment, RosterRole
from incidents.timeline import record
from people.models import User
from refusals.errors import Forbidden, NotVisible, Refused


def enter(
    incident: Incident | int, *, by: User, joins: bool = True, version: int | None = None
) -> Incident:
    """Lock the incident, check that ``by`` may act on it, and answer the fresh row.

    Acting joins the roster: somebody without a role (or only an observer) becomes a responder
    while the incident is open, unless ``joins`` is false. A commander who was asked, or named and
    has not accepted, answers by acting (P11). Raises ``NotVisible``, for a stakeholder
    ``Forbidden``, and for a ``version`` that is not the incident's any more ``stale``. Inside a
    transaction only; four queries, more for who joins.
    """
    fresh = lock_incident(incident if isinstance(incident, int) else incident.pk)
    if not Incident.objects.visible_to(by).filter(pk=fresh.pk).exists():
        raise NotVisible
    if not by.is_responder:
        raise Forbidden("Only responders act in the war room. Ask on the stakeholder page.")
    # Before joining, which itself is recorded and raises the version.
    check_version(fresh, version)
    if fresh.is_open:
        if joins:
            _join(fresh, by, by=by)
        _answer_for_command(fresh, by)
    return fresh


def check_version(incident: Incident, version: int | None) -> None:
    """Refuse (``stale``) an edit that was begun on an older state."""
    if version is not None and version != incident.version:
        raise Refused(
            "stale",
            "Somebody changed the incident meanwhile. Look at what it says now, then save again.",
            current={
                "version": incident.version,
                "title": incident.title,
                "statement": incident.statement,
                "blocker": incident.blocker,
                "in_our_control": incident.in_our_control,
                "beyond_our_control": incident.beyond_our_control,
            },
        )


def _answer_for_command(incident: Incident, by: User) -> None:
    unanswered = Q(accepted_at__isnull=True) | (
        Q(asked_at__isnull=False) & (Q(acted_at__isnull=True) | Q(acted_at__lte=F("asked_at")))
    )
    commanding = RoleAssignment.objects.filter(
        incident=incident, role=RosterRole.COMMANDER, person=by, ended_at__isnull=True
    )
    held = commanding.filter(unanswered).first()
    if held is None:
        return
    held.acted_at = now()
    is_new = held.accepted_at is None
    held.accepted_at = held.accepted_at or held.acted_at
    held.save(update_fields=["acted_at", "accepted_at"])
    if is_new:
        keep_deadline(COMMAND_ACCEPTANCE, incident, reason="Command was accepted.")
        record(incident, "command_accepted", by=by, text="accepted command")


def put_on_roster(incident: Incident, people: Iterable[User | None], *, by: User) -> None:
    """Let those of ``people`` who are not on the roster join it, named by ``by`` for some work.

    The caller holds the incident's lock. One query a person, more for who joins.
    """
    for person in people:
        if person is not None and person != by:
            _join(incident, person, by=by)


def _join(incident: Incident, person: User, *, by: User) -> None:
    held = RoleAssignment.objects.filter(incident=incident, person=person, ended_at__isnull=True)
    roles = set(held.values_list("role", flat=True))
    if roles - {RosterRole.OBSERVER}:
        return
    moment = now()
    if roles:
        held.update(ended_at=moment)
    joined = RoleAssignment.objects.create(
        incident=incident,
        role=RosterRole.RESPONDER,
        person=person,
        assigned_by=by,
        started_at=moment,
        accepted_at=moment,
    )
    record(
        incident,
        "joined",
        by=by,
        text="joined as a responder" if by == person else f"brought in {person.name}",
        role=RosterRole.RESPONDER.value,
        person=person.pk,
    )
    ask_for_hand_over(incident, joined)
