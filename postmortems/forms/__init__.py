"""The forms of reviews and action items."""
