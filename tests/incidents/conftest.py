"""The commander's program, and short words for what it sends."""

from datetime import timedelta
from typing import Any

import pytest

from clock.queries import now
from people.models import User
from tests.programs import Program, Programs


@pytest.fixture
def api(program: Programs, commander: User) -> Program:
    """The commander's program."""
    return program(commander)


def codes(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def soon(minutes: float = 10) -> str:
    return (now() + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def an_update(**more: Any) -> dict[str, Any]:
    return {
        "status_text": "Calls fail since 02:31.",
        "hypothesis": "An unbounded query since Thursday's release.",
        "current_action": "Reading the slow log.",
        "executive_summary": "Three of four calls fail. We know where to look.",
        "statement": "Partners cannot process payments.",
        "next_update_at": soon(),
        **more,
    }
