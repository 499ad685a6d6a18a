"""What the timeline says about the board."""

KINDS = {
    "card_added": "Card added",
    "card_changed": "Card changed",
    "card_moved": "Card moved",
    "card_done": "Card done",
    "card_extended": "Time box extended",
    "card_passed_on": "Card passed on",
    "cards_swapped": "Cards swapped",
    "time_box_ended": "Time box ended",
}
BY_AGENTS = ("card_added",)
