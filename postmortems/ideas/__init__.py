"""Ideas: what somebody would change, apart from what somebody has promised to (P57)."""
