"""The pages of the war room without a browser: who may, what is refused, what needs no script."""

import re
from typing import Any

import pytest
from django.test import Client

from incidents.board.actions import add_card, move_card
from incidents.cards.models import Card
from incidents.endstate.actions import write_end_state
from incidents.endstate.signals import add_signal, record_samples
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.notes import add_note
from incidents.record.models import Incident, RoleAssignment
from people.models import User
from tests.conftest import Clock
from tests.warroom.signing_in import at, signed_in

HTMX: dict[str, Any] = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def card(incident: Incident, responder: User) -> Card:
    return add_card(incident, by=responder, title="Cap the query", column="next")


EDITORS = [
    "miss",
    "links",
    "details",
    "times",
    "new-impact",
    "end-state",
    "new-signal",
    "escalations",
    "new-paused-work",
    "stop",
    "resume",
    "new-stop-criterion",
    "note",
    "status",
    "roles",
    "updates",
]


@pytest.mark.parametrize("name", EDITORS)
def test_every_editor_is_a_page_and_a_part(incident: Incident, commander: User, name: str) -> None:
    client = signed_in(commander)
    page = client.get(at(incident, name))
    part = client.get(at(incident, name), **HTMX)
    assert (page.status_code, part.status_code) == (200, 200)
    assert b"<!doctype html>" in page.content
    assert b"<!doctype html>" not in part.content
    assert part.content.lstrip().startswith(b"<form")


MORE_EDITORS = ["cadence", "expected-back", "new-hypothesis", "new-obligation", "go", "triage"]
TYPED = re.compile(r'<(?:textarea|input type="text") name="([^"]+)"')


@pytest.mark.parametrize("name", [*EDITORS, *MORE_EDITORS])
def test_an_editor_page_that_is_refused_keeps_every_word(
    incident: Incident, commander: User, name: str
) -> None:
    client = signed_in(commander)
    fields = TYPED.findall(client.get(at(incident, name)).content.decode())
    typed = {field: f"kept of {field} {'x' * 10_001}" for field in fields}
    answer = client.post(at(incident, name), typed)
    page = answer.content.decode()
    assert fields != []
    assert answer.status_code in (409, 422)
    assert "<!doctype html>" in page
    assert [field for field, words in typed.items() if words not in page] == []


POSTS: list[tuple[str, dict[str, str]]] = [
    ("miss", {"statement": "Calls fail since 02:31", "blocker": "No connections left"}),
    ("links", {"chat_url": "https://chat.example/inc"}),
    ("details", {"title": "Calls fail everywhere", "severity": "sev1"}),
    ("times", {"name": "impact_started_at", "at": "2026-01-01T02:00", "reason": "From the logs"}),
    ("new-impact", {"journey": "Orders", "blocked": "partners", "amount": "5", "unit": "orders"}),
    ("end-state", {"text": "Calls succeed."}),
    (
        "new-signal",
        {
            "name": "Error rate",
            "comparator": "<=",
            "target": "1",
            "hold_s": "0",
            "stale_after_s": "300",
            "unit": "%",
            "required": "on",
        },
    ),
    ("note", {"text": "Looked at the logs", "kind": "note"}),
    ("status", {"to": "identified"}),
    ("cards", {"new-title": "Drain the retries", "new-serves": ""}),
    ("roles", {"join": "responder"}),
    (
        "updates",
        {
            "statement": "Calls fail",
            "status_text": "We look",
            "hypothesis": "A query",
            "current_action": "Looking",
            "next_in": "15",
        },
    ),
]


@pytest.mark.parametrize(("name", "data"), POSTS)
def test_posts_work_without_script(
    incident: Incident, commander: User, name: str, data: dict[str, str]
) -> None:
    before = incident.entries.count()
    answer = signed_in(commander).post(at(incident, name), data)
    assert (answer.status_code, answer["Location"]) == (302, incident.get_absolute_url())
    assert incident.entries.count() >= before + (0 if name == "roles" else 1)


def test_a_form_on_a_page_of_its_own_leads_back_once_it_is_done(
    incident: Incident, commander: User
) -> None:
    path = at(incident, "note")
    asked = {**HTMX, "HTTP_HX_CURRENT_URL": f"http://testserver{path}"}
    answer = signed_in(commander).post(path, {"text": "Looked.", "kind": "note"}, **asked)
    assert answer["HX-Redirect"] == incident.get_absolute_url()
    assert "accepted" in answer["HX-Trigger"]


@pytest.mark.parametrize(("name", "data"), POSTS)
def test_posts_answer_htmx_with_the_regions(
    incident: Incident, commander: User, name: str, data: dict[str, str]
) -> None:
    answer = signed_in(commander).post(at(incident, name), data, **HTMX)
    assert answer.status_code == 200
    assert answer.content.count(b"<hx-partial") >= 9
    assert b'"accepted"' in answer["HX-Trigger"].encode()


@pytest.mark.parametrize(("name", "data"), POSTS)
def test_stakeholders_are_told_no(
    incident: Incident, stakeholder: User, name: str, data: dict[str, str]
) -> None:
    assert signed_in(stakeholder).post(at(incident, name), data).status_code == 403


@pytest.mark.parametrize(("name", "data"), POSTS)
def test_what_one_may_not_see_is_not_there(
    incident: Incident, commander: User, outsider: User, name: str, data: dict[str, str]
) -> None:
    change_incident(incident, by=commander, private=True)
    assert signed_in(outsider).post(at(incident, name), data).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/incidents/", "/incidents/new/", "/incidents/INC-1/"])
def test_strangers_sign_in_first(path: str) -> None:
    answer = Client().get(path)
    assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={path}")


@pytest.mark.parametrize("ref", ["INC-9999", "INC-", "42x", "INC-99999999999999999999", "inc-1"])
def test_unknown_references_are_not_there(commander: User, ref: str) -> None:
    assert signed_in(commander).get(f"/incidents/{ref}/").status_code == 404


def test_p01_declaring_needs_a_title_and_a_severity(commander: User) -> None:
    client = signed_in(commander)
    answer = client.post("/incidents/new/", {"title": "Orders fail", "severity": "sev2"})
    made = Incident.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, made.get_absolute_url())
    assert (made.title, made.severity, made.kind) == ("Orders fail", "sev2", "incident")
    refused = client.post("/incidents/new/", {"title": "", "severity": "sev9"})
    assert refused.status_code == 422
    assert refused.content.count(b'class="error"') == 2


def test_p33_finishing_without_proof_keeps_what_was_typed(
    incident: Incident, responder: User, card: Card
) -> None:
    data = {
        "version": card.version,
        "title": "Cap the query at 5 000",
        "to": "done",
        "proof": "",
        "serves": "",
        "risk": "safe",
        "owner": str(responder.pk),
        "pair": "",
        "time_box_min": "",
    }
    answer = signed_in(responder).post(at(incident, "card", card.pk), data, **HTMX)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Done needs proof" in text
    assert 'value="Cap the query at 5 000"' in text
    card.refresh_from_db()
    assert (card.title, card.column) == ("Cap the query", "next")


def test_a_stale_card_answers_with_both(
    incident: Incident, responder: User, commander: User, card: Card
) -> None:
    move_card(card.pk, by=commander, to="parked", version=card.version)
    data = {
        "version": card.version,
        "title": "Mine",
        "to": "next",
        "serves": "",
        "risk": "",
        "owner": "",
        "pair": "",
        "time_box_min": "",
        "proof": "",
    }
    answer = signed_in(responder).post(at(incident, "card", card.pk), data)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert 'id="card-as-it-is"' in text
    assert 'value="Mine"' in text
    assert 'name="version" value="2"' in text


def test_p32_a_busy_owner_offers_the_swap(incident: Incident, responder: User) -> None:
    ready: dict[str, Any] = {
        "owner": responder,
        "risk": "read_only",
        "expected_proof": "it falls",
        "column": "next",
    }
    first = add_card(incident, by=responder, title="First", **ready)
    second = add_card(incident, by=responder, title="Second", **ready)
    first = move_card(first.pk, by=responder, to="now", version=first.version)
    client = signed_in(responder)
    address = f"{at(incident, 'card-position', second.pk)}?version={second.version}"
    answer = client.post(address, {"to": "now"}, **HTMX)
    assert answer.status_code == 409
    assert b"Park \xe2\x80\x9cFirst\xe2\x80\x9d, start this" in answer.content
    data = {
        "version": second.version,
        "title": "Second",
        "to": "now",
        "serves": "",
        "owner": responder.pk,
        "pair": "",
        "risk": "read_only",
        "expected_proof": "it falls",
        "time_box_min": "15",
        "time_box_reason": "",
        "proof": "",
        "swap": first.pk,
    }
    assert client.post(at(incident, "card", second.pk), data).status_code == 302
    columns = dict(incident.cards.values_list("title", "column"))
    assert columns == {"First": "parked", "Second": "now"}


def test_a_number_that_is_none_is_refused_beside_its_field(
    incident: Incident, commander: User
) -> None:
    signal = add_signal(incident, by=commander, name="CPU", comparator="<=", target=60.0)
    answer = signed_in(commander).post(at(incident, "signal", signal.pk), {"value": "NaN"})
    assert answer.status_code == 422
    assert b'value="NaN"' in answer.content


def test_an_editor_leaves_alone_what_nobody_touched(
    incident: Incident, commander: User, responder: User
) -> None:
    opened = {"statement": "API calls fail", "blocker": "", "in_our_control": ""}
    change_incident(incident, by=responder, blocker="No connections left")
    data = {f"initial-{name}": value for name, value in opened.items()} | opened
    data |= {"beyond_our_control": "Partner clients"}
    answer = signed_in(commander).post(at(incident, "miss"), data)
    incident.refresh_from_db()
    assert answer.status_code == 302
    assert (incident.statement, incident.blocker, incident.beyond_our_control) == (
        "API calls fail",
        "No connections left",
        "Partner clients",
    )


PLACES = ("", "initial-")


@pytest.mark.parametrize(
    ("editor", "field", "was", "theirs", "shown", "mine"),
    [
        ("miss", "blocker", "", "No connections left", "No connections left", "Retries pile up"),
        ("details", "severity", "sev1", "sev3", "SEV3", "sev2"),
        ("details", "caused_by_change", "", True, "yes", "false"),
        ("end-state", "text", "Calls succeed.", "Calls succeed, fast.", "fast.", "No call fails."),
    ],
)
def test_what_somebody_wrote_meanwhile_stands_beside_what_was_typed_and_is_not_overwritten(
    editor: str,
    field: str,
    was: str,
    theirs: Any,
    shown: str,
    mine: str,
    incident: Incident,
    commander: User,
    responder: User,
) -> None:
    def stands() -> Any:
        incident.refresh_from_db()
        return getattr(incident, {"text": "end_state"}.get(field, field))

    def write(value: Any) -> None:
        if field == "text":
            write_end_state(incident, by=commander, text=value)
        else:
            change_incident(incident, by=commander, **{field: value})

    if field == "text":
        write(was)
    known = {f"{place}{name}": "Calls fail" for name in ("title", "statement") for place in PLACES}
    data = {**known, "initial-severity": "sev1", "severity": "sev1", f"initial-{field}": was}
    write(theirs)
    client, path = signed_in(commander), f"/incidents/{incident.ref}/{editor}/"
    # Untouched it is theirs that stays.
    assert client.post(path, data | {field: was}).status_code == 302
    assert stands() == theirs
    refused = client.post(path, data | {field: mine})
    text = " ".join(refused.content.decode().split())
    assert (refused.status_code, stands()) == (409, theirs)
    assert "It changed meanwhile" in text
    assert re.search(rf'class="theirs".*{re.escape(shown)}</p>', text)
    # Saved again, having seen it, what was typed counts.
    again = re.search(rf'name="initial-{field}" value="([^"]*)"', text)
    assert again
    data[f"initial-{field}"] = again[1]
    assert client.post(path, data | {field: mine}).status_code == 302
    assert str(stands()).lower() == mine.lower()


def test_home_shows_what_is_open_and_what_is_mine(
    incident: Incident, responder: User, clock: Clock
) -> None:
    card = add_card(incident, by=responder, title="Mine to do", owner=responder, column="next")
    text = signed_in(responder).get("/").content.decode()
    assert incident.ref in text
    assert card.title in text


def test_home_says_how_close_each_open_incident_is(
    incident: Incident, commander: User, responder: User
) -> None:
    client = signed_in(responder)
    assert "Nobody has said yet what good looks like." in client.get("/").content.decode()
    write_end_state(incident, by=commander, text="Calls succeed.")
    values = {"Errors": 4.4, "Rows lost": 0.0, "Never measured": None, "Nice to have": 9.0}
    for name, value in values.items():
        signal = add_signal(
            incident,
            by=commander,
            name=name,
            comparator="<=",
            target=1,
            hold_s=0,
            required=name != "Nice to have",
        )
        if value is not None:
            record_samples(signal.pk, by=commander, samples=[(value, None)])
    page = " ".join(client.get("/").content.decode().split())
    assert "✕ 1 of 3 required met</b> · <bdi>Errors</bdi> 4.4" in page
    assert "<bdi>Never measured</bdi> not measured yet" in page
    assert "Nice to have" not in page


def test_the_palette_has_an_entry_for_everything_that_is_reached(
    incident: Incident, commander: User, responder: User
) -> None:
    add_card(incident, by=responder, title="Cap the query", owner=responder, column="next")
    page = signed_in(commander).get(incident.get_absolute_url()).content.decode()
    entries = re.findall(r'data-command="([^"]+)"', page)
    reached = {
        "Notifications",
        "Preferences",
        "Sign out",
        "Card: Cap the query",
        "Declare an incident",
        "Every promise",
        "The post-mortem",
        "Thank somebody by name",
        "What stakeholders see",
    }
    assert reached - set(entries) == set()
    assert [one for one in entries if one.startswith("Maya Köhler, Commander")] != []


def test_stakeholders_start_on_their_own_page(incident: Incident, stakeholder: User) -> None:
    answer = signed_in(stakeholder).get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/stakeholders/")


def test_the_timeline_is_filtered_and_taken_along(
    incident: Incident, commander: User, responder: User
) -> None:
    add_note(incident, by=commander, text="=1+1 looks like a formula")
    add_note(incident, by=responder, text="A *second* note", kind="decision")
    client = signed_in(commander)
    address = at(incident, "timeline")
    page = client.get(address, {"kind": "decision"}).content.decode()
    assert "A *second* note" in page
    assert "formula" not in page
    items = client.get(address, {"as": "json", "kind": "note"}).json()["items"]
    assert [(item["text"], item["hash"]) for item in items] == [
        ("=1+1 looks like a formula", incident.entries.get(kind="note").hash)
    ]
    table = client.get(address, {"as": "csv"}).content.decode()
    assert "'=1+1 looks like a formula" in table
    markdown = client.get(address, {"as": "md"}).content.decode()
    assert f"# {incident.ref} API calls fail" in markdown
    assert r"A \*second\* note" in markdown


def test_the_palette_lists_only_what_one_may_see(
    incident: Incident, commander: User, outsider: User
) -> None:
    path = incident.get_absolute_url()
    expected = [{"ref": incident.ref, "title": "API calls fail", "path": path}]
    assert signed_in(outsider).get("/incidents/names/").json() == {"items": expected}
    change_incident(incident, by=commander, private=True)
    assert signed_in(outsider).get("/incidents/names/").json() == {"items": []}


def test_p11_command_is_asked_for_before_it_is_taken(
    incident: Incident, responder: User, clock: Clock
) -> None:
    client = signed_in(responder)
    data = {"role": "commander", "person": str(responder.pk), "note": "I have it"}
    refused = client.post(at(incident, "roles"), data)
    assert refused.status_code == 409
    assert b"Ask the commander" in refused.content
    assert client.post(at(incident, "roles"), {"ask": "1"}).status_code == 302
    clock.advance(minutes=3)
    assert client.post(at(incident, "roles"), data).status_code == 302
    held = RoleAssignment.objects.get(incident=incident, role="commander", ended_at=None)
    assert held.person == responder


def test_p46_a_stakeholder_who_follows_a_link_to_the_room_is_led_to_their_page(
    incident: Incident, stakeholder: User
) -> None:
    answer = signed_in(stakeholder).get(f"/incidents/{incident.ref}/")
    assert answer.status_code == 403
    assert f'href="/stakeholders/{incident.ref}/">Read it on your page' in answer.content.decode()
