"""Posts as a tool does, and reads what is answered."""

from typing import Any

from tests.programs import Program


def post(tool: str, key: str, body: Any, path: str = "", **headers: str) -> Any:
    """What a hook answers to a body."""
    return Program("").post(f"hooks/{tool}/{key}{path}", body, **headers)


def taken(answer: Any) -> str:
    """The reference that a hook answers."""
    assert answer.status_code == 200, answer.content
    said = answer.json()
    assert said["status"] == "taken"
    return str(said["incident"])


def refused(answer: Any) -> tuple[int, str]:
    """The status and the code of a refusal."""
    return answer.status_code, answer.json()["code"]
