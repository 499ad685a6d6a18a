"""One incident in which everything is open at once, and words for the state of each thing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from alerts.actions import take_alerts
from alerts.models import AlertGroup
from alerts.reports import Heard, Report, digest_of
from clock.queries import now
from deadlines.actions import sweep
from incidents.agents.actions import write_draft
from incidents.approvals.actions import ask_approval
from incidents.attachments.models import Attachment
from incidents.board.actions import add_card
from incidents.cards.models import Card
from incidents.changes.models import Change
from incidents.deployments.actions import report_deployment
from incidents.deployments.suspecting import suspect_deployment
from incidents.endstate.actions import write_end_state
from incidents.escalations.actions import escalate
from incidents.hypotheses.actions import add_evidence, add_hypothesis
from incidents.invitations.actions import invite
from incidents.lifecycle.actions import AllClear, change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.expected import expect_back
from incidents.lifecycle.merging import merge_incident
from incidents.lifecycle.notes import add_note
from incidents.line.actions import stop_line
from incidents.obligations.actions import start_obligation
from incidents.record.models import Incident, RoleAssignment, Service, SeverityPolicy
from incidents.roster.actions import assign_role, join, release_role
from incidents.roster.command import accept_role, ask_commander
from incidents.sharing.actions import share_incident
from incidents.sidework.actions import pause_work
from incidents.updates.questions import ask_question
from people.actions import change_role, deactivate_person, issue_token
from people.models import Role, User
from postmortems.items.actions import add_item
from postmortems.review.actions import open_review
from postmortems.review.models import Postmortem
from stakeholders.subscriptions.actions import subscribe
from tests.conftest import Clock, make_person
from tests.incidents.attachments.files import brought
from tests.incidents.cast import approved, publish, ready, start, written
from tests.matrix.sheets import Sheet, open_sheets
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
    sheets: dict[str, Sheet] = field(default_factory=dict)

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
    world.sheets = open_sheets(incident, lead, people["digger"], world.cards["next"])
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
    fire(world, "Errors rise")
    token, secret = issue_token(world.who("answering"), name="Watchtower", scopes=("agent",))
    speaking: User = User.objects.get(pk=world.who("answering").pk)
    speaking.token = token
    add_note(incident, by=speaking, text="Retries make up 61 %.")
    write_draft(incident, by=speaking, status_text="Reads are back.")
    world.agent = Program(secret)


def fire(world: World, name: str) -> Incident | None:
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
