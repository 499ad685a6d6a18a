"""Bringing files, putting them where they say something, who sees them, taking them back (P65)."""

import hashlib

import pytest
from django.test import Client

from api.idempotency import REPLAYED
from incidents.attachments import actions
from incidents.attachments.actions import add_attachment
from incidents.attachments.models import Attachment
from incidents.attachments.reading import LARGEST, read_file
from incidents.board.actions import add_card, move_card
from incidents.hypotheses.actions import add_hypothesis
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.notes import add_note
from incidents.record.models import Incident
from incidents.record.timeline import verify
from incidents.roster.actions import assign_role, join
from people.actions import issue_token
from people.models import User
from postmortems.review.actions import open_review
from postmortems.review.analysis import put_files
from refusals.errors import AgentMayNot, Invalid, Refused
from tests.incidents.attachments.files import brought, send
from tests.incidents.cast import ready, start
from tests.incidents.conftest import an_update, codes
from tests.programs import Program, Programs
from withdrawal.files import withdraw_file

pytestmark = pytest.mark.django_db
GONE = "[withdrawn]"


def test_p65_a_file_is_brought_and_read_again(incident: Incident, api: Program) -> None:
    answer = send(api, incident.ref, "gateway.log", b"03:02 502\n")
    assert answer.status_code == 201, answer.content
    said = answer.json()
    assert (said["name"], said["size"], said["type"]) == ("gateway.log", 10, "text/plain")
    assert said["digest"] == hashlib.sha256(b"03:02 502\n").hexdigest()
    assert said["url"].endswith(f"/api/v1/attachments/{said['id']}")
    read = Client().get(said["url"], headers={"Authorization": f"Bearer {api.secret}"})
    assert read.status_code == 200
    assert b"".join(read.streaming_content) == b"03:02 502\n"  # type: ignore[attr-defined]
    assert {
        name: read.headers[name]
        for name in ("Content-Type", "Content-Disposition", "X-Content-Type-Options")
    } == {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Disposition": 'attachment; filename="gateway.log"',
        "X-Content-Type-Options": "nosniff",
    }
    listed = api.get(f"incidents/{incident.ref}/attachments").json()["items"]
    assert [one["id"] for one in listed] == [said["id"]]


def test_p65_a_picture_shows_and_nothing_of_it_acts(
    incident: Incident, commander: User, api: Program
) -> None:
    file = brought(incident, commander)
    read = api.get(f"attachments/{file.pk}")
    assert read.headers["Content-Type"] == "image/png"
    assert read.headers["Content-Disposition"] == 'inline; filename="graph.png"'
    assert read.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    assert read.headers["Cache-Control"] == "private, no-cache"
    again = api.get(f"attachments/{file.pk}", **{"If-None-Match": read.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_what_is_wrong_with_an_upload_is_said(
    incident: Incident, api: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = incident.ref
    assert codes(send(api, ref, "page.html", b"<p>")) == (422, "unsupported_file")
    assert codes(send(api, ref, "x.txt", b"x", field="picture")) == (422, "invalid")
    assert codes(send(api, ref, "x.txt", b"x" * (LARGEST + 1))) == (413, "too_large")
    token = {"Authorization": f"Bearer {api.secret}"}
    path = f"/api/v1/incidents/{ref}/attachments"
    broken = Client().post(path, b"--x", content_type="multipart/form-data", headers=token)
    assert codes(broken) == (400, "malformed")
    unclosed = "multipart/form-data; boundary=x"
    assert codes(Client().post(path, b"--x", content_type=unclosed, headers=token))[0] == 422
    assert codes(api.post(f"incidents/{ref}/attachments", {"file": "x"})) == (422, "invalid")
    assert codes(send(api, "INC-99999", "x.txt", b"x")) == (404, "not_found")
    assert Attachment.objects.count() == 0


def test_the_same_upload_again_is_once(incident: Incident, api: Program) -> None:
    """With a key the same request, whatever its boundary; without one the same file."""
    first = send(api, incident.ref, "a.txt", b"a", **{"Idempotency-Key": "k"})
    again = send(api, incident.ref, "a.txt", b"a", **{"Idempotency-Key": "k"})
    assert (again.json(), again.headers[REPLAYED]) == (first.json(), "true")
    assert send(api, incident.ref, "a.txt", b"a").json()["id"] == first.json()["id"]
    for name, content in (("a.txt", b"b"), ("b.txt", b"a")):
        other = send(api, incident.ref, name, content, **{"Idempotency-Key": "k"})
        assert codes(other) == (409, "idempotency_conflict")
    assert Attachment.objects.count() == 1


def test_a_key_with_a_broken_form_is_malformed(incident: Incident, api: Program) -> None:
    token = {"Authorization": f"Bearer {api.secret}", "Idempotency-Key": "k"}
    path = f"/api/v1/incidents/{incident.ref}/attachments"
    broken = Client().post(path, b"--x", content_type="multipart/form-data", headers=token)
    assert codes(broken) == (400, "malformed")


def test_an_incident_holds_so_many(
    incident: Incident, commander: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST", 2)
    for name in ("a.txt", "b.txt"):
        brought(incident, commander, name, b"a")
    with pytest.raises(Refused) as refused:
        brought(incident, commander, "c.txt", b"a")
    assert refused.value.code == "files_full"
    monkeypatch.setattr(actions, "MOST", 3)
    monkeypatch.setattr(actions, "MOST_BYTES", 3)
    with pytest.raises(Refused):
        brought(incident, commander, "c.txt", b"ab")
    assert brought(incident, commander, "c.txt", b"a").size == 1


# Where they stand.


def test_p65_a_note_carries_it_and_the_record_says_so(
    incident: Incident, commander: User, api: Program
) -> None:
    file = brought(incident, commander)
    said = api.post(
        f"incidents/{incident.ref}/notes", {"text": "Look at the dip.", "attachments": [file.pk]}
    ).json()
    assert said["data"]["attachments"] == [
        {
            "id": file.pk,
            "name": "graph.png",
            "type": "image/png",
            "size": file.size,
            "digest": file.digest,
        }
    ]
    file.refresh_from_db()
    assert file.used_at is not None
    assert verify(Incident.objects.get(pk=incident.pk)) is None


def test_p33_p65_a_picture_is_proof(incident: Incident, commander: User, responder: User) -> None:
    card = start(ready(incident, responder, "Cap the query"), responder)
    with pytest.raises(Refused) as refused:
        move_card(card.pk, by=responder, to="done", proof="done", version=card.version)
    assert refused.value.code == "proof_required"
    file = brought(incident, responder)
    card = move_card(card.pk, by=responder, to="done", attachments=[file.pk], version=card.version)
    assert [one["id"] for one in card.proof_files] == [file.pk]
    assert (card.proof, card.proof_words) == ("", "a picture")
    card = move_card(card.pk, by=responder, to="next", version=card.version)
    assert card.proof_files == []


def test_a_card_carries_files_and_done_at_once_is_proved_by_them(
    incident: Incident, commander: User, api: Program
) -> None:
    file, other = brought(incident, commander), brought(incident, commander, "a.txt", b"a")
    card = api.post(
        f"incidents/{incident.ref}/cards", {"title": "Look", "attachments": [file.pk]}
    ).json()
    assert [one["name"] for one in card["attachments"]] == ["graph.png"]
    path = f"cards/{card['id']}"
    changed = api.patch(path, {"attachments": [other.pk], "version": card["version"]}).json()
    assert [one["id"] for one in changed["attachments"]] == [other.pk]
    emptied = api.patch(path, {"attachments": None, "version": changed["version"]}).json()
    assert emptied["attachments"] == []
    done = api.post(
        f"incidents/{incident.ref}/cards",
        {
            "title": "Seen",
            "column": "done",
            "owner": commander.email,
            "risk": "read_only",
            "attachments": [file.pk],
        },
    ).json()
    assert ([], [file.pk]) == (
        done["attachments"],
        [one["id"] for one in done["proof_attachments"]],
    )


def test_p16_p65_evidence_may_be_a_picture_alone(
    incident: Incident, commander: User, api: Program
) -> None:
    thought = add_hypothesis(incident, by=commander, text="The replica lags")
    file = brought(incident, commander)
    path = f"hypotheses/{thought.pk}/evidence"
    shown = api.post(path, {"state": "supported", "attachment": file.pk})
    assert shown.status_code == 201, shown.content
    assert [one["id"] for one in shown.json()["attachments"]] == [file.pk]
    state = api.get(f"incidents/{incident.ref}").json()["hypotheses"][0]["evidence"][0]
    assert [one["url"] for one in state["attachments"]] == [shown.json()["attachments"][0]["url"]]
    assert codes(api.post(path, {"attachment": 10**6})) == (422, "invalid")


def test_p65_an_update_carries_files_for_responders_alone(
    incident: Incident, commander: User, stakeholder: User, api: Program, program: Programs
) -> None:
    file = brought(incident, commander)
    sent = an_update(attachments=[file.pk])
    answer = api.post(f"incidents/{incident.ref}/updates", sent)
    assert answer.status_code == 201, answer.content
    assert [one["id"] for one in answer.json()["attachments"]] == [file.pk]
    again = api.post(f"incidents/{incident.ref}/updates", sent)
    assert again.json()["id"] == answer.json()["id"]
    read = program(stakeholder).get(f"stakeholders/{incident.ref}")
    assert read.status_code == 200
    assert "graph.png" not in read.content.decode()


def test_p65_the_review_shows_files(
    incident: Incident, commander: User, responder: User, api: Program
) -> None:
    file = brought(incident, responder)
    change_status(incident, by=commander, to="cancelled", reason="A false alarm.")
    review = open_review(incident, by=commander)
    said = api.patch(f"incidents/{incident.ref}/postmortem", {"attachments": [file.pk]}).json()
    assert [one["id"] for one in said["attachments"]] == [file.pk]
    assert put_files(review, by=commander, attachments=[file.pk]).version_of("files") == 1
    with pytest.raises(Refused) as refused:
        put_files(review, by=commander, attachments=[], version=0)
    assert refused.value.code == "stale"


def test_only_what_stands_in_this_incident_is_put_anywhere(
    incident: Incident, commander: User
) -> None:
    other = declare_incident(by=commander, title="Another", severity="sev4")
    foreign, gone = brought(other, commander), brought(incident, commander, "a.txt", b"a")
    withdraw_file(incident, by=commander, attachment=gone.pk, reason="Not ours.")
    for wrong in (foreign.pk, gone.pk, 10**9):
        with pytest.raises(Invalid):
            add_note(incident, by=commander, text="Look.", attachments=[wrong])
    many = [brought(incident, commander, f"{n}.txt", b"a").pk for n in range(11)]
    with pytest.raises(Invalid):
        add_note(incident, by=commander, text="Look.", attachments=many)
    same = add_note(incident, by=commander, text="Look.", attachments=[many[0]] * 20)
    assert [one["id"] for one in same.data["attachments"]] == [many[0]]


# Who may.


def test_p65_whoever_may_see_the_incident_may_see_it(
    incident: Incident,
    commander: User,
    responder: User,
    outsider: User,
    stakeholder: User,
    admin: User,
    program: Programs,
) -> None:
    join(incident, by=responder)
    file = brought(incident, commander)
    everybody = (commander, responder, outsider, stakeholder, admin)

    def seen() -> list[int]:
        return [program(one).get(f"attachments/{file.pk}").status_code for one in everybody]

    assert seen() == [200] * 5
    assert Client().get(f"/api/v1/attachments/{file.pk}").status_code == 401
    change_incident(incident, by=commander, private=True)
    assert seen() == [200, 200, 404, 404, 200]
    answer = program(responder).get(f"attachments/{file.pk}")
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_p65_who_may_bring_one(
    incident: Incident, commander: User, responder: User, stakeholder: User, program: Programs
) -> None:
    def sent(by: User, *scopes: str) -> int:
        return int(send(program(by, *scopes), incident.ref, "a.txt", b"a").status_code)

    assert (sent(responder), sent(responder, "write")) == (201, 201)
    assert (sent(responder, "read"), sent(responder, "ingest")) == (403, 403)
    assert (sent(responder, "agent"), sent(stakeholder)) == (403, 403)
    assign_role(incident, by=commander, role="helper", person=stakeholder)
    assert sent(stakeholder) == 201
    assert send(Program("no-token"), incident.ref, "a.txt", b"a").status_code == 401


def test_p37_an_agent_puts_no_file_anywhere(incident: Incident, commander: User) -> None:
    file = brought(incident, commander)
    token, _ = issue_token(commander, name="Watchtower", scopes=("agent",))
    agent: User = User.objects.get(pk=commander.pk)
    agent.token = token
    with pytest.raises(AgentMayNot):
        add_attachment(incident, by=agent, file=read_file("a.txt", b"a"))
    with pytest.raises(AgentMayNot):
        add_note(incident, by=agent, text="Look.", attachments=[file.pk])
    with pytest.raises(AgentMayNot):
        add_card(incident, by=agent, title="Look", attachments=[file.pk])


def test_bringing_joins_nobody_and_is_no_entry(incident: Incident, responder: User) -> None:
    before = incident.entries.count()
    brought(incident, responder)
    assert incident.entries.count() == before
    assert not incident.roles.filter(person=responder).exists()


def test_files_come_after_the_end_too(incident: Incident, commander: User) -> None:
    change_status(incident, by=commander, to="cancelled", reason="False alarm.")
    file = brought(incident, commander)
    entry = add_note(incident, by=commander, text="The graph of it.", attachments=[file.pk])
    assert entry.data["attachments"][0]["id"] == file.pk
