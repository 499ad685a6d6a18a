"""What the timeline says about side work."""

KINDS = {
    "work_paused": "Work paused",
    "work_passed": "Paused work passed on",
    "work_settled": "Paused work settled",
}
