"""Noting ideas, and what becomes of each: a commitment, a written no, or nothing after all (P57).

An idea asks for no owner, date or measure. What turns it into a commitment is ``add_item``, with
every rule of an action item.
"""

from typing import Any

from django.db import transaction

from clock.queries import now
from incidents.record.locking import lock_incident
from incidents.record.models import Incident, Status
from incidents.record.timeline import record
from pages.texts import is_nothing, read_line
from people.models import User
from postmortems.ideas.models import Idea
from postmortems.items.actions import add_item
from postmortems.items.models import ActionItem
from postmortems.review.access import check_version, enter_review
from postmortems.review.models import Postmortem
from postmortems.review.permissions import is_facilitator
from postmortems.review.wording import check_published
from refusals.errors import Forbidden, NotVisible, Refused


@transaction.atomic
def note_idea(postmortem: Postmortem | int, *, by: User, text: str) -> Idea:
    """Note what could change, in a sentence, also after publication; nobody has to do it.

    The same words, while they are open, are the same idea. Refuses an empty text (``Invalid``) and,
    of a published review, words that point at a person (``language_flagged``).
    """
    incident, postmortem = enter_review(postmortem, by=by)
    text = read_line("text", text, 200, required="What would help next time?")
    there = Idea.objects.filter(postmortem=postmortem, text=text).open().first()
    if there is not None:
        return there
    check_published(postmortem, idea=text)
    idea = Idea.objects.create(postmortem=postmortem, text=text, by=by, at=now())
    _say(incident, idea, "idea_added", by, f"noted the idea “{text}”")
    return idea


@transaction.atomic
def change_idea(idea: Idea | int, *, by: User, text: str, version: int | None = None) -> Idea:
    """Say it in other words; it stays whose it was. The same words change nothing.

    Refuses what ``note_idea`` refuses, and an old ``version`` (``stale``).
    """
    incident, idea = _enter(idea, by=by)
    text = read_line("text", text, 200, required="What would help next time?")
    if text == idea.text:
        return idea
    check_version(version, idea.version, {"text": idea.text, "version": idea.version})
    check_published(idea.postmortem, idea=text)
    before, idea.text = idea.text, text
    _save(idea)
    said = f"reworded the idea “{before}”: “{text}”"
    _say(incident, idea, "idea_changed", by, said, before=before)
    if incident.status == Status.MERGED:
        # Reworded it may have gone along to the review of the other incident.
        idea.refresh_from_db()
    return idea


@transaction.atomic
def commit_idea(idea: Idea | int, *, by: User, **fields: Any) -> ActionItem:
    """Make the commitment that an idea becomes; ``fields`` and refusals are those of ``add_item``.

    The idea's words are its title unless ``fields`` say another. What was dropped is taken up with
    it. A commitment already is refused (``invalid_transition``): it is changed where it stands.
    """
    _, idea = _enter(idea, by=by)
    if idea.item is not None:
        raise Refused(
            "invalid_transition",
            f"It is a commitment already: “{idea.item.title}”. Change that one.",
        )
    given = {"title": idea.text, **{name: value for name, value in fields.items() if value}}
    item = add_item(idea.postmortem, by=by, **given)
    idea.item = item
    _take_up(idea)
    _save(idea)
    # As it stands now: the item was recorded on a row of its own.
    incident = lock_incident(item.postmortem.incident_id)
    said = f"committed to the idea “{idea.text}”"
    _say(incident, idea, "idea_committed", by, said, item=item.pk, first_by=idea.by_id)
    return item


@transaction.atomic
def drop_idea(idea: Idea | int, *, by: User, reason: str) -> Idea:
    """Say why nothing comes of it; readers see the reason. Said anew it replaces the words.

    Refuses ``reason_required``, a reason that points at a person once the review is published
    (``language_flagged``), and what is a commitment (``invalid_transition``).
    """
    incident, idea = _enter(idea, by=by)
    if idea.item is not None:
        raise Refused(
            "invalid_transition", "It is a commitment; say there that it will not be done."
        )
    reason = read_line("reason", reason, 500)
    if is_nothing(reason):
        raise Refused("reason_required", "Say why nothing comes of it; readers see it.")
    if reason == idea.dropped_because:
        return idea
    check_published(idea.postmortem, reason=reason)
    idea.dropped_because, idea.dropped_by, idea.dropped_at = reason, by, now()
    _save(idea)
    said = f"dropped the idea “{idea.text}”: {reason}"
    _say(incident, idea, "idea_dropped", by, said, reason=reason)
    return idea


@transaction.atomic
def take_idea_up(idea: Idea | int, *, by: User) -> Idea:
    """Take a dropped idea up again. What was not dropped stays as it is."""
    incident, idea = _enter(idea, by=by)
    if not idea.dropped_because:
        return idea
    _take_up(idea)
    _save(idea)
    _say(incident, idea, "idea_taken_up", by, f"took the idea “{idea.text}” up again")
    return idea


@transaction.atomic
def take_idea_back(idea: Idea | int, *, by: User) -> None:
    """Take an idea back that one had oneself; it needs no reason, and the record keeps it.

    Forbidden to everybody else but the facilitator, who drop it with a reason. What is a commitment
    stays (``invalid_transition``).
    """
    incident, idea = _enter(idea, by=by)
    if idea.by_id != by.pk and not is_facilitator(idea.postmortem, by):
        raise Forbidden(f"It is the idea of {idea.by.name}. Drop it, with a reason.")
    if idea.item is not None:
        raise Refused("invalid_transition", "It is a commitment; it stays whose idea that was.")
    _say(incident, idea, "idea_taken_back", by, f"took the idea “{idea.text}” back")
    idea.delete()


def _enter(idea: Idea | int, *, by: User) -> tuple[Incident, Idea]:
    """Lock the incident of an idea and answer both fresh; ``NotVisible``, ``Forbidden``."""
    pk = idea if isinstance(idea, int) else idea.pk
    found = Idea.objects.visible_to(by).filter(pk=pk)
    review = found.values_list("postmortem_id", flat=True).first()
    if review is None:
        raise NotVisible
    incident, postmortem = enter_review(review, by=by)
    # Asked again: while the lock was waited for it may have been taken back, or moved along.
    fresh = Idea.objects.filter(postmortem=postmortem, pk=pk).select_related("by", "item").first()
    if fresh is None:
        raise NotVisible
    fresh.postmortem = postmortem
    return incident, fresh


def _take_up(idea: Idea) -> None:
    idea.dropped_because, idea.dropped_by, idea.dropped_at = "", None, None


def _save(idea: Idea) -> None:
    idea.version += 1
    idea.save()


def _say(incident: Incident, idea: Idea, kind: str, by: User, text: str, **data: Any) -> None:
    record(incident, kind, by=by, text=text, idea=idea.pk, **data)
