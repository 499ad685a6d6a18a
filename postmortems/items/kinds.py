"""What the timeline says about action items."""

KINDS = {
    "action_added": "Action item added",
    "action_changed": "Action item changed",
    "action_done": "Action item done",
    "action_verified": "Action item verified",
    "action_reopened": "Action item reopened",
    "action_moved": "Action item moved",
    "action_passed": "Action item goes on elsewhere",
    "action_stayed": "Action item stays until it is reworded",
    "action_declined": "Action item not done",
    "action_looked_at": "Action item looked at",
}
