"""What becomes of action items when their incident turns out to be part of another one.

Items of a draft move to the other's review, at once where it has one, else when it opens. What was
published stays with its document. Nothing moves between a private incident and another. Words that
point at a person join no review that everybody reads already (P53): such an item stays where it is,
owed as before, and goes along once it was reworded.
"""

from collections.abc import Iterator
from typing import Any

from deadlines.actions import release_deadline
from incidents.record.locking import lock_incident
from incidents.record.models import Incident, Kind, Status, TimelineEntry
from incidents.record.timeline import record
from people.models import User
from postmortems.items.actions import follow
from postmortems.items.deadlines import ItemDue, Verification
from postmortems.items.models import OPEN_STATES, ActionItem
from postmortems.review.models import Postmortem, ReviewState
from postmortems.review.wording import is_blameless

REWORDED = ("action_changed", "idea_changed")
"""The entries after which what stayed behind may go along."""


def on_entry(sender: Any, *, incident: Incident, entry: TimelineEntry, **_: Any) -> None:
    """Move items where an incident was merged, to a review that opens, and once reworded."""
    for source, target, review in passings(incident, entry):
        move_items(source, target, review, by=entry.actor, again=entry.kind in REWORDED)


def passings(
    incident: Incident, entry: TimelineEntry
) -> Iterator[tuple[Incident, Incident, Postmortem]]:
    """What an entry lets go on elsewhere: from an incident, to another one, under its review.

    In the transaction of the entry, with the incident locked, of a merge both.
    """
    if entry.kind in ("merged", *REWORDED) and incident.status == Status.MERGED:
        target = incident.merged_into
        found = Postmortem.objects.filter(incident=target).first() if target else None
        if target is not None and found is not None:
            if entry.kind in REWORDED:
                # Nothing that holds the target waits for what was merged into it long ago.
                target = lock_incident(target.pk)
            found.incident = target
            yield incident, target, found
    if entry.kind == "review_opened":
        review = Postmortem.objects.get(incident=incident)
        merged = Incident.objects.filter(status=Status.MERGED, merged_into=incident)
        for pk in merged.order_by("pk").values_list("pk", flat=True):
            yield lock_incident(pk), incident, review


def goes_along(source: Incident, target: Incident) -> bool:
    """Whether what a draft holds may go from the one incident to the other."""
    is_drill = {one.kind == Kind.DRILL for one in (source, target)}
    return not source.private and not target.private and len(is_drill) == 1


def move_items(
    source: Incident, target: Incident, to: Postmortem, *, by: User | None, again: bool = False
) -> None:
    """Let the open items of ``source``'s draft go on under ``to``, the review of ``target``.

    What stays behind for its words is recorded, but not ``again``. The caller holds both locks, and
    these are the rows that it records on.
    """
    if not goes_along(source, target):
        return
    items = ActionItem.objects.filter(postmortem__incident=source, state__in=OPEN_STATES)
    items = items.exclude(postmortem__state=ReviewState.PUBLISHED)
    for item in items.select_related("owner", "idea").order_by("pk"):
        if to.is_published and not is_blameless(to, *_texts(item)):
            if not again:
                text = (
                    f"the action item “{item.title}” stays here: its words point at a person, and "
                    f"the review of {target.ref} is published; reworded it goes along"
                )
                record(source, "action_stayed", by=by, text=text, item=item.pk)
            continue
        for kind in (ItemDue, Verification):
            release_deadline(kind.name, item, reason=f"It goes on under {target.ref}.")
        item.postmortem = to
        item.version += 1
        item.save(update_fields=["postmortem", "version"])
        follow(item, target)
        for incident, text in (
            (source, f"the action item “{item.title}” goes on under {target.ref}"),
            (target, f"the action item “{item.title}” came along from {source.ref}"),
        ):
            record(incident, "action_passed", by=by, text=text, item=item.pk)


def _texts(item: ActionItem) -> tuple[str, ...]:
    """What a published review shows of an open item."""
    idea = getattr(item, "idea", None)
    return item.title, item.success_criterion, item.override_reason, idea.text if idea else ""
