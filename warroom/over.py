"""The room after it is over: how long, who was there, and all that was told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from deadlines.kinds import Due
from deadlines.models import Deadline, State
from deadlines.queries import name_dues
from incidents.record.models import Incident, RoleAssignment, RosterRole
from incidents.updates.told import Told
from people.models import User
from prepared import prepared

ORDER = [role.value for role in RosterRole]


@dataclass(frozen=True)
class WasThere:
    """One person, as what they were there, and from when to when."""

    person: User
    roles: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class Over:
    """What is left of an incident that ended."""

    began_at: datetime
    ended_at: datetime | None
    led: list[str]
    fixed: list[str]
    people: list[WasThere]
    updates: list[Told]
    still: list[tuple[Deadline, Due]]
    """What is owed of it yet, the first due first."""
    settled: int
    """How much of what was owed once it had ended is done."""

    @property
    def late(self) -> set[int]:
        """The numbers of the updates that came after the moment they were promised for.

        An all-clear ends the promises; it was promised by the update before it all the same.
        """
        before = [*(update.next_update_at for update in self.updates[1:]), None]
        return {
            update.number
            for update, promised in zip(self.updates, before, strict=False)
            if update.was_late
            or (update.is_all_clear and promised is not None and update.published_at > promised)
        }

    @property
    def on_time(self) -> int:
        """How many updates came when they were promised."""
        return len(self.updates) - len(self.late)


def over_of(
    incident: Incident, roles: Iterable[RoleAssignment], updates: list[Told], end: datetime | None
) -> Over:
    """The ended incident, from every role that was ever accepted.

    One query, and one for each kind of what is owed yet.
    """
    owed = [] if end is None else _owed_since(incident.pk, end)
    still = [one for one in owed if one.state == State.OPEN]
    held = [one for one in roles if one.accepted_at is not None]
    by_person: dict[int, list[RoleAssignment]] = {}
    for one in held:
        by_person.setdefault(one.person_id, []).append(one)
    return Over(
        began_at=incident.impact_started_at or incident.declared_at,
        ended_at=end,
        led=_names(held, RosterRole.COMMANDER),
        fixed=_names(held, RosterRole.FIX_OWNER),
        people=[_was_there(ones) for ones in by_person.values()],
        updates=updates,
        still=name_dues(still),
        settled=len(owed) - len(still),
    )


@prepared
def _owed_since(incident: int, end: datetime) -> "QuerySet[Deadline]":
    """What is owed of an ended incident, and what of it was done since then."""
    owed = Deadline.objects.filter(incident_id=incident).select_related("owner")
    done = Q(state=State.KEPT, settled_at__gt=end)
    return owed.filter(Q(state=State.OPEN) | done).order_by("due_at", "id")


def _names(held: Iterable[RoleAssignment], role: RosterRole) -> list[str]:
    """Who held a seat, in their order, each once."""
    return list(dict.fromkeys(one.person.name for one in held if one.role == role))


def _was_there(held: list[RoleAssignment]) -> WasThere:
    roles = sorted({one.role for one in held}, key=ORDER.index)
    if len(roles) > 1 and RosterRole.RESPONDER in roles:
        roles.remove(RosterRole.RESPONDER)
    ends = [one.ended_at for one in held]
    return WasThere(
        person=held[0].person,
        roles=" · ".join(RosterRole(role).label for role in roles),
        since=min(one.started_at for one in held),
        until=None if None in ends else max(one for one in ends if one),
    )
