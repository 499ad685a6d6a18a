"""What an action raises when a rule, a permission or the input says no.

How a refusal is shown belongs to views and API; which codes exist stands in ``refusals.codes``.
"""

from typing import Any

from refusals.codes import CODES


class Refused(Exception):
    """A rule says no: HTTP 409 with a code of ``refusals.codes`` and a sentence that teaches.

    ``facts`` are JSON-ready and become members of the problem document (``missing``, ``open``,
    ``signals``, ``findings``, ``current``).
    """

    status = 409

    def __init__(self, code: str, sentence: str, **facts: Any) -> None:
        if code not in CODES:
            raise LookupError(f"{code!r} is not in refusals.codes.CODES")
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.facts = facts

    @property
    def title(self) -> str:
        """The code's short name, the same for every occurrence."""
        return CODES[self.code].title

    @property
    def why(self) -> str:
        """Why the rule exists, in one sentence."""
        return CODES[self.code].why


class AgentMayNot(Refused):
    """An agent asked for what nobody allowed agents (P37): HTTP 403 ``agent_may_not``."""

    status = 403

    def __init__(self, what: str = "") -> None:
        super().__init__(
            "agent_may_not",
            f"An agent may not do that{what and f': {what}'}. It reads, notes, suggests cards, "
            "hypotheses and drafts, and escalates; a person decides.",
        )


class UnsupportedFile(Refused):
    """A file is of no kind that is taken, or not what it says (P65): 422 ``unsupported_file``."""

    status = 422

    def __init__(self, sentence: str) -> None:
        super().__init__("unsupported_file", sentence)


class TooMany(Exception):
    """Too often in a short time: HTTP 429 ``too_many_requests``, again after ``seconds``."""

    status = 429
    code = "too_many_requests"

    def __init__(self, sentence: str, seconds: float) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.seconds = max(1, round(seconds + 0.5))


class Forbidden(Exception):
    """This person may see the thing but not do that with it: HTTP 403 ``forbidden``.

    ``way`` is the path of the page where they may, if there is one.
    """

    status = 403
    code = "forbidden"

    def __init__(self, sentence: str, *, way: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.way = way


class NotVisible(Exception):
    """Unknown, or not visible to this person, which must look alike: HTTP 404 ``not_found``."""

    status = 404
    code = "not_found"
    sentence = "There is nothing here under that name, or it is not visible to you."


class Invalid(Exception):
    """A field's value cannot be taken: HTTP 422 ``invalid`` with one message per field."""

    status = 422
    code = "invalid"
    sentence = "Some of what was sent cannot be taken as it is."

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, message in errors.items()))
        self.errors = errors
