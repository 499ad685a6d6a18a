"""The incident's own row, its policy, who takes part, and the timeline."""

from incidents.record.models.incident import (
    GROWN,
    OPEN_STATUSES,
    TIME_NAMES,
    Incident,
    IncidentQuerySet,
    Kind,
    Status,
)
from incidents.record.models.policy import (
    DEFAULT_LADDER,
    DUE_STEP,
    Enforcement,
    LadderAudience,
    LadderStep,
    Service,
    Severity,
    SeverityPolicy,
)
from incidents.record.models.roster import (
    GUESTS,
    PATIENCE,
    SINGLE_SEATS,
    RoleAssignment,
    RosterRole,
)
from incidents.record.models.timeline import TimelineEntry

__all__ = [
    "DEFAULT_LADDER",
    "DUE_STEP",
    "GROWN",
    "GUESTS",
    "OPEN_STATUSES",
    "PATIENCE",
    "SINGLE_SEATS",
    "TIME_NAMES",
    "Enforcement",
    "Incident",
    "IncidentQuerySet",
    "Kind",
    "LadderAudience",
    "LadderStep",
    "RoleAssignment",
    "RosterRole",
    "Service",
    "Severity",
    "SeverityPolicy",
    "Status",
    "TimelineEntry",
]
