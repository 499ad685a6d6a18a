"""What becomes of ideas when their incident turns out to be part of another one.

They go where the draft's action items go, with the commitments that they became.
"""

from typing import Any

from django.db.models import Q

from incidents.record.models import Incident, TimelineEntry
from incidents.record.timeline import record
from people.models import User
from postmortems.ideas.models import Idea
from postmortems.items.merged import goes_along, passings
from postmortems.review.models import Postmortem, ReviewState
from postmortems.review.wording import is_blameless


def on_entry(sender: Any, *, incident: Incident, entry: TimelineEntry, **_: Any) -> None:
    """Move ideas where an incident was merged, to a review that opens, once reworded."""
    for source, target, review in passings(incident, entry):
        move_ideas(source, target, review, by=entry.actor)


def move_ideas(source: Incident, target: Incident, to: Postmortem, *, by: User | None) -> None:
    """Let the open ideas of ``source``'s draft, and those whose item moved, go on under ``to``.

    What points at a person stays behind where ``to`` is published already (P53), until it is
    reworded. The caller holds both locks, and these are the rows that it records on.
    """
    if not goes_along(source, target):
        return
    left = Idea.objects.filter(Q(item__isnull=True, dropped_because="") | Q(item__postmortem=to))
    left = left.filter(postmortem__incident=source)
    left = left.exclude(postmortem__state=ReviewState.PUBLISHED)
    for idea in left.order_by("pk"):
        if idea.item_id is None and to.is_published and not is_blameless(to, idea.text):
            continue
        idea.postmortem = to
        idea.version += 1
        idea.save(update_fields=["postmortem", "version"])
        for incident, text in (
            (source, f"the idea “{idea.text}” goes on under {target.ref}"),
            (target, f"the idea “{idea.text}” came along from {source.ref}"),
        ):
            record(incident, "idea_passed", by=by, text=text, idea=idea.pk)
