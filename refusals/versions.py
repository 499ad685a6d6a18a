"""Refuses what was written on an older version of a thing: one check for all versions."""

from typing import Any

from refusals.errors import Refused


def check_version(given: int | None, current: int, sentence: str, shown: dict[str, Any]) -> None:
    """Refuse (``stale``) with ``sentence`` when ``given`` is not the ``current`` version.

    ``shown`` is the thing as it stands, for ``current`` of the refusal. Without a version the last
    one wins.
    """
    if given is not None and given != current:
        raise Refused("stale", sentence, current={**shown, "version": current})
