"""Looking at the whole list once, item by item, a week after publication (P58)."""

from django.db import transaction

from clock.queries import now
from clock.written import written
from deadlines.actions import keep_deadline, release_deadline
from incidents.record.timeline import record
from pages.texts import read_line
from people.models import User
from postmortems.items.access import enter_item
from postmortems.items.models import OPEN_STATES, ActionItem, ActionItemQuerySet, ItemLook
from postmortems.review.deadlines import ListCheck
from postmortems.review.models import Postmortem
from postmortems.review.permissions import check_facilitates
from postmortems.review.schedule import A_WEEK
from postmortems.review.wording import check_published
from refusals.errors import Refused


@transaction.atomic
def look_at_item(
    item: ActionItem | int,
    *,
    by: User,
    started: bool | None = None,
    owned: bool | None = None,
    still_right: bool | None = None,
    word: str = "",
) -> ItemLook:
    """Say of one item what the look at the list showed: started, owned, still right, in a word.

    The last one keeps the list's deadline. Looked at already, nothing changes. Refuses
    ``Forbidden`` for who neither facilitates nor owns the item; ``not_yet`` with ``earliest``
    before a week after publication; ``answer_required`` with ``missing``; a word that points at
    somebody (``language_flagged``); and what is at its end (``invalid_transition``).
    """
    incident, item = enter_item(item, by=by)
    found = ItemLook.objects.filter(item=item).first()
    if found is not None:
        return found
    if item.owner != by:
        check_facilitates(item.postmortem, by, "look at the list with the items' owners")
    check_looked_at_in_time(item.postmortem)
    if item.state not in OPEN_STATES:
        raise Refused("invalid_transition", f"It is {item.get_state_display().lower()} already.")
    answers = {"started": started, "owned": owned, "still_right": still_right}
    word = read_line("word", word, 500)
    missing = [name for name, answer in answers.items() if answer is None]
    if not word:
        missing.append("word")
    if missing:
        raise Refused(
            "answer_required",
            "Say of each item whether it is started, owned and still right, with a word.",
            missing=missing,
        )
    check_published(item.postmortem, word=word)
    look = ItemLook.objects.create(
        item=item,
        started=bool(started),
        owned=bool(owned),
        still_right=bool(still_right),
        word=word,
        by=by,
        at=now(),
    )
    record(
        incident,
        "action_looked_at",
        by=by,
        text=f"looked at the action item “{item.title}”: {look.words}. {word}",
        item=item.pk,
        word=word,
        started=started,
        owned=owned,
        still_right=still_right,
    )
    settle_look(item.postmortem, by=by)
    return look


def check_looked_at_in_time(postmortem: Postmortem) -> None:
    """Refuse (``not_yet``) a look before a week after publication."""
    if postmortem.published_at is None:
        raise Refused(
            "not_yet", "The list is looked at a week after publication; publish it first."
        )
    earliest = postmortem.published_at + A_WEEK
    if now() < earliest:
        raise Refused(
            "not_yet",
            f"A week after publication there is something to see: from {written(earliest)}.",
            earliest=earliest.isoformat(),
        )


def still_to_look_at(postmortem: Postmortem) -> ActionItemQuerySet:
    """The items of the list that have no end yet and that nobody looked at."""
    return ActionItem.objects.filter(
        postmortem=postmortem, state__in=OPEN_STATES, look__isnull=True
    )


def settle_look(postmortem: Postmortem, *, by: User) -> None:
    """Keep the list's deadline once every item that has no end was looked at.

    Where every item has found its end before, nothing is left to look at and nobody is asked. The
    incident is locked. Two queries, or three.
    """
    if not postmortem.is_published or postmortem.list_looked_at is not None:
        return
    if still_to_look_at(postmortem).exists():
        return
    if not ItemLook.objects.filter(item__postmortem=postmortem).exists():
        release_deadline(ListCheck.name, postmortem, reason="Every item has found its end.")
        return
    postmortem.list_looked_at, postmortem.list_looked_by = now(), by
    postmortem.save(update_fields=["list_looked_at", "list_looked_by"])
    keep_deadline(ListCheck.name, postmortem, reason="Each item was looked at.")
