"""The API's endpoints about oneself."""

from typing import Annotated

from ninja import Router

from api.schema import Answer, OneOf
from people.callers import ApiRequest
from people.models import Role, Theme

router = Router(tags=["people"])


class Me(Answer):
    """Who the token or session speaks for."""

    email: str
    name: str
    role: Annotated[str, OneOf(Role)]
    time_zone: str
    theme: Annotated[str, OneOf(Theme)]


@router.get("/me", response=Me)
def me(request: ApiRequest) -> Me:
    """Who I am to Endstate."""
    user = request.auth
    return Me(
        email=user.email,
        name=user.name,
        role=user.role,
        time_zone=user.time_zone,
        theme=user.theme,
    )
