"""What the timeline says about publication."""

KINDS = {
    "postmortem_published": "Post-mortem published",
}
