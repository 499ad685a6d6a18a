"""Services: what can break, who owns it, whom to invite, what it depends on; kept by managers."""
