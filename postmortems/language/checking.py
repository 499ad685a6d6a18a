"""The language check: where a text names or blames a person, and how to say it of the system.

Pure text in, spans out: nothing here knows of incidents. What is done about a finding (suggested
while one types, refused at publication) stands in ``publication``.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from postmortems.language.roles import CULPRIT, END_ADVICE, ENDS
from postmortems.language.shortened import nicknames_of, places_of_handle, places_of_initials
from postmortems.language.words import ADVICE, COMMON_WORDS, NOT_NAMES, PATTERNS, VERBS


@dataclass(frozen=True)
class Finding:
    """One place in a text. ``start`` and ``end`` count code points; ``text`` is what stands there.

    ``kind`` is one of ``person``, ``blame``, ``human_error``, ``should_have``, ``counterfactual``,
    ``careless``; ``advice`` says how to name the system instead.
    """

    start: int
    end: int
    text: str
    kind: str
    advice: str


def check(
    text: str,
    people: Iterable[str] = (),
    *,
    not_people: Iterable[str] = (),
    is_end: bool = False,
) -> list[Finding]:
    """Every place in ``text`` that points at a person, in order, none overlapping another.

    ``people`` are full names, such as the roster's. A first or last name that is an ordinary word
    too (Will, Mark, Grace) counts only where it is written and used as a name; words in
    ``not_people`` never count. ``is_end``: the text ends a branch of whys, so no role stands where
    a safeguard belongs. What stands in a link or in ``code`` is left alone. Never raises.
    """
    folded = _Folded(text)
    allowed = {fold(word) for word in not_people}
    found = [*_phrases(folded), *_names(folded, people, allowed)]
    if is_end:
        found.extend(_ends(folded))
    quoted = [match.span() for match in _QUOTED.finditer(text)]
    spans = sorted(
        (span for span in found if not any(a <= span[0] < b for a, b in quoted)),
        key=lambda span: (span[0], -span[1]),
    )
    findings: list[Finding] = []
    for start, end, kind in spans:
        if not findings or start >= findings[-1].end:
            advice = END_ADVICE if kind == _END else ADVICE[kind]
            said = "person" if kind == _END else kind
            findings.append(Finding(start, end, text[start:end], said, advice))
    return findings


def is_ambiguous(word: str) -> bool:
    """Whether a folded word is an ordinary one besides being a name (Will, Mark, Grace)."""
    return word in COMMON_WORDS or word in NOT_NAMES or len(word) < 3


def fold(text: str) -> str:
    """``text`` as names and phrases are compared: no case, no accents, straight apostrophes."""
    return _Folded(text).text


class _Folded:
    """A text without case, accents and invisible signs that still knows where each letter was."""

    def __init__(self, original: str) -> None:
        self.original = original
        letters: list[str] = []
        places: list[int] = []
        for place, letter in enumerate(original):
            if letter in "’ʼ‘`´":
                letter = "'"
            elif letter in "‐‑‒–":
                letter = "-"
            for part in unicodedata.normalize("NFKD", letter).casefold():
                if not unicodedata.combining(part) and unicodedata.category(part) != "Cf":
                    letters.append(part)
                    places.append(place)
        self.text = "".join(letters)
        self._places = places

    @property
    def as_written(self) -> str:
        """Letter by letter beside ``text``, with its capitals."""
        return "".join(self.original[place] for place in self._places)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where in the original a stretch of the folded text stands, with trailing accents."""
        first, last = self._places[start], self._places[end - 1] + 1
        while last < len(self.original) and unicodedata.combining(self.original[last]):
            last += 1
        return first, last


#: Links and code, in which a name is an address or an identifier.
_QUOTED = re.compile(r"https?://[^\s)>\]]+|`[^`\n]{1,500}`")
_ENDS_SENTENCE = re.compile(r"(?:^|[.!?:;\n\r\u2022]|^\s*[-*#>]+|\n\s*[-*#>]+)[\s\"'(*_-]*$")
_END = "end"
_NEXT_WORD = re.compile(r"\s{1,4}([a-z']+)")


def _phrases(folded: _Folded) -> Iterator[tuple[int, int, str]]:
    for kind, pattern in PATTERNS:
        for match in pattern.finditer(folded.text):
            start, end = match.span("say") if "say" in pattern.groupindex else match.span()
            yield (*folded.span(start, end), kind)
    for match in CULPRIT.finditer(folded.text):
        yield (*folded.span(*match.span()), "blame")


def _ends(folded: _Folded) -> Iterator[tuple[int, int, str]]:
    for pattern in ENDS:
        for match in pattern.finditer(folded.text):
            yield (*folded.span(*match.span()), _END)


def _names(
    folded: _Folded, people: Iterable[str], allowed: set[str]
) -> Iterator[tuple[int, int, str]]:
    for name in people:
        whole = " ".join(fold(name).split())
        parts = whole.split()
        if len(parts) > 1 and whole not in allowed:
            for start, end in _places_of(whole, folded):
                yield (*folded.span(start, end), "person")
        for part in parts:
            part = part.strip(".,'\"()")
            if _may_stand_alone(part, alone=len(parts) == 1) and part not in allowed:
                for start, end in _places_of(part, folded):
                    if _is_meant_as_name(part, folded, start, end):
                        yield (*folded.span(start, end), "person")
        if len(parts) > 1 and whole not in allowed:
            yield from _shortened(folded, whole, allowed)


def _shortened(folded: _Folded, whole: str, allowed: set[str]) -> Iterator[tuple[int, int, str]]:
    """Initials, an initial with the surname, handles and nicknames of a folded full name."""
    first, *_, last = (part.strip(".,'\"()") for part in whole.split())
    if not first or not last or _is_wide(first[0]):
        return
    for start, end in places_of_initials(whole, folded.original):
        yield start, end, "person"
    for start, end in places_of_handle(first, last, folded.text, folded.as_written):
        yield (*folded.span(start, end), "person")
    for short in nicknames_of(first):
        if short in folded.text and short not in allowed:
            for start, end in _places_of(short, folded):
                if _is_meant_as_name(short, folded, start, end, is_ordinary=True):
                    yield (*folded.span(start, end), "person")


def _may_stand_alone(part: str, *, alone: bool) -> bool:
    """Whether a part of a name points at somebody by itself: no initial, "van" or "bot"."""
    if not part or (len(part) < 2 and not _is_wide(part[0])):
        return False
    return (alone and part not in COMMON_WORDS) or part not in NOT_NAMES


def _places_of(name: str, folded: _Folded) -> Iterator[tuple[int, int]]:
    pattern = r"\s{1,4}".join(re.escape(part) for part in name.split())
    before = "" if _is_wide(name[0]) else r"(?<!\w)"
    after = "" if _is_wide(name[-1]) else r"(?!\w)"
    for match in re.finditer(f"{before}{pattern}{after}", folded.text):
        yield match.span()


def _is_wide(letter: str) -> bool:
    """Whether it belongs to a script that writes words without spaces between them."""
    return unicodedata.east_asian_width(letter) in "WF"


def _is_meant_as_name(
    part: str, folded: _Folded, start: int, end: int, *, is_ordinary: bool = False
) -> bool:
    """Ordinary words and very short names count only as somebody would write a name.

    That is with a capital inside a sentence, or at its start before a verb or an ``'s``.
    """
    is_ordinary = is_ordinary or part in COMMON_WORDS
    if not is_ordinary and len(part) > 2:
        return True
    first, last = folded.span(start, end)
    written = folded.original[first:last]
    if not written[:1].isupper() and not _is_wide(part[0]):
        return False
    if not is_ordinary:
        return len(written) < 2 or not written.isupper()
    rest = folded.text[end : end + 40]
    if rest.startswith("'s"):
        return True
    if not _ENDS_SENTENCE.search(folded.text[max(0, start - 40) : start]):
        return True
    following = _NEXT_WORD.match(rest)
    return bool(following and (following[1] in VERBS or following[1].endswith("ed")))
