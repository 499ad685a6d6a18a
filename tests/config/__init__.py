"""Tests of the platform: servers, processes, probes and what guards the door."""
