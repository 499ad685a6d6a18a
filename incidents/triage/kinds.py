"""What the timeline says about triage."""

KINDS = {
    "triage_ended": "Triage window ended",
    "triage_widened": "Triage widened",
}
