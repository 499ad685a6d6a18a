"""Pausing side work, and settling every piece of it afterwards (P07)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from clock.queries import now
from deadlines.actions import keep_deadline, owe, release_deadline
from deadlines.office_hours import next_office_moment
from incidents.record.models import Incident
from incidents.record.timeline import record
from incidents.record.visibility import is_visible
from incidents.roster.presence import enter, enter_part
from incidents.sidework.deadlines import PausedWorkWaiting
from incidents.sidework.messages import WorkPaused
from incidents.sidework.models import Outcome, PausedWork
from pages.texts import is_nothing, read_address, read_line
from people.models import User
from refusals.errors import Invalid, Refused

AT_ONCE = 50
SETTLE_AFTER = timedelta(days=1)
"""How long after the end of an incident its paused work is asked for."""


@transaction.atomic
def pause_work(
    incident: Incident,
    *,
    by: User,
    title: str,
    owner: User,
    why: str,
    url: str = "",
    resume_when: str = "",
) -> PausedWork:
    """Write down what waits for this incident: what, whose, why, when it may go on.

    The owner is told; the same title of the same owner, still waiting, is one. Refuses
    (``Invalid``) an empty title or reason and an owner who may not see the incident or could not
    settle it (a stakeholder), and an ended incident.
    """
    incident = enter(incident, by=by)
    title = read_line("title", title, 200, required="Name what is put down.")
    why = read_line("why", why, 500, required="Say in a line why it waits.")
    resume_when = read_line("resume_when", resume_when, 300)
    url = read_address("url", url)
    if not is_visible(owner, incident.pk):
        raise Invalid({"owner": f"{owner.name} may not see this incident."})
    if not owner.is_responder:
        raise Invalid({"owner": f"{owner.name} reads along. Name who takes the work up again."})
    if not incident.is_open:
        raise Refused("invalid_transition", "The incident has ended; nothing waits for it.")
    same = incident.paused_work.waiting().filter(title=title, owner=owner).first()
    if same is not None:
        return same
    work = PausedWork.objects.create(
        incident=incident,
        title=title,
        owner=owner,
        url=url,
        why=why,
        resume_when=resume_when,
        paused_at=now(),
        paused_by=by,
    )
    record(
        incident,
        "work_paused",
        by=by,
        text=f"paused “{title}” ({owner.name}): {why}",
        work=work.pk,
        owner=owner.pk,
    )
    WorkPaused.tell(work, incident, by=by)
    return work


@transaction.atomic
def pause_several(
    incident: Incident,
    *,
    by: User,
    titles: Iterable[str],
    owner: User,
    everything_of: Iterable[User] = (),
    **fields: str,
) -> list[PausedWork]:
    """Write down several pieces in one step, all of them or, refused, none.

    Each of ``titles`` is the ``owner``'s; of each of ``everything_of`` all that they work on beside
    the incident is one piece. The other arguments are those of ``pause_work``, for every piece.
    Refuses (``Invalid``) nothing at all, and more than fifty.
    """
    pieces = [(title, owner) for title in titles if not is_nothing(title)]
    pieces += [(f"Everything else of {one.name}", one) for one in everything_of]
    if not 0 < len(pieces) <= AT_ONCE:
        raise Invalid({"title": f"Name what is put down, a line each; {AT_ONCE} at most."})
    return [
        pause_work(incident, by=by, title=title, owner=whose, **fields) for title, whose in pieces
    ]


@transaction.atomic
def settle_paused_work(work_id: int, *, by: User, outcome: str, note: str = "") -> PausedWork:
    """Resume it or drop it; settled already, it stays as it is.

    Dropping says why (``reason_required``).
    """
    work, incident = enter_part(PausedWork.objects.select_related("owner"), work_id, by=by)
    if work.settled_at is not None:
        return work
    if outcome not in Outcome.values:
        raise Invalid({"outcome": f"One of {', '.join(Outcome.values)}."})
    note = read_line("note", note, 500)
    if outcome == Outcome.DROPPED and not note:
        raise Refused("reason_required", "Say in a line why nobody takes it up again.")
    work.outcome, work.note, work.settled_at, work.settled_by = outcome, note, now(), by
    work.save(update_fields=["outcome", "note", "settled_at", "settled_by"])
    keep_deadline(PausedWorkWaiting.name, work, reason="It was settled.")
    record(
        incident,
        "work_settled",
        by=by,
        text=f"{outcome} “{work.title}”" + (f": {note}" if note else ""),
        work=work.pk,
        outcome=outcome,
    )
    return work


def ask_for_paused_work(incident: Incident, moment: datetime) -> None:
    """The incident ended at ``moment``: a day later each owner is asked, in their office hours."""
    for work in incident.paused_work.waiting().select_related("owner"):
        due_at = next_office_moment(work.owner, moment + SETTLE_AFTER)
        owe(incident, PausedWorkWaiting.name, work, due_at, work.owner)


def let_paused_work_wait(incident: Incident) -> None:
    """The incident goes on, and so does the pause."""
    for work in incident.paused_work.waiting():
        release_deadline(PausedWorkWaiting.name, work, reason="The incident goes on.")


def what_waits(incident: Incident) -> list[dict[str, str]]:
    """What stands between the incident and *closed*: paused work that nobody settled."""
    return [
        {"kind": PausedWorkWaiting.name, "text": f"Paused work: {work.title} ({work.owner.name})"}
        for work in incident.paused_work.waiting().select_related("owner")
    ]


def move_paused_work(incident: Incident, target: Incident) -> None:
    """Let what waits for a merged incident wait for its target; the caller holds both locks."""
    for work in PausedWork.objects.waiting().filter(incident=incident):
        release_deadline(
            PausedWorkWaiting.name, work, reason="It waits for the other incident now."
        )
        work.incident = target
        work.save(update_fields=["incident"])
