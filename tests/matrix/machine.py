"""Everything that can be done, by anybody, in any order: a state machine over the actions.

A step is one action by one person. Refusals are answers; anything else raised fails the run. After
each step ``truths.untrue_of`` looks at the incident that was touched, at the end at all of them.
The world of a run lives in one transaction that is rolled back.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from typing import Any

from django.db import models, transaction
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from clock.actions import set_offset
from clock.queries import now
from deadlines.actions import sweep
from incidents.board.actions import add_card, change_card, extend_time_box, move_card, swap_cards
from incidents.board.models import Card, Column, Risk
from incidents.endstate.actions import write_end_state
from incidents.endstate.models import Signal
from incidents.endstate.signals import add_signal, record_samples
from incidents.escalations.actions import acknowledge_escalation, escalate
from incidents.escalations.models import Escalation
from incidents.lifecycle.actions import AllClear, change_status, merge_incident
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.line.actions import add_stop_criterion, resume_line, stop_line
from incidents.record.models import Incident, Kind, RoleAssignment, RosterRole, Severity, Status
from incidents.roster.actions import assign_role, join, release_role
from incidents.roster.asks import COMMAND, WHAT, ask_who_may
from incidents.roster.command import accept_role, decline_role
from incidents.roster.permissions import who_leads
from incidents.roster.queries import roster
from incidents.sidework.actions import pause_work, settle_paused_work
from incidents.sidework.models import PausedWork
from incidents.updates.actions import publish_update
from incidents.updates.models import Question
from incidents.updates.questions import answer_question, ask_question, decline_question
from people.actions import create_or_change_person, deactivate_person, reactivate_person
from people.models import Role, User
from postmortems.items.actions import add_item
from postmortems.items.following import finish_item
from postmortems.items.models import ActionItem
from postmortems.review.actions import open_review
from refusals.errors import Forbidden, Invalid, NotVisible, Refused
from tests.matrix.truths import untrue_of, untrue_of_all

REFUSALS = (Refused, Forbidden, Invalid, NotVisible)
PEOPLE = {
    "maya": ("Maya Köhler", Role.RESPONDER),
    "tunde": ("Tunde Okafor", Role.RESPONDER),
    "ravi": ("Ravi Patel", Role.RESPONDER),
    "ada": ("Ada Quist", Role.ADMIN),
    "ingrid": ("Ingrid Vale", Role.STAKEHOLDER),
}
MANAGER = "ada"
"""She stays, so that there is always an heir."""

#: Who acts: whoever leads half of the time, so that runs get further than refusals.
actors = [*["leads"] * 6, *PEOPLE]
people = ["maya", "tunde", "ravi", *PEOPLE]
leavers = [one for one in PEOPLE if one != MANAGER]
places = range(3)
notes = ["", "Errors are down, the replica lags."]
minutes = [1, 3, 16, 70, 300, 1600]
columns = ["now", "now", *Column.values]


def say(untrue: list[str]) -> None:
    """Fail with everything that is not as it must be."""
    if untrue:
        raise AssertionError("; ".join(untrue))


def catch_up() -> None:
    """Enforcement takes every step that is due, and comes to an end."""
    for _ in range(30):
        swept = sweep()
        say([f"{swept.failed} deadlines failed"] if swept.failed else [])
        if swept.complete:
            return
    raise AssertionError("Enforcement does not come to an end.")


ACTS: list[tuple[str, dict[str, Sequence[Any]]]] = []


def act(often: int = 1, **words: Sequence[Any]) -> Callable[[Any], Any]:
    """Let a method be a step, each argument one of ``words``, ``often`` times as likely.

    One rule chooses among them all: Hypothesis leaves rules out of a run and prefers what it drew
    before, and what any two of them do together is the point here.
    """

    def step(method: Any) -> Any:
        ACTS.extend([(method.__name__, words)] * often)
        return method

    return step


class Together(RuleBasedStateMachine):
    """A small team, at most three incidents, and all that people do to them."""

    def __init__(self) -> None:
        super().__init__()
        self.world = transaction.atomic()
        self.world.__enter__()
        self.offset = 0.0
        self.touched: int | None = None
        for key, (name, role) in PEOPLE.items():
            User.objects.create_user(f"{key}@example.com", name=name, role=role)

    def teardown(self) -> None:
        """Look at everything once more, and forget it."""
        try:
            catch_up()
            untrue = untrue_of_all()
        finally:
            transaction.set_rollback(True)
            self.world.__exit__(None, None, None)
        say(untrue)

    # --- what the rules share

    def person(self, key: str, incident: Incident | None = None) -> User:
        """The person as stored now; ``leads`` is whoever leads ``incident``."""
        if key == "leads":
            leading = who_leads(roster(incident)) if incident is not None else []
            key = leading[0].email.partition("@")[0] if leading else "maya"
        found: User = User.objects.get(email=f"{key}@example.com")
        return found

    def incident(self, place: int) -> Incident:
        """One of the incidents, and the one that the truths are asked of."""
        found = list(Incident.objects.order_by("pk"))
        chosen = found[-1 - place % len(found)]
        self.touched = chosen.pk
        return chosen

    def part(self, rows: "models.QuerySet[Any]", place: int) -> Any:
        """One of the rows of an incident, or nothing where there is none."""
        found = list(rows.order_by("pk"))
        if not found:
            return None
        chosen = found[place % len(found)]
        self.touched = getattr(chosen, "incident_id", self.touched)
        return chosen

    def attempt(self, act: Callable[..., Any], *args: Any, **words: Any) -> Any:
        """Do it or be refused, whole; then ask what must be true."""
        answer = None
        try:
            with transaction.atomic():
                answer = act(*args, **words)
        except REFUSALS:
            pass
        if self.touched is not None:
            say(untrue_of(Incident.objects.get(pk=self.touched)))
        return answer

    # --- beginning, joining, passing on

    @initialize(luck=st.randoms(use_true_random=True))
    def begins(self, luck: Random) -> None:
        """An incident; ``luck`` chooses everything that is done in this run."""
        self.luck = luck
        self.declares("maya", luck.choice(Severity.values), False, Kind.INCIDENT, 0)

    @act(
        2,
        who=people,
        severity=Severity.values,
        private=(False, True),
        kind=[Kind.INCIDENT, Kind.INCIDENT, Kind.NEAR_MISS, Kind.DRILL],
        hours_ago=[0, 0, 1, 30],
    )
    def declares(self, who: str, severity: str, private: bool, kind: str, hours_ago: int) -> None:
        if Incident.objects.count() >= 3:
            return
        declared = self.attempt(
            declare_incident,
            by=self.person(who),
            title="API calls fail",
            severity=severity,
            kind=kind,
            private=private,
            occurred_at=now() - timedelta(hours=hours_ago) if hours_ago else None,
        )
        if declared is not None:
            self.touched = declared.pk

    @act(who=people, place=places, role=["responder", "observer"])
    def joins(self, who: str, place: int, role: str) -> None:
        self.attempt(join, self.incident(place), by=self.person(who), role=role)

    @act(
        3,
        who=actors,
        place=places,
        person=people,
        role=["commander", "commander", *RosterRole.values],
        note=notes,
        afterwards=[False, False, False, True],
    )
    def assigns(
        self, who: str, place: int, person: str, role: str, note: str, afterwards: bool
    ) -> None:
        incident = self.incident(place)
        self.attempt(
            assign_role,
            incident,
            by=self.person(who, incident),
            role=role,
            person=self.person(person),
            note=note,
            occurred_at=now() if afterwards else None,
        )

    @act(3, place=places, accepts=[True, True, False], who=people)
    def answers_an_offer(self, place: int, accepts: bool, who: str) -> None:
        offer = self.part(RoleAssignment.objects.offered(), place)
        if offer is None:
            return
        by = User.objects.get(pk=offer.person_id) if accepts else self.person(who)
        self.attempt(accept_role if accepts else decline_role, offer.pk, by=by)

    @act(
        who=people,
        place=places,
        what=[COMMAND, COMMAND, *(act.value for act in WHAT)],
    )
    def asks_who_may(self, who: str, place: int, what: str) -> None:
        incident = self.incident(place)
        self.attempt(ask_who_may, incident, by=self.person(who), what=what, reason="It is worse.")

    @act(who=actors, place=places, note=notes)
    def releases(self, who: str, place: int, note: str) -> None:
        held = self.part(RoleAssignment.objects.active(), place)
        if held is not None:
            by = self.person(who, Incident.objects.get(pk=held.incident_id))
            self.attempt(release_role, held.pk, by=by, note=note)

    # --- leaving and coming back

    @act(who=leavers, to=["", *PEOPLE])
    def is_deactivated(self, who: str, to: str) -> None:
        heir = self.person(to) if to else None
        self.attempt(deactivate_person, self.person(who), by=self.person(MANAGER), to=heir)

    @act(2, who=leavers)
    def is_reactivated(self, who: str) -> None:
        self.attempt(reactivate_person, self.person(who), by=self.person(MANAGER))

    @act(who=leavers, role=[Role.STAKEHOLDER, Role.RESPONDER, Role.RESPONDER])
    def gets_another_account(self, who: str, role: str) -> None:
        self.attempt(create_or_change_person, f"{who}@example.com", role=role)

    # --- the board and the line

    @act(
        3,
        who=actors,
        place=places,
        owner=people,
        pair=["", *PEOPLE],
        column=columns,
        risk=Risk.values,
    )
    def adds_a_card(
        self, who: str, place: int, owner: str, pair: str, column: str, risk: str
    ) -> None:
        incident = self.incident(place)
        self.attempt(
            add_card,
            incident,
            by=self.person(who, incident),
            title="Cap the query",
            column=column,
            owner=self.person(owner),
            pair=self.person(pair) if pair else None,
            serves="end_state",
            expected_proof="5 %",
            proof="4 % errors",
            risk=risk,
        )

    @act(3, who=actors, place=places, to=columns)
    def moves_a_card(self, who: str, place: int, to: str) -> None:
        card = self.part(Card.objects.all(), place)
        if card is not None:
            by = self.person(who, card.incident)
            version = card.version
            self.attempt(move_card, card.pk, by=by, to=to, proof="4 % errors", version=version)

    @act(who=actors, place=places, other=places)
    def swaps_cards(self, who: str, place: int, other: int) -> None:
        card = self.part(Card.objects.filter(column=Column.NOW), place)
        start = self.part(Card.objects.exclude(column=Column.NOW), other)
        if card is not None and start is not None:
            self.touched = card.incident_id
            self.attempt(swap_cards, card.pk, by=self.person(who, card.incident), start=start.pk)

    @act(
        who=actors,
        place=places,
        field=["owner", "pair"],
        person=["", *PEOPLE],
        risk=["", *Risk.values],
    )
    def changes_a_card(self, who: str, place: int, field: str, person: str, risk: str) -> None:
        card = self.part(Card.objects.all(), place)
        if card is None:
            return
        fields: dict[str, Any] = {field: self.person(person) if person else None}
        if risk:
            fields["risk"] = risk
        by = self.person(who, card.incident)
        self.attempt(change_card, card.pk, by=by, version=card.version, **fields)

    @act(who=actors, place=places)
    def extends_a_card(self, who: str, place: int) -> None:
        card = self.part(Card.objects.filter(column=Column.NOW), place)
        if card is not None:
            by = self.person(who, card.incident)
            self.attempt(extend_time_box, card.pk, by=by, minutes=10, reason="Nearly there.")

    @act(who=actors, place=places, stops=(False, True))
    def stops_or_resumes(self, who: str, place: int, stops: bool) -> None:
        incident = self.incident(place)
        act = stop_line if stops else resume_line
        self.attempt(act, incident, by=self.person(who, incident), reason="Rows are lost.")

    @act(who=actors, place=places, value=[0.0, 3.0])
    def measures(self, who: str, place: int, value: float) -> None:
        """The end state, its signal, a stop criterion on it, and one sample."""
        incident = self.incident(place)
        by = self.person(who, incident)
        signal = Signal.objects.filter(incident=incident).first()
        if signal is None:
            self.attempt(write_end_state, incident, by=by, text="Calls work, no row is lost.")
            added = {"name": "Rows lost", "comparator": "=", "target": 0, "hold_s": 0}
            signal = self.attempt(add_signal, incident, by=by, **added)
            if signal is not None:
                words = {"signal": signal.pk, "comparator": ">", "threshold": 0.0}
                self.attempt(add_stop_criterion, incident, by=by, **words)
        if signal is not None:
            self.attempt(record_samples, signal.pk, by=by, samples=[(value, now())])

    # --- words

    @act(who=actors, place=places, acknowledges=(False, True))
    def escalates(self, who: str, place: int, acknowledges: bool) -> None:
        if acknowledges:
            escalation = self.part(Escalation.objects.filter(acknowledged_at=None), place)
            if escalation is not None:
                by = self.person(who, escalation.incident)
                self.attempt(acknowledge_escalation, escalation.pk, by=by)
            return
        incident = self.incident(place)
        self.attempt(escalate, incident, by=self.person(who, incident), text="The replica lags.")

    @act(
        who=actors,
        place=places,
        owner=people,
        outcome=["", "resumed", "dropped"],
    )
    def pauses_or_settles(self, who: str, place: int, owner: str, outcome: str) -> None:
        if outcome:
            work = self.part(PausedWork.objects.waiting(), place)
            if work is not None:
                by = self.person(who, work.incident)
                self.attempt(settle_paused_work, work.pk, by=by, outcome=outcome, note="Not now.")
            return
        incident = self.incident(place)
        self.attempt(
            pause_work,
            incident,
            by=self.person(who, incident),
            title="The re-index",
            owner=self.person(owner),
            why="Same database.",
        )

    @act(who=actors, place=places, in_min=[5, 15, 60], answers=(False, True))
    def publishes(self, who: str, place: int, in_min: int, answers: bool) -> None:
        incident = self.incident(place)
        waiting = Question.objects.waiting().filter(incident=incident)
        self.attempt(
            publish_update,
            incident,
            by=self.person(who, incident),
            statement="Three of four API calls fail.",
            status_text="Errors at 74 %.",
            hypothesis="We don’t know yet.",
            current_action="Reading the logs.",
            executive_summary="Most API calls fail; a team is on it.",
            next_update_at=now() + timedelta(minutes=in_min),
            answers=list(waiting.values_list("pk", flat=True)) if answers else (),
        )

    @act(who=people, place=places, words=["Since when?", "Until when?"])
    def asks(self, who: str, place: int, words: str) -> None:
        self.attempt(ask_question, self.incident(place), by=self.person(who), text=words)

    @act(who=actors, place=places, declines=(False, True))
    def settles_a_question(self, who: str, place: int, declines: bool) -> None:
        question = self.part(Question.objects.all(), place)
        if question is not None:
            act = decline_question if declines else answer_question
            by = self.person(who, question.incident)
            self.attempt(act, question.pk, by=by, text="Since two.")

    # --- what is said about it, and its life

    @act(who=actors, place=places, severity=Severity.values)
    def changes_severity(self, who: str, place: int, severity: str) -> None:
        incident = self.incident(place)
        self.attempt(change_incident, incident, by=self.person(who, incident), severity=severity)

    @act(
        who=actors,
        place=places,
        cadence=["interval", {"every_min": 5}, {"daily_at": "09:00", "reason": "Takes days."}],
    )
    def changes_cadence(self, who: str, place: int, cadence: Any) -> None:
        incident = self.incident(place)
        self.attempt(change_incident, incident, by=self.person(who, incident), cadence=cadence)

    @act(who=actors, place=places, private=(False, True))
    def opens_or_hides(self, who: str, place: int, private: bool) -> None:
        incident = self.incident(place)
        self.attempt(change_incident, incident, by=self.person(who, incident), private=private)

    @act(
        2,
        who=actors,
        place=places,
        to=[Status.RESOLVED, *(one for one in Status.values if one != Status.MERGED)],
        afterwards=[False, False, False, True],
    )
    def changes_status(self, who: str, place: int, to: str, afterwards: bool) -> None:
        incident = self.incident(place)
        self.attempt(
            change_status,
            incident,
            by=self.person(who, incident),
            to=to,
            reason="It came back, or it never was.",
            all_clear=AllClear("It works again.", statement="Three of four API calls failed."),
            override_reason="The vendor says so.",
            occurred_at=now() if afterwards else None,
        )

    @act(2, who=actors, place=places)
    def reopens(self, who: str, place: int) -> None:
        resolved = self.part(Incident.objects.filter(status=Status.RESOLVED), place)
        if resolved is not None:
            self.touched = resolved.pk
            by = self.person(who, resolved)
            self.attempt(change_status, resolved, by=by, to="identified", reason="It came back.")

    @act(2, who=actors, place=places, into=places)
    def merges(self, who: str, place: int, into: int) -> None:
        incident = self.incident(place)
        others = list(Incident.objects.open().exclude(pk=incident.pk)) or [incident]
        target = others[into % len(others)]
        by = self.person(who, incident)
        self.attempt(merge_incident, incident, by=by, into=target, reason="Same replica.")

    # --- afterwards

    @act(who=actors, place=places, owner=people)
    def adds_an_item(self, who: str, place: int, owner: str) -> None:
        incident = self.incident(place)
        by = self.person(who, incident)
        owned_by = self.person(owner)
        review = self.attempt(open_review, incident, by=by)
        if review is None or not owned_by.is_responder:
            return
        self.attempt(
            add_item,
            review,
            by=by,
            title="Limit every query in the ORM",
            type="guardrail",
            owner=owned_by,
            due_at=now() + timedelta(days=14),
            priority="p1",
            success_criterion="No query returns more than 10 000 rows.",
        )

    @act(who=people, place=places)
    def finishes_an_item(self, who: str, place: int) -> None:
        item = self.part(ActionItem.objects.all(), place)
        if item is not None:
            self.touched = item.postmortem.incident_id
            self.attempt(finish_item, item.pk, by=self.person(who), note="Merged.")

    @act(2, later=minutes)
    def time_passes(self, later: int) -> None:
        """The clock moves on and enforcement catches up."""
        self.offset += later * 60
        set_offset(self.offset)
        catch_up()
        self.attempt(lambda: None)

    @rule()
    def step(self) -> None:
        """One action by one person."""
        name, choices = self.luck.choice(ACTS)
        words = {each: self.luck.choice(values) for each, values in choices.items()}
        note(f"{name}({', '.join(f'{each}={value!r}' for each, value in words.items())})")
        getattr(self, name)(**words)
