"""What the timeline says about changes."""

KINDS = {
    "change_written": "Change written",
    "change_withdrawn": "Change withdrawn",
}
