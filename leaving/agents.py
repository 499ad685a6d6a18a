"""Agents end with whoever answers for them; leaving says so beforehand."""

from collections.abc import Iterable

from django.db.models import QuerySet

from people.leaving import Held, Holding, Passed
from people.models import ApiToken, Scope, User


class AgentsAnsweredFor(Holding):
    """The agents that somebody answers for (P37)."""

    name = "Agents"

    def held_by(self, person: User) -> list[Held]:
        """Each that still opens something. One query."""
        return [
            Held(f"the agent {one.name}, which ends") for one in _standing().filter(user=person)
        ]

    def holders(self) -> Iterable[int]:
        """Whoever answers for one."""
        return _standing().order_by().values_list("user", flat=True)

    def hand_on(self, person: User, *, by: User | None, to: User | None) -> Iterable[Passed]:
        """To nobody: an administrator makes another for whoever answers for it from here on."""
        return ()


def _standing() -> "QuerySet[ApiToken]":
    return ApiToken.objects.filter(revoked_at=None, scopes__contains=Scope.AGENT).order_by("pk")


HOLDINGS = (AgentsAnsweredFor(),)
