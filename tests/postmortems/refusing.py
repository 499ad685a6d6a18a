"""Calls that must be refused."""

import pytest

from refusals.errors import Refused


def refused(action: object, *args: object, **kwargs: object) -> Refused:
    with pytest.raises(Refused) as refusal:
        action(*args, **kwargs)  # type: ignore[operator]
    return refusal.value
