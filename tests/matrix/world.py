"""One incident with everything open at once, and everything that can happen to it.

``OPEN`` reads what is open as a short plain value, ``EVENTS`` does what happens. What becomes of
each, in words, stands in ``cells``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from clock.actions import set_offset
from clock.queries import now
from deadlines.models import Deadline
from incidents.board.actions import add_card, move_card
from incidents.board.models import Card
from incidents.escalations.actions import escalate
from incidents.escalations.models import Escalation
from incidents.lifecycle.actions import AllClear, change_status, merge_incident
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.line.actions import resume_line, stop_line
from incidents.line.queries import stop_of
from incidents.record.models import Incident, RoleAssignment, Service, SeverityPolicy
from incidents.roster.actions import assign_role, join, release_role
from incidents.roster.command import accept_role
from incidents.sidework.actions import pause_work
from incidents.sidework.models import PausedWork
from incidents.updates.questions import ask_question
from people.actions import create_or_change_person, deactivate_person
from people.models import Role, User
from postmortems.items.actions import add_item
from postmortems.items.models import ActionItem
from postmortems.review.actions import open_review
from postmortems.review.models import Postmortem
from tests.conftest import make_policies
from tests.incidents.cast import publish
from tests.matrix.machine import catch_up

PEOPLE = {
    "maya": "commander",
    "ravi": "deputy",
    "tunde": "fix_owner",
    "jo": "communications",
    "kim": "scribe",
    "noor": "responder",
}


@dataclass
class World:
    """A SEV3 that was a SEV1, its people by their keys, and a second incident beside it."""

    incident: Incident
    other: Incident
    people: dict[str, User]
    promised_for: object = None
    is_declared_only: bool = False

    def person(self, key: str) -> User:
        """The person as stored now."""
        found: User = User.objects.get(pk=self.people[key].pk)
        return found

    def name(self, person_id: int | None) -> str:
        """The key of a person."""
        return next((key for key, one in self.people.items() if one.pk == person_id), "nobody")


def everything_open() -> World:
    """Make it: every seat, a promise, cards in every column, and whatever else can be open."""
    make_policies()
    people = {
        key: User.objects.create_user(f"{key}@example.com", name=key.title(), role=Role.RESPONDER)
        for key in (*PEOPLE, "new")
    }
    people["ada"] = User.objects.create_user("ada@example.com", name="Ada", role=Role.ADMIN)
    people["ingrid"] = User.objects.create_user(
        "ingrid@example.com", name="Ingrid", role=Role.STAKEHOLDER
    )
    service = Service.objects.create(name="Checkout", slug="checkout", owner=people["ada"])
    maya, noor = people["maya"], people["noor"]
    other = declare_incident(by=people["ada"], title="Replica lags", severity="sev2")
    incident = declare_incident(
        by=maya, title="API calls fail", severity="sev1", services=[service]
    )
    for key, role in PEOPLE.items():
        assign_role(incident, by=maya, role=role, person=people[key])
    assign_role(incident, by=maya, role="commander", person=people["ravi"], note="Yours.")
    publish(incident, by=people["jo"])
    change_incident(incident, by=maya, severity="sev3")
    ask_question(incident, by=people["ingrid"], text="Since when?")
    for key, title, risk, column in (
        ("noor", "Paired", "risky", "now"),
        ("tunde", "Alone", "risky", "now"),
        ("noor", "Next", "safe", "next"),
        ("noor", "Parked", "safe", "parked"),
        ("noor", "Done", "safe", "done"),
    ):
        card = add_card(
            incident,
            by=people[key],
            title=title,
            column="next" if column == "now" else column,
            owner=people[key],
            pair=people["kim"] if title == "Paired" else None,
            serves="end_state",
            expected_proof="5 %",
            proof="4 % errors" if column == "done" else "",
            risk=risk,
        )
        if column == "now":
            move_card(card.pk, by=people[key], to="now", version=card.version)
    escalate(incident, by=people["kim"], text="The replica lags.")
    pause_work(incident, by=maya, title="The re-index", owner=noor, why="Same database.")
    add_item(
        open_review(incident, by=maya),
        by=maya,
        title="Limit every query in the ORM",
        type="guardrail",
        owner=noor,
        due_at=now() + timedelta(days=14),
        priority="p1",
        success_criterion="No query returns more than 10 000 rows.",
    )
    stop_line(incident, by=noor, reason="Rows are lost.")
    incident.refresh_from_db()
    return World(incident, other, people, incident.next_update_at)


# --- what is open, as one short value each


def _deadline(world: World, kind: str, subject: int) -> str:
    found = Deadline.objects.open().filter(kind=kind, subject_id=subject).first()
    return f", owed by {world.name(found.owner_id)}" if found else ""


def _seat(role: str) -> Callable[[World], str]:
    asks = {"commander": "no_commander", "fix_owner": "fix_owner"}

    def read(world: World) -> str:
        held = RoleAssignment.objects.filter(incident=world.incident, role=role, ended_at=None)
        found = held.filter(accepted_at__isnull=False).first()
        if found is not None:
            return world.name(found.person_id)
        kind, pk = asks.get(role), world.incident.pk
        is_asked = Deadline.objects.open().filter(kind=kind, subject_id=pk).exists()
        return "nobody, asked for" if is_asked else "nobody"

    return read


def _offer(world: World) -> str:
    offers = RoleAssignment.objects.offered().filter(incident=world.incident)
    found = offers.first()
    owed = _deadline(world, "command_acceptance", world.incident.pk)
    return f"{world.name(found.person_id)}{owed}" if found else f"none{owed}"


def _promise(world: World) -> str:
    incident = Incident.objects.get(pk=world.incident.pk)
    owed = _deadline(world, "update", incident.pk)
    if incident.next_update_at is None:
        return f"none{owed}"
    when = "as promised"
    if incident.next_update_at != world.promised_for:
        later = incident.next_update_at > world.promised_for  # type: ignore[operator]
        when = "anew" if later or incident.status == "identified" else "sooner"
    return f"{when}{owed}"


def _cards(column: str) -> Callable[[World], str]:
    def read(world: World) -> str:
        said = []
        for card in Card.objects.filter(incident=world.incident).order_by("pk"):
            if not card.title.startswith({"now": ("Paired", "Alone")}.get(column, column.title())):
                continue
            pair = f" with {world.name(card.pair_id)}" if card.pair_id else ""
            marks = f" ({', '.join(card.marks)})" if card.marks else ""
            box = ", no time box" if card.column == "now" and not card.time_box_ends_at else ""
            said.append(f"{card.column} {world.name(card.owner_id)}{pair}{marks}{box}")
        return "; ".join(said) or "none"

    return read


def _question(world: World) -> str:
    found = world.incident.questions.first()
    if found is None:
        return "none"
    state = "answered" if found.answered_at else "declined" if found.declined_at else "waits"
    return state + _deadline(world, "question", found.pk)


def _escalation(world: World) -> str:
    found = Escalation.objects.filter(incident=world.incident).first()
    if found is None:
        return "none"
    owed = _deadline(world, "escalation", found.pk)
    return ("heard" if found.acknowledged_at else "waits" if owed else "let go") + owed


def _stop(world: World) -> str:
    return "stopped" if stop_of(world.incident) else "goes on"


def _paused(world: World) -> str:
    found = PausedWork.objects.filter(title="The re-index").first()
    if found is None or world.is_declared_only:
        return "none"
    where = "" if found.incident_id == world.incident.pk else " for the other"
    return f"{world.name(found.owner_id)}{where}" + _deadline(world, "paused_work", found.pk)


def _review(world: World) -> str:
    found = Postmortem.objects.filter(incident=world.incident).first()
    if found is None:
        return "none"
    return world.name(found.facilitator_id) + _deadline(world, "review", found.pk)


def _item(world: World) -> str:
    found = ActionItem.objects.filter(postmortem__incident=world.incident).first()
    if found is None:
        return "none"
    return world.name(found.owner_id) + _deadline(world, "action_item", found.pk)


OPEN: dict[str, Callable[[World], str]] = {
    "commander": _seat("commander"),
    "deputy": _seat("deputy"),
    "fix_owner": _seat("fix_owner"),
    "communications": _seat("communications"),
    "scribe": _seat("scribe"),
    "offer": _offer,
    "promise": _promise,
    "card_now": _cards("now"),
    "card_next": _cards("next"),
    "card_parked": _cards("parked"),
    "card_done": _cards("done"),
    "question": _question,
    "escalation": _escalation,
    "stop": _stop,
    "paused_work": _paused,
    "review": _review,
    "item": _item,
}
#: Who holds what, for those who leave.
HELD = {
    "maya": ("commander", "escalation", "review"),
    "ravi": ("deputy", "offer"),
    "tunde": ("fix_owner",),
    "jo": ("communications", "promise", "question"),
    "kim": ("scribe",),
    "noor": ("card_now", "card_next", "card_parked", "card_done", "stop", "paused_work", "item"),
}


def look(world: World) -> dict[str, str]:
    """Everything that is open, by its name."""
    return {name: read(world) for name, read in OPEN.items()}


# --- what happens


def _declared(world: World) -> None:
    declared = declare_incident(by=world.person("new"), title="Logins fail", severity="sev1")
    world.incident = declared
    world.is_declared_only = True
    world.promised_for = declared.next_update_at


def _handed_over(world: World) -> None:
    for offer in RoleAssignment.objects.offered().filter(incident=world.incident):
        accept_role(offer.pk, by=world.person("ravi"))


def _joined(world: World) -> None:
    join(world.incident, by=world.person("new"))


def _release(world: World, who: str, by: str) -> None:
    held = RoleAssignment.objects.active().filter(incident=world.incident, person=world.people[who])
    while (one := held.exclude(role="commander").order_by("pk").first()) is not None:
        release_role(one.pk, by=world.person(by), note="Going home.")


def _severity(to: str) -> Callable[[World], None]:
    def change(world: World) -> None:
        change_incident(world.incident, by=world.person("maya"), severity=to)

    return change


def _cadence(world: World) -> None:
    change_incident(world.incident, by=world.person("maya"), cadence={"every_min": 5})


def _stopped(world: World) -> None:
    resume_line(world.incident, by=world.person("maya"), reason="It was the probe.")
    stop_line(world.incident, by=world.person("kim"), reason="More rows are lost.")


def _resolved(world: World) -> None:
    change_status(
        world.incident,
        by=world.person("maya"),
        to="resolved",
        all_clear=AllClear("It works again."),
        override_reason="The vendor says so.",
    )


def _cancelled(world: World) -> None:
    change_status(world.incident, by=world.person("maya"), to="cancelled", reason="A probe broke.")


def _merged(world: World) -> None:
    merge_incident(
        world.incident, by=world.person("maya"), into=world.other, reason="Same replica."
    )


def _reopened(world: World) -> None:
    _resolved(world)
    change_status(world.incident, by=world.person("noor"), to="identified", reason="Back again.")


def _private(world: World) -> None:
    change_incident(world.incident, by=world.person("maya"), private=True)


def _public(world: World) -> None:
    _private(world)
    change_incident(world.incident, by=world.person("maya"), private=False)


def _policy(world: World) -> None:
    SeverityPolicy.objects.filter(severity="sev3").update(
        update_interval_min=5, enforcement="enforce", triage_window_min=5
    )


def _clock(world: World) -> None:
    set_offset(timedelta(hours=26).total_seconds())
    catch_up()


EVENTS: dict[str, Callable[[World], None]] = {
    "declared": _declared,
    "handed_over": _handed_over,
    "joined": _joined,
    "severity_up": _severity("sev1"),
    "severity_down": _severity("sev4"),
    "cadence": _cadence,
    "stopped": _stopped,
    "resolved": _resolved,
    "cancelled": _cancelled,
    "merged": _merged,
    "reopened": _reopened,
    "private": _private,
    "public": _public,
    "policy_changed": _policy,
    "past_due": _clock,
}
LEAVING: dict[str, Callable[[World, str], None]] = {
    "left": lambda world, who: _release(world, who, who),
    "removed": lambda world, who: _release(world, who, "ada" if who == "maya" else "maya"),
    "deactivated": lambda world, who: deactivate_person(world.person(who), by=world.person("ada")),
    "stakeholder": lambda world, who: _as_stakeholder(who),
}


def _as_stakeholder(who: str) -> None:
    create_or_change_person(f"{who}@example.com", role=Role.STAKEHOLDER)
