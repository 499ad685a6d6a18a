"""Whatever stands in an address or a hidden field of a page is answered, never our mistake."""

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.board.actions import add_card
from incidents.cards.models import Card
from incidents.record.models import Incident
from people.models import User
from tests.programs import parts_of
from tests.warroom.signing_in import signed_in

#: What pages read of their addresses.
NAMES = ["who", "kind", "q", "as", "page", "parent", "before", "to", "role", "list", "person"]
NAMES += ["service", "status", "severity", "edit", "version", "position", "from", "word", "at"]
ODD = [
    "²",
    "٣",
    "-1",
    "1_0",
    "9" * 30,
    "1e9",
    "",
    " ",
    "\u200b",
    "a" * 3000,
    "%",
    "'",
    "inc-1",
    "0x1",
]
ODD += ["1.5", "nan", "\\", "\u202e", "[]", "{}", "true", "2026-02-30"]
#: Walked by other tests, and probes, whose 503 is an answer.
ELSEWHERE = ("api/", "admin/", "readyz", "healthz", "metrics")


def addresses(incident: Incident) -> list[str]:
    """Every page that is read by GET, with the parts of ``incident`` in its address."""
    parts = {name: str(value) for name, value in parts_of(incident).items()}
    found: list[str] = []

    def walk(resolver: URLResolver, before: str) -> None:
        for pattern in resolver.url_patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern, route)
            elif isinstance(pattern, URLPattern) and not route.startswith(ELSEWHERE):
                filled = route
                for name, value in parts.items():
                    for kind in ("int", "str", "uuid"):
                        filled = filled.replace(f"<{kind}:{name}>", value)
                if not set(filled) & set("<>^$(?"):
                    found.append(f"/{filled}")

    walk(get_resolver(), "")
    return found


@pytest.fixture
def answers(incident: Incident) -> list[str]:
    """The pages' addresses."""
    return addresses(incident)


@given(
    index=st.integers(0, 10_000),
    query=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(ODD) | st.text(max_size=8)),
)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_query_of_a_page_is_our_mistake(
    answers: list[str], commander: User, index: int, query: dict[str, str]
) -> None:
    assert len(answers) > 40
    client = signed_in(commander)
    client.raise_request_exception = False
    text = "&".join(
        f"{name}={quote(value.encode('utf-8', 'surrogatepass'))}" for name, value in query.items()
    )
    address = answers[index % len(answers)]
    answer = client.get(f"{address}?{text}")
    assert (address, text, answer.status_code < 500) == (address, text, True)


@pytest.mark.parametrize("text", ["²", "٣", "1_0", "9" * 19, "x"])
def test_who_is_a_number_or_is_refused_with_a_sentence(
    incident: Incident, commander: User, text: str
) -> None:
    answer = signed_in(commander).get(f"{incident.get_absolute_url()}timeline/?who={text}")
    assert answer.status_code == 422
    assert "Write a whole number in digits, such as 15." in answer.content.decode()


@pytest.fixture
def card(incident: Incident, responder: User) -> Card:
    """A card in Next."""
    return add_card(incident, by=responder, title="Cap the query", column="next")


@pytest.mark.parametrize("field", ["position", "version"])
def test_a_place_and_a_version_are_numbers_or_are_refused(
    incident: Incident, commander: User, card: Card, field: str
) -> None:
    typed: dict[str, Any] = {"to": "next", "position": "0", "version": "1", field: "²"}
    address = f"{incident.get_absolute_url()}cards/{card.pk}/position/"
    answer = signed_in(commander).post(address, typed)
    assert answer.status_code == 422
    assert "Write a whole number in digits, such as 15." in answer.content.decode()


@pytest.mark.parametrize("ref", ["inc-{}", "INC-0{}", "Inc-00{}"])
def test_pages_and_stakeholders_read_a_reference_alike(
    incident: Incident, commander: User, stakeholder: User, ref: str
) -> None:
    named = ref.format(incident.number)
    page = signed_in(commander).get(f"/incidents/{named}/")
    theirs = signed_in(stakeholder).get(f"/stakeholders/{named}/")
    assert (page.status_code, theirs.status_code) == (200, 200)


def test_a_form_reads_a_reference_as_the_address_does(incident: Incident, commander: User) -> None:
    client = signed_in(commander)
    client.post("/incidents/new/", {"title": "The same", "severity": "sev2"})
    other = Incident.objects.get(title="The same")
    typed = {"to": "merged", "into": f" inc-0{incident.number} ", "reason": "One cause."}
    assert client.post(f"{other.get_absolute_url()}status/", typed).status_code == 302
    other.refresh_from_db()
    assert other.merged_into == incident


@pytest.mark.parametrize(
    ("target", "status", "kept"),
    [("1,5", 302, 1.5), ("0.004", 302, 0.004), ("1.500", 422, None), ("1_000", 422, None)],
)
def test_a_target_is_never_changed_unseen(
    incident: Incident, commander: User, target: str, status: int, kept: float | None
) -> None:
    typed = {"name": "CPU", "comparator": "<=", "target": target}
    typed |= {"hold_s": "300", "stale_after_s": "300"}
    answer = signed_in(commander).post(f"{incident.get_absolute_url()}signals/", typed)
    found = incident.signals.values_list("target", flat=True).first()
    assert (answer.status_code, found) == (status, kept)


@pytest.mark.parametrize("name", ["\u200b", "Maya\x1b", "\u2800"])
def test_a_person_is_called_something(commander: User, name: str) -> None:
    typed = {
        "name": name,
        "time_zone": "Europe/Berlin",
        "theme": "auto",
        "office_start": "09:00",
        "office_end": "17:00",
    }
    answer = signed_in(commander).post("/preferences/", typed)
    commander.refresh_from_db()
    assert (answer.status_code, commander.name) == (422, "Maya Köhler")


def test_a_name_stands_on_one_line(commander: User) -> None:
    typed = {
        "name": "Maya\u2028Köhler\u202e",
        "time_zone": "Europe/Berlin",
        "theme": "auto",
        "office_start": "09:00",
        "office_end": "17:00",
    }
    answer = signed_in(commander).post("/preferences/", typed)
    commander.refresh_from_db()
    assert (answer.status_code, commander.name) == (302, "Maya Köhler")


@pytest.mark.parametrize("link", ["https://chat/x", "slack://channel?id=1", "msteams:/l/x"])
def test_links_of_intranets_and_tools_are_typed_as_they_are(
    incident: Incident, commander: User, link: str
) -> None:
    address = f"{incident.get_absolute_url()}links/"
    answer = signed_in(commander).post(address, {"chat_url": link, "call_url": ""})
    incident.refresh_from_db()
    assert (answer.status_code, incident.chat_url) == (302, link)
    assert link in signed_in(commander).get(incident.get_absolute_url()).content.decode()


def test_words_are_found_on_pages_however_they_are_written(commander: User) -> None:
    client = Client()
    client.force_login(commander)
    client.post("/incidents/new/", {"title": "Straße in İstanbul", "severity": "sev3"})
    for words in ("STRASSE", "istanbul"):
        page = client.get(f"/incidents/?q={quote(words)}").content.decode()
        assert "Straße in İstanbul" in page
    found = Incident.objects.get(title="Straße in İstanbul")
    timeline = client.get(f"{found.get_absolute_url()}timeline/?q=ISTANBUL&as=csv")
    assert "Straße in İstanbul" in timeline.content.decode()


def test_the_months_of_insights_say_their_zone(commander: User) -> None:
    client = signed_in(commander)
    assert "Months are those of UTC." in client.get("/insights/").content.decode()
    name = client.get("/insights/?as=csv").headers["Content-Disposition"]
    assert name == 'attachment; filename="insights-utc.csv"'
