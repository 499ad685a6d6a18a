"""Tests of what `up` runs: supervisor, servers, the guard at the door and the database's roles."""
