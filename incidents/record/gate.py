"""Judges a rule's objections: refuses, or lets pass with a mark, as the severity's policy says.

A rule is a question without a side effect: it answers objections. An action hands them to its
``Gate``, which refuses or keeps the marks; a page asks the same rule to say what is missing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from incidents.record.models import Incident
from incidents.record.queries import policy_for
from refusals.errors import Refused

SOLO = "solo"
"""Allowed because one person is alone on the roster (P10, P15)."""
TWO_PEOPLE = "two_people"
"""Allowed because just two people are there (P15)."""

WAY_BACK = "way_back"
"""Allowed because it undoes something (P38)."""

OWNER_LEFT = "owner_left"
"""A card stays in Now although its owner is gone, until somebody is named."""

ASKED = "ask:"
"""Begins the mark of what passed once and is asked for now: ``ask:<code>``."""


@dataclass(frozen=True)
class Objection:
    """What a rule has against a step: a refusal, or with none only the ``mark`` of an exception.

    A ``is_soft`` refusal (◆ among the practices) lets pass, marked, where the policy warns. What is
    recorded afterwards passes each that leaves a ``mark``.
    """

    refusal: Refused | None
    is_soft: bool = False
    mark: str = ""


def hard(code: str, sentence: str, **facts: Any) -> Objection:
    """An objection that no policy softens."""
    return Objection(Refused(code, sentence, **facts))


def hard_now(code: str, sentence: str, **facts: Any) -> Objection:
    """An objection that no policy softens, and that is none to what happened already."""
    return Objection(Refused(code, sentence, **facts), mark=f"warn:{code}")


def soft(code: str, sentence: str, **facts: Any) -> Objection:
    """An objection that a warning policy lets pass with the mark ``warn:<code>``."""
    return Objection(Refused(code, sentence, **facts), is_soft=True, mark=f"warn:{code}")


def exception(mark: str) -> Objection:
    """No objection, but the step is marked with the exception that allows it."""
    return Objection(None, mark=mark)


class Gate:
    """Where one action on one incident meets its rules, and the marks that they leave.

    ``afterwards``: what it judges happened already, which escapes whatever can be marked. One
    query, made when the first soft rule bites.
    """

    def __init__(self, incident: Incident, *, afterwards: bool = False) -> None:
        self.incident = incident
        self.afterwards = afterwards
        self.marks: list[str] = []
        self._enforces: bool | None = None

    @property
    def enforces(self) -> bool:
        """Whether the policy of the incident's severity refuses; without a policy it does."""
        if self._enforces is None:
            policy = policy_for(self.incident)
            self._enforces = policy is None or policy.enforces
        return self._enforces

    def judge(self, objections: Iterable[Objection]) -> None:
        """Raise the first refusal that bites, or keep the marks of all.

        The refusal's ``also`` names what else would refuse, so that a page asks for all at once.
        """
        found = list(objections)
        biting = [one.refusal for one in found if one.refusal and self._bites(one)]
        if biting:
            first, *others = biting
            if others:
                first.facts["also"] = [
                    {"code": one.code, "detail": one.sentence, **one.facts} for one in others
                ]
            raise first
        for one in found:
            self.mark(one.mark)

    def _bites(self, objection: Objection) -> bool:
        if self.afterwards and objection.mark:
            return False
        return not objection.is_soft or self.enforces

    def mark(self, mark: str) -> None:
        """Leave a mark, once."""
        if mark and mark not in self.marks:
            self.marks.append(mark)


def is_mark_of(mark: str, *codes: str) -> bool:
    """Whether a mark says that one of these rules was let pass, or asks for what it wants."""
    return mark in {f"{how}{code}" for code in codes for how in ("warn:", ASKED)}


def is_ask(mark: str) -> bool:
    """Whether a mark asks for something that is missing."""
    return mark.startswith(ASKED)
