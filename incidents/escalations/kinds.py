"""What the timeline says about asking for help."""

KINDS = {
    "escalated": "Escalated",
    "escalation_acknowledged": "Escalation acknowledged",
}
BY_AGENTS = ("escalated",)
