"""What the timeline says about ideas."""

KINDS = {
    "idea_added": "Idea noted",
    "idea_changed": "Idea reworded",
    "idea_committed": "Idea became a commitment",
    "idea_dropped": "Idea dropped",
    "idea_taken_up": "Idea taken up again",
    "idea_taken_back": "Idea taken back",
    "idea_passed": "Idea goes on elsewhere",
}
