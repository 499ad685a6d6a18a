"""What becomes of a change when something happens to its card, its hypothesis or its incident."""

from clock.queries import now
from deadlines.models import Deadline
from incidents.cards.models import Card, Risk
from incidents.changes.actions import fall, who_is_asked, withdraw
from incidents.changes.deadlines import ApprovalWaiting
from incidents.changes.finding import save
from incidents.changes.models import Change, ChangeState
from incidents.changes.queries import change_on, running_changes
from incidents.changes.rules import Written
from incidents.hypotheses.models import Hypothesis
from incidents.record.models import Incident
from incidents.roster.queries import roster
from people.models import User
from refusals.errors import Refused


class ChangeOfCard(Written):
    """The change of a card: asked at the gates, and following the card."""

    def changed(self, card: Card, incident: Incident, changed: set[str], *, by: User) -> None:
        """Other words or another risk let an approval fall; a way back gets its change written."""
        if not changed & {"title", "risk", "rolls_back", "undoes"}:
            return
        change = change_on(card)
        if change is None:
            if card.rolls_back_id is not None:
                write_way_back(card, incident, by=by)
            return
        if not change.is_waiting:
            return
        change.card = card
        if card.risk == Risk.READ_ONLY:
            withdraw(change, incident, by=by, why="its card only looks now")
            return
        if changed & {"rolls_back", "undoes"}:
            change.rolls_back_id, change.undoes = card.rolls_back_id, card.undoes
            save(change)
        fall(change, incident, why=f"The card was changed by {by.name}", by=by)

    def parked(self, card: Card, incident: Incident, *, by: User) -> None:
        """What does not run is withdrawn."""
        change = change_on(card)
        if change is not None and change.is_waiting:
            change.card = card
            withdraw(change, incident, by=by, why="its card was parked")


def write_way_back(card: Card, incident: Incident, *, by: User) -> Change:
    """The change of a card that undoes one of this incident, by what was written with that one."""
    assert card.rolls_back_id is not None, "its card names what it undoes"
    undone = Change.objects.select_related("card").get(pk=card.rolls_back_id)
    change = Change(
        incident=incident,
        card=card,
        expectation=f"as before “{undone.card.title}”"[:500],
        rollback=f"“{undone.card.title}” again"[:500],
        hypothesis_id=undone.hypothesis_id,
        reversible=True,
        rolls_back=undone,
        created_at=now(),
        created_by=by,
    )
    if undone.rollback:
        change.expectation = f"{change.expectation}: {undone.rollback}"[:500]
    save(change, is_new=True)
    return change


def let_approvals_fall(incident: Incident, hypothesis: Hypothesis) -> None:
    """P35: what rests on a hypothesis that was ruled out is approved no more."""
    resting = Change.objects.waiting().filter(incident=incident, hypothesis=hypothesis)
    for change in resting.select_related("card", "card__owner", "asked_by").order_by("pk"):
        change.hypothesis = hypothesis
        fall(change, incident, why=f"“{hypothesis.text}” was ruled out", by=None)


def severity_rose(incident: Incident) -> None:
    """P35: what was approved for less is asked for again; the caller holds the incident's lock."""
    approved = Change.objects.filter(incident=incident, state=ChangeState.APPROVED)
    for change in approved.select_related("card", "card__owner", "asked_by").order_by("pk"):
        why = f"The severity rose to {incident.severity.upper()}"
        fall(change, incident, why=why, by=None, asks_again=True)


def check_nothing_runs(incident: Incident) -> None:
    """Refuse (``change_unfinished``) to end an incident while a change of it runs (P36)."""
    running = running_changes(incident)
    if running:
        titles = ", ".join(f"“{one.card.title}”" for one in running)
        raise Refused(
            "change_unfinished",
            f"{titles} still runs. Look at the signals and say how it went, or roll it back.",
            changes=[
                {"id": one.pk, "card": one.card_id, "title": one.card.title} for one in running
            ],
        )


def withdraw_waiting(incident: Incident, *, reason: str) -> None:
    """What never ran is withdrawn as the incident ends; the caller holds the lock."""
    waiting = Change.objects.waiting().filter(incident=incident)
    for change in waiting.select_related("card").order_by("pk"):
        withdraw(change, incident, by=None, why=reason)


def hand_approvals_over(incident: Incident) -> None:
    """Let the approvals that wait be owed by whoever leads now, at the times as asked."""
    waiting = Deadline.objects.open().filter(kind=ApprovalWaiting.name, incident_id=incident.pk)
    held = roster(incident) if waiting else []
    for deadline in waiting:
        change = Change.objects.select_related("card").get(pk=deadline.subject_id)
        asked = who_is_asked(change, incident, held)
        deadline.owner = asked[0] if asked else None
        deadline.save(update_fields=["owner"])
