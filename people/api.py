"""The API's endpoints about oneself."""

from typing import Annotated

from ninja import Router

from api.schema import Answer, OneOf
from people.callers import ApiRequest
from people.feed_keys import personal_url
from people.models import Role, Theme

router = Router(tags=["people"])


class Me(Answer):
    """Who the token or session speaks for.

    The addresses of one's calendar and feed open without signing in; an agent is given none.
    """

    email: str
    name: str
    role: Annotated[str, OneOf(Role)]
    time_zone: str
    theme: Annotated[str, OneOf(Theme)]
    calendar_url: str | None
    feed_url: str | None


@router.get("/me", response=Me)
def me(request: ApiRequest) -> Me:
    """Who I am to Endstate."""
    user = request.auth
    in_person = user.agent is None
    return Me(
        email=user.email,
        name=user.name,
        role=user.role,
        time_zone=user.time_zone,
        theme=user.theme,
        calendar_url=personal_url(user, "stakeholders:calendar") if in_person else None,
        feed_url=personal_url(user, "stakeholders:feed") if in_person else None,
    )
