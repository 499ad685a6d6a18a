"""What the timeline says about approvals."""

KINDS = {
    "change_asked": "Approval asked",
    "change_sent_back": "Change sent back",
    "change_approved": "Change approved",
    "approval_fell": "Approval fell",
}
