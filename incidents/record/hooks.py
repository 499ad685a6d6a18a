"""The one hook by which the apps above learn what was recorded."""

from django.dispatch import Signal

entry_recorded = Signal()
"""Sent by ``record`` inside the transaction with ``incident`` and ``entry``.

A receiver calls one action of its own app, which writes rows; it never leaves the database.
"""
