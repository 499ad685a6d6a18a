"""Opening the review, naming who runs it, and the meeting (P50)."""

from datetime import datetime, timedelta

from django.db import transaction

from clock.moments import SKEW
from clock.queries import now
from clock.written import written
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
from postmortems.review.permissions import check_facilitates
from postmortems.review.queries import choose_facilitator, last_holder
from postmortems.review.schedule import add_working_days, propose_meeting
from refusals.errors import Invalid, Refused

AFTER_MEETING = 2
"""Working days that publication has at least after the meeting was held (P50)."""

LATEST_MEETING = timedelta(days=366)


@transaction.atomic
def open_review(incident: Incident | int, *, by: User) -> Postmortem:
    """Open the post-mortem of an ended incident, or of a near miss, by hand; twice is once.

    Without a deadline, unless the incident is resolved and its policy asks for a review. While an
    incident runs there is nothing to review yet (``invalid_transition``).
    """
    incident = enter(incident, by=by, joins=False)
    found = Postmortem.objects.filter(incident=incident).first()
    if found is not None:
        return found
    if incident.is_open and incident.kind != Kind.NEAR_MISS:
        raise Refused(
            "invalid_transition",
            f"{incident.ref} still runs; its review opens when it ends. Write down what should not "
            "be lost as a note, and thank people whenever you like.",
        )
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
    if found.is_settled:
        return found
    found.incident = incident
    if found.facilitator is None:
        found.facilitator = choose_facilitator(incident)
        found.facilitates_alone = _fixed_it(found.facilitator, incident)
    found.is_required = True
    if found.is_published:
        _plan_publication(found, incident)
    else:
        _schedule(found, incident)
    found.save()
    Meeting.tell(found)
    return found


def is_required(incident: Incident) -> bool:
    """Whether the policy of the highest severity asks for a review of this incident. One query."""
    policy = policy_of(incident.highest_severity)
    return incident.kind == Kind.INCIDENT and policy is not None and policy.review_required


def _open(incident: Incident, *, by: User | None) -> Postmortem:
    facilitator = choose_facilitator(incident)
    postmortem = Postmortem(
        incident=incident,
        is_required=is_required(incident),
        facilitator=facilitator,
        facilitates_alone=_fixed_it(facilitator, incident),
        opened_at=now(),
        opened_by=by,
        summary=incident.called,
    )
    postmortem.save()
    if postmortem.is_required and incident.resolved_at is not None:
        _schedule(postmortem, incident)
        postmortem.save()
    words = "opened the review"
    if facilitator is not None:
        words += f"; {facilitator.name} facilitates"
        words += " (nobody else)" if postmortem.facilitates_alone else ""
    if postmortem.meeting_at is not None:
        words += f", proposed for {written(postmortem.meeting_at)}"
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
    Meeting.tell(postmortem)
    return postmortem


def _fixed_it(facilitator: User | None, incident: Incident) -> bool:
    """Whether who runs the review owned the fix as well, since nobody else was there."""
    return facilitator is not None and last_holder(incident, RosterRole.FIX_OWNER) == facilitator


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
    _plan_publication(postmortem, incident)
    if postmortem.meeting_held_at is None:
        _promise(Meeting.name, postmortem, incident, postmortem.due_at)


def _plan_publication(postmortem: Postmortem, incident: Incident) -> None:
    """Five working days after the resolution, at least two after the meeting was held (P50)."""
    policy = policy_of(incident.highest_severity)
    days = policy.publish_within_days if policy else 5
    resolved_at, held_at = incident.resolved_at or now(), postmortem.meeting_held_at
    postmortem.publish_due_at = add_working_days(resolved_at, days, postmortem.facilitator)
    if held_at is not None:
        after = add_working_days(held_at, AFTER_MEETING, postmortem.facilitator)
        postmortem.publish_due_at = max(postmortem.publish_due_at, after)
    _promise(Publication.name, postmortem, incident, postmortem.publish_due_at)


def _promise(kind: str, postmortem: Postmortem, incident: Incident, due_at: datetime) -> None:
    owe(incident, kind, postmortem, due_at, postmortem.facilitator)


def let_review_rest(incident: Incident, *, reason: str) -> None:
    """Release what the review owes while the incident runs again or was no incident at all.

    The review itself stays; a published one asks to be looked at again. Called with the incident
    locked.
    """
    found = Postmortem.objects.filter(incident=incident).first()
    if found is None:
        return
    if found.is_published and incident.is_open and found.look_again_since is None:
        found.look_again_since = now()
        found.save(update_fields=["look_again_since"])
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
    postmortem.facilitator, postmortem.facilitates_alone = person, False
    postmortem.save(update_fields=["facilitator", "facilitates_alone"])
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
        Meeting.tell(postmortem)
    return postmortem


def meets_after(incident: Incident) -> datetime:
    """From when on a review can meet: the resolution, else the declaration."""
    return incident.resolved_at or incident.declared_at


@transaction.atomic
def schedule_meeting(
    postmortem: Postmortem | int, *, by: User, at: datetime, length_min: int | None = None
) -> Postmortem:
    """Set when the review meets.

    The deadlines for the meeting and for publication stay where the policy put them.
    ``length_min`` is at most 60 (``Invalid``), 50 by default. The same time changes nothing.
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
    postmortem.save()
    late = ", past the 72 hours" if meets_late(postmortem, incident) else ""
    record(
        incident,
        "review_scheduled",
        by=by,
        text=f"set the review for {written(at)}, {length} min{late}",
        meeting_at=_said(at),
        length_min=length,
    )
    return postmortem


@transaction.atomic
def hold_meeting(
    postmortem: Postmortem | int, *, by: User, at: datetime | None = None
) -> Postmortem:
    """Record that the review met, ``at`` (default: now); keeps its deadline. Twice is once.

    The facilitator says it (``Forbidden``). Refuses (``Invalid``) a time that is still to come, and
    one before the incident was resolved.
    """
    incident, postmortem = enter_review(postmortem, by=by)
    if postmortem.meeting_held_at is not None:
        return postmortem
    check_facilitates(postmortem, by, "say that the review met")
    moment = now()
    held_at = happened("meeting_held_at", at, moment, ahead=SKEW) or moment
    _check_held(incident, held_at)
    postmortem.meeting_held_at = held_at
    if postmortem.publish_due_at is not None and not postmortem.is_published:
        _plan_publication(postmortem, incident)
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


def _check_held(incident: Incident, held_at: datetime) -> None:
    """Refuse (``Invalid``) a meeting while the incident runs, or from before its resolution."""
    if incident.is_open and incident.kind != Kind.NEAR_MISS:
        raise Invalid({"meeting_held_at": f"{incident.ref} still runs; its review meets after."})
    if held_at < meets_after(incident):
        raise Invalid({"meeting_held_at": "A review meets after the resolution, not before."})


def _sees(person: User, incident: Incident) -> bool:
    return is_visible(person, incident.pk)


def _said(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
