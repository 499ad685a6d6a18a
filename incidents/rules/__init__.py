"""What the practices ask before something may change: questions that refuse, never write."""
