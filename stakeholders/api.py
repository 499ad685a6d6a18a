"""The API's endpoint for the executive page. Questions are asked at the incident's."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from ninja import Router

from api.schema import Answer, OneOf, Person
from incidents.cards.models import Card
from incidents.endstate.endings import ended_at
from incidents.endstate.models import SignalState
from incidents.record.answers import ExpectedBackAnswer, expected_back_answer
from incidents.record.models import Incident, Kind, RosterRole, Severity, Status
from incidents.record.visibility import get_incident
from incidents.updates.answers import QuestionAnswer, UpdateAnswer, question_answer, update_answer
from people.answers import person_answer
from people.callers import ANYBODY, ApiRequest
from people.models import User
from refusals.errors import NotVisible
from stakeholders.queries import Blocked, Page, load_page

router = Router(auth=ANYBODY, tags=["stakeholders"])


class ProofAnswer(Answer):
    """A signal as executives read it."""

    id: int
    name: str
    unit: str
    comparator: str
    target: float
    required: bool
    value: float | None
    state: Annotated[str, OneOf(SignalState)]


class GoalAnswer(Answer):
    """What good looks like, and how close it is: ``met`` of ``proving`` required signals."""

    text: str
    signals: list[ProofAnswer]
    met: int
    proving: int


class BlockedAnswer(Answer):
    """Who is blocked; ``at_least`` when nobody knows since when."""

    id: int
    journey: str
    blocked: str
    unit: str
    total: float
    at: datetime
    per_minute: float | None
    at_least: bool
    cut_off: str
    cut_off_at: datetime | None
    story: str


class BlockerAnswer(Answer):
    """A sentence that stood as the blocker from a moment on; empty: nothing blocked any more."""

    text: str
    at: datetime


class DoneAnswer(Answer):
    """What got done, with its proof."""

    id: int
    title: str
    proof: str
    done_at: datetime | None


class StakeholderAnswer(Answer):
    """The facts of the stakeholder page; ``questions`` are those of everybody."""

    ref: str
    title: str
    kind: Annotated[str, OneOf(Kind)]
    severity: Annotated[str, OneOf(Severity)]
    status: Annotated[str, OneOf(Status)]
    statement: str
    in_our_control: str
    beyond_our_control: str
    blocker: str
    blockers: list[BlockerAnswer]
    declared_at: datetime
    resolved_at: datetime | None
    ended_at: datetime | None
    ended_because: str
    merged_into: str | None
    end_state: GoalAnswer
    expected_back: ExpectedBackAnswer | None
    impact: list[BlockedAnswer]
    commander: str | None
    commander_person: Person | None
    fix_owner: str | None
    fix_owner_person: Person | None
    communications: str | None
    communications_person: Person | None
    next_update_at: datetime | None
    update_overdue: bool
    latest_update: UpdateAnswer | None
    updates: list[UpdateAnswer]
    update_count: int
    done: list[DoneAnswer]
    done_count: int
    questions: list[QuestionAnswer]
    version: int


@router.get("/stakeholders/{ref}", response=StakeholderAnswer)
def stakeholder_page(request: ApiRequest, ref: str) -> StakeholderAnswer:
    """What executives read about an incident, the newest thirty updates with it."""
    incident = get_incident(request.auth, ref)
    page = load_page(incident.pk)
    if page is None:
        raise NotVisible
    return stakeholder_answer(page)


def stakeholder_answer(page: Page) -> StakeholderAnswer:
    """The page as everybody who may see it reads it. No query."""
    incident = page.incident
    leads = {role: page.people.get(role) for role in RosterRole.values}
    # Pictures and files of the technical note are the responders'.
    updates = [update_answer(replace(one, files=[]), incident.ref) for one in page.updates]
    return StakeholderAnswer(
        ref=incident.ref,
        title=incident.title,
        kind=incident.kind,
        severity=incident.severity,
        status=incident.status,
        statement=incident.statement,
        in_our_control=incident.in_our_control,
        beyond_our_control=incident.beyond_our_control,
        blocker=incident.blocker,
        blockers=[BlockerAnswer(text=one.text, at=one.at) for one in page.blockers],
        declared_at=incident.declared_at,
        resolved_at=incident.resolved_at,
        ended_at=ended_at(incident),
        ended_because=page.ending.why if page.ending else "",
        merged_into=page.ending.into or None if page.ending else None,
        end_state=goal_answer(page, incident),
        expected_back=expected_back_answer(incident),
        impact=[blocked_answer(blocked) for blocked in page.blocked],
        commander=_address(leads[RosterRole.COMMANDER]),
        commander_person=person_answer(leads[RosterRole.COMMANDER]),
        fix_owner=_address(leads[RosterRole.FIX_OWNER]),
        fix_owner_person=person_answer(leads[RosterRole.FIX_OWNER]),
        communications=_address(leads[RosterRole.COMMUNICATIONS]),
        communications_person=person_answer(leads[RosterRole.COMMUNICATIONS]),
        next_update_at=incident.next_update_at if incident.makes_promises else None,
        update_overdue=incident.update_overdue_at(page.at),
        latest_update=updates[0] if updates else None,
        updates=updates,
        update_count=page.update_count,
        done=[done_answer(card) for card in page.done],
        done_count=page.done_count,
        questions=[question_answer(one, incident.ref) for one in page.questions],
        version=page.version,
    )


def goal_answer(page: Page, incident: Incident) -> GoalAnswer:
    """The end state with its signals at the moment of the page."""
    signals = [
        ProofAnswer(
            id=signal.pk,
            name=signal.name,
            unit=signal.unit,
            comparator=signal.comparator,
            target=signal.target,
            required=signal.required,
            value=signal.measured,
            state=signal.state_at(page.at),
        )
        for signal in page.signals
    ]
    proving = [signal for signal in signals if signal.required]
    return GoalAnswer(
        text=incident.end_state,
        signals=signals,
        met=sum(signal.state == SignalState.MET for signal in proving),
        proving=len(proving),
    )


def blocked_answer(blocked: Blocked) -> BlockedAnswer:
    """A line of the impact as of the page's moment."""
    return BlockedAnswer(
        id=blocked.id,
        journey=blocked.journey,
        blocked=blocked.blocked,
        unit=blocked.unit,
        total=float(blocked.total),
        at=blocked.at,
        per_minute=None if blocked.per_minute is None else float(blocked.per_minute),
        at_least=blocked.at_least,
        cut_off=blocked.cut_off,
        cut_off_at=blocked.cut_off_at,
        story=blocked.story,
    )


def done_answer(card: Card) -> DoneAnswer:
    """A finished card, without who did it."""
    return DoneAnswer(id=card.pk, title=card.title, proof=card.proof_words, done_at=card.done_at)


def _address(person: User | None) -> str | None:
    return person.email if person else None
