"""What the timeline says about obligations."""

KINDS = {
    "obligation_started": "Obligation started",
    "obligation_filed": "Obligation filed",
    "obligation_declined": "Obligation does not apply",
    "obligation_passed": "Obligation passed on",
    "obligation_moved": "Obligation of a merged incident",
}
