"""The API's endpoint for asking whoever may."""

from typing import Annotated

from ninja import Router, Status
from pydantic import Field

from api.schema import Answer, Body
from incidents.asks.actions import ask_who_may
from incidents.record.finding import incident_of
from people.callers import RESPONDERS, ApiRequest

router = Router(auth=RESPONDERS, tags=["roster"])


class NewAsk(Body):
    """What I may not do, asked of who may; ``to`` says what it should become."""

    what: Annotated[str, Field(max_length=40)] | None = None
    to: Annotated[str, Field(max_length=60)] | None = None
    reason: Annotated[str, Field(max_length=1000)] | None = None


class Asked(Answer):
    """Who was asked, and for what."""

    what: str
    asked: list[str]


@router.post("/incidents/{ref}/asks", response={201: Asked})
def ask_for(request: ApiRequest, ref: str, body: NewAsk) -> Status[Asked]:
    """Ask whoever may do what I may not."""
    asked = ask_who_may(
        incident_of(request, ref),
        by=request.auth,
        what=body.what or "",
        to=body.to or "",
        reason=body.reason or "",
    )
    return Status(201, Asked(what=body.what or "", asked=[person.email for person in asked]))
