"""Choosing the facts and agreeing on them (P51)."""

from django.db import transaction

from clock.queries import now
from incidents.models import TimelineEntry
from incidents.timeline import record
from people.models import User
from postmortems.actions.entering import enter_review, refuse_when_published
from postmortems.models import FactChoice, Postmortem, ReviewState
from postmortems.queries.facts import OF_REVIEW, is_fact_by_kind
from refusals.errors import NotVisible, Refused


@transaction.atomic
def choose_fact(
    postmortem: Postmortem | int, *, by: User, entry_id: int, included: bool
) -> Postmortem:
    """Take an entry of the record into the factual timeline, or leave it out. Twice is once.

    The entry itself stays as it is. Refuses (``invalid_transition``) once the facts are agreed:
    reopen them first. An entry of another incident or of the review is ``NotVisible``.
    """
    _, postmortem = enter_review(postmortem, by=by)
    entry = (
        TimelineEntry.objects.filter(pk=entry_id, incident_id=postmortem.incident_id)
        .exclude(kind__in=OF_REVIEW)
        .first()
    )
    if entry is None:
        raise NotVisible
    choice = FactChoice.objects.filter(postmortem=postmortem, entry=entry).first()
    if included == (choice.included if choice else is_fact_by_kind(entry, postmortem)):
        return postmortem
    refuse_when_published(postmortem)
    if postmortem.state != ReviewState.DRAFT:
        raise Refused(
            "invalid_transition",
            "The facts are agreed. Reopen them to change what is among them.",
        )
    FactChoice.objects.update_or_create(
        postmortem=postmortem, entry=entry, defaults={"included": included, "by": by}
    )
    return postmortem


@transaction.atomic
def agree_facts(postmortem: Postmortem | int, *, by: User) -> Postmortem:
    """Agree on the factual timeline, which opens whys, grid and analysis. Twice is once."""
    incident, postmortem = enter_review(postmortem, by=by)
    if postmortem.has_agreed_facts:
        return postmortem
    postmortem.state = ReviewState.FACTS_AGREED
    postmortem.facts_agreed_at = now()
    postmortem.facts_agreed_by = by
    postmortem.facts_seq = incident.last_seq
    postmortem.save()
    record(incident, "facts_agreed", by=by, text="agreed on the facts")
    return postmortem


@transaction.atomic
def reopen_facts(postmortem: Postmortem | int, *, by: User, reason: str) -> Postmortem:
    """Take the agreement back to correct what is among the facts; whys, grid and analysis stay.

    Refuses ``reason_required``, and ``invalid_transition`` after publication.
    """
    incident, postmortem = enter_review(postmortem, by=by)
    if not postmortem.has_agreed_facts:
        return postmortem
    refuse_when_published(postmortem)
    if not reason.strip():
        raise Refused("reason_required", "Say what is wrong with the facts as they were agreed.")
    postmortem.state = ReviewState.DRAFT
    postmortem.facts_agreed_at = postmortem.facts_agreed_by = postmortem.facts_seq = None
    postmortem.save()
    record(incident, "facts_reopened", by=by, text=f"reopened the facts: {reason.strip()[:500]}")
    return postmortem
