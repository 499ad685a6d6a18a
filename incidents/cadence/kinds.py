"""What the timeline says about the promise of the next update."""

KINDS = {
    "update_overdue": "Update overdue",
    "cadence_changed": "Cadence changed",
}
