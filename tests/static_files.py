"""Static files are found once a process, as a server does, not for each client of each test."""

from typing import Any

from whitenoise.middleware import WhiteNoiseMiddleware

_found: dict[str, dict[str, Any]] = {}


def find_once() -> None:
    """Have every handler that a test's client makes share what the first one found."""
    look = WhiteNoiseMiddleware.add_files_from_finders

    def add_files_from_finders(handler: Any) -> None:
        if handler.static_prefix not in _found:
            look(handler)
            _found[handler.static_prefix] = dict(handler.files)
        handler.files.update(_found[handler.static_prefix])

    WhiteNoiseMiddleware.add_files_from_finders = add_files_from_finders
