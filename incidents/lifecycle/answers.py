"""What the API answers about an incident as a whole."""

from datetime import datetime
from typing import Annotated, Any, Literal

from api.schema import Answer, OneOf, Person
from incidents.agents.answers import UnconfirmedAnswer, WaitingDraftAnswer
from incidents.board.answers import BoardAnswer
from incidents.endstate.answers import EndStateAnswer
from incidents.escalations.answers import EscalationAnswer
from incidents.hypotheses.answers import HypothesisAnswer
from incidents.impact.answers import ImpactAnswer
from incidents.line.answers import StopAnswer, StopCriterionAnswer
from incidents.obligations.answers import ObligationAnswer
from incidents.record.answers import ExpectedBackAnswer
from incidents.record.models import Kind, Severity, Status
from incidents.roster.answers import RoleAnswer
from incidents.sidework.answers import PausedWorkAnswer


class TimeAnswer(Answer):
    """One stamp (docs/practices.md, *Times*): when, and where that is known from."""

    at: datetime | None
    source: Literal["auto", "manual", "inferred"] | None
    by: str | None
    reason: str | None


class IncidentLine(Answer):
    """An incident in a list."""

    ref: str
    title: str
    kind: Annotated[str, OneOf(Kind)]
    severity: Annotated[str, OneOf(Severity)]
    status: Annotated[str, OneOf(Status)]
    private: bool
    statement: str
    services: list[str]
    commander: str | None
    commander_person: Person | None
    declared_at: datetime
    resolved_at: datetime | None
    next_update_at: datetime | None
    update_overdue: bool
    version: int


class IncidentAnswer(Answer):
    """The whole state of an incident, as everybody on it sees it."""

    ref: str
    title: str
    kind: Annotated[str, OneOf(Kind)]
    severity: Annotated[str, OneOf(Severity)]
    highest_severity: Annotated[str, OneOf(Severity)]
    status: Annotated[str, OneOf(Status)]
    private: bool
    services: list[str]
    statement: str
    statement_confirmed: bool
    in_our_control: str
    beyond_our_control: str
    blocker: str
    chat_url: str
    call_url: str
    caused_by_change: bool | None
    resolved_override: str
    merged_into: str | None
    ended_because: str
    times: dict[str, TimeAnswer]
    roles: list[RoleAnswer]
    invited: list[RoleAnswer]
    end_state: EndStateAnswer
    expected_back: ExpectedBackAnswer | None
    impact: list[ImpactAnswer]
    hypotheses: list[HypothesisAnswer]
    go_needed: bool
    board: BoardAnswer
    stopped: StopAnswer | None
    stop_criteria: list[StopCriterionAnswer]
    escalations: list[EscalationAnswer]
    next_update_at: datetime | None
    triage_until: datetime | None
    cadence: str | dict[str, Any]
    update_interval_min: int
    update_overdue: bool
    paused_work: list[PausedWorkAnswer]
    obligations: list[ObligationAnswer]
    money_shared: bool
    agents: bool
    unconfirmed: list[UnconfirmedAnswer]
    drafts: list[WaitingDraftAnswer]
    version: int
