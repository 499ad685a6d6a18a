"""The language check alone: spans, kinds and words, without a database."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postmortems.language.checking import check
from postmortems.language.systemic import what_is_not_systemic
from postmortems.language.systemic_words import NOT_SYSTEMIC
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


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("L. Fischer ran it", ["L. Fischer"]),
        ("LFischer and l.fischer pushed", ["LFischer", "l.fischer"]),
        ("LF approved it, then G.H. did", ["LF", "G.H."]),
        ("W. Okafor", ["W. Okafor"]),
        ("DB, QA and CI were green", []),
        ("A liu of rows; a hopper of jobs", ["liu", "hopper"]),
    ],
)
def test_p53_sees_initials_handles_and_short_forms(text: str, found: list[str]) -> None:
    assert seen(text) == [(name, "person") for name in found]


def test_p53_sees_nicknames_where_they_are_names() -> None:
    text = "They asked Bob. Rob saw it. Do not rob one queue; bob the buoy."
    assert [one.text for one in check(text, ["Robert Park"])] == ["Bob", "Rob"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the junior engineer broke it", [("the junior engineer", "blame")]),
        ("Then a contractor mistyped the host.", [("a contractor", "blame")]),
        ("the on-call engineer was tired", [("the on-call engineer", "blame")]),
        ("They did not follow the runbook", [("did not follow", "careless")]),
        ("The on-call engineer saw no alert.", []),
        ("The on-call engineer restarted the pods.", []),
        ("The client did not follow redirects.", []),
    ],
)
def test_p53_sees_job_titles_as_culprits(text: str, found: list[tuple[str, str]]) -> None:
    assert seen(text) == found


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
    assert what_is_not_systemic(title) is None


@pytest.mark.parametrize(
    "text",
    [
        "hold a workshop",
        "Hold a workshop on migrations",
        "discuss in the team meeting",
        "Discuss it in the next retro",
        "write better code",
        "Improve code quality",
        "improve the overall quality of our code",
        "everyone is careful",
        "Engineers must read the docs",
        "Stop making mistakes",
        "Increase awareness of quotas",
        "The team is more careful",
        "Nobody makes mistakes",
        "Nobody forgets the step",
        "All developers should double check their queries",
        "Talk to the author about it",
        "Have a word with the on-call",
        "Run a training session for SREs",
        "Organise a lunch and learn about indexes",
        "Share the learnings with the team",
        "Present the incident at the all-hands",
        "Raise awareness",
        "Build a culture of ownership",
        "Read the runbook before deploying",
        "Everyone has read the runbook",
        "Make fewer mistakes",
        "Avoid human error",
        "Remind the team about the pipeline",
        "Tell developers to test more",
        "Encourage engineers to ask for reviews",
        "People remember to renew the certificate",
        "The on-call engineers know the runbook",
        "Be more careful",
        "Send a reminder to all engineers",
        "Retrain staff",
        "Teach everyone SQL",
        "Think before you deploy",
        "Work harder",
        "Coach the juniors",
        "Workshop on indexes",
        "Meeting with the vendor about quotas",
        "Foster better communication",
        "Reviewers should pay attention",
        "Develop better habits",
        "Strengthen the security mindset",
        "All engineers are trained",
    ],
)
def test_p56_appeals_to_people_are_refused_in_title_and_criterion(text: str) -> None:
    assert what_is_not_systemic(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "Warn users before their token expires",
        "Ask users to confirm before delete",
        "Add training data to the model",
        "A query limit in the ORM",
        "Production-scale anonymised staging data",
        "A review checklist item for high-volume tables",
        "Alert when the oldest job is older than five minutes",
        "Ask for the table's name before dropping it",
        "Automate the double-check of migrations",
        "Train the ranking model weekly on fresh data",
        "Runbook for failing the payments API over",
        "Remind users to rotate keys 7 days before they expire",
        "Send reminders to customers before the invoice is due",
        "Stop retrying on 4xx errors",
        "Improve image quality checks in CI",
        "Read replicas behind the reporting API",
        "Avoid duplicate errors in the log by grouping them",
        "Notify the on-call engineer when replication lag exceeds 30 s",
        "Page the on-call engineer when the queue is older than 5 minutes",
        "The deploy tool asks engineers to type the table's name",
        "CI fails when a migration has no rollback",
        "Promote the replica automatically",
        "Schedule a nightly restore test",
        "Run a game day every quarter that fails the primary over",
        "Reduce the connection pool to 50",
        "Increase the disk quota alarm threshold",
        "Two people must approve a destructive migration in the pipeline",
        "Block merges without a second approval",
        "Require a second reviewer for schema changes",
        "Nobody can drop a table without a confirmation",
        "No query reads more than 10 000 rows",
        "p99 stays below 300 ms for a week",
        "The alert fires within 2 minutes in a drill",
        "Document the failover in the runbook with its commands",
        "Create a runbook for certificate renewal",
        "Add a dry run step to the deploy script",
        "Alert the team when a certificate has 14 days left",
        "Build a dashboard of error budgets",
        "Increase test coverage of the billing module to 80 %",
        "Better error messages in the CLI",
        "Create better error messages for expired tokens",
        "Rate limit per user",
        "The on-call engineer knows within 5 minutes which table is locked",
        "Discussions API: add pagination",
        "Meetings service: cap the number of attendees",
        "Let the bot remind the team when a silence expires",
        "Retry the training job on spot eviction",
        "Learn the baseline of traffic per hour",
        "Understandable names for the two consoles",
        "Team page lists who owns each service",
        "Add a check that users have a verified address",
        "Every team's services have an owner in the catalogue",
        "Admins need a second factor",
        "Admins must confirm with a second factor before deleting",
        "Tell users which field is wrong",
        "Inform customers when their quota reaches 80 %",
        "Check for an existing lock before migrating",
        "Guard against an empty list",
        "Ensure that the job stops when the disk is full",
        "Make sure the cache is warm before traffic moves",
        "Test the restore every night",
        "Plan capacity with a model of peak load",
        "Work queue with priorities",
    ],
)
def test_p56_what_software_or_a_step_of_the_process_does_passes(text: str) -> None:
    assert what_is_not_systemic(text) is None


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
