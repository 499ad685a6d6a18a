"""The team that changes are tested with."""

from tests.incidents.changes.conftest import lenient, team

__all__ = ["lenient", "team"]
