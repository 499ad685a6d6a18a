"""Publishing the post-mortem, and looking at it again after a reopening."""

from collections.abc import Sequence
from typing import TypedDict

from django.db import transaction

from clock.queries import now
from deadlines.actions import keep_deadline, owe
from deadlines.office_hours import next_office_moment
from incidents.record.models import Incident, Kind
from incidents.record.timeline import record
from pages.texts import read_text
from people.models import User
from postmortems.publication.findings import open_findings
from postmortems.publication.keeping import keep_now
from postmortems.publication.messages import Published
from postmortems.publication.missing import has_items, what_is_open
from postmortems.review.access import check_agreed, enter_review
from postmortems.review.deadlines import ListCheck, Meeting, Publication
from postmortems.review.models import Postmortem, ReviewState
from postmortems.review.permissions import check_facilitates
from postmortems.review.schedule import A_WEEK
from postmortems.review.wording import check_reason
from refusals.errors import Refused


class Keep(TypedDict):
    """A finding (its key or its words) that the facilitator keeps, and why."""

    finding: str
    reason: str


@transaction.atomic
def publish_postmortem(
    postmortem: Postmortem | int,
    *,
    by: User,
    no_actions_because: str = "",
    keep: Sequence[Keep] = (),
) -> Postmortem:
    """Share the review with the whole organisation; a private incident's with its roster.

    Keeps what the review owed and opens the check of its list a week later. The facilitator
    publishes (``Forbidden``), once the incident ended (``invalid_transition``). Refuses
    ``facts_not_agreed``, ``language_flagged`` with ``findings`` while words point at a person in
    any text that is published (``keep`` keeps some, with a reason), and ``not_publishable`` with
    ``open``. Published already, nothing changes.
    """
    incident, postmortem = enter_review(postmortem, by=by)
    if postmortem.is_published:
        return postmortem
    check_facilitates(postmortem, by, "publish it")
    _refuse_while_it_runs(incident)
    check_agreed(postmortem)
    no_actions_because = read_text("no_actions_because", no_actions_because, 1000)
    _check_language(postmortem, by, keep, no_actions_because)
    missing = what_is_open(postmortem, no_actions_because=no_actions_because)
    if missing:
        words = " ".join(one["text"] for one in missing)
        raise Refused("not_publishable", f"Before publishing: {words}", open=missing)
    moment = now()
    postmortem.state = ReviewState.PUBLISHED
    postmortem.published_at, postmortem.published_by = moment, by
    postmortem.no_actions_because = "" if has_items(postmortem) else no_actions_because
    if has_items(postmortem):
        _plan_list_check(postmortem, incident)
    postmortem.save()
    keep_deadline(Meeting.name, postmortem, at=moment, reason="The post-mortem was published.")
    keep_deadline(Publication.name, postmortem, at=moment, reason="The post-mortem was published.")
    record(
        incident,
        "postmortem_published",
        by=by,
        text="published the post-mortem",
        action_items=postmortem.action_items.count(),
        no_actions_because=postmortem.no_actions_because,
        kept=[
            {"text": kept.text, "reason": kept.reason}
            for kept in postmortem.kept_findings.exclude(key="")
        ],
    )
    Published.tell(postmortem, incident, by=by)
    return postmortem


def _refuse_while_it_runs(incident: Incident) -> None:
    if incident.is_open and incident.kind != Kind.NEAR_MISS:
        raise Refused(
            "invalid_transition",
            f"{incident.ref} runs again. What it teaches is published when it is over.",
        )


def _check_language(
    postmortem: Postmortem, by: User, keep: Sequence[Keep], no_actions_because: str
) -> None:
    if has_items(postmortem):
        no_actions_because = ""
    flagged = open_findings(postmortem, no_actions_because=no_actions_because)
    for one in keep:
        keep_now(postmortem, flagged, by=by, finding=one["finding"], reason=one["reason"])
    if keep:
        flagged = open_findings(postmortem, no_actions_because=no_actions_because)
    if flagged:
        first = flagged[0]
        more = f" and {len(flagged) - 1} more" if len(flagged) > 1 else ""
        raise Refused(
            "language_flagged",
            f"“{first.finding.text}” in {first.label}{more}. {first.finding.advice} Reword it, or "
            "let the facilitator keep it with a reason.",
            findings=[one.as_fact() for one in flagged],
        )


def _plan_list_check(postmortem: Postmortem, incident: Incident) -> None:
    due_at = now() + A_WEEK
    if postmortem.facilitator is not None:
        due_at = next_office_moment(postmortem.facilitator, due_at)
    postmortem.list_due_at = due_at
    owe(incident, ListCheck.name, postmortem, due_at, postmortem.facilitator)


@transaction.atomic
def look_again(
    postmortem: Postmortem | int, *, by: User, note: str, revise: bool = False
) -> Postmortem:
    """Look at a published review again after a reopening: it stands, or is to be revised.

    What stands is shown with the ``note``. With ``revise`` it is a draft again, its facts to be
    agreed anew, and is published a second time. The facilitator looks (``Forbidden``), once the
    incident ended again (``invalid_transition``), with a note (``reason_required``) that points at
    nobody (``language_flagged``). Without a reopening nothing changes.
    """
    incident, postmortem = enter_review(postmortem, by=by)
    if postmortem.look_again_since is None:
        return postmortem
    check_facilitates(postmortem, by, "look at it again")
    _refuse_while_it_runs(incident)
    note = read_text("note", note, 1000)
    if not note:
        raise Refused("reason_required", "Say what the reopening showed; readers see it.")
    check_reason("note", note, postmortem)
    postmortem.look_again_since = None
    postmortem.looked_again_at, postmortem.looked_again_by = now(), by
    postmortem.looked_again_note = note
    words = "looked at the published review again: it stands"
    if revise:
        postmortem.state = ReviewState.DRAFT
        postmortem.published_at = postmortem.published_by = None
        postmortem.facts_agreed_at = postmortem.facts_agreed_by = postmortem.facts_seq = None
        words = "took the published review up again"
    postmortem.save()
    if not revise:
        keep_deadline(Publication.name, postmortem, reason="It was looked at again and stands.")
    record(
        incident,
        "postmortem_changed",
        by=by,
        text=f"{words}: {note}",
        section="again",
        note=note,
        revised=revise,
    )
    return postmortem
