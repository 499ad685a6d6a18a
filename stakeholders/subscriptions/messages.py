"""Word of an incident to whoever asked for it (P48, P49), and the question to an address."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from clock.queries import now
from deadlines.office_hours import local_moment
from incidents.record.models import Incident, Kind
from incidents.record.visibility import who_sees
from incidents.updates.messages import CLOSES, Reply
from incidents.updates.told import Told, told_update
from notifications.about import About
from notifications.attachments import ATTACHED, SNAPSHOT
from notifications.fan_out import Copy, ToMany
from notifications.kinds import BECAUSE, MessageKind
from notifications.links import absolute
from notifications.models import SEALED_LINK, Channel, Delivery, Endpoint, State
from people.models import User
from people.sealing import seal
from stakeholders.subscriptions.links import CONFIRM_WITHIN, confirming_link, ending_link
from stakeholders.subscriptions.models import Every, Subscription, Way
from stakeholders.subscriptions.words import Words, facts_of, words_of
from stakeholders.unnamed import unnamed

CLOSING = ("all_clear", "cancelled", "merged", "reopened")
"""What whoever was told of an incident hears as well, subscribed or not (P49)."""
DIGEST_AT = time(9)
_OUTSIDE = ZoneInfo("UTC")


@dataclass
class _To:
    """One recipient with the subscriptions that it is reached by."""

    person: User | None = None
    address: str = ""
    endpoint: Endpoint | None = None
    by: list[Subscription] = field(default_factory=list)

    @property
    def is_daily(self) -> bool:
        """Whether nothing asks for each word."""
        return bool(self.by) and all(one.every == Every.DAILY for one in self.by)


class Word(ToMany):
    """Word of an incident somebody subscribed to, was told of, or linked a room to."""

    name = "word"
    words = "word of an incident you follow"
    because = "you follow the incident"
    heads_itself = True
    has_rows = True
    together = "{count} words of the last day"

    def copies(self, left: Delivery) -> tuple[About | None, list[Copy]]:
        """Whom it reaches now, each once, in words they may read. About ten queries."""
        incident = Incident.objects.select_related("merged_into").get(pk=left.incident_id or 0)
        if incident.kind == Kind.DRILL:
            return incident, []
        number = left.context.get("update")
        told = told_update(incident, number) if number else None
        writing = _Writing(left.step, incident, told)
        only_room = bool(left.context.get("room"))
        found = list(_linked(incident) if only_room else _subscribed(left.step, incident))
        copies = [writing.copy(one) for one in found]
        if left.step in CLOSING:
            reached = {one.person.pk for one in found if one.person is not None}
            copies += writing.to_told(left, reached)
        return incident, copies

    def why_stale(self, delivery: Delivery) -> str | None:
        """They ended it, or the incident is not for people outside any more. Two queries."""
        return self.stale_among([delivery]).get(delivery.pk)

    def stale_among(self, deliveries: Sequence[Delivery]) -> dict[UUID, str]:
        """The same of a whole day of words. Two queries, however many there are."""
        rows = [row for row in deliveries if row.channel != Channel.FAN_OUT]
        named = {one for row in rows for one in row.context.get("by", [])}
        wanted = set(
            Subscription.objects.confirmed().filter(pk__in=named).values_list("pk", flat=True)
            if named
            else ()
        )
        outside = {row.incident_id or 0 for row in rows if row.person is None}
        public = set(
            Incident.objects.filter(pk__in=outside, private=False)
            .exclude(kind=Kind.DRILL)
            .values_list("pk", flat=True)
            if outside
            else ()
        )
        found = {}
        for row in rows:
            by = row.context.get("by", [])
            if by and wanted.isdisjoint(by):
                found[row.pk] = "They are not subscribed any more."
            elif row.person is None and row.incident_id not in public:
                found[row.pk] = "The incident is not for people outside any more."
        return found

    def way_out(self, deliveries: Sequence[Delivery]) -> str:
        """Ends every subscription that any of them came by."""
        by = {one for row in deliveries for one in row.context.get("by", [])}
        return ending_link(sorted(by)) if by else ""


def _subscribed(step: str, incident: Incident) -> Iterable[_To]:
    """Everybody who is reached by a subscription, and the rooms that are linked, each once."""
    rows = Subscription.objects.confirmed().about(incident).exclude(way=Way.FEED)
    rows = rows.select_related("person", "endpoint", "incident", "service")
    if step == "end_state":
        rows = rows.filter(endpoint__isnull=False)
    found: dict[str, _To] = {}
    is_public = not incident.private
    for row in rows:
        if row.endpoint is not None:
            if is_public and row.endpoint.disabled_at is None:
                to = found.setdefault(row.endpoint.address, _To(endpoint=row.endpoint))
                to.by.append(row)
        elif row.address:
            if is_public:
                found.setdefault(row.address.lower(), _To(address=row.address)).by.append(row)
        else:
            found.setdefault(row.person.email.lower(), _To(person=row.person)).by.append(row)
            found[row.person.email.lower()].person = row.person
    for to in _linked(incident):
        assert to.endpoint is not None
        found.setdefault(to.endpoint.address, to)
    people = [one.person for one in found.values() if one.person is not None]
    seeing = who_sees([person for person in people if person.is_active], incident)
    return [one for one in found.values() if one.person is None or one.person.pk in seeing]


def _linked(incident: Incident) -> list[_To]:
    """The channels of the room that a public incident is linked to."""
    if incident.private or not incident.chat_url:
        return []
    linked = Endpoint.objects.filter(room_url=incident.chat_url, disabled_at=None)
    return [_To(endpoint=endpoint) for endpoint in linked]


class _Writing:
    """The words of one step, written once for all who read the same."""

    def __init__(self, step: str, incident: Incident, told: Told | None) -> None:
        self.step, self.incident, self.told = step, incident, told
        self.moment = now()
        self._written: dict[tuple[ZoneInfo, bool], Words] = {}

    def copy(self, to: _To) -> Copy:
        """What a subscriber gets."""
        zone = to.person.zone if to.person is not None else _OUTSIDE
        inside = not to.address or to.person is not None
        said = self._words(zone, inside)
        url = f"/stakeholders/{self.incident.ref}/" if inside else ""
        context: dict[str, object] = {"by": [one.pk for one in to.by], "inside": inside}
        channel = to.endpoint.channel if to.endpoint is not None else Channel.EMAIL
        if to.endpoint is None:
            what = sorted({one.what for one in to.by})
            context[BECAUSE] = f"you subscribed to {', '.join(what)}"
            if self.step == "all_clear" and any(one.snapshot for one in to.by):
                context[ATTACHED] = SNAPSHOT
        elif channel == Channel.WEBHOOK:
            context["data"] = facts_of(self.step, self.incident, self.told)
        return Copy(
            channel=channel,
            subject_line=said.subject,
            text=said.text,
            person=to.person,
            address="" if to.person is not None else to.address,
            endpoint=to.endpoint,
            url=url,
            due_at=local_moment(zone, self.moment, DIGEST_AT) if to.is_daily else None,
            digest=Every.DAILY if to.is_daily else "",
            context=context,
        )

    def to_told(self, left: Delivery, reached: set[int]) -> list[Copy]:
        """The closing word to people who were told of the incident by anything else.

        Not to who has it already: by a subscription, as the answer to their question, or because
        they said it. Five queries.
        """
        about = Delivery.objects.filter(incident_id=self.incident.pk, person__isnull=False)
        heard = about.filter(state=State.SENT).exclude(kind=Word.name, step=self.step)
        # The word is dated by the lock under which the replies were written.
        answered = about.filter(
            kind=Reply.name, created_at__gte=left.created_at, context__has_key=CLOSES
        )
        if self.step == "reopened":
            answered = answered.none()
        asked = Q(pk__in=self.incident.questions.values("by"))
        people = (
            User.objects.active()
            .filter(Q(pk__in=heard.values("person")) | asked)
            .exclude(pk__in=answered.values("person"))
            .exclude(pk__in=[*reached, left.context.get("actor") or 0])
        )
        seeing = who_sees(list(people), self.incident)
        copies = []
        for person in people:
            if person.pk not in seeing:
                continue
            ways = [Channel.IN_APP, *([Channel.EMAIL] if person.by_email else [])]
            said = self._words(person.zone, True)
            because = f"you were told of {self.incident.ref} before"
            copies += [
                Copy(
                    channel=way,
                    subject_line=said.subject,
                    text=said.text,
                    person=person,
                    url=f"/stakeholders/{self.incident.ref}/",
                    context={BECAUSE: because},
                )
                for way in ways
            ]
        return copies

    def _words(self, zone: ZoneInfo, inside: bool) -> Words:
        key = (zone, inside)
        if key not in self._written:
            words = words_of(self.step, self.incident, self.told, zone=zone, inside=inside)
            if not inside:
                without = unnamed(self.incident)
                words = Words(without(words.subject), without(words.text))
            self._written[key] = words
        return self._written[key]


class ConfirmSubscription(ToMany):
    """An address is asked whether it wants what somebody subscribed it to."""

    name = "subscription"
    words = "a subscription to confirm"
    because = "somebody entered your address"

    def copies(self, left: Delivery) -> tuple[About | None, list[Copy]]:
        """Only the address itself. One query."""
        row = Subscription.objects.select_related("person", "incident", "service")
        found = row.filter(pk=left.context["subscription"], confirmed_at=None).first()
        if found is None:
            return None, []
        days = CONFIRM_WITHIN.days
        text = (
            f"{found.person.name} subscribed this address to {found.what}.\n\n"
            f"Nothing is sent before you say yes. The link holds for {days} days; if you do "
            "nothing, that is a no."
        )
        return None, [
            Copy(
                channel=Channel.EMAIL,
                subject_line=f"Do you want to hear of {found.what}?",
                text=text,
                address=found.address,
                context={
                    "subscription": found.pk,
                    BECAUSE: f"{found.person.name} entered your address",
                    SEALED_LINK: seal(absolute(confirming_link(found.pk))),
                },
            )
        ]

    def why_stale(self, delivery: Delivery) -> str | None:
        """It was ended, or its address said yes. One query."""
        asked = Subscription.objects.filter(confirmed_at=None)
        is_open = asked.filter(pk=delivery.context.get("subscription", 0)).exists()
        return None if is_open else "Nobody has to be asked any more."


MESSAGES: tuple[MessageKind, ...] = (Word(), ConfirmSubscription())
