"""Decides who may open the event stream, in one question for everybody who asks at once.

Who stays in is asked by the hub with the same audiences.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from live.identity import Credential, Person, identify
from live.topics import Audience, Door, Found, Viewer
from refusals.errors import Forbidden, NotVisible

RETRY_AFTER_S = 3


@dataclass(frozen=True)
class Knock:
    """One request for a stream: at which door, with which word in the path, showing what."""

    audience: Audience
    door: Door
    word: str
    credential: Credential


class Pass(NamedTuple):
    """On what ground somebody watches. ``person`` is missing for a share link."""

    viewer: Viewer
    person: Person | None


@dataclass(frozen=True)
class Admission:
    """The answer: a pass for the topic ``id``, or a status with a code and a sentence."""

    status: int
    code: str = ""
    sentence: str = ""
    id: int = 0
    pass_: Pass | None = None

    @classmethod
    def unauthenticated(cls) -> "Admission":
        """Nobody we know, or not any more."""
        return cls(401, "unauthenticated", "Sign in, or send a token that is still valid.")

    @classmethod
    def closing(cls) -> "Admission":
        """This process is about to end."""
        return cls(503, "unavailable", "This process is stopping; come back in a moment.")

    @classmethod
    def away(cls) -> "Admission":
        """The database does not answer."""
        return cls(503, "unavailable", "The database does not answer; come back in a moment.")

    @classmethod
    def refused(cls, error: Forbidden | NotVisible) -> "Admission":
        """What the page would say."""
        return cls(error.status, error.code, error.sentence)


def admit(knocks: Sequence[Knock]) -> list[Admission]:
    """Answer every knock, in order.

    At most three queries for the people, one a door for the words, one a topic for the permission
    and for those turned away what ``refusal`` needs, however many knock.
    """
    people = identify({one.credential for one in knocks})
    found = _find(knocks)
    wanted: dict[tuple[Audience, int], set[Viewer]] = {}
    places: list[tuple[Found, Pass] | Admission] = []
    for knock in knocks:
        place = _place(knock, people, found[knock.audience, knock.door])
        places.append(place)
        if not isinstance(place, Admission):
            wanted.setdefault((knock.audience, place[0].id), set()).add(place[1].viewer)
    allowed = {
        (audience, id): audience.authorise(id, viewers)
        for (audience, id), viewers in wanted.items()
    }
    answers = []
    for knock, place in zip(knocks, places, strict=True):
        if isinstance(place, Admission):
            answers.append(place)
            continue
        (id, _), pass_ = place
        if pass_.viewer in allowed[knock.audience, id]:
            answers.append(Admission(200, id=id, pass_=pass_))
        else:
            answers.append(Admission.refused(knock.audience.refusal(id, pass_.viewer)))
    return answers


def _find(knocks: Sequence[Knock]) -> dict[tuple[Audience, Door], dict[str, Found]]:
    words: dict[tuple[Audience, Door], set[str]] = {}
    for knock in knocks:
        words.setdefault((knock.audience, knock.door), set()).add(knock.word)
    return {
        (audience, door): audience.find(door, these) for (audience, door), these in words.items()
    }


def _place(
    knock: Knock, people: dict[Credential, Person], found: dict[str, Found]
) -> tuple[Found, Pass] | Admission:
    """The topic and the pass that the knock asks for, permission still open."""
    place = found.get(knock.word)
    if knock.door.by == "link":
        if place is None or place.link is None:
            return Admission.refused(NotVisible())
        return place, Pass(place.link, None)
    person = people.get(knock.credential)
    if person is None:
        return Admission.unauthenticated()
    if place is None:
        return Admission.refused(NotVisible())
    return place, Pass(Viewer("person", person.user_id), person)
