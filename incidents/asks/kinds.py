"""What the timeline says about asking whoever may."""

KINDS = {"asked_for": "Asked who may"}
