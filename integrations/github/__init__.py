"""GitHub: webhooks about deployments."""
