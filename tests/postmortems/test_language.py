"""The language check alone: spans, kinds and words, without a database."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postmortems.items.systemic import is_systemic, what_is_not_systemic
from postmortems.items.words import NOT_SYSTEMIC
from postmortems.language.checking import check
from postmortems.language.words import PATTERNS

ROSTER = ["Lena Fischer", "Will Okafor", "Mark Liu", "Grace Hopper", "José Núñez", "田中 太郎"]


def seen(text: str) -> list[tuple[str, str]]:
    return [(finding.text, finding.kind) for finding in check(text, ROSTER)]


def test_p53_flags_every_kind_where_it_stands() -> None:
    text = "You should have asked Lena; human error: she forgot to page, she could have."
    assert [(found.start, found.end, found.text, found.kind) for found in check(text, ROSTER)] == [
        (0, 3, "You", "blame"),
        (4, 15, "should have", "should_have"),
        (22, 26, "Lena", "person"),
        (28, 39, "human error", "human_error"),
        (45, 54, "forgot to", "careless"),
        (65, 75, "could have", "counterfactual"),
    ]


def test_p53_every_finding_comes_with_a_rewrite_that_names_the_system() -> None:
    (found,) = check("It was operator error.")
    assert found.advice.startswith("That ends the search too early. Say what made the step easy")


@pytest.mark.parametrize(
    "text",
    [
        "The feature loads 600 000 rows unpaginated.",
        "Code review has no check for high-volume tables; staging holds 800 rows.",
        "Each item should have an owner.",
        "The pod failed to start and the API failed to respond.",
        "We will tell you at 03:15. Thank you.",
        "If you open the page, it asks for every row.",
        "Will it hold? Mark the table. Grace periods end at 02:00.",
        "See https://runbooks.example.org/lena-fischer and `mark()`.",
        "Of course it should, of course.",
        "",
    ],
)
def test_p53_leaves_words_about_systems_alone(text: str) -> None:
    assert seen(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Will deployed the change.", ["Will"]),
        ("The change that Will made", ["Will"]),
        ("Mark's query", ["Mark"]),
        ("They asked Grace about it", ["Grace"]),
        ("WILL OKAFOR ran it, will it hold", ["WILL OKAFOR"]),
        ("lena pushed it, Fischer approved", ["lena", "Fischer"]),
        ("Jose, JOSÉ and Jose\u0301", ["Jose", "JOSÉ", "Jose\u0301"]),
        ("田中さんが変更した", ["田中"]),
        ("Le\u200bna was on call", ["Le\u200bna"]),
    ],
)
def test_p53_tells_names_from_ordinary_words(text: str, found: list[str]) -> None:
    assert seen(text) == [(name, "person") for name in found]


def test_p53_not_a_person_is_respected() -> None:
    assert check("The change that Will made", ROSTER, not_people=["will"]) == []


def test_p53_counts_code_points_also_behind_signs_outside_the_first_plane() -> None:
    text = "🚨🚨 Lena"
    (found,) = check(text, ROSTER)
    assert (found.start, found.end, text[found.start : found.end]) == (3, 7, "Lena")


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Be more careful with queries", "be more careful"),
        ("Remind the team to paginate", "remind the team"),
        ("Train people on SQL", "train people"),
        ("Training for all developers", "training for"),
        ("Pay closer attention to dashboards", "pay closer attention"),
        ("Communicate better", "communicate better"),
        ("Double‑check queries before merging", "double-check"),
        ("Make sure everyone reads the runbook", "make sure everyone"),
        ("Follow the deployment process", "follow the deployment process"),
        ("Test more thoroughly", "test more thoroughly"),
    ],
)
def test_p56_sees_what_only_asks_people_to_be_different(title: str, words: str) -> None:
    assert what_is_not_systemic(title) == words


@pytest.mark.parametrize(
    "title",
    [
        "A query limit in the ORM",
        "Production-scale anonymised staging data",
        "A review checklist item for high-volume tables",
        "Alert when the oldest job is older than five minutes",
        "Ask for the table's name before dropping it",
        "Automate the double-check of migrations",
        "Train the ranking model weekly on fresh data",
        "Runbook for failing the payments API over",
    ],
)
def test_p56_lets_systemic_fixes_pass(title: str) -> None:
    assert is_systemic(title)


LOOKS_HARD = (
    "you should have forgot to Lena Fischer Will human error could if only failed 田中 é \u0301 "
    "\u200b ' ’ - . ` https:// 🚨 ß İ ﬁ \n"
)
WORDS = st.sampled_from(LOOKS_HARD.split(" "))
TEXTS = st.text() | st.lists(WORDS, max_size=30).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.lists(st.text(max_size=30) | st.just("Lena Fischer"), max_size=4))
def test_p53_never_raises_and_its_spans_are_true(text: str, people: list[str]) -> None:
    findings = check(text, people)
    for found in findings:
        assert 0 <= found.start < found.end <= len(text)
        assert text[found.start : found.end] == found.text
    for before, after in itertools.pairwise(findings):
        assert before.end <= after.start
    what_is_not_systemic(text)


def test_p53_a_very_long_line_is_read_in_time() -> None:
    assert check("should " * 50_000 + "you " * 50_000, ROSTER) == []


def test_every_pattern_is_whole() -> None:
    patterns = [pattern for _, pattern in PATTERNS] + NOT_SYSTEMIC
    assert [pattern.pattern for pattern in patterns if "{_" in pattern.pattern] == []
