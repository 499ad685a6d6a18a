"""The factual timeline of a review: entries of the record, chosen and never edited (P51)."""

from dataclasses import dataclass

from incidents.models import TimelineEntry
from postmortems.models import FactChoice, Postmortem

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
    }
)


@dataclass(frozen=True)
class Fact:
    """One entry of the record and whether it is part of the factual timeline."""

    entry: TimelineEntry
    included: bool
    is_chosen: bool
    """Whether somebody decided it; else the entry's kind did."""


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
        Fact(
            entry,
            choices.get(entry.pk, is_fact_by_kind(entry, postmortem)),
            entry.pk in choices,
        )
        for entry in entries
    ]


def is_fact_by_kind(entry: TimelineEntry, postmortem: Postmortem) -> bool:
    """What holds without a decision: factual kinds, recorded before the facts were agreed."""
    if entry.kind not in FACTUAL:
        return False
    return postmortem.facts_seq is None or entry.seq <= postmortem.facts_seq


def timeline_of(postmortem: Postmortem) -> list[TimelineEntry]:
    """The factual timeline. Two queries."""
    return [fact.entry for fact in facts_of(postmortem) if fact.included]
