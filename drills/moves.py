"""The verbs that scripts are written with: each makes a step's function out of one action."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from clock.queries import now
from drills.script import Stage
from incidents.approvals.actions import approve_change, ask_approval
from incidents.board.actions import add_card, move_card
from incidents.cadence.intervals import latest_next_update
from incidents.changes.actions import write_change
from incidents.endstate.actions import agree_to_end_state, write_end_state
from incidents.endstate.signals import add_signal
from incidents.escalations.actions import acknowledge_escalation, escalate
from incidents.hypotheses.actions import add_evidence, add_hypothesis
from incidents.impact.actions import add_impact
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.expected import expect_back
from incidents.lifecycle.notes import add_note
from incidents.line.actions import add_stop_criterion, resume_line, stop_line
from incidents.outcomes.actions import finish_change, start_change
from incidents.roster.actions import assign_role, join
from incidents.roster.command import accept_command
from incidents.sidework.actions import pause_work
from incidents.updates.actions import AllClear, publish_update
from incidents.updates.questions import answer_question, ask_question

Move = Callable[[Stage], object]


def declares(
    who: str, title: str, severity: str, *services: str, impact_min_before: float | None = None
) -> Move:
    """``who`` declares; ``impact_min_before`` says how long it had hurt already."""

    def act(stage: Stage) -> object:
        stage.incident = declare_incident(
            by=stage.who(who),
            title=title,
            severity=severity,
            kind=stage.kind,
            services=[stage.services[slug] for slug in services],
            impact_started_at=(None if impact_min_before is None else stage.at(-impact_min_before)),
        )
        return stage.incident

    return act


def joins(who: str, role: str = "responder") -> Move:
    """``who`` joins the roster."""
    return lambda stage: join(stage.war_room, by=stage.who(who), role=role)


def names(by: str, role: str, person: str, note: str = "") -> Move:
    """``by`` puts ``person`` into a seat, with a note where somebody held it."""

    def act(stage: Stage) -> object:
        assign_role(
            stage.war_room, by=stage.who(by), role=role, person=stage.who(person), note=note
        )
        if role == "commander" and person != by:
            accept_command(stage.war_room, by=stage.who(person))
        return None

    return act


def changes(by: str, **fields: Any) -> Move:
    """``by`` changes fields of the incident."""
    return lambda stage: change_incident(stage.war_room, by=stage.acting(by), **fields)


def wants(by: str, text: str, *agreeing: str) -> Move:
    """``by`` writes the end state and others agree."""

    def act(stage: Stage) -> object:
        write_end_state(stage.war_room, by=stage.who(by), text=text)
        for who in agreeing:
            agree_to_end_state(stage.war_room, by=stage.who(who))
        return None

    return act


def agrees(who: str) -> Move:
    """``who`` agrees to the end state."""
    return lambda stage: agree_to_end_state(stage.war_room, by=stage.who(who))


def watches(by: str, key: str, name: str, comparator: str, target: float, **more: Any) -> Move:
    """``by`` ties a signal to the end state; scripts call it ``key``."""

    def act(stage: Stage) -> object:
        signal = add_signal(
            stage.war_room,
            by=stage.who(by),
            name=name,
            comparator=comparator,
            target=target,
            **more,
        )
        stage.signals[key] = signal.pk
        return signal

    return act


def stops_when(
    by: str, text: str, key: str = "", comparator: str = "", threshold: float | None = None
) -> Move:
    """``by`` writes down what stops the line, watched by the signal that scripts call ``key``."""
    return lambda stage: add_stop_criterion(
        stage.war_room,
        by=stage.who(by),
        text=text,
        signal=stage.signals[key] if key else None,
        comparator=comparator,
        threshold=threshold,
    )


def stops(by: str, reason: str) -> Move:
    """``by`` stops the line."""
    return lambda stage: stop_line(stage.war_room, by=stage.who(by), reason=reason)


def resumes(by: str, reason: str) -> Move:
    """``by`` lets the line go on."""
    return lambda stage: resume_line(stage.war_room, by=stage.acting(by), reason=reason)


def escalates(by: str, key: str, text: str, concern: str = "stuck") -> Move:
    """``by`` asks for help early; scripts call it ``key``."""

    def act(stage: Stage) -> object:
        made = escalate(stage.war_room, by=stage.who(by), text=text, concern=concern)
        stage.kept[key] = made.pk
        return made

    return act


def hears(by: str, key: str) -> Move:
    """``by`` has the escalation that scripts call ``key``."""
    return lambda stage: acknowledge_escalation(stage.kept[key], by=stage.who(by))


def pauses(by: str, key: str, title: str, owner: str, why: str, resume_when: str = "") -> Move:
    """``by`` writes down what ``owner`` puts down; scripts call it ``key``."""

    def act(stage: Stage) -> object:
        work = pause_work(
            stage.war_room,
            by=stage.who(by),
            title=title,
            owner=stage.who(owner),
            why=why,
            resume_when=resume_when,
        )
        stage.kept[key] = work.pk
        return work

    return act


def blocks(by: str, journey: str, blocked: str, amount: float, unit: str, rate: float) -> Move:
    """``by`` records who is blocked, with a rate per minute."""
    return lambda stage: add_impact(
        stage.war_room,
        by=stage.who(by),
        journey=journey,
        blocked=blocked,
        amount=amount,
        unit=unit,
        per_minute=rate,
    )


def adds(
    by: str,
    key: str,
    title: str,
    *,
    serves: str = "",
    owner: str = "",
    pair: str = "",
    **more: Any,
) -> Move:
    """``by`` captures a card that scripts call ``key``; ``serves`` names a signal's key."""

    def act(stage: Stage) -> object:
        card = add_card(
            stage.war_room,
            by=stage.who(by),
            title=title,
            serves=stage.signals.get(serves) or (serves or None),
            owner=stage.who(owner) if owner else None,
            pair=stage.who(pair) if pair else None,
            **more,
        )
        stage.cards[key] = card.pk
        return card

    return act


def moves(by: str, key: str, to: str, proof: str = "", position: int | None = None) -> Move:
    """``by`` moves the card as it stands now."""

    def act(stage: Stage) -> object:
        card = stage.card(key)
        return move_card(
            card.pk,
            by=stage.who(by),
            to=to,
            proof=proof,
            position=position,
            version=card.version,
        )

    return act


def expects(by: str, minutes: float | None, reason: str = "") -> Move:
    """``by`` says in how many minutes it is expected back, or that nobody knows yet."""
    return lambda stage: expect_back(
        stage.war_room,
        by=stage.acting(by),
        at=None if minutes is None else now() + timedelta(minutes=minutes),
        reason=reason,
    )


def thinks(by: str, key: str, text: str) -> Move:
    """``by`` writes down what may cause it; scripts call the hypothesis ``key``."""

    def act(stage: Stage) -> object:
        thought = add_hypothesis(stage.war_room, by=stage.who(by), text=text)
        stage.kept[key] = thought.pk
        return thought

    return act


def finds(by: str, key: str, text: str, state: str | None = None) -> Move:
    """``by`` puts evidence beside the hypothesis that scripts call ``key``."""
    return lambda stage: add_evidence(stage.kept[key], by=stage.who(by), text=text, state=state)


def plans(
    by: str,
    key: str,
    expectation: str,
    rollback: str,
    *,
    tests: str = "",
    took_s: int = 40,
    reversible: bool = True,
    **more: Any,
) -> Move:
    """``by`` writes the change of the card in ``took_s`` seconds; ``tests`` names a hypothesis."""

    def act(stage: Stage) -> object:
        return write_change(
            stage.cards[key],
            by=stage.who(by),
            expectation=expectation,
            rollback=rollback,
            reversible=reversible,
            opened_at=now() - timedelta(seconds=took_s),
            **({"hypothesis": stage.kept[tests]} if tests else {}),
            **more,
        )

    return act


def asks_approval(by: str, key: str) -> Move:
    """``by`` asks for the approval of the card's change."""
    return lambda stage: ask_approval(stage.change(key).pk, by=stage.who(by))


def approves(by: str, key: str) -> Move:
    """``by`` approves the change of the card."""
    return lambda stage: approve_change(
        stage.change(key).pk, by=stage.who(by), confirm=stage.war_room.ref
    )


def starts(by: str, key: str) -> Move:
    """``by`` moves the card to Now and starts its change."""

    def act(stage: Stage) -> object:
        moves(by, key, "now")(stage)
        return start_change(stage.change(key).pk, by=stage.who(by))

    return act


def completes(by: str, key: str, proof: str, note: str = "", outcome: str = "as_expected") -> Move:
    """``by`` looks at the signals, says how the change went, and the card is done."""

    def act(stage: Stage) -> object:
        change = stage.change(key)
        finish_change(change.pk, by=stage.who(by), outcome=outcome, note=note)
        return moves(by, key, "done", proof)(stage)

    return act


def publishes(
    by: str, next_in_min: float | None, summary: str, *, answering: bool = False, **fields: Any
) -> Move:
    """``by`` publishes an update that promises the next one in ``next_in_min`` minutes.

    ``None`` promises the latest that the cadence allows.
    """

    def act(stage: Stage) -> object:
        moment = now()
        next_update_at = (
            latest_next_update(stage.war_room, moment)
            if next_in_min is None
            else moment + timedelta(minutes=next_in_min)
        )
        waiting = list(stage.war_room.questions.waiting().values_list("pk", flat=True))
        return publish_update(
            stage.war_room,
            by=stage.acting(by),
            executive_summary=summary,
            next_update_at=next_update_at,
            answers=waiting if answering else (),
            **fields,
        )

    return act


def goes(by: str, to: str, reason: str = "") -> Move:
    """``by`` moves the incident along its lifecycle."""
    return lambda stage: change_status(stage.war_room, by=stage.acting(by), to=to, reason=reason)


def resolves(
    by: str, summary: str, *, what_follows: str = "", watching: str = "", override: str = ""
) -> Move:
    """``by`` gives the all-clear."""
    return lambda stage: change_status(
        stage.war_room,
        by=stage.acting(by),
        to="resolved",
        all_clear=AllClear(
            executive_summary=summary,
            what_follows=what_follows,
            watching=watching,
            statement=stage.war_room.statement,
        ),
        override_reason=override,
    )


def notes(by: str, text: str, kind: str = "note") -> Move:
    """``by`` writes a line or a decision on the timeline."""
    return lambda stage: add_note(stage.war_room, by=stage.acting(by), text=text, kind=kind)


def asks(who: str, key: str, text: str) -> Move:
    """A stakeholder asks; scripts call the question ``key``."""

    def act(stage: Stage) -> object:
        question = ask_question(stage.war_room, by=stage.who(who), text=text)
        stage.kept[key] = question.pk
        return question

    return act


def answers(by: str, key: str, text: str) -> Move:
    """``by`` answers the question that scripts call ``key``."""
    return lambda stage: answer_question(stage.kept[key], by=stage.acting(by), text=text)
