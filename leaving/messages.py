"""What people hear of those who leave: an empty seat, what is theirs now."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import uuid4

from incidents.record.models import Incident
from notifications.actions import tell
from notifications.kinds import MessageKind
from notifications.models import Delivery
from people.leaving import Passed, how_gone
from people.models import User


class PersonLeft(MessageKind):
    """Somebody who held a seat has left, or is a stakeholder now."""

    name = "person_left"
    words = "a seat that is empty because somebody left"
    because = "you lead the incident, or come next"

    @classmethod
    def tell(cls, incident: Incident, people: list[User], left: User, seats: list[str]) -> None:
        """Whoever leads now, or comes next by the ladder."""
        seat = " and ".join(seats)
        tell(
            incident,
            people,
            cls.name,
            f"{incident.ref}: nobody is {seat} now",
            f"{left.name} {how_gone(left)} and was {seat} of {incident.ref}, {incident.called}. "
            "Take the seat, or name somebody.",
            key=f"person_left:{incident.pk}:{left.pk}:{seat}",
        )


class Inherited(MessageKind):
    """What somebody who left held is yours now."""

    name = "inherited"
    words = "what passed on to you from somebody who left"
    because = "what somebody held who left is yours now"

    @classmethod
    def tell(cls, left: User, to: User, passed: Sequence[Passed]) -> None:
        """Whoever inherits it, all of it in one message."""
        things = [[one.what, one.incident] for one in passed]
        named = [one.incident for one in passed if one.incident is not None]
        what = left.name, how_gone(left)
        line, text = cls._said(what, things)
        tell(
            None,
            [to],
            cls.name,
            line,
            text,
            key=f"inherited:{left.pk}:{to.pk}:{uuid4()}",
            url=passed[0].url if len(passed) == 1 and passed[0].url else "/",
            context={"left": what, "things": things, "incidents": sorted(set(named))},
        )

    @staticmethod
    def _said(left: Sequence[str], things: Sequence[Sequence[Any]]) -> tuple[str, str]:
        name, how = left
        line = things[0][0] if len(things) == 1 else f"{len(things)} things"
        said = "\n".join(f"- {what}" for what, _ in things)
        return f"{line[0].upper()}{line[1:]} passed on to you", f"{name} {how}. Yours now:\n{said}"

    def take_out(self, delivery: Delivery, seen: Collection[int]) -> bool:
        """What is about incidents they do not see any more. No query."""
        things = delivery.context.get("things", [])
        left = [[what, pk] for what, pk in things if pk is None or pk in seen]
        if left:
            delivery.subject_line, delivery.text = self._said(delivery.context["left"], left)
        return bool(left)


def tell_heirs(left: User, passed: Sequence[Passed]) -> None:
    """Say to each who inherited something what it is, all of it in one message."""
    for heir in {one.to.pk: one.to for one in passed}.values():
        Inherited.tell(left, heir, [one for one in passed if one.to == heir])


MESSAGES = (PersonLeft(), Inherited())
