"""What the timeline says about people and seats."""

KINDS = {
    "joined": "Joined",
    "left": "Left",
    "role_assigned": "Role assigned",
    "role_released": "Role released",
    "role_handed_over": "Role handed over",
    "command_asked": "The commander was asked",
    "command_taken": "Command taken over",
    "command_offered": "Command offered",
    "command_declined": "Command declined",
    "solo_ended": "No longer solo",
}
