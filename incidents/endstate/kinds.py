"""What the timeline says about the end state and its signals."""

KINDS = {
    "end_state_written": "End state written",
    "end_state_agreed": "End state agreed",
    "signal_added": "Signal added",
    "signal_changed": "Signal changed",
    "signal_removed": "Signal removed",
    "signal_state_changed": "Signal state changed",
    "sample_recorded": "Measured by hand",
}
