"""The facts of a review: drafted from the record, chosen, and agreed (P51)."""

from dataclasses import dataclass

from django.db import transaction

from clock.queries import now
from incidents.record.models import RoleAssignment, TimelineEntry
from incidents.record.timeline import record
from pages.texts import read_line
from people.models import User
from postmortems.review.access import enter_review, refuse_when_published
from postmortems.review.models import FactChoice, Postmortem, ReviewState
from refusals.errors import Forbidden, NotVisible, Refused


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
    """Agree on the factual timeline, which opens whys, grid and analysis. Twice is once.

    Whoever was there agrees: ``Forbidden`` for people who never were on the roster, as long as one
    who was can still do it.
    """
    incident, postmortem = enter_review(postmortem, by=by)
    if postmortem.has_agreed_facts:
        return postmortem
    were_there = RoleAssignment.objects.filter(incident=incident, accepted_at__isnull=False)
    if not were_there.filter(person=by).exists():
        able = User.objects.responders().filter(assignments__in=were_there)
        if able.exists():
            raise Forbidden(
                "Somebody who was there agrees on the facts. Ask one of the roster to read them "
                "and agree."
            )
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
    reason = read_line("reason", reason, 500)
    if not reason:
        raise Refused("reason_required", "Say what is wrong with the facts as they were agreed.")
    postmortem.state = ReviewState.DRAFT
    postmortem.facts_agreed_at = postmortem.facts_agreed_by = postmortem.facts_seq = None
    postmortem.save()
    record(incident, "facts_reopened", by=by, text=f"reopened the facts: {reason}")
    return postmortem


#: Kinds that belong to the factual timeline unless somebody leaves an entry out.
FACTUAL = frozenset(
    {
        "declared",
        "statement_confirmed",
        "blocker_changed",
        "severity_changed",
        "escalated",
        "line_stopped",
        "line_resumed",
        "status_changed",
        "resolved",
        "closed",
        "reopened",
        "time_corrected",
        "cause_marked",
        "impact_recorded",
        "impact_changed",
        "role_handed_over",
        "command_taken",
        "end_state_written",
        "signal_state_changed",
        "card_done",
        "update_published",
        "update_overdue",
        "deadline_missed",
        "decision",
        "note_confirmed",
        "note",
    }
)


#: Kinds of the review itself, which comes after the facts.
OF_REVIEW = frozenset(
    {
        "review_opened",
        "review_scheduled",
        "review_held",
        "facts_agreed",
        "facts_reopened",
        "postmortem_changed",
        "postmortem_published",
        "facilitator_changed",
        "thanked",
        "action_added",
        "action_changed",
        "action_done",
        "action_verified",
        "action_reopened",
        "action_moved",
        "action_declined",
        "action_passed",
        "action_looked_at",
        "idea_added",
        "idea_changed",
        "idea_committed",
        "idea_dropped",
        "idea_taken_up",
        "idea_taken_back",
        "idea_passed",
    }
)


@dataclass(frozen=True)
class Fact:
    """One entry of the record and whether it is part of the factual timeline."""

    entry: TimelineEntry
    included: bool


def facts_of(postmortem: Postmortem) -> list[Fact]:
    """Every entry that can be a fact, in the order things happened. Two queries."""
    choices = dict(
        FactChoice.objects.filter(postmortem=postmortem).values_list("entry_id", "included")
    )
    entries = (
        TimelineEntry.objects.filter(incident_id=postmortem.incident_id)
        .exclude(kind__in=OF_REVIEW)
        .select_related("actor")
        .order_by("at", "seq")
    )
    return [
        Fact(entry, choices.get(entry.pk, is_fact_by_kind(entry, postmortem))) for entry in entries
    ]


def is_fact_by_kind(entry: TimelineEntry, postmortem: Postmortem) -> bool:
    """What holds without a decision: factual kinds, recorded before the facts were agreed."""
    if entry.kind not in FACTUAL:
        return False
    return postmortem.facts_seq is None or entry.seq <= postmortem.facts_seq


def timeline_of(postmortem: Postmortem) -> list[TimelineEntry]:
    """The factual timeline. Two queries."""
    return [fact.entry for fact in facts_of(postmortem) if fact.included]
