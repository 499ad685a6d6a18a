"""What changes an incident: verbs, each one transaction, each on the timeline."""
