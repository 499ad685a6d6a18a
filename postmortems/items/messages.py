"""One message per person and day about action items, however many have a step that day (P58).

The first step of the day that concerns somebody writes the message and lists everything that needs
a look; steps of items that it names say nothing more. Called inside the sweep's transaction.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from incidents.record.models import Incident
from notifications.actions import tell
from notifications.kinds import MessageKind
from notifications.models import Delivery
from notifications.queries import told_in_app
from people.models import User
from postmortems.items.models import ActionItem, ItemState

SHOWN = 12
LIVES = timedelta(days=3)
_A_DAY = timedelta(days=1)


class ItemsOfTheDay(MessageKind):
    """P58: everything of one person's that needs a look today, said once."""

    name = "action_items"
    words = "your action items that need a look today"

    @classmethod
    def tell(cls, person: User, item: ActionItem, moment: datetime) -> None:
        """Tell ``person`` about ``item`` and everything else of theirs, unless today's message did.

        Two sweeps at once write one message. Four queries.
        """
        key = f"{cls.name}/{moment.astimezone(person.zone).date()}"
        others = [other for other in _attention_of(person, moment) if other.pk != item.pk]
        cls._queue(person, [item, *others], moment, key)
        # Read back, since somebody else may have written the day's message first, without this one.
        told = told_in_app(key, person)
        if told is None or item.pk not in told.context.get("items", []):
            cls._queue(person, [item], moment, f"{key}/{item.pk}")

    @classmethod
    def _queue(cls, person: User, items: Sequence[ActionItem], moment: datetime, key: str) -> None:
        only = items[0] if len(items) == 1 else None
        subject, text = _words(items, person, moment)
        tell(
            only.postmortem.incident if only else None,
            [person],
            cls.name,
            subject,
            text,
            key=key,
            step="daily",
            url=only.get_absolute_url() if only else "/actions/",
            context={
                "items": [item.pk for item in items],
                "incidents": sorted({item.postmortem.incident_id for item in items}),
            },
            expires_at=moment + LIVES,
        )

    def why_stale(self, delivery: Delivery) -> str | None:
        """Once nothing of it is open and visible any more. One query."""
        if delivery.person is None:
            return None
        still = ActionItem.objects.filter(
            pk__in=delivery.context.get("items", []),
            state__in=[ItemState.OPEN, ItemState.DONE],
            postmortem__incident__in=Incident.objects.visible_to(delivery.person),
        )
        return None if still.exists() else "Nothing of it is open any more."

    def take_out(self, delivery: Delivery, seen: Collection[int]) -> bool:
        """The lines about items of other incidents, as they stand now. One query."""
        items = ActionItem.objects.filter(pk__in=delivery.context.get("items", []))
        left = items.filter(postmortem__incident__in=seen).select_related("postmortem__incident")
        found = list(left.order_by("priority", "due_at"))
        if not found or delivery.person is None:
            return False
        subject, text = _words(found, delivery.person, delivery.created_at)
        delivery.subject_line, delivery.text = subject, text
        return True


MESSAGES = (ItemsOfTheDay(),)


def _attention_of(person: User, moment: datetime) -> Sequence[ActionItem]:
    """What of this person's needs a look today: due, overdue, or theirs to verify. One query."""
    until = moment + _A_DAY
    theirs = Q(owner=person, state=ItemState.OPEN, due_at__lte=until) | (
        Q(postmortem__facilitator=person, state=ItemState.DONE, verify_due_at__lte=until)
        & ~Q(owner=person)
    )
    return list(
        ActionItem.objects.filter(theirs)
        .filter(postmortem__incident__in=Incident.objects.visible_to(person))
        .select_related("postmortem__incident")
        .order_by("priority", "due_at")[:50]
    )


def _words(items: Sequence[ActionItem], person: User, moment: datetime) -> tuple[str, str]:
    """Subject and text of a message about these."""
    lines = [f"- {_line(item, person, moment)}" for item in items[:SHOWN]]
    if len(items) > SHOWN:
        lines.append(f"… and {len(items) - SHOWN} more.")
    if len(items) == 1:
        return f"Action item: {_line(items[0], person, moment)}", "\n".join(lines)
    return f"{len(items)} action items need a look", "\n".join(lines)


def _line(item: ActionItem, person: User, moment: datetime) -> str:
    ref = item.postmortem.incident.ref
    if item.state == ItemState.DONE:
        return f"to verify: “{item.title}” ({ref})"
    day = f"{item.due_at.astimezone(person.zone):%-d %b}"
    state = "overdue since" if item.due_at <= moment else "due"
    return f"“{item.title}” ({ref}, {item.priority.upper()}), {state} {day}"
