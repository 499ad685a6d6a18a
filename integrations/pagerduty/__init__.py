"""PagerDuty: webhooks of version 3, signed."""
