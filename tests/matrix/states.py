"""What is open in a world, by name, and the words for the state that it is in."""

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.test import Client

from alerts.models import Alert
from clock.queries import now
from deadlines.kinds import Step, kind_named
from deadlines.models import Deadline
from incidents.agents.queries import agent_columns, drafts_in, unconfirmed_in
from incidents.cards.models import Card
from incidents.changes.models import Change
from incidents.deployments.queries import recent_changes
from incidents.invitations.queries import invited_to
from incidents.line.queries import stop_of
from incidents.obligations.models import Obligation
from incidents.record.models import Incident, RoleAssignment
from incidents.roster.permissions import who_leads
from incidents.roster.queries import roster
from notifications.models import Delivery
from postmortems.items.models import ActionItem
from postmortems.review.models import Postmortem
from refusals.errors import Forbidden, Refused
from stakeholders.subscriptions.models import Subscription
from tests.incidents.attachments.files import brought
from tests.matrix.sheets import SHEETS
from tests.matrix.world import SEATS, World, fire


def _seat(role: str) -> Callable[[World], str]:
    def state(world: World) -> str:
        held = RoleAssignment.objects.active().filter(incident=world.incident, role=role)
        found = held.select_related("person").first()
        return found.person.name if found else "nobody"

    return state


def _owed(world: World, kind: str, subject: int | None = None) -> str:
    found = Deadline.objects.open().filter(kind=kind, incident_id=world.incident.pk)
    if subject is not None:
        found = Deadline.objects.open().filter(kind=kind, subject_id=subject)
    one = found.select_related("owner").first()
    if one is None:
        return "nothing"
    return f"{one.due_at.isoformat()} {one.owner.name if one.owner else 'nobody'}"


def _commander(world: World) -> str:
    return f"{_seat('commander')(world)}; {_leading(world)} may decide"


def _fix_owner(world: World) -> str:
    owed = _owed(world, "fix_owner").split(" ")[0]
    return f"{_seat('fix_owner')(world)} {owed}"


def _offer(world: World) -> str:
    offers = RoleAssignment.objects.offered().filter(incident=world.incident, role="commander")
    found = offers.select_related("person").first()
    name = found.person.name if found else "nobody"
    return f"{name} {_owed(world, 'command_acceptance').split(' ')[0]}"


def _invitation(world: World) -> str:
    waiting = [one.person.name for one in invited_to(world.incident)]
    sees = Incident.objects.visible_to(world.who("invited")).filter(pk=world.incident.pk).exists()
    return f"{', '.join(waiting) or 'nobody'}, {'seen' if sees else 'not there'}"


def _promise(world: World) -> str:
    return _owed(world, "update")


def _card(name: str) -> Callable[[World], str]:
    def state(world: World) -> str:
        card = Card.objects.select_related("owner", "pair").get(pk=world.cards[name].pk)
        return (
            f"{card.column} {card.owner.name if card.owner else 'nobody'} "
            f"{card.pair.name if card.pair else 'alone'} "
            f"{_owed(world, 'time_box', card.pk).split(' ')[0]}"
        )

    return state


def _change(name: str) -> Callable[[World], str]:
    def state(world: World) -> str:
        change = Change.objects.filter(card=world.cards[name]).latest("pk")
        owed = _owed(world, "change_approval", change.pk).partition(" ")[2]
        return f"{change.state} {owed}".strip()

    return state


def _hypotheses(world: World) -> str:
    found = world.incident.hypotheses.order_by("pk").values_list("text", "state")
    return ", ".join(f"{text} {state}" for text, state in found)


def _question(world: World) -> str:
    question = world.incident.questions.get()
    heard = Delivery.objects.filter(kind="reply", person=world.who("asker")).exists()
    told = "the asker heard" if heard else "nobody heard"
    state = "declined" if question.declined_at else "waits"
    owed = _owed(world, "question", question.pk)
    return f"{'answered' if question.answered_at else state}, {told}, owed {owed}"


def _subscription(world: World) -> str:
    rows = Subscription.objects.filter(incident=world.incident).select_related("person")
    return ", ".join(f"{row.person.name} by {row.way}" for row in rows) or "nobody"


def _escalation(world: World) -> str:
    one = world.incident.escalations.get()
    return "acknowledged" if one.acknowledged_at else _owed(world, "escalation", one.pk)


def _stop(world: World) -> str:
    return "stopped" if stop_of(world.incident) else "runs"


def _paused(world: World) -> str:
    work = (world.moved_to or world.incident).paused_work.get()
    owed = _owed(world, "paused_work", work.pk)
    return f"{work.owner.name} {'asked' if owed != 'nothing' else 'waits'}"


def _review(world: World) -> str:
    review = Postmortem.objects.get(incident=world.incident)
    name = review.facilitator.name if review.facilitator else "nobody"
    return f"{review.state} {name} {_owed(world, 'review', review.pk).split(' ')[0]}"


def _obligation(world: World) -> str:
    one = Obligation.objects.select_related("owner").get()
    state = "owed" if one.is_owed else "settled"
    return f"{state} {one.owner.name} {_clock_of(one)}"


def _clock_of(one: Obligation) -> str:
    found = Deadline.objects.open().filter(kind="obligation", subject_id=one.pk)
    due = found.select_related("owner").get()
    assert (due.incident_id, due.due_at) == (one.incident_id, one.due_at)
    return f"{due.due_at.isoformat()} {due.owner.name if due.owner else 'nobody'}"


def _item(world: World) -> str:
    item = ActionItem.objects.select_related("owner", "postmortem__incident").get()
    return f"{item.state} {item.owner.name} {_owed(world, 'action_item', item.pk)}"


def _leading(world: World) -> str:
    return ", ".join(one.name for one in who_leads(roster(world.incident))) or "nobody"


def _expected_back(world: World) -> str:
    said = world.fresh.expected
    if said is None:
        return "nothing"
    when = said.at.isoformat() if said.at else "not known yet"
    return f"{when}, moved {said.moved} times; {_leading(world)} may move it"


def _triage(world: World) -> str:
    incident = world.fresh
    owed = Deadline.objects.open().filter(kind="triage", incident_id=incident.pk).first()
    assert (owed.due_at if owed else None) == incident.triage_until
    if owed is None:
        return "nothing"
    asked = kind_named("triage").nudges(incident, owed, Step(timedelta(0), "due"), now())
    names = ", ".join(one.person.name for one in asked if one.person)
    return f"{owed.due_at.isoformat()} {names}"


def _suspect(world: World) -> str:
    suspect = world.incident.suspects.select_related("hypothesis").get()
    incident = world.fresh
    shown = {one.id: one.hypothesis for one in recent_changes(incident).deployments}
    where = "shown" if shown.get(suspect.deployment_id) == suspect.hypothesis_id else "hidden"
    cause = {True: "a change", False: "no change", None: "unknown"}[incident.caused_by_change]
    return f"{where}, {suspect.hypothesis.state}; the cause is {cause}"


def _alert(world: World) -> str:
    """Whether it still fires, and where one more of its group goes; nothing stays of that."""
    alert = Alert.objects.get()
    with transaction.atomic():
        incident = fire(world, "Latency rises")
        assert incident is not None
        offered = incident.entries.filter(kind="reopening_offered").exists()
        where = "joins it" if incident.pk == world.incident.pk else "opens another"
        if world.moved_to is not None and incident.pk == world.moved_to.pk:
            where = "goes where it went"
        transaction.set_rollback(True)
    more = "offers to reopen it" if offered else where
    return f"{'fires' if alert.is_firing else 'is over'}; one more {more}"


def _picture(world: World) -> str:
    """Who of those who watch reads it, and whether one more may be brought."""
    assert world.file is not None
    reads = []
    for name in ("asker", "admin"):
        browser = Client()
        browser.force_login(world.who(name))
        if browser.get(f"/attachments/{world.file.pk}/").status_code == 200:
            reads.append(name)
    with transaction.atomic():
        try:
            brought(world.incident, world.who("admin"), "more.txt", b"a")
            more = "one more may come"
        except (Refused, Forbidden):
            more = "no more may come"
        transaction.set_rollback(True)
    return f"read by {' and '.join(reads) or 'nobody'}; {more}"


def _share_link(world: World) -> str:
    return "opens" if Client().get(world.link).status_code == 200 else "not there"


def _tries(world: World, path: str, body: dict[str, str]) -> str:
    """What the agent hears now when it writes; nothing stays of it."""
    with transaction.atomic():
        answer = world.agent.post(f"incidents/{world.incident.ref}/{path}", body)
        transaction.set_rollback(True)
    return "writes" if answer.status_code == 201 else f"hears {answer.json()['code']}"


def _left_by_agents(world: World) -> Incident:
    return Incident.objects.annotate(**agent_columns()).get(pk=world.incident.pk)


def _agent_note(world: World) -> str:
    waiting = ", ".join(one.text for one in unconfirmed_in(_left_by_agents(world)))
    tries = _tries(world, "notes", {"text": "CPU is high."})
    return f"{waiting or 'nothing'}; the agent {tries}"


def _agent_draft(world: World) -> str:
    waiting = ", ".join(one.summary or "a draft" for one in drafts_in(_left_by_agents(world)))
    tries = _tries(world, "drafts", {"status_text": "Writes are back."})
    return f"{waiting or 'nothing'}; the agent {tries}"


def _sheet(name: str) -> Callable[[World], str]:
    return lambda world: world.sheets[name].send()


OPEN: dict[str, Callable[[World], str]] = {
    **{role: _seat(role) for role in SEATS},
    "commander": _commander,
    "fix_owner": _fix_owner,
    "offer of command": _offer,
    "invitation": _invitation,
    "helper": _seat("helper"),
    "promise": _promise,
    "card in Now": _card("now"),
    "card in Next": _card("next"),
    "card in Parked": _card("parked"),
    "card in Done": _card("done"),
    "change": _change("change"),
    "approval asked": _change("approval"),
    "hypotheses": _hypotheses,
    "suspected deployment": _suspect,
    "alert": _alert,
    "expected back": _expected_back,
    "triage": _triage,
    "agent’s note": _agent_note,
    "agent’s draft": _agent_draft,
    "share link": _share_link,
    "picture on a note": _picture,
    "question": _question,
    "subscription": _subscription,
    "escalation": _escalation,
    "line": _stop,
    "paused work": _paused,
    "obligation": _obligation,
    "review": _review,
    "item": _item,
    **{name: _sheet(name) for name in SHEETS},
}
