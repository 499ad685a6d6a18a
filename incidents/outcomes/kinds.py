"""What the timeline says about changes that run and what came of them."""

KINDS = {
    "change_started": "Change started",
    "change_finished": "Change finished",
    "go_given": "Go after a surprise",
    "second_change_allowed": "Second change allowed",
}
