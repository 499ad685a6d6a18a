"""Refuses what was written on an older version of a thing: one check for all versions."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from refusals.errors import Refused


def check_version(given: int | None, current: int, sentence: str, shown: dict[str, Any]) -> None:
    """Refuse (``stale``) with ``sentence`` when ``given`` is not the ``current`` version.

    ``shown`` is the thing as it stands, for ``current`` of the refusal. Without a version the last
    one wins.
    """
    if given is not None and given != current:
        raise Refused("stale", sentence, current={**shown, "version": current})


@contextmanager
def stale_carries(answer: Callable[[], dict[str, Any] | None]) -> Iterator[None]:
    """Let a ``stale`` refusal carry the thing as ``answer`` says it now, in the words of an API.

    Where that is nothing, it carries what it did.
    """
    try:
        yield
    except Refused as refused:
        shown = answer() if refused.code == "stale" else None
        if shown is not None:
            refused.facts["current"] = shown
        raise
