"""What the timeline says about what changed before the incident."""

KINDS = {
    "cause_marked": "Caused by a change or not",
    "deployment_suspected": "A deployment was suspected",
}
