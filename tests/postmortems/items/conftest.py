"""Short words for the tests of action items."""

from datetime import timedelta
from typing import Any

import pytest

from people.models import User
from refusals.errors import Refused
from tests.postmortems.conftest import MONDAY, told_in_the_mornings


def whole(by: User, **other: Any) -> dict[str, Any]:
    return {
        "title": "A query limit in the ORM",
        "type": "guardrail",
        "owner": by,
        "due_at": MONDAY + timedelta(days=30),
        "priority": "p1",
        "success_criterion": "No query reads more than 10 000 rows.",
        **other,
    }


def refused(action: Any, *args: Any, **kwargs: Any) -> Refused:
    with pytest.raises(Refused) as refusal:
        action(*args, **kwargs)
    return refusal.value


def told_to(person: User) -> list[str]:
    """What the day's messages said to one person, in their order."""
    return [text for name, text in told_in_the_mornings() if name == person.name]
