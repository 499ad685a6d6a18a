"""What the timeline says about changes."""

KINDS = {
    "change_written": "Change written",
    "change_asked": "Approval asked",
    "change_sent_back": "Change sent back",
    "change_withdrawn": "Change withdrawn",
    "change_approved": "Change approved",
    "approval_fell": "Approval fell",
    "change_started": "Change started",
    "change_finished": "Change finished",
    "go_given": "Go after a surprise",
    "second_change_allowed": "Second change allowed",
}
