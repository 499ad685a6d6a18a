"""Opening the review, naming who runs it, and the meeting (P50)."""

from datetime import datetime, timedelta

from django.db import transaction

from clock.moments import SKEW
from clock.queries import now
from deadlines.actions import keep_deadline, owe, release_deadline
from incidents.record.models import Incident, Kind, RosterRole
from incidents.record.queries import policy_of
from incidents.record.timeline import record
from incidents.record.visibility import is_visible
from incidents.roster.presence import enter
from pages.moments import happened
from people.models import User
from postmortems.review.access import enter_review, refuse_when_published
from postmortems.review.deadlines import Meeting, Publication
from postmortems.review.models import Postmortem
from postmortems.review.queries import choose_facilitator, last_holder
from postmortems.review.schedule import add_working_days, propose_meeting
from refusals.errors import Invalid

LATEST_MEETING = timedelta(days=366)


@transaction.atomic
def open_review(incident: Incident | int, *, by: User) -> Postmortem:
    """Open the post-mortem of any incident or near miss by hand; an open one is answered as it is.

    Without a deadline, unless the incident is resolved and its policy asks for a review.
    """
    incident = enter(incident, by=by, joins=False)
    found = Postmortem.objects.filter(incident=incident).first()
    if found is not None:
        return found
    return _open(incident, by=by)


def open_required_review(incident: Incident, *, by: User | None) -> Postmortem | None:
    """Open the review that the policy asks for, or take it up again after a reopening.

    Called with the incident locked, in the transaction that resolved it. Twice is once.
    """
    if not is_required(incident):
        return None
    found = Postmortem.objects.filter(incident=incident).first()
    if found is None:
        return _open(incident, by=by)
    if found.is_published:
        return found
    found.incident = incident
    if found.facilitator is None:
        found.facilitator = choose_facilitator(incident)
    found.is_required = True
    _schedule(found, incident)
    found.save()
    return found


def is_required(incident: Incident) -> bool:
    """Whether the policy of the highest severity asks for a review of this incident. One query."""
    policy = policy_of(incident.highest_severity)
    return incident.kind == Kind.INCIDENT and policy is not None and policy.review_required


def _open(incident: Incident, *, by: User | None) -> Postmortem:
    postmortem = Postmortem(
        incident=incident,
        is_required=is_required(incident),
        facilitator=choose_facilitator(incident),
        opened_at=now(),
        opened_by=by,
        summary=incident.statement or incident.title,
    )
    postmortem.save()
    if postmortem.is_required and incident.resolved_at is not None:
        _schedule(postmortem, incident)
        postmortem.save()
    facilitator = postmortem.facilitator
    words = "opened the review"
    if facilitator is not None:
        words += f"; {facilitator.name} facilitates"
    if postmortem.meeting_at is not None:
        words += f", proposed for {postmortem.meeting_at:%-d %b %H:%M} UTC"
        if meets_late(postmortem, incident):
            words += ", the first office hour, which is past 72 hours"
    record(
        incident,
        "review_opened",
        by=by,
        text=words,
        facilitator=facilitator.pk if facilitator else None,
        required=postmortem.is_required,
        meeting_at=_said(postmortem.meeting_at),
        due_at=_said(postmortem.due_at),
        publish_due_at=_said(postmortem.publish_due_at),
    )
    Meeting.tell(postmortem, incident)
    return postmortem


def meets_late(postmortem: Postmortem, incident: Incident) -> bool:
    """Whether the meeting is proposed for after the hours that the policy allows."""
    if incident.resolved_at is None or postmortem.meeting_at is None:
        return False
    return postmortem.meeting_at > incident.resolved_at + _within(incident)


def _within(incident: Incident) -> timedelta:
    policy = policy_of(incident.highest_severity)
    return timedelta(hours=policy.review_within_hours if policy else 72)


def _schedule(postmortem: Postmortem, incident: Incident) -> None:
    """Propose the meeting and open both deadlines; a first office hour past 72 h is no breach."""
    resolved_at = incident.resolved_at or now()
    length = timedelta(minutes=postmortem.meeting_length_min)
    postmortem.meeting_at = propose_meeting(
        postmortem.facilitator, resolved_at, postmortem.meeting_length_min
    )
    postmortem.due_at = max(resolved_at + _within(incident), postmortem.meeting_at + length)
    _plan_publication(postmortem, incident, postmortem.meeting_at)
    if postmortem.meeting_held_at is None:
        _promise(Meeting.name, postmortem, incident, postmortem.due_at)


def _plan_publication(postmortem: Postmortem, incident: Incident, after: datetime) -> None:
    policy = policy_of(incident.highest_severity)
    days = policy.publish_within_days if policy else 5
    postmortem.publish_due_at = add_working_days(after, days, postmortem.facilitator)
    _promise(Publication.name, postmortem, incident, postmortem.publish_due_at)


def _promise(kind: str, postmortem: Postmortem, incident: Incident, due_at: datetime) -> None:
    owe(incident, kind, postmortem, due_at, postmortem.facilitator)


def let_review_rest(incident: Incident, *, reason: str) -> None:
    """Release what the review owes while the incident runs again or was no incident at all.

    The review itself stays. Called with the incident locked.
    """
    found = Postmortem.objects.filter(incident=incident).first()
    if found is None or found.is_published:
        return
    release_deadline(Meeting.name, found, reason=reason)
    release_deadline(Publication.name, found, reason=reason)


@transaction.atomic
def change_facilitator(postmortem: Postmortem | int, *, by: User, person: User) -> Postmortem:
    """Let ``person`` run the review. The same person changes nothing.

    Refuses (``Invalid``) the fix owner, who would judge their own work, and people who cannot see
    the incident or do not respond.
    """
    incident, postmortem = enter_review(postmortem, by=by)
    if postmortem.facilitator == person:
        return postmortem
    refuse_when_published(postmortem)
    if last_holder(incident, RosterRole.FIX_OWNER) == person:
        raise Invalid({"facilitator": f"{person.name} owned the fix. Somebody else facilitates."})
    if not person.is_responder or not _sees(person, incident):
        raise Invalid({"facilitator": f"{person.name} cannot work on this incident."})
    before = postmortem.facilitator
    postmortem.facilitator = person
    postmortem.save(update_fields=["facilitator"])
    for kind, due_at in (
        (Meeting.name, None if postmortem.meeting_held_at else postmortem.due_at),
        (Publication.name, postmortem.publish_due_at),
    ):
        if due_at is not None and incident.resolved_at is not None:
            _promise(kind, postmortem, incident, due_at)
    record(
        incident,
        "facilitator_changed",
        by=by,
        text=f"named {person.name} facilitator of the review",
        person=person.pk,
        before=before.pk if before else None,
    )
    if person != by:
        Meeting.tell(postmortem, incident)
    return postmortem


def meets_after(incident: Incident) -> datetime:
    """From when on a review can meet: the resolution, else the declaration."""
    return incident.resolved_at or incident.declared_at


@transaction.atomic
def schedule_meeting(
    postmortem: Postmortem | int, *, by: User, at: datetime, length_min: int | None = None
) -> Postmortem:
    """Set when the review meets; publication is due five working days after that.

    The deadline for the meeting stays where the policy put it. ``length_min`` is at most 60
    (``Invalid``), 50 by default. The same time changes nothing.
    """
    incident, postmortem = enter_review(postmortem, by=by)
    length = length_min or postmortem.meeting_length_min
    if (at, length) == (postmortem.meeting_at, postmortem.meeting_length_min):
        return postmortem
    refuse_when_published(postmortem)
    first, last = meets_after(incident), now() + LATEST_MEETING
    if not first <= at <= last:
        raise Invalid(
            {"meeting_at": "A review meets after the incident, and within a year from now."}
        )
    if not 5 <= length <= 60:
        raise Invalid({"meeting_length_min": "A review takes 5 to 60 minutes; 50 is usual."})
    postmortem.meeting_at, postmortem.meeting_length_min = at, length
    if postmortem.publish_due_at is not None and postmortem.meeting_held_at is None:
        _plan_publication(postmortem, incident, at)
    postmortem.save()
    late = ", past the 72 hours" if meets_late(postmortem, incident) else ""
    record(
        incident,
        "review_scheduled",
        by=by,
        text=f"set the review for {at:%-d %b %H:%M} UTC, {length} min{late}",
        meeting_at=_said(at),
        length_min=length,
    )
    return postmortem


@transaction.atomic
def hold_meeting(
    postmortem: Postmortem | int, *, by: User, at: datetime | None = None
) -> Postmortem:
    """Record that the review met, ``at`` (default: now); keeps its deadline. Twice is once.

    Refuses (``Invalid``) a time that is still to come, or before the incident was over.
    """
    incident, postmortem = enter_review(postmortem, by=by)
    if postmortem.meeting_held_at is not None:
        return postmortem
    moment = now()
    held_at = happened("meeting_held_at", at, moment, ahead=SKEW) or moment
    if held_at < meets_after(incident):
        raise Invalid({"meeting_held_at": "A review meets after the incident, not before."})
    postmortem.meeting_held_at = held_at
    if postmortem.publish_due_at is not None and not postmortem.is_published:
        _plan_publication(postmortem, incident, held_at)
    postmortem.save()
    keep_deadline(Meeting.name, postmortem, at=held_at, reason="The review met.")
    record(
        incident,
        "review_held",
        by=by,
        text="held the review meeting",
        at=held_at,
        afterwards=at is not None,
    )
    return postmortem


def _sees(person: User, incident: Incident) -> bool:
    return is_visible(person, incident.pk)


def _said(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
