"""Every action on an incident, in any order by anybody, and what must hold after each step."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from clock.actions import set_offset
from clock.models import Offset
from clock.queries import now
from deadlines.actions import sweep
from deadlines.queries import check_books
from incidents.agents.actions import (
    confirm_note,
    drop_draft,
    reject_note,
    write_draft,
)
from incidents.agents.models import AgentNote
from incidents.approvals.actions import approve_change, ask_approval
from incidents.asks.actions import ask_who_may
from incidents.board.actions import add_card, change_card, move_card, swap_cards
from incidents.cards.models import Card, Column, Risk
from incidents.changes.actions import withdraw_change
from incidents.changes.models import Change
from incidents.deployments.actions import report_deployment
from incidents.deployments.suspecting import suspect_deployment
from incidents.endstate.actions import write_end_state
from incidents.escalations.actions import acknowledge_escalation, escalate
from incidents.hypotheses.actions import add_evidence, add_hypothesis
from incidents.hypotheses.models import HypothesisState
from incidents.lifecycle.actions import AllClear, change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.expected import expect_back
from incidents.lifecycle.merging import merge_incident
from incidents.lifecycle.notes import add_note
from incidents.line.actions import resume_line, stop_line
from incidents.obligations.actions import file_obligation, start_obligation
from incidents.obligations.models import Obligation
from incidents.outcomes.actions import finish_change, roll_back, start_change
from incidents.outcomes.leading import allow_second_change, give_go
from incidents.record.models import (
    Incident,
    RoleAssignment,
    RosterRole,
    Service,
    Status,
)
from incidents.record.timeline import verify
from incidents.roster.actions import assign_role, join, release_role
from incidents.roster.command import accept_role, ask_commander, decline_role
from incidents.roster.queries import commander_of
from incidents.sidework.actions import pause_work, settle_paused_work
from incidents.sidework.models import PausedWork
from incidents.updates.questions import answer_question, ask_question
from people.actions import change_role, deactivate_person, issue_token, reactivate_person
from people.models import ApiToken, Scope, User
from refusals.errors import Forbidden, Invalid, NotVisible, Refused, TooMany
from tests.incidents.cast import publish, written
from tests.matrix.holding import holds

SAYS_NO = (Refused, Forbidden, Invalid, NotVisible, TooMany)
PEOPLE = st.integers(0, 5)
PICK = st.integers(0, 40)
CLEAR = AllClear(executive_summary="It works again.", statement="Calls failed.")


CHANGING: list[Callable[[Change, User], Any]] = [
    lambda change, by: approve_change(change.pk, by=by),
    lambda change, by: start_change(change.pk, by=by),
    lambda change, by: finish_change(change.pk, by=by, outcome="as_expected"),
    lambda change, by: finish_change(change.pk, by=by, outcome="not_as_expected"),
    lambda change, by: roll_back(change.pk, by=by),
    lambda change, by: withdraw_change(change.pk, by=by),
    lambda change, by: give_go(change.incident, by=by, reason="We know why."),
    lambda change, by: allow_second_change(change.incident, by=by, reason="Apart."),
]


SUGGESTING: list[Callable[[Incident, User], Any]] = [
    lambda incident, by: add_note(incident, by=by, text="Retries make up 61 %."),
    lambda incident, by: write_draft(incident, by=by, status_text="Reads are back."),
    lambda incident, by: add_card(incident, by=by, title="Scale up", risk="safe"),
    lambda incident, by: add_hypothesis(incident, by=by, text="A replica fell behind"),
    lambda incident, by: escalate(incident, by=by, text="Rows are lost."),
    # What nobody allowed.
    lambda incident, by: join(incident, by=by),
    lambda incident, by: publish(incident, by),
]


def _agents_of(person: User) -> "QuerySet[ApiToken]":
    """The tokens of the agents that somebody answers for, which open something."""
    standing = ApiToken.objects.filter(user=person, revoked_at=None)
    return standing.filter(scopes__contains=[Scope.AGENT])


class Incidents(RuleBasedStateMachine):
    """Six people, of whom the last is the administrator, and as many incidents as they declare."""

    people: list[User]

    @initialize()
    def begin(self) -> None:
        """One incident, everybody here, the clock at zero."""
        Offset.objects.all().delete()
        self.offset = 0.0
        for person in self.people:
            User.objects.filter(pk=person.pk).update(is_active=True, role=person.role)
        self.touched: set[int] = set()
        self.ids: list[int] = []
        self._declare(0, "sev2")

    # How a step is taken

    def who(self, index: int) -> User:
        """Somebody, as they are stored now."""
        person: User = User.objects.get(pk=self.people[index % len(self.people)].pk)
        return person

    def one(self, index: int) -> Incident:
        """An incident of this run."""
        pk = self.ids[index % len(self.ids)]
        self.touched.add(pk)
        return Incident.objects.get(pk=pk)

    def attempt(self, act: Callable[[], Any]) -> Any:
        """Run an action; that a rule says no is an answer, anything else is a fault."""
        try:
            with transaction.atomic():
                return act()
        except SAYS_NO:
            return None

    def _declare(self, who: int, severity: str) -> None:
        made = self.attempt(
            lambda: declare_incident(by=self.who(who), title="Calls fail", severity=severity)
        )
        if made is not None:
            self.ids.append(made.pk)
            self.touched.add(made.pk)

    # What people do

    @rule(who=PEOPLE, severity=st.sampled_from(["sev1", "sev3"]))
    def declare(self, who: int, severity: str) -> None:
        """Open another war room, three at most."""
        if len(self.ids) < 3:
            self._declare(who, severity)

    @rule(which=PICK, who=PEOPLE, role=st.sampled_from(["responder", "observer"]))
    def come(self, which: int, who: int, role: str) -> None:
        """Join."""
        incident = self.one(which)
        self.attempt(lambda: join(incident, by=self.who(who), role=role))

    @rule(which=PICK, who=PEOPLE, whom=PEOPLE, role=st.sampled_from(RosterRole.values))
    def name(self, which: int, who: int, whom: int, role: str) -> None:
        """Name somebody to a role."""
        incident = self.one(which)
        self.attempt(
            lambda: assign_role(
                incident, by=self.who(who), role=role, person=self.who(whom), note="Over."
            )
        )

    @rule(which=PICK, accepts=st.booleans())
    def answer_offer(self, which: int, accepts: bool) -> None:
        """Whoever was offered command answers."""
        incident = self.one(which)
        offer = RoleAssignment.objects.offered().filter(incident=incident).first()
        if offer is not None:
            act = accept_role if accepts else decline_role
            self.attempt(lambda: act(offer.pk, by=self.who_is(offer.person_id)))

    def who_is(self, pk: int) -> User:
        """An account by its key."""
        person: User = User.objects.get(pk=pk)
        return person

    @rule(which=PICK, who=PEOPLE, index=PICK)
    def release(self, which: int, who: int, index: int) -> None:
        """End some role."""
        incident = self.one(which)
        held = list(incident.roles.filter(ended_at=None).order_by("pk"))
        if held:
            role = held[index % len(held)]
            self.attempt(lambda: release_role(role.pk, by=self.who(who), note="Off."))

    @rule(which=PICK, who=PEOPLE)
    def ask_for_command(self, which: int, who: int) -> None:
        """Ask whether the commander is there."""
        incident = self.one(which)
        self.attempt(lambda: ask_commander(incident, by=self.who(who)))

    @rule(which=PICK, who=PEOPLE)
    def ask_for_severity(self, which: int, who: int) -> None:
        """Ask who may."""
        incident = self.one(which)
        self.attempt(
            lambda: ask_who_may(incident, by=self.who(who), what="severity", reason="Worse.")
        )

    @rule(who=st.integers(0, 4), reads_along=st.booleans())
    def leave_for_good(self, who: int, reads_along: bool) -> None:
        """The administrator deactivates somebody, or makes a stakeholder of them."""
        self.touched |= set(self.ids)
        person = self.who(who)
        if reads_along:
            self.attempt(lambda: change_role(person, "stakeholder", by=self.who(5)))
        else:
            self.attempt(lambda: deactivate_person(person, by=self.who(5)))

    @rule(who=st.integers(0, 4))
    def come_back(self, who: int) -> None:
        """The administrator lets somebody sign in again, as a responder."""
        self.attempt(lambda: reactivate_person(self.who(who), by=self.who(5)))
        self.attempt(lambda: change_role(self.who(who), "responder", by=self.who(5)))

    @rule(which=PICK, who=PEOPLE, owner=PEOPLE, column=st.sampled_from(Column.values))
    def write_card(self, which: int, who: int, owner: int, column: str) -> None:
        """Capture a card."""
        incident = self.one(which)
        self.attempt(
            lambda: add_card(
                incident,
                by=self.who(who),
                title="Look",
                column=column,
                owner=self.who(owner),
                risk="read_only",
                serves="end_state",
                expected_proof="a line",
                proof="The log of 02:47" if column == "done" else "",
            )
        )

    def card(self, incident: Incident, index: int) -> Card | None:
        """Some card of an incident."""
        cards = list(incident.cards.order_by("pk"))
        return cards[index % len(cards)] if cards else None

    @rule(which=PICK, who=PEOPLE, index=PICK, to=st.sampled_from(Column.values))
    def put_card(self, which: int, who: int, index: int, to: str) -> None:
        """Move a card."""
        card = self.card(self.one(which), index)
        if card is not None:
            self.attempt(
                lambda: move_card(
                    card.pk, by=self.who(who), to=to, proof="A line of it", version=card.version
                )
            )

    @rule(which=PICK, who=PEOPLE, index=PICK, whom=PEOPLE, field=st.sampled_from(["owner", "pair"]))
    def give_card(self, which: int, who: int, index: int, whom: int, field: str) -> None:
        """Name another owner or pair."""
        card = self.card(self.one(which), index)
        if card is not None:
            self.attempt(
                lambda: change_card(
                    card.pk, by=self.who(who), version=card.version, **{field: self.who(whom)}
                )
            )

    @rule(which=PICK, who=PEOPLE, index=PICK, other=PICK)
    def swap(self, which: int, who: int, index: int, other: int) -> None:
        """Park one and start another."""
        incident = self.one(which)
        card, start = self.card(incident, index), self.card(incident, other)
        if card is not None and start is not None:
            self.attempt(lambda: swap_cards(card.pk, by=self.who(who), start=start.pk))

    @rule(which=PICK, who=PEOPLE, state=st.sampled_from(HypothesisState.values))
    def think(self, which: int, who: int, state: str) -> None:
        """Write down what may cause it, and what the evidence says."""
        incident = self.one(which)
        thought = self.attempt(lambda: add_hypothesis(incident, by=self.who(who), text="Retries"))
        if thought is not None:
            self.attempt(
                lambda: add_evidence(thought.pk, by=self.who(who), state=state, text="The graph")
            )

    @rule(which=PICK, who=PEOPLE, index=PICK, risk=st.sampled_from(Risk.values))
    def write(self, which: int, who: int, index: int, risk: str) -> None:
        """Say how risky a card is, write its change, and ask for its approval."""
        card = self.card(self.one(which), index)
        if card is not None:
            self.attempt(
                lambda: change_card(card.pk, by=self.who(who), version=card.version, risk=risk)
            )
            self.attempt(lambda: written(card, self.who(who), hypothesis="Retries", risk="Rows"))
            change = card.changes.unfinished().first()
            if change is not None:
                self.attempt(lambda: ask_approval(change.pk, by=self.who(who)))

    @rule(which=PICK, who=PEOPLE, index=PICK, act=st.sampled_from(CHANGING))
    def alter(self, which: int, who: int, index: int, act: Callable[..., Any]) -> None:
        """Approve a change, start it, finish it, roll it back, take it back, say go."""
        incident = self.one(which)
        changes = list(incident.changes.order_by("-pk"))
        if not changes:
            return
        change = changes[index % len(changes)]
        self.attempt(lambda: act(change, self.who(who)))

    @rule(which=PICK, who=PEOPLE, minutes=st.sampled_from([None, 2, 45]))
    def expect(self, which: int, who: int, minutes: int | None) -> None:
        """Say when it is expected back, or that nobody knows."""
        incident = self.one(which)
        at = now() + timedelta(minutes=minutes) if minutes else None
        self.attempt(lambda: expect_back(incident, by=self.who(who), at=at, reason="We know."))

    @rule(which=PICK, who=PEOPLE)
    def suspect(self, which: int, who: int) -> None:
        """Name the service, and take what went live in it for the cause."""
        incident, by = self.one(which), self.who(who)
        service, _ = Service.objects.get_or_create(slug="export", defaults={"name": "Export"})
        self.attempt(lambda: change_incident(incident, by=by, services=[service]))
        live = self.attempt(
            lambda: report_deployment(by=by, service=service, version="v118", at=now())
        )
        if live is not None:
            self.attempt(lambda: suspect_deployment(incident, live[0].pk, by=by))

    @rule(which=PICK, who=PEOPLE, act=st.sampled_from(SUGGESTING))
    def suggest(self, which: int, who: int, act: Callable[[Incident, User], Any]) -> None:
        """An agent that somebody answers for says something."""
        incident, by = self.one(which), self.who(who)
        if not _agents_of(by).exists():
            self.attempt(lambda: issue_token(by, name="Watchtower", scopes=("agent",)))
        by.token = _agents_of(by).first()
        if by.token is not None:
            self.attempt(lambda: act(incident, by))

    @rule(which=PICK, who=PEOPLE, is_right=st.booleans())
    def judge(self, which: int, who: int, is_right: bool) -> None:
        """Confirm what an agent noted or say that it is wrong; drop its draft; switch agents."""
        incident, by = self.one(which), self.who(who)
        note = AgentNote.objects.filter(incident=incident, is_confirmed=None).first()
        settle = confirm_note if is_right else reject_note
        if note is not None:
            self.attempt(lambda: settle(incident, note.seq, by=by))
            return
        draft = incident.drafts.filter(dropped_at=None).first()
        if draft is not None and not is_right:
            self.attempt(lambda: drop_draft(draft.pk, by=by))
        self.attempt(lambda: change_incident(incident, by=by, agents=is_right))

    @rule(which=PICK, who=PEOPLE)
    def stop(self, which: int, who: int) -> None:
        """Stop the line."""
        incident = self.one(which)
        self.attempt(lambda: stop_line(incident, by=self.who(who), reason="Errors rise."))

    @rule(which=PICK, who=PEOPLE)
    def resume(self, which: int, who: int) -> None:
        """Let it go on."""
        incident = self.one(which)
        self.attempt(lambda: resume_line(incident, by=self.who(who), reason="It was the probe."))

    @rule(which=PICK, who=PEOPLE)
    def speak_up(self, which: int, who: int) -> None:
        """Escalate."""
        incident = self.one(which)
        self.attempt(lambda: escalate(incident, by=self.who(who), text="I am stuck."))

    @rule(which=PICK, who=PEOPLE)
    def hear(self, which: int, who: int) -> None:
        """Acknowledge."""
        one = self.one(which).escalations.waiting().first()
        if one is not None:
            self.attempt(lambda: acknowledge_escalation(one.pk, by=self.who(who)))

    @rule(which=PICK, who=PEOPLE, owner=PEOPLE)
    def pause(self, which: int, who: int, owner: int) -> None:
        """Pause side work."""
        incident = self.one(which)
        self.attempt(
            lambda: pause_work(
                incident, by=self.who(who), title="Migration", owner=self.who(owner), why="Hands."
            )
        )

    @rule(which=PICK, who=PEOPLE)
    def settle(self, which: int, who: int) -> None:
        """Resume side work."""
        work = PausedWork.objects.waiting().filter(incident=self.one(which)).first()
        if work is not None:
            self.attempt(
                lambda: settle_paused_work(work.pk, by=self.who(who), outcome="resumed", note="Go.")
            )

    @rule(which=PICK, who=PEOPLE, owner=PEOPLE)
    def start_clock(self, which: int, who: int, owner: int) -> None:
        """Write down what has to be filed."""
        incident, due_at = self.one(which), now() + timedelta(hours=72)
        self.attempt(
            lambda: start_obligation(
                incident,
                by=self.who(who),
                name="Tell them",
                aware_at=now(),
                due_at=due_at,
                owner=self.who(owner),
            )
        )

    @rule(which=PICK, who=PEOPLE)
    def file(self, which: int, who: int) -> None:
        """File it."""
        owed = Obligation.objects.owed().filter(incident=self.one(which)).first()
        if owed is not None:
            self.attempt(lambda: file_obligation(owed.pk, by=self.who(who), reference="A-7"))

    @rule(which=PICK, who=PEOPLE)
    def publish(self, which: int, who: int) -> None:
        """Publish an update."""
        incident = self.one(which)
        self.attempt(lambda: publish(incident, self.who(who)))

    @rule(which=PICK, who=PEOPLE)
    def ask(self, which: int, who: int) -> None:
        """Ask as a stakeholder would."""
        incident = self.one(which)
        self.attempt(lambda: ask_question(incident, by=self.who(who), text="Since when?"))

    @rule(which=PICK, who=PEOPLE)
    def answer(self, which: int, who: int) -> None:
        """Answer the oldest question."""
        question = self.one(which).questions.waiting().first()
        if question is not None:
            self.attempt(
                lambda: answer_question(question.pk, by=self.who(who), text="Since two o’clock.")
            )

    @rule(which=PICK, who=PEOPLE, severity=st.sampled_from(["sev1", "sev2", "sev3", "sev4"]))
    def weigh(self, which: int, who: int, severity: str) -> None:
        """Change the severity."""
        incident = self.one(which)
        self.attempt(lambda: change_incident(incident, by=self.who(who), severity=severity))

    @rule(which=PICK, who=PEOPLE, private=st.booleans())
    def hide(self, which: int, who: int, private: bool) -> None:
        """Make it private, or open it."""
        incident = self.one(which)
        self.attempt(lambda: change_incident(incident, by=self.who(who), private=private))

    @rule(which=PICK, who=PEOPLE)
    def say_what_good_looks_like(self, which: int, who: int) -> None:
        """Write the end state."""
        incident = self.one(which)
        self.attempt(lambda: write_end_state(incident, by=self.who(who), text="Calls work."))

    @rule(which=PICK, who=PEOPLE)
    def note(self, which: int, who: int) -> None:
        """Write a line."""
        incident = self.one(which)
        self.attempt(lambda: add_note(incident, by=self.who(who), text="Looking."))

    @rule(
        which=PICK,
        who=PEOPLE,
        to=st.sampled_from(
            [one for one in Status.values if one not in (Status.MERGED, Status.CLOSED)]
            + [Status.RESOLVED, Status.INVESTIGATING] * 2
        ),
    )
    def go(self, which: int, who: int, to: str) -> None:
        """Move it along its life: resolving, cancelling and reopening too, by whoever leads."""
        self._go(self.one(which), who, to)

    @rule(which=PICK, who=PEOPLE)
    def end_or_return(self, which: int, who: int) -> None:
        """Resolve it, or go back to work on a resolved one."""
        incident = self.one(which)
        over = incident.status == Status.RESOLVED
        self._go(incident, who, Status.INVESTIGATING if over else Status.RESOLVED)

    def _go(self, incident: Incident, who: int, to: str) -> None:
        leads = commander_of(incident)
        by = leads if leads is not None and who % 2 else self.who(who)
        self.attempt(
            lambda: change_status(
                incident,
                by=by,
                to=to,
                reason="Because.",
                all_clear=CLEAR,
                override_reason="The probe is slow.",
            )
        )

    @rule(which=PICK)
    def come_to_an_end(self, which: int) -> None:
        """Whoever leads resolves it."""
        incident = self.one(which)
        leads = commander_of(incident)
        if leads is not None:
            self.attempt(
                lambda: change_status(
                    incident, by=leads, to="resolved", all_clear=CLEAR, override_reason="Slow."
                )
            )

    @rule(which=PICK, who=PEOPLE)
    def take_up_again(self, which: int, who: int) -> None:
        """Reopen what is resolved."""
        incident = self.one(which)
        if incident.status == Status.RESOLVED:
            self.attempt(
                lambda: change_status(
                    incident, by=self.who(who), to="identified", reason="It came back."
                )
            )

    @rule(which=PICK, into=PICK, who=PEOPLE)
    def merge(self, which: int, into: int, who: int) -> None:
        """Merge one into another."""
        incident, target = self.one(which), self.one(into)
        self.attempt(
            lambda: merge_incident(incident, by=self.who(who), into=target, reason="One cause.")
        )

    @rule(minutes=st.sampled_from([1, 3, 16, 90]))
    def wait(self, minutes: int) -> None:
        """Let time pass, and sweep."""
        self.offset += timedelta(minutes=minutes).total_seconds()
        set_offset(self.offset)
        self.touched |= set(self.ids)
        sweep()

    # What must hold

    @invariant()
    def what_must_hold(self) -> None:
        """Look at every incident that the step touched."""
        for pk in self.touched:
            holds(Incident.objects.get(pk=pk))
        self.touched = set()

    def teardown(self) -> None:
        """Look at all of them, at the record, and at the books."""
        for pk in getattr(self, "ids", []):
            incident = Incident.objects.get(pk=pk)
            holds(incident)
            assert verify(incident) is None
        sweep()
        # Nothing sends mail here, so what waits to be sent is no fault.
        wrong = [one for one in check_books() if "deliveries" not in one]
        assert wrong == [], wrong
        Offset.objects.all().delete()
