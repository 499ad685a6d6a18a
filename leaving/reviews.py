"""Action items and reviews of people who leave go to whoever inherits them by rule."""

from collections.abc import Iterable

from django.db.models import QuerySet

from deadlines.models import Deadline
from incidents.record.locking import lock_incident
from incidents.record.models import RosterRole
from incidents.record.timeline import record
from leaving.inheriting import heir_of
from people.leaving import Held, Holding, Passed, how_gone
from people.models import User
from postmortems.items.deadlines import ItemDue
from postmortems.items.models import OPEN_STATES, ActionItem, ItemState
from postmortems.items.verifiers import verifier_of
from postmortems.review.deadlines import KINDS as REVIEW_KINDS
from postmortems.review.deadlines import Meeting
from postmortems.review.models import Owed, Postmortem, ReviewState
from postmortems.review.queries import choose_facilitator, last_holder

OF_REVIEWS = [kind.name for kind in REVIEW_KINDS]


class ItemsHeld(Holding):
    """Action items that somebody owns or is to verify."""

    name = "Action items"

    def held_by(self, person: User) -> list[Held]:
        """Each open item. One query."""
        items = ActionItem.objects.filter(owner=person, state__in=OPEN_STATES)
        return [Held(item.title, item.get_absolute_url()) for item in items.order_by("pk")]

    def holders(self) -> Iterable[int]:
        """Whoever owns an open item."""
        items = ActionItem.objects.filter(state__in=OPEN_STATES)
        return items.values_list("owner", flat=True)

    def hand_on(self, person: User, *, by: User | None, to: User | None) -> Iterable[Passed]:
        """To ``to``, else to the service's owner, else to an administrator.

        Each hears of all of theirs with their next morning message.
        """
        items = ActionItem.objects.filter(owner=person, state__in=OPEN_STATES)
        for item in items.select_related("postmortem").order_by("postmortem__incident_id", "pk"):
            incident = lock_incident(item.postmortem.incident_id)
            heir = heir_of(incident, besides=person, to=to)
            if heir is None:
                continue
            item.owner = heir
            item.save(update_fields=["owner"])
            item.owners.add(heir)
            record(
                incident,
                "action_changed",
                by=by,
                text=f"{person.name} {how_gone(person)}; {heir.name} owns “{item.title}” now",
                item=item.pk,
                owner=heir.pk,
            )
            Deadline.objects.open().filter(kind=Owed.ITEM, subject_id=item.pk).update(owner=heir)
            ItemDue.tell(item, by=by)
        waiting = ActionItem.objects.filter(state=ItemState.DONE)
        for item in waiting.select_related("postmortem").order_by("pk"):
            owed = Deadline.objects.open().filter(
                kind=Owed.VERIFICATION, subject_id=item.pk, owner=person
            )
            owed.update(owner=verifier_of(item))
        return ()


class ReviewsLed(Holding):
    """Reviews that somebody facilitates, until the list of a published one was looked at."""

    name = "Reviews"

    def held_by(self, person: User) -> list[Held]:
        """Each review. One query."""
        led = _led().filter(facilitator=person).select_related("incident").order_by("pk")
        return [Held(f"review of {one.incident}", one.get_absolute_url()) for one in led]

    def holders(self) -> Iterable[int]:
        """Whoever leads one."""
        return _led().filter(facilitator__isnull=False).values_list("facilitator", flat=True)

    def hand_on(self, person: User, *, by: User | None, to: User | None) -> Iterable[Passed]:
        """To ``to``, else to whoever leads it by default; they hear with their next message.

        Who owned the fix leads it only where nobody else is left, marked.
        """
        for review in _led().filter(facilitator=person).order_by("incident_id"):
            incident = lock_incident(review.incident_id)
            fixer = last_holder(incident, RosterRole.FIX_OWNER)
            asked = heir_of(incident, besides=person, to=to)
            able = [
                one
                for one in (asked if asked == to else None, choose_facilitator(incident), asked)
                if one is not None and one != person
            ]
            heir = next((one for one in able if one != fixer), next(iter(able), None))
            review.facilitator = heir
            review.facilitates_alone = heir is not None and heir == fixer
            review.save(update_fields=["facilitator", "facilitates_alone"])
            owed = Deadline.objects.open().filter(kind__in=OF_REVIEWS, subject_id=review.pk)
            owed.update(owner=heir)
            name = heir.name if heir else "nobody"
            record(
                incident,
                "facilitator_changed",
                by=by,
                text=f"{person.name} {how_gone(person)}; {name} leads the review now",
                facilitator=heir.pk if heir else None,
            )
            if heir is not None:
                Meeting.tell(review)
        return ()


def _led() -> "QuerySet[Postmortem]":
    """The reviews whose facilitator still owes something."""
    return Postmortem.objects.exclude(state=ReviewState.PUBLISHED, list_looked_at__isnull=False)


HOLDINGS = (ItemsHeld(), ReviewsLed())
