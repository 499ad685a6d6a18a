"""How every action on an incident begins: locked, allowed, and the person on its roster.

Seats and their hand-over stand in ``command``.
"""

from clock.queries import now
from incidents.locking import lock_incident
from incidents.models import Incident, RoleAssignment, RosterRole
from incidents.timeline import record
from people.models import User
from refusals.errors import Forbidden, NotVisible


def enter(incident: Incident | int, *, by: User) -> Incident:
    """Lock the incident, check that ``by`` may act on it, and answer the fresh row.

    Acting joins the roster: somebody without a role (or only an observer) becomes a responder
    while the incident is open. Raises ``NotVisible`` and, for a stakeholder, ``Forbidden``. Inside
    a transaction only; three queries, more for who joins.
    """
    fresh = lock_incident(incident if isinstance(incident, int) else incident.pk)
    if not Incident.objects.visible_to(by).filter(pk=fresh.pk).exists():
        raise NotVisible
    if not by.is_responder:
        raise Forbidden("Only responders act in the war room. Ask your question on the executive page.")
    if fresh.is_open:
        _join(fresh, by)
    return fresh


def _join(incident: Incident, by: User) -> None:
    held = RoleAssignment.objects.filter(incident=incident, person=by, ended_at__isnull=True)
    roles = set(held.values_list("role", flat=True))
    if roles - {RosterRole.OBSERVER}:
        return
    moment = now()
    if roles:
        held.update(ended_at=moment)
    RoleAssignment.objects.create(
        incident=incident, role=RosterRole.RESPONDER, person=by, assigned_by=by,
        started_at=moment, accepted_at=moment,
    )
    record(
        incident, "joined", by=by, text="joined as a responder",
        role=RosterRole.RESPONDER.value,
    )
