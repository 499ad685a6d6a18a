"""Opens the review when an incident is resolved, and lets it rest when that is taken back."""

from typing import Any

from incidents.record.models import Incident, TimelineEntry
from incidents.updates.actions import say_when_reviewed
from postmortems.review.actions import is_required, let_review_rest, open_required_review
from postmortems.review.models import Postmortem


def on_entry(sender: Any, *, incident: Incident, entry: TimelineEntry, **_: Any) -> None:
    """Open the review with the resolution; let it rest when the incident runs again or never was.

    In the transaction of the entry, with the incident locked.
    """
    match entry.kind:
        case "resolved":
            review = open_required_review(incident, by=entry.actor)
            if review is not None and review.meeting_at and review.meeting_held_at is None:
                number = int(entry.data.get("update") or 0)
                say_when_reviewed(incident, number, review.meeting_at)
        case "reopened":
            let_review_rest(incident, reason="The incident was reopened.")
        case "cancelled" | "merged":
            if incident.is_open:
                return
            let_review_rest(incident, reason="The incident turned out to be none of its own.")


def closing_check(incident: Incident) -> list[dict[str, str]]:
    """Before closing, the post-mortem is published where the policy asks for one. Two queries.

    One that was published before the incident was reopened counts once somebody looked at it again.
    """
    if not is_required(incident):
        return []
    found = Postmortem.objects.published().filter(incident=incident).first()
    if found is not None and found.is_settled:
        return []
    if found is not None:
        text = "The post-mortem was published before it was reopened: look at it again."
        return [{"kind": "postmortem", "text": text}]
    return [{"kind": "postmortem", "text": "The post-mortem is not published yet."}]
