"""What the timeline says about the line."""

KINDS = {
    "stop_criterion_added": "Stop criterion added",
    "stop_criterion_removed": "Stop criterion removed",
    "line_stopped": "The line stopped",
    "line_resumed": "The line resumed",
}
