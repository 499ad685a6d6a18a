"""What the timeline says about the review."""

KINDS = {
    "review_opened": "Review opened",
    "review_scheduled": "Review scheduled",
    "review_held": "Review held",
    "facts_agreed": "Facts agreed",
    "facts_reopened": "Facts reopened",
    "postmortem_changed": "Post-mortem changed",
    "facilitator_changed": "Facilitator changed",
    "thanked": "Thanked",
}
