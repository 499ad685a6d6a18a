"""What the timeline says about impact."""

KINDS = {
    "impact_recorded": "Impact recorded",
    "impact_changed": "Impact changed",
    "impact_removed": "Impact removed",
}
