"""Alertmanager of Prometheus: webhooks of version 4."""
