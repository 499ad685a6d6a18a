"""The same fan-out by the libraries one would take instead, where they are installed."""
