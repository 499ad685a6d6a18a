"""Tests of what is wired to what: probes, error pages, headers, unreadable text."""
