"""Notes of agents wait for a person, and so do their drafts of updates (P37)."""

import pytest
from django.test import Client

from incidents.agents.actions import confirm_note, reject_note, write_draft
from incidents.agents.models import AgentNote, Draft
from incidents.lifecycle.actions import change_status
from incidents.record.models import Incident
from incidents.updates.models import Update
from people.actions import issue_token
from people.models import User
from postmortems.review.facts import is_fact_by_kind
from postmortems.review.models import Postmortem
from refusals.errors import AgentMayNot, Invalid, Refused
from tests.incidents.agents.conftest import as_agent, noted, refused
from tests.incidents.cast import fresh, last_words, publish
from tests.programs import Program, Programs

pytestmark = pytest.mark.django_db


def test_p37_a_note_is_unconfirmed_until_a_person_confirms_it(
    incident: Incident, commander: User, watchtower: Program, program: Programs
) -> None:
    seq = noted(incident, watchtower)
    assert noted(incident, watchtower) == seq, "the same again is once"
    (waiting,) = program(commander).get(f"incidents/{incident.ref}").json()["unconfirmed"]
    assert (waiting["seq"], waiting["agent"], waiting["by"]) == (seq, "Watchtower", "Tunde Okafor")
    note = confirm_note(incident, seq, by=commander)
    assert (note.is_confirmed, note.settled_by) == (True, commander)
    assert last_words(incident, "note_confirmed") == [
        "confirmed what agent Watchtower noted: Retries make up 61 %."
    ]
    assert confirm_note(incident, seq, by=commander) == note
    with pytest.raises(Refused) as caught:
        reject_note(incident, seq, by=commander)
    assert caught.value.code == "invalid_transition"
    assert program(commander).get(f"incidents/{incident.ref}").json()["unconfirmed"] == []


def test_p37_a_note_that_is_wrong_is_rejected_and_stays(
    incident: Incident, commander: User, watchtower: Program
) -> None:
    seq = noted(incident, watchtower)
    note = reject_note(incident, seq, by=commander, reason="It counts probes")
    assert note.is_confirmed is False
    assert last_words(incident, "note_rejected")[0].endswith("(It counts probes)")
    assert incident.entries.get(seq=seq).text.startswith("unconfirmed: Retries")
    with pytest.raises(Refused):
        confirm_note(incident, seq, by=commander)


def test_p37_what_nobody_confirmed_is_no_fact_of_the_review(
    incident: Incident, commander: User, watchtower: Program
) -> None:
    seq = noted(incident, watchtower)
    confirm_note(incident, seq, by=commander)
    review = Postmortem(incident=incident)
    said = incident.entries.get(seq=seq)
    confirmed = incident.entries.get(kind="note_confirmed")
    assert (is_fact_by_kind(said, review), is_fact_by_kind(confirmed, review)) == (False, True)


def test_p37_an_agent_decides_nothing_and_confirms_nothing(
    incident: Incident, responder: User, commander: User, watchtower: Program, program: Programs
) -> None:
    seq = noted(incident, watchtower)
    root = f"incidents/{incident.ref}"
    decision = watchtower.post(f"{root}/notes", {"text": "We fail over.", "kind": "decision"})
    assert refused(decision) == (403, "agent_may_not")
    assert refused(watchtower.post(f"{root}/notes/{seq}/confirm")) == (403, "agent_may_not")
    _, secret = issue_token(responder, name="script", is_service=True)
    assert Program(secret).post(f"{root}/notes/{seq}/confirm").status_code == 403
    with pytest.raises(AgentMayNot):
        confirm_note(incident, seq, by=as_agent(responder))
    assert AgentNote.objects.get().is_confirmed is None


def test_p37_notes_are_settled_over_the_api_by_number_too(
    incident: Incident, commander: User, watchtower: Program, program: Programs
) -> None:
    api, root = program(commander), f"incidents/{incident.ref}"
    first, second = noted(incident, watchtower), noted(incident, watchtower, "CPU is high.")
    third = noted(incident, watchtower, "Disk is full.")
    assert api.post(f"{root}/notes/{first}/confirm").json()["state"] == "confirmed"
    assert api.post(f"notes/{second}/confirm").json()["state"] == "confirmed"
    wrong = api.post(f"notes/{third}/reject", {"reason": "It is not."})
    assert wrong.json()["state"] == "rejected"
    assert api.post(f"{root}/notes/9999/confirm").status_code == 404
    assert api.post("notes/9999/reject").status_code == 404
    assert api.post(f"{root}/notes/1/confirm").status_code == 404, "a line that is no such note"


def test_p37_a_draft_is_never_published_by_it_and_fills_the_composer(
    incident: Incident, commander: User, watchtower: Program, program: Programs
) -> None:
    body = {"status_text": "Reads are back.", "next_moves": ["Drop retries"]}
    made = watchtower.post(f"incidents/{incident.ref}/drafts", body)
    assert (made.status_code, made.json()["agent"]) == (201, "Watchtower")
    assert not Update.objects.exists()
    (waiting,) = program(commander).get(f"incidents/{incident.ref}").json()["drafts"]
    assert {name: waiting[name] for name in ("number", "agent", "summary")} == {
        "number": 1,
        "agent": "Watchtower",
        "summary": "Reads are back.",
    }
    client = Client()
    client.force_login(commander)
    room = f"/incidents/{incident.ref}/"
    path = f"{room}updates/?draft={made.json()['id']}"
    assert path in client.get(room).content.decode()
    composer = client.get(path).content.decode()
    assert "Reads are back." in composer
    assert 'value="Drop retries"' in composer
    publish(incident, commander)
    assert program(commander).get(f"incidents/{incident.ref}").json()["drafts"] == []
    assert "Reads are back." not in client.get(path).content.decode()


def test_p37_a_draft_is_offered_no_more_once_nobody_awaits_an_update(
    incident: Incident, commander: User, responder: User, program: Programs
) -> None:
    write_draft(incident, by=as_agent(responder), status_text="One.", executive_summary="Short.")
    root = f"incidents/{incident.ref}"
    (waiting,) = program(commander).get(root).json()["drafts"]
    assert waiting["summary"] == "Short."
    change_status(incident, by=commander, to="cancelled", reason="The probe was wrong.")
    assert program(commander).get(root).json()["drafts"] == []
    client = Client()
    client.force_login(commander)
    path = f"/incidents/{incident.ref}/updates/?draft={Draft.objects.get().pk}"
    assert "One." not in client.get(path).content.decode()


def test_p37_a_newer_draft_takes_the_place_of_the_same_agents(
    incident: Incident, responder: User, commander: User
) -> None:
    agent = as_agent(responder)
    first = write_draft(incident, by=agent, status_text="One.")
    write_draft(incident, by=agent, status_text="Two.")
    first.refresh_from_db()
    assert first.dropped_at is not None
    with pytest.raises(Invalid):
        write_draft(incident, by=agent)
    client = Client()
    client.force_login(commander)
    standing = Draft.objects.get(dropped_at=None)
    path = f"/incidents/{incident.ref}/drafts/{standing.pk}/"
    assert client.post(path).status_code == 302
    assert client.post(path).status_code == 302
    assert last_words(incident, "draft_dropped") == ["put the draft of update 1 aside"]


def test_p37_on_the_page_a_person_confirms_or_says_it_is_wrong(
    incident: Incident, commander: User, other_responder: User, watchtower: Program
) -> None:
    client = Client()
    client.force_login(other_responder)
    seq, room = noted(incident, watchtower), f"/incidents/{incident.ref}/"
    other = noted(incident, watchtower, "CPU is high.")
    page = client.get(room).content.decode()
    assert "◌ unconfirmed · agent Watchtower" in page
    assert "Tunde Okafor answers for it" in page
    assert client.post(f"{room}agents/notes/{seq}/", {"is": "confirmed"}).status_code == 302
    assert client.post(f"{room}agents/notes/{other}/", {"is": "wrong"}).status_code == 302
    states = {one.seq: one.is_confirmed for one in AgentNote.objects.all()}
    assert states == {seq: True, other: False}
    assert "◌ unconfirmed" not in client.get(room).content.decode()
    refusal = client.post(f"{room}agents/", {"are": "off"})
    assert refusal.status_code == 409
    client.force_login(commander)
    assert client.post(f"{room}agents/", {"are": "off"}).status_code == 302
    assert "Agents are off here." in client.get(room).content.decode()
    assert client.post(f"{room}agents/", {"are": "on"}).status_code == 302
    assert fresh(incident).agents_on
