"""The tables of the war room; what may change them stands in ``incidents.actions``."""

from incidents.models.board import Card, Column, Risk, Source
from incidents.models.deployment import Deployment
from incidents.models.escalation import Concern, Escalation
from incidents.models.incident import (
    OPEN_STATUSES,
    TIME_NAMES,
    Agreement,
    Impact,
    Incident,
    Kind,
    Status,
)
from incidents.models.line import Stop, StopCriterion
from incidents.models.paused import Outcome, PausedWork
from incidents.models.policy import (
    DEFAULT_LADDER,
    DUE_STEP,
    Enforcement,
    LadderAudience,
    LadderStep,
    Service,
    Severity,
    SeverityPolicy,
)
from incidents.models.question import Question
from incidents.models.roster import SINGLE_SEATS, RoleAssignment, RosterRole
from incidents.models.signal import Comparator, Sample, Signal, SignalState
from incidents.models.timeline import TimelineEntry
from incidents.models.update import Update

__all__ = [
    "DEFAULT_LADDER",
    "DUE_STEP",
    "OPEN_STATUSES",
    "SINGLE_SEATS",
    "TIME_NAMES",
    "Agreement",
    "Card",
    "Column",
    "Comparator",
    "Concern",
    "Deployment",
    "Enforcement",
    "Escalation",
    "Impact",
    "Incident",
    "Kind",
    "LadderAudience",
    "LadderStep",
    "Outcome",
    "PausedWork",
    "Question",
    "Risk",
    "RoleAssignment",
    "RosterRole",
    "Sample",
    "Service",
    "Severity",
    "SeverityPolicy",
    "Signal",
    "SignalState",
    "Source",
    "Status",
    "Stop",
    "StopCriterion",
    "TimelineEntry",
    "Update",
]
