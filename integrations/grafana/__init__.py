"""Grafana: webhooks of its alerting, and of the alerting it had before version 8."""
