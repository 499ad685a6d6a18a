"""Where a review's own words point at a person, and which of those findings are kept (P53)."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from postmortems.items.queries import moves_of
from postmortems.language.checking import Finding, check, fold, is_ambiguous
from postmortems.language.words import ADVICE
from postmortems.review.models import GRID_COLUMNS, GRID_ROWS, Postmortem
from postmortems.review.wording import names_of

OF_ITEM = {
    "title": "title",
    "success_criterion": "criterion",
    "override_reason": "why it was taken",
    "declined_because": "why it is not done",
}

_SENTENCE_END = re.compile(r"[.!?]\s|\n")


@dataclass(frozen=True)
class PlacedFinding:
    """A finding with where it stands. ``key`` stays the same while its sentence does.

    ``place`` is for programs (``why:12:answer``, ``grid:worked:people``, ``analysis``), ``label``
    for people.
    """

    key: str
    place: str
    label: str
    finding: Finding
    sentence: str

    @property
    def may_be_no_person(self) -> bool:
        """Whether one click may say that the word is no person here: it is an ordinary word too."""
        is_name = self.finding.kind == "person" and self.finding.advice == ADVICE["person"]
        return is_name and is_ambiguous(fold(self.finding.text))

    def as_fact(self) -> dict[str, object]:
        """JSON-ready, for the problem document."""
        return {
            "id": self.key,
            "place": self.place,
            "start": self.finding.start,
            "end": self.finding.end,
            "text": self.finding.text,
            "kind": self.finding.kind,
            "advice": self.finding.advice,
        }


def open_findings(postmortem: Postmortem, *, no_actions_because: str = "") -> list[PlacedFinding]:
    """What stands in any text that is published and is not kept. Eight queries.

    ``no_actions_because`` is the reason for no item that is about to be published.
    """
    kept = list(postmortem.kept_findings.all())
    words = [one.word for one in kept if one.word]
    keys = {one.key for one in kept if one.key}
    names, ends = names_of(postmortem), ends_of_branches(postmortem)
    return [
        placed
        for place, label, text in guarded_texts(postmortem, no_actions_because)
        for placed in find(text, names, words, place=place, label=label, is_end=place in ends)
        if placed.key not in keys
    ]


def ends_of_branches(postmortem: Postmortem) -> set[str]:
    """The places of the answers that nothing was asked after: none ends on a person (P52)."""
    whys = list(postmortem.whys.all())
    asked = {why.parent_id for why in whys}
    return {f"why:{why.pk}:answer" for why in whys if why.pk not in asked}


def guarded_texts(
    postmortem: Postmortem, no_actions_because: str = ""
) -> Iterator[tuple[str, str, str]]:
    """Every text that publication checks: place, label, text. Five queries."""
    yield "summary", "Summary", postmortem.summary
    for number, why in enumerate(postmortem.whys.all(), start=1):
        for field in ("question", "answer", "evidence", "because"):
            yield f"why:{why.pk}:{field}", f"Why {number}, {field}", getattr(why, field)
    for row, row_name in GRID_ROWS.items():
        for column, column_name in GRID_COLUMNS.items():
            lines = postmortem.grid.get(row, {}).get(column, [])
            yield f"grid:{row}:{column}", f"{row_name}, {column_name.lower()}", "\n".join(lines)
    yield "analysis", "Analysis", postmortem.analysis
    moves = moves_of(postmortem)
    for item in postmortem.action_items.all():
        for field, label in OF_ITEM.items():
            yield f"item:{item.pk}:{field}", f"Action item, {label}", getattr(item, field)
        for number, move in enumerate(moves.get(item.pk, ()), start=1):
            yield f"item:{item.pk}:move:{number}", "Action item, why its date moved", move.reason
    for idea in postmortem.ideas.all():
        yield f"idea:{idea.pk}:text", "Idea", idea.text
        yield f"idea:{idea.pk}:dropped_because", "Why an idea was dropped", idea.dropped_because
    for settled in postmortem.settled_marks.all():
        if settled.because:
            yield f"mark:{settled.pk}", "Why a mark becomes no item", settled.because
    yield "no_actions_because", "Why there is no action item", no_actions_because


def find(
    text: str,
    names: list[str],
    not_people: list[str],
    *,
    place: str,
    label: str,
    is_end: bool = False,
) -> list[PlacedFinding]:
    """The findings in one text, each with its key; ``is_end``: it ends a branch. No query."""
    placed = []
    seen: dict[str, int] = {}
    for finding in check(text, names, not_people=not_people, is_end=is_end):
        sentence = sentence_around(text, finding)
        told = "\0".join((place, finding.kind, fold(finding.text), sentence))
        seen[told] = seen.get(told, 0) + 1
        digest = hashlib.sha256(f"{told}\0{seen[told]}".encode(errors="replace")).hexdigest()
        placed.append(PlacedFinding(digest[:12], place, label, finding, sentence))
    return placed


def sentence_around(text: str, finding: Finding) -> str:
    """The sentence that a finding stands in."""
    start = 0
    for match in _SENTENCE_END.finditer(text, 0, finding.start):
        start = match.end()
    following = _SENTENCE_END.search(text, finding.end)
    return text[start : following.start() + 1 if following else len(text)].strip()
