"""Verbs of the review and of action items; each locks the incident first."""
