"""What the API reads: one rule with the pages for numbers, texts, moments and references."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from incidents.endstate.signals import add_signal
from incidents.record.models import Incident, Service
from people.models import User
from postmortems.items.models import ActionItem
from tests.conftest import Clock
from tests.programs import Program, Programs, parts_of


@pytest.fixture
def api(program: Programs, commander: User) -> Program:
    """The commander's program."""
    return program(commander)


def faults(answer: Any) -> tuple[int, str, list[str]]:
    document = answer.json()
    fields = [fault["field"] for fault in document.get("errors", [])]
    return answer.status_code, document["code"], fields


@pytest.mark.parametrize("ref", ["inc-{}", "INC-0{}", "Inc-000{}", "INC-{}"])
def test_a_reference_is_read_the_same_everywhere(
    api: Program, incident: Incident, ref: str
) -> None:
    named = ref.format(incident.number)
    assert api.get(f"incidents/{named}").json()["ref"] == incident.ref
    other = api.post("incidents", {"title": "The same", "severity": "sev2"}).json()["ref"]
    merged = api.post(f"incidents/{other}/merge", {"into": named, "reason": "One cause."})
    assert (merged.status_code, merged.json()["status"]) == (200, "merged")
    found = api.get(f"incidents?q={named}").json()["items"]
    assert incident.ref in [one["ref"] for one in found]


def test_a_byte_order_mark_is_read_over(api: Program, incident: Incident) -> None:
    body = b'\xef\xbb\xbf{"text": "with a mark"}'
    answer = api.post(f"incidents/{incident.ref}/notes", body)
    assert (answer.status_code, answer.json()["text"]) == (201, "with a mark")


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("incidents", {"title": "x", "severity": "sev1", "playbook": "p"}, ["playbook"]),
        ("incidents/{ref}/notes", {"text": "x", "Colour": 1}, ["Colour"]),
        ("incidents/{ref}/notes", {"text": "x", "": 1}, ["body"]),
        (
            "incidents/{ref}/status",
            {"to": "resolved", "all_clear": {"executive_summary": "x", "tone": "calm"}},
            ["all_clear.tone"],
        ),
    ],
)
def test_a_field_that_a_call_does_not_have_is_named(
    api: Program, incident: Incident, path: str, body: dict[str, Any], fields: list[str]
) -> None:
    answer = api.post(path.format(ref=incident.ref), body)
    assert faults(answer) == (422, "invalid", fields)
    (fault,) = answer.json()["errors"]
    assert fault["message"] == "This call has no such field."


def test_a_field_of_one_of_many_is_named_with_its_place(api: Program, incident: Incident) -> None:
    signal = api.post(
        f"incidents/{incident.ref}/signals", {"name": "CPU", "comparator": "<=", "target": 1}
    ).json()["id"]
    samples = [{"value": 1}, {"value": 2, "source": "top"}]
    answer = api.post(f"signals/{signal}/samples", {"samples": samples})
    assert faults(answer) == (422, "invalid", ["samples.1.source"])


@pytest.mark.parametrize("text", ["\u200b", "\ufeff\u00ad", "\u3164 \u2800", "\u200e\n\u2028"])
def test_nothing_visible_is_nothing(api: Program, incident: Incident, text: str) -> None:
    at = f"incidents/{incident.ref}"
    declared = api.post("incidents", {"title": text, "severity": "sev1"})
    assert faults(declared) == (422, "invalid", ["title"])
    assert faults(api.post(f"{at}/notes", {"text": text})) == (422, "invalid", ["text"])
    assert faults(api.post(f"{at}/cards", {"title": text})) == (422, "invalid", ["title"])
    assert faults(api.put(f"{at}/end-state", {"text": text})) == (422, "invalid", ["text"])
    assert faults(api.post(f"{at}/stop", {"reason": text}))[:2] == (409, "reason_required")
    signal = {"name": text, "comparator": "<=", "target": 1}
    assert faults(api.post(f"{at}/signals", signal)) == (422, "invalid", ["name"])
    clear = {"to": "resolved", "all_clear": {"executive_summary": text}}
    assert faults(api.post(f"{at}/status", clear))[:2] == (409, "all_clear_required")
    override = {"to": "resolved", "all_clear": {"executive_summary": "Over."}}
    override["override"] = {"reason": text}
    assert faults(api.post(f"{at}/status", override))[:2] == (409, "end_state_not_met")
    update = {
        "statement": "Calls fail.",
        "status_text": text,
        "hypothesis": "x",
        "current_action": "x",
        "executive_summary": "x",
    }
    assert faults(api.post(f"{at}/updates", update))[:2] == (409, "status_required")


@pytest.mark.parametrize("sign", ["\x1b", "\x07", "\x7f"])
def test_controls_are_refused(api: Program, incident: Incident, sign: str) -> None:
    answer = api.post(f"incidents/{incident.ref}/notes", {"text": f"a{sign}b"})
    assert faults(answer) == (422, "invalid", ["text"])


def test_one_invisible_sign_proves_nothing(
    api: Program, incident: Incident, commander: User
) -> None:
    look = {"title": "Look", "column": "parked", "owner": commander.email, "risk": "read_only"}
    card = api.post(f"incidents/{incident.ref}/cards", look).json()
    move = {"to": "done", "proof": "\u200b", "version": card["version"]}
    assert faults(api.post(f"cards/{card['id']}/move", move))[:2] == (409, "proof_required")


def test_two_samples_of_one_moment_are_counted_and_the_last_stands(
    api: Program, incident: Incident, commander: User, clock: Clock
) -> None:
    signal = add_signal(incident, by=commander, name="CPU", comparator="<=", target=1)
    at = (clock.now - timedelta(seconds=1)).isoformat()
    samples = [{"value": 1, "at": at}, {"value": 2, "at": at}]
    answer = api.post(f"signals/{signal.pk}/samples", {"samples": samples})
    assert (answer.status_code, answer.json()) == (
        202,
        {"accepted": 2, "rejected": 0, "replaced": 1},
    )
    signal.refresh_from_db()
    assert signal.latest_value == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [("amount", 0.004), ("amount", "1,5"), ("amount", "1_000"), ("per_minute", 0.001)],
)
def test_a_number_is_never_changed_unseen(
    api: Program, incident: Incident, field: str, value: Any
) -> None:
    body = {"journey": "Pay", "blocked": "All", "amount": 1, "unit": "x", field: value}
    assert faults(api.post(f"incidents/{incident.ref}/impact", body)) == (422, "invalid", [field])


@pytest.mark.parametrize("link", ["https://chat/x", "slack://channel?id=1", "msteams:/l/x"])
def test_chat_and_call_links_of_intranets_and_tools_are_taken(
    api: Program, incident: Incident, link: str
) -> None:
    answer = api.patch(f"incidents/{incident.ref}", {"chat_url": link, "call_url": link})
    assert (answer.status_code, answer.json()["chat_url"], answer.json()["call_url"]) == (
        200,
        link,
        link,
    )


def test_a_script_is_no_link(api: Program, incident: Incident) -> None:
    answer = api.patch(f"incidents/{incident.ref}", {"chat_url": "javascript:alert(1)"})
    assert faults(answer) == (422, "invalid", ["chat_url"])


@pytest.mark.parametrize("zone", ["localtime", "Factory", "posix/Europe/Berlin", "Mars"])
def test_a_zone_is_a_place(api: Program, incident: Incident, zone: str) -> None:
    cadence = {"daily_at": "09:00", "time_zone": zone}
    answer = api.patch(f"incidents/{incident.ref}", {"cadence": cadence})
    assert faults(answer) == (422, "invalid", ["cadence.time_zone"])


def test_what_somebody_who_left_owns_is_found(
    program: Programs, incident: Incident, admin: User
) -> None:
    item = ActionItem.objects.get(pk=parts_of(incident)["item_id"])
    User.objects.filter(pk=item.owner_id).update(is_active=False)
    reader = program(admin)
    found = reader.get(f"action-items?owner={item.owner.email}").json()["items"]
    assert [one["id"] for one in found] == [item.pk]
    answer = reader.get("action-items?owner=nobody@example.com")
    assert faults(answer) == (422, "invalid", ["owner"])


def test_the_months_of_insights_say_their_zone(api: Program) -> None:
    assert api.get("insights").json()["zone"] == "UTC"


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("İstanbul is down", "istanbul"),
        ("istanbul is down", "İSTANBUL"),
        ("Straße gesperrt", "STRASSE"),
        ("STRASSE gesperrt", "straße"),
        ("caf\u00e9 closed", "cafe\u0301"),
        ("cafe\u0301 closed", "CAFÉ"),
        ("Café closed", "cafe"),
        ("Ødegård łódź", "odegard LODZ"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("100 % of calls_fail", "% OF CALLS_"),
        ("The data\u00adbase \u200bis down", "DATABASE IS"),
        ("\ufb01le \ufb02ood", "FILE FLOOD"),
        ("\uff21\uff30\uff29 \uff14\uff12", "api 42"),
        ("Việt Nam", "viet nam"),
        ("Slow", "\u200b"),
    ],
)
def test_words_are_found_however_they_are_written(api: Program, title: str, words: str) -> None:
    ref = api.post("incidents", {"title": title, "severity": "sev3"}).json()["ref"]
    found = api.get(f"incidents?q={quote(words)}")
    assert [one["ref"] for one in found.json()["items"]] == [ref]


LONG_AGO, FAR_AHEAD = "1971-01-01T00:00:00Z", "2199-01-01T00:00:00Z"
IMPACT = {"journey": "Pay", "blocked": "All", "amount": 1, "unit": "orders"}
ITEM = {
    "title": "Limit every query in the ORM",
    "type": "guardrail",
    "owner": "maya@example.com",
    "priority": "p1",
    "success_criterion": "No query returns more than 10 rows.",
}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("incidents", {"title": "Slow", "severity": "sev3", "occurred_at": LONG_AGO}),
        ("incidents", {"title": "Slow", "severity": "sev3", "impact_started_at": LONG_AGO}),
        ("incidents/{ref}/notes", {"text": "It began.", "at": LONG_AGO}),
        ("incidents/{ref}/impact", {**IMPACT, "at": LONG_AGO}),
        ("incidents/{ref}/impact", {**IMPACT, "cut_off": "x", "cut_off_at": FAR_AHEAD}),
        ("incidents/{ref}/status", {"to": "identified", "occurred_at": LONG_AGO}),
        ("incidents/{ref}/roles", {"role": "scribe", "occurred_at": LONG_AGO}),
        ("incidents/{ref}/cards", {"title": "Look", "column": "now", "occurred_at": LONG_AGO}),
        ("cards/{card_id}/move", {"to": "now", "version": 1, "occurred_at": LONG_AGO}),
        ("deployments", {"service": "partner-api", "version": "1", "at": LONG_AGO}),
        ("incidents/{ref}/postmortem/actions", {**ITEM, "due_at": FAR_AHEAD}),
    ],
)
def test_a_time_that_can_have_nothing_to_do_with_it_is_refused(
    api: Program, incident: Incident, path: str, body: dict[str, Any]
) -> None:
    parts = parts_of(incident)
    Service.objects.create(name="Partner API", slug="partner-api")
    (field,) = [name for name, value in body.items() if value in (LONG_AGO, FAR_AHEAD)]
    assert faults(api.post(path.format(**parts), body)) == (422, "invalid", [field])


def test_a_zero_has_no_sign(api: Program, incident: Incident) -> None:
    at = f"incidents/{incident.ref}"
    signal = api.post(f"{at}/signals", {"name": "CPU", "comparator": "<=", "target": -0.0}).json()
    api.post(f"signals/{signal['id']}/samples", {"samples": [{"value": -0.0}]})
    impact = api.post(f"{at}/impact", {**IMPACT, "amount": -0.0, "per_minute": -0.0}).json()
    state = api.get(at).content.decode()
    assert (str(signal["target"]), str(impact["amount"]), str(impact["total"])) == ("0.0",) * 3
    assert "-0.0" not in state


@pytest.mark.parametrize("name", ["STRASSE", "stra\u00dfe", "strasse-1", "Stra\u00dfe"])
def test_a_service_is_called_by_its_name_however_it_is_written(
    api: Program, commander: User, name: str
) -> None:
    Service.objects.create(name="Stra\u00dfe", slug="strasse-1")
    Service.objects.create(name="Stra\u00dfe 2", slug="strasse-2")
    body = {"title": "Slow", "severity": "sev3", "services": [name]}
    ref = api.post("incidents", body).json()["ref"]
    found = api.get(f"incidents?service={quote(name)}").json()["items"]
    assert [one["ref"] for one in found] == [ref]
    assert api.get(f"insights?service={quote(name)}").status_code == 200
