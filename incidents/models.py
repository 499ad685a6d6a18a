"""Where Django finds the tables of the themes; everybody else imports them from their theme."""

from incidents.agents.models import AgentNote, Draft
from incidents.attachments.models import Attachment, AttachmentContent
from incidents.cards.models import Card
from incidents.changes.models import Change, Go, SecondChange, Snapshot
from incidents.deployments.models import Deployment, Suspect
from incidents.endstate.models import Agreement, Sample, Signal
from incidents.escalations.models import Escalation
from incidents.hypotheses.models import Evidence, Hypothesis
from incidents.impact.models import Impact
from incidents.line.models import Stop, StopCriterion
from incidents.obligations.models import Obligation, ObligationStep, ObligationTemplate
from incidents.record.models import (
    Incident,
    LadderStep,
    RoleAssignment,
    Service,
    SeverityPolicy,
    TimelineEntry,
)
from incidents.sharing.models import ShareLink
from incidents.sidework.models import PausedWork
from incidents.updates.models import Question, Update

__all__ = [
    "AgentNote",
    "Agreement",
    "Attachment",
    "AttachmentContent",
    "Card",
    "Change",
    "Deployment",
    "Draft",
    "Escalation",
    "Evidence",
    "Go",
    "Hypothesis",
    "Impact",
    "Incident",
    "LadderStep",
    "Obligation",
    "ObligationStep",
    "ObligationTemplate",
    "PausedWork",
    "Question",
    "RoleAssignment",
    "Sample",
    "SecondChange",
    "Service",
    "SeverityPolicy",
    "ShareLink",
    "Signal",
    "Snapshot",
    "Stop",
    "StopCriterion",
    "Suspect",
    "TimelineEntry",
    "Update",
]
