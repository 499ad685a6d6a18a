"""The API's language check: any text, any names."""

from typing import Annotated

from ninja import Router
from pydantic import Field

from api.schema import Answer, Body
from people.callers import ANYBODY_CHECKING, ApiRequest
from postmortems.language.checking import check

router = Router(auth=ANYBODY_CHECKING, tags=["language"])

Name = Annotated[str, Field(max_length=120)]


class Text(Body):
    """What to look at, and whose names to look for."""

    text: str = Field(max_length=20_000)
    people: list[Name] | None = Field(None, max_length=200)
    not_people: list[Name] | None = Field(None, max_length=200)


class FindingOfText(Answer):
    """Where it points at a person, in code points, and how to say it of the system."""

    start: int
    end: int
    text: str
    kind: str
    advice: str


class Findings(Answer):
    """Every such place, in order."""

    findings: list[FindingOfText]


@router.post("/language-check", response=Findings)
def language_check(request: ApiRequest, body: Text) -> Findings:
    """Where a text names or blames a person."""
    found = check(body.text, body.people or (), not_people=body.not_people or ())
    return Findings(
        findings=[
            FindingOfText(
                start=one.start, end=one.end, text=one.text, kind=one.kind, advice=one.advice
            )
            for one in found
        ]
    )
