"""What the timeline says about the incident: its words, its course and its end."""

KINDS = {
    "declared": "Declared",
    "title_changed": "Title changed",
    "control_changed": "In and beyond our control",
    "blocker_changed": "Blocker changed",
    "links_changed": "War room linked",
    "services_changed": "Services changed",
    "severity_changed": "Severity changed",
    "status_changed": "Status changed",
    "resolved": "Resolved",
    "closed": "Closed",
    "reopened": "Reopened",
    "cancelled": "Cancelled",
    "merged": "Merged",
    "privacy_changed": "Privacy changed",
    "expected_back_said": "Expected back",
    "expected_back_moved": "Expected back moved",
    "time_corrected": "A time was corrected",
    "note": "Note",
    "decision": "Decision",
}
