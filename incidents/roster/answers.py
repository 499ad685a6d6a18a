"""What the API answers about roles."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from api.schema import Answer, OneOf
from incidents.record.models import RoleAssignment, RosterRole


class RoleAnswer(Answer):
    """Somebody in a role, from ``started_at`` on."""

    id: int
    role: Annotated[str, OneOf(RosterRole)]
    person: str
    email: str
    name: str
    note: str
    started_at: datetime
    accepted_at: datetime | None
    asked_at: datetime | None
    ended_at: datetime | None
    state: Annotated[str, Field(json_schema_extra={"enum": ["offered", "held", "ended"]})]


def role_answer(role: RoleAssignment) -> RoleAnswer:
    """A role; ``person`` is loaded."""
    return RoleAnswer.of(
        role,
        person=role.person.email,
        email=role.person.email,
        name=role.person.name,
    )
