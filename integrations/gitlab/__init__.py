"""GitLab: webhooks about deployments."""
