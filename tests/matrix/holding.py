"""What holds of every incident at any moment, whatever happened to it before."""

from deadlines.models import Deadline
from incidents.agents.queries import agent_columns, drafts_in
from incidents.cards.models import Card, Column
from incidents.changes.queries import is_drastic
from incidents.deployments.models import Suspect
from incidents.obligations.models import Obligation
from incidents.record.gate import OWNER_LEFT
from incidents.record.kinds import is_open_to_agents
from incidents.record.models import GUESTS, Incident, RoleAssignment, RosterRole, Status
from incidents.sidework.models import PausedWork
from people.models import ApiToken, Scope


def _is_guest(one: RoleAssignment) -> bool:
    return one.person.is_active and one.role in GUESTS


def holds(incident: Incident) -> None:
    """What holds of every incident at any moment."""
    seats = list(RoleAssignment.objects.active().filter(incident=incident).select_related("person"))
    leading = [one.person for one in seats if one.role == RosterRole.COMMANDER]
    assert len(leading) <= 1, "more than one commander"
    stored = incident.roles.filter(ended_at=None).select_related("person")
    assert all(one.person.is_responder or _is_guest(one) for one in stored), (
        "a seat of somebody who left or reads along"
    )
    helping = {one.person for one in seats if one.role == RosterRole.HELPER}
    running = list(
        Card.objects.filter(incident=incident, column=Column.NOW).select_related("owner", "pair")
    )
    for card in running:
        assert card.owner is not None or OWNER_LEFT in card.marks, "a card in Now without owner"
        if card.owner is not None:
            there = card.owner.is_responder or card.owner in helping or not incident.is_open
            assert there, "a card in Now of somebody who left"
        if leading and leading[0] in (card.owner, card.pair) and incident.is_open:
            assert card.marks, "somebody commands and works, unmarked"
    owed = Deadline.objects.open().filter(incident_id=incident.pk).select_related("owner")
    for deadline in owed:
        there = deadline.owner is None or deadline.owner.is_responder or deadline.owner in helping
        assert there, f"{deadline.kind} is owed by somebody who left"
    promised = owed.filter(kind="update").first()
    if incident.makes_promises:
        assert incident.next_update_at is not None, "no promise"
        assert promised is not None and promised.due_at == incident.next_update_at, "not owed"
    else:
        assert promised is None, "an ended incident promises"
        assert incident.next_update_at is None, "an ended incident promises"
    if not incident.is_open:
        assert not seats, "seats after the end"
        assert not owed.filter(kind__in=["escalation", "time_box", "no_commander"]).exists()
    changes = list(incident.changes.unfinished().select_related("card", "hypothesis"))
    for change in changes:
        # What is recorded afterwards may still be written.
        assert incident.is_open or change.state == "draft", "an unfinished change after the end"
        is_asked = change.state in ("asked", "approved")
        assert not is_asked or change.card.column != Column.PARKED, "parked, and asked for"
        if change.state == "approved":
            assert change.hypothesis is None or not change.hypothesis.is_ruled_out, "ruled out"
            assert change.approved_by is not None, "approved by nobody"
    flying = [one for one in changes if one.state == "running" and is_drastic(one.card)]
    excused = [one for one in flying if one.marks or one.rolls_back_id or not one.ran_beside]
    assert len(flying) <= 1 or len(excused) >= len(flying) - 1, "two at once, unmarked"
    asked = {change.pk for change in changes if change.state == "asked"}
    waiting = {one.subject_id for one in owed.filter(kind="change_approval")}
    assert waiting <= asked, "an approval is owed of what nobody asks"
    for work in PausedWork.objects.waiting().filter(incident=incident).select_related("owner"):
        assert work.owner.is_responder, "paused work of somebody who left"
    for one in Obligation.objects.owed().filter(incident=incident).select_related("owner"):
        assert one.owner.is_responder, "an obligation of somebody who left"
        assert owed.filter(kind="obligation", subject_id=one.pk, due_at=one.due_at).exists()
    what_is_known_holds(incident, list(owed.filter(kind="triage")))
    what_agents_left_holds(incident)


def what_is_known_holds(incident: Incident, triage: list[Deadline]) -> None:
    """What holds of when it is expected back, of the triage window, and of the supposed cause."""
    assert incident.is_open or incident.expected is None, "an ended incident is expected back"
    assert incident.expected_back_said_at is not None or incident.expected_back_at is None
    assert [one.due_at for one in triage] == [
        one for one in [incident.triage_until] if one is not None
    ], "a triage window that nobody owes, or the other way round"
    investigated = incident.makes_promises and incident.status == Status.INVESTIGATING
    assert investigated or not triage, "a triage window of what is known"
    suspects = list(Suspect.objects.filter(incident=incident).select_related("hypothesis"))
    assert all(one.hypothesis.incident_id == incident.pk for one in suspects)
    assert not suspects or incident.caused_by_change, "a suspect and no cause"


def what_agents_left_holds(incident: Incident) -> None:
    """What holds of agents: whoever answers is here, and they do nothing but suggest."""
    agents = ApiToken.objects.filter(scopes__contains=[Scope.AGENT]).select_related("user")
    standing = [one for one in agents if one.revoked_at is None]
    assert all(one.user.is_responder for one in standing), "an agent nobody answers for"
    written = incident.entries.filter(data__token__in=[one.pk for one in agents])
    kinds = set(written.values_list("kind", flat=True))
    assert all(is_open_to_agents(kind) for kind in kinds), "an agent did more than suggest"
    suggested = incident.cards.filter(source="ai", column=Column.NOW)
    assert not suggested.filter(owner=None).exclude(marks__contains=[OWNER_LEFT]).exists()
    shown = Incident.objects.annotate(**agent_columns()).get(pk=incident.pk)
    assert incident.is_open or not drafts_in(shown), "a draft that nobody awaits"
