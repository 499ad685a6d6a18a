"""What the timeline says about agents, and what their own entries are."""

KINDS = {
    "agent_note": "Unconfirmed note of an agent",
    "note_confirmed": "An agent's note was confirmed",
    "note_rejected": "An agent's note was rejected",
    "draft_written": "A draft was written",
    "draft_dropped": "A draft was dropped",
    "agents_switched": "Agents switched off or on",
}
BY_AGENTS = ("agent_note", "draft_written")
