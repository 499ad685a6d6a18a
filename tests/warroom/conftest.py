"""What the tests of the responders' pages borrow from the practices they show."""

from tests.incidents.line.conftest import criterion, rows_lost

__all__ = ["criterion", "rows_lost"]
