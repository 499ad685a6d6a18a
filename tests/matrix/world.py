"""One incident in which everything is open at once, and words for the state of each thing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.test import Client

from alerts.actions import take_alerts
from alerts.models import Alert, AlertGroup
from alerts.reports import Heard, Report, digest_of
from clock.queries import now
from deadlines.actions import sweep
from deadlines.kinds import Step, kind_named
from deadlines.models import Deadline
from incidents.agents.actions import write_draft
from incidents.agents.queries import agent_columns, drafts_in, unconfirmed_in
from incidents.approvals.actions import ask_approval
from incidents.attachments.models import Attachment
from incidents.board.actions import add_card
from incidents.cards.models import Card
from incidents.changes.models import Change
from incidents.deployments.actions import report_deployment
from incidents.deployments.queries import recent_changes
from incidents.deployments.suspecting import suspect_deployment
from incidents.endstate.actions import write_end_state
from incidents.escalations.actions import escalate
from incidents.hypotheses.actions import add_evidence, add_hypothesis
from incidents.invitations.actions import invite
from incidents.invitations.queries import invited_to
from incidents.lifecycle.actions import AllClear, change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.expected import expect_back
from incidents.lifecycle.merging import merge_incident
from incidents.lifecycle.notes import add_note
from incidents.line.actions import stop_line
from incidents.line.queries import stop_of
from incidents.obligations.actions import start_obligation
from incidents.obligations.models import Obligation
from incidents.record.models import Incident, RoleAssignment, Service, SeverityPolicy
from incidents.roster.actions import assign_role, join, release_role
from incidents.roster.command import accept_role, ask_commander
from incidents.roster.permissions import who_leads
from incidents.roster.queries import roster
from incidents.sharing.actions import share_incident
from incidents.sidework.actions import pause_work
from incidents.updates.questions import ask_question
from notifications.models import Delivery
from people.actions import change_role, deactivate_person, issue_token
from people.models import Role, User
from postmortems.items.actions import add_item
from postmortems.items.models import ActionItem
from postmortems.review.actions import open_review
from postmortems.review.models import Postmortem
from refusals.errors import Forbidden, Refused
from stakeholders.subscriptions.actions import subscribe
from stakeholders.subscriptions.models import Subscription
from tests.conftest import Clock, make_person
from tests.incidents.attachments.files import brought
from tests.incidents.cast import approved, publish, ready, start, written
from tests.programs import Program

CLEAR = AllClear(executive_summary="Calls work again.")


@dataclass
class World:
    """The incident, its people by what they hold, and how to let time pass."""

    incident: Incident
    people: dict[str, User]
    clock: Clock
    cards: dict[str, Card] = field(default_factory=dict)
    offer: RoleAssignment | None = None
    agent: Program = field(default_factory=lambda: Program(""))
    moved_to: Incident | None = None
    link: str = ""
    file: Attachment | None = None

    def who(self, name: str) -> User:
        """Somebody by what they held in the beginning."""
        return self.people[name]

    @property
    def fresh(self) -> Incident:
        """The incident as it is stored."""
        return Incident.objects.get(pk=self.incident.pk)


ACCOUNTS = {"admin": Role.ADMIN, "asker": Role.STAKEHOLDER, "helper": Role.STAKEHOLDER}
SEATS = ("commander", "fix_owner", "deputy", "communications", "scribe")


def open_everything(clock: Clock) -> World:
    """A reopened incident with a review, an item, every seat, card, question and pause there is."""
    names = (*SEATS, "digger", "pair", "newcomer", "invited", "answering")
    people = {
        name: make_person(
            f"m-{name.replace('_', '-')}",
            f"{name.replace('_', ' ').title()} Matrix",
            ACCOUNTS.get(name, Role.RESPONDER),
        )
        for name in (*names, *ACCOUNTS)
    }
    lead = people["commander"]
    incident = declare_incident(by=lead, title="Calls fail", severity="sev2")
    write_end_state(incident, by=lead, text="Calls work.")
    publish(incident, lead)
    file = brought(incident, lead)
    add_note(incident, by=lead, text="Errors at 02:31.", attachments=[file.pk])
    change_status(
        incident, by=lead, to="resolved", all_clear=CLEAR, override_reason="Matrix starts twice."
    )
    review = Postmortem.objects.filter(incident=incident).first() or open_review(incident, by=lead)
    change_status(incident, by=lead, to="investigating", reason="It came back.")
    incident = Incident.objects.get(pk=incident.pk)
    for name in ("fix_owner", "deputy", "communications", "scribe", "helper"):
        assign_role(incident, by=lead, role=name, person=people[name])
    join(incident, by=people["digger"])
    join(incident, by=people["pair"])
    world = World(incident, people, clock, file=file)
    world.cards["now"] = start(
        ready(incident, people["digger"], "Cap the query", pair=people["pair"]), people["digger"]
    )
    world.cards["next"] = ready(incident, people["digger"], "Then look")
    world.cards["parked"] = add_card(
        incident, by=people["digger"], title="Later", column="parked", owner=people["digger"]
    )
    world.cards["done"] = add_card(
        incident,
        by=people["digger"],
        title="Seen",
        column="done",
        owner=people["digger"],
        risk="read_only",
        proof="The log of 02:47",
    )
    for name in ("change", "approval"):
        world.cards[name] = ready(
            incident,
            people["fix_owner"],
            f"Drop it, {name}",
            risk="destructive",
            pair=people["scribe"],
        )
    approved(world.cards["change"], people["fix_owner"], lead)
    asked = written(world.cards["approval"], people["fix_owner"], hypothesis="H", risk="Rows")
    ask_approval(asked.pk, by=people["fix_owner"])
    add_evidence(
        add_hypothesis(incident, by=lead, text="The index").pk,
        by=lead,
        state="ruled_out",
        text="It is whole.",
    )
    ask_question(incident, by=people["asker"], text="Is data lost?")
    subscribe(by=people["asker"], to="incident", way="email", ref=incident.ref)
    escalate(incident, by=people["scribe"], text="The replica lags.")
    pause_work(incident, by=lead, title="Migration", owner=people["digger"], why="Hands.")
    add_item(
        review,
        by=lead,
        title="Limit every query to 1 000 rows in the ORM",
        type="guardrail",
        owner=people["digger"],
        due_at=now() + timedelta(days=20),
        priority="p1",
        success_criterion="No query reads more than 1 000 rows",
    )
    start_obligation(
        incident,
        by=lead,
        name="Tell the authority",
        aware_at=now(),
        due_at=now() + timedelta(hours=72),
        owner=people["digger"],
    )
    invite(incident, by=lead, people=[people["invited"]])
    world.offer = assign_role(
        incident, by=lead, role="commander", person=people["newcomer"], note="Yours."
    )
    _say_what_is_new(world)
    return world


def _say_what_is_new(world: World) -> None:
    """When it is expected back, what went live just before, an alert, what an agent leaves."""
    incident, lead = world.incident, world.who("commander")
    world.link = "/" + share_incident(incident, by=lead).url.split("/", 3)[3]
    expect_back(incident, by=lead, at=now() + timedelta(minutes=45))
    service = Service.objects.create(name="Export", slug="export")
    change_incident(incident, by=lead, services=[service])
    went_live, _ = report_deployment(
        by=lead, service=service, version="v118", at=now() - timedelta(minutes=3)
    )
    suspect_deployment(incident, went_live.pk, by=lead)
    AlertGroup.objects.create(
        service=service, tool="generic", digest=digest_of("export"), name="E", incident=incident
    )
    _fire(world, "Errors rise")
    token, secret = issue_token(world.who("answering"), name="Watchtower", scopes=("agent",))
    speaking: User = User.objects.get(pk=world.who("answering").pk)
    speaking.token = token
    add_note(incident, by=speaking, text="Retries make up 61 %.")
    write_draft(incident, by=speaking, status_text="Reads are back.")
    world.agent = Program(secret)


def _fire(world: World, name: str) -> Incident | None:
    """One more alert of the group that fires."""
    alert = Heard(identity=name, name=name)
    report = Report(tool="generic", key="export", title=name, severity="sev2", alerts=(alert,))
    return take_alerts(Service.objects.get(slug="export"), report, source="key 1")


# What happens


def _hand_over(world: World) -> None:
    assert world.offer is not None
    accept_role(world.offer.pk, by=world.who("newcomer"))


def _fall_silent(world: World) -> None:
    ask_commander(world.incident, by=world.who("scribe"))
    world.clock.advance(seconds=121)


def _leave(world: World, name: str, *, by: str) -> None:
    for role in ("fix_owner", "responder", "deputy", "communications", "scribe", "helper"):
        held = RoleAssignment.objects.active().filter(
            incident=world.incident, role=role, person=world.who(name)
        )
        for one in held:
            release_role(one.pk, by=world.who(by), note="Off to sleep.")


def _cancel(world: World) -> None:
    change_status(
        world.incident, by=world.who("commander"), to="cancelled", reason="The probe was wrong."
    )


def _resolve(world: World) -> None:
    change_status(
        world.incident,
        by=world.who("commander"),
        to="resolved",
        all_clear=CLEAR,
        override_reason="The probe is slow.",
    )


def _reopen(world: World) -> None:
    _resolve(world)
    change_status(
        world.incident, by=world.who("commander"), to="investigating", reason="It is back again."
    )


def _merge(world: World) -> None:
    world.moved_to = declare_incident(by=world.who("newcomer"), title="The same", severity="sev2")
    merge_incident(
        world.incident, by=world.who("commander"), into=world.moved_to, reason="One cause."
    )


def _changing(**fields: Any) -> Callable[[World], Any]:
    def act(world: World) -> None:
        change_incident(world.incident, by=world.who("commander"), **fields)

    return act


def _open_again(world: World) -> None:
    change_incident(world.incident, by=world.who("commander"), private=True)
    change_incident(world.incident, by=world.who("commander"), private=False)


def _rule_out(world: World) -> None:
    change = Change.objects.get(card=world.cards["change"])
    assert change.hypothesis is not None
    add_evidence(
        change.hypothesis.pk,
        by=world.who("commander"),
        state="ruled_out",
        text="Memory is flat.",
    )


def _rule_suspect_out(world: World) -> None:
    suspect = world.incident.suspects.get()
    add_evidence(
        suspect.hypothesis_id, by=world.who("digger"), state="ruled_out", text="It never ran."
    )


def _change_policy(world: World) -> None:
    SeverityPolicy.objects.filter(severity="sev2").update(
        update_interval_min=5, enforcement="warn", triage_window_min=60
    )


def _pass_every_due_time(world: World) -> None:
    world.clock.advance(hours=2)
    sweep()


HAPPENS: dict[str, Callable[[World], Any]] = {
    "another is declared": lambda world: declare_incident(
        by=world.who("newcomer"), title="Another", severity="sev1"
    ),
    "command is handed over": _hand_over,
    "whom it invited acts": lambda world: add_note(
        world.incident, by=world.who("invited"), text="On my way."
    ),
    "somebody joins": lambda world: join(world.incident, by=world.who("newcomer")),
    "the owner in Now leaves": lambda world: _leave(world, "digger", by="digger"),
    "the fix owner leaves": lambda world: _leave(world, "fix_owner", by="fix_owner"),
    "the pair is removed": lambda world: _leave(world, "pair", by="commander"),
    "the helper is removed": lambda world: _leave(world, "helper", by="commander"),
    "the commander is away": _fall_silent,
    "the commander is deactivated": lambda world: deactivate_person(
        world.who("commander"), by=world.who("admin")
    ),
    "the owner in Now is deactivated": lambda world: deactivate_person(
        world.who("digger"), by=world.who("admin")
    ),
    "the commander becomes a stakeholder": lambda world: change_role(
        world.who("commander"), Role.STAKEHOLDER, by=world.who("admin")
    ),
    "the owner in Now becomes a stakeholder": lambda world: change_role(
        world.who("digger"), Role.STAKEHOLDER, by=world.who("admin")
    ),
    "whom command was offered is deactivated": lambda world: deactivate_person(
        world.who("newcomer"), by=world.who("admin")
    ),
    "who was invited is deactivated": lambda world: deactivate_person(
        world.who("invited"), by=world.who("admin")
    ),
    "who was invited becomes a stakeholder": lambda world: change_role(
        world.who("invited"), Role.STAKEHOLDER, by=world.who("admin")
    ),
    "who answers for the agent is deactivated": lambda world: deactivate_person(
        world.who("answering"), by=world.who("admin")
    ),
    "who answers for the agent becomes a stakeholder": lambda world: change_role(
        world.who("answering"), Role.STAKEHOLDER, by=world.who("admin")
    ),
    "agents are switched off": _changing(agents=False),
    "an update is published": lambda world: publish(world.incident, world.who("commander")),
    "the cause is known": lambda world: change_status(
        world.incident, by=world.who("commander"), to="identified"
    ),
    "severity goes up": _changing(severity="sev1"),
    "severity goes down": _changing(severity="sev3"),
    "the cadence changes": _changing(cadence={"every_min": 10}),
    "the line stops": lambda world: stop_line(
        world.incident, by=world.who("scribe"), reason="Errors rise."
    ),
    "it is resolved": _resolve,
    "it is cancelled": _cancel,
    "it is merged": _merge,
    "it is resolved and reopened": _reopen,
    "it is made private": _changing(private=True),
    "it is opened to everybody": _open_again,
    "a hypothesis is ruled out": _rule_out,
    "the suspected deployment is ruled out": _rule_suspect_out,
    "the policy changes": _change_policy,
    "every due time passes": _pass_every_due_time,
}


# What is open


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
        incident = _fire(world, "Latency rises")
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
}
