"""How hard the process rules bite, as the severity's policy says: refuse, or let pass, marked."""

from typing import Any

from incidents.record.models import Incident
from incidents.record.queries import policy_of
from refusals.errors import Refused

SOLO = "solo"


class Softly:
    """The soft rules (PRODUCT's ◆) of one action on one incident, and the marks they leave.

    One query, made when the first rule bites.
    """

    def __init__(self, incident: Incident) -> None:
        self.incident = incident
        self.marks: list[str] = []
        self._enforces: bool | None = None

    @property
    def enforces(self) -> bool:
        """Whether the policy of the incident's severity refuses; without a policy it does."""
        if self._enforces is None:
            policy = policy_of(self.incident.severity)
            self._enforces = policy is None or policy.enforces
        return self._enforces

    def refuse(self, code: str, sentence: str, **facts: Any) -> None:
        """Raise ``Refused`` where the policy enforces; else leave the mark ``warn:<code>``."""
        if self.enforces:
            raise Refused(code, sentence, **facts)
        self.mark(f"warn:{code}")

    def mark(self, mark: str) -> None:
        """Leave a mark, once."""
        if mark not in self.marks:
            self.marks.append(mark)


def is_mark_of(mark: str, *codes: str) -> bool:
    """Whether a mark says that one of these rules was let pass."""
    return mark in {f"warn:{code}" for code in codes}
