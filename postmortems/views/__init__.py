"""The pages of reviews and action items."""
