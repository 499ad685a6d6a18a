"""Where Django finds the manager's pages; each stands with what it shows."""

from manager.catalogue import ServiceAdmin
from manager.incidents import (
    DeploymentAdmin,
    EscalationAdmin,
    IncidentAdmin,
    PausedWorkAdmin,
    StopAdmin,
    TimelineEntryAdmin,
)
from manager.items import ActionItemAdmin
from manager.obligations import ObligationTemplateAdmin
from manager.policies import PriorityPolicyAdmin, SeverityPolicyAdmin
from manager.reviews import PostmortemAdmin

__all__ = [
    "ActionItemAdmin",
    "DeploymentAdmin",
    "EscalationAdmin",
    "IncidentAdmin",
    "ObligationTemplateAdmin",
    "PausedWorkAdmin",
    "PostmortemAdmin",
    "PriorityPolicyAdmin",
    "ServiceAdmin",
    "SeverityPolicyAdmin",
    "StopAdmin",
    "TimelineEntryAdmin",
]
