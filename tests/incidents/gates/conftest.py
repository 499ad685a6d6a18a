"""The team that cards are tested with."""

from tests.incidents.board.conftest import lenient, team

__all__ = ["lenient", "team"]
