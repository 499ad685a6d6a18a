"""What becomes of pictures and files: forgotten where nothing carries them, or withdrawn."""

from typing import Any

import pytest

from config.retention import forget_what_is_old
from incidents.attachments.models import Attachment, AttachmentContent
from incidents.board.actions import change_card, move_card
from incidents.hypotheses.actions import add_evidence, add_hypothesis
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.notes import add_note
from incidents.record.models import Incident
from incidents.record.timeline import verify
from incidents.roster.actions import join
from people.models import User
from postmortems.review.actions import open_review
from postmortems.review.analysis import put_files
from refusals.errors import Invalid
from tests.conftest import Clock
from tests.incidents.attachments.files import brought, picture, send
from tests.incidents.cast import publish, ready, start
from tests.incidents.conftest import codes
from tests.programs import Program, Programs
from withdrawal.actions import withdraw_words
from withdrawal.files import withdraw_file

pytestmark = pytest.mark.django_db
GONE = "[withdrawn]"


def test_what_was_brought_and_put_nowhere_is_forgotten(
    incident: Incident, commander: User, clock: Clock
) -> None:
    used, unused = brought(incident, commander), brought(incident, commander, "a.txt", b"a")
    add_note(incident, by=commander, text="Look.", attachments=[used.pk])
    clock.advance(hours=23)
    assert forget_what_is_old()["unused files"] == 0
    clock.advance(hours=2)
    assert forget_what_is_old()["unused files"] == 1
    assert list(Attachment.objects.values_list("pk", flat=True)) == [used.pk]
    assert not AttachmentContent.objects.filter(pk=unused.pk).exists()


@pytest.fixture
def everywhere(
    incident: Incident, commander: User, responder: User
) -> tuple[Incident, Attachment, Any]:
    """One picture that stands wherever one may, and another of the same name in a note."""
    file = brought(incident, commander, "acme-passwords.png")
    other = brought(incident, commander, "acme-passwords.png", picture("PNG", (9, 9)))
    ids = [file.pk]
    add_note(incident, by=commander, text="Look.", attachments=[other.pk, file.pk])
    card = start(ready(incident, responder, "Cap the query"), responder)
    card = change_card(card.pk, by=responder, version=card.version, attachments=ids)
    move_card(card.pk, by=responder, to="done", attachments=ids, version=card.version)
    thought = add_hypothesis(incident, by=commander, text="The replica lags")
    add_evidence(thought.pk, by=commander, attachments=ids)
    publish(incident, commander, attachments=ids)
    change_status(incident, by=commander, to="cancelled", reason="A false alarm.")
    put_files(open_review(incident, by=commander), by=commander, attachments=ids)
    return incident, file, other


def test_p65_withdrawn_it_is_gone_everywhere_and_the_chain_holds(
    everywhere: tuple[Incident, Attachment, Attachment], commander: User, api: Program
) -> None:
    incident, file, other = everywhere
    path = f"incidents/{incident.ref}"
    assert codes(api.post(f"{path}/withdraw", {"attachment": file.pk})) == (409, "reason_required")
    repeats = {"attachment": file.pk, "reason": "It is acme-passwords.png"}
    assert codes(api.post(f"{path}/withdraw", repeats)) == (422, "invalid")
    body = {"attachment": file.pk, "reason": "A customer's data."}
    said = api.post(f"{path}/withdraw", body)
    assert said.status_code == 200, said.content
    assert said.json()["kind"] == "text_withdrawn"
    assert said.json()["data"]["attachment"] == file.pk
    assert verify(Incident.objects.get(pk=incident.pk)) is None
    file.refresh_from_db()
    assert (file.name, file.digest) == (GONE, file.digest)
    assert not AttachmentContent.objects.filter(pk=file.pk).exists()
    assert api.get(f"attachments/{file.pk}").status_code == 404

    def carried(value: Any) -> list[tuple[int, str, str]]:
        if isinstance(value, dict) and {"id", "digest", "size"} <= set(value):
            return [(value["id"], value["name"], value["digest"])]
        parts = value.values() if isinstance(value, dict) else value
        return (
            [one for part in parts for one in carried(part)]
            if isinstance(value, dict | list)
            else []
        )

    read = [
        api.get(f"{path}{rest}").json() for rest in ("", "/timeline", "/updates", "/postmortem")
    ]
    found = [one for document in read for one in carried(document)]
    # State: card, proof, evidence of the hypothesis; timeline: note, card, proof, evidence, update
    # and review; an update; the review with what of the timeline are its facts.
    assert len([one for one in found if one[0] == file.pk]) >= 11
    assert set(found) == {
        (file.pk, GONE, file.digest),
        (other.pk, "acme-passwords.png", other.digest),
    }
    count = incident.entries.count()
    again = api.post(f"{path}/withdraw", body)
    assert (again.json(), incident.entries.count()) == (said.json(), count)


def test_p65_who_may_withdraw_a_file(
    incident: Incident, commander: User, responder: User, admin: User, program: Programs
) -> None:
    join(incident, by=responder)
    file = brought(incident, responder)
    body = {"attachment": file.pk, "reason": "A customer's data."}
    path = f"incidents/{incident.ref}/withdraw"
    assert codes(program(responder).post(path, body)) == (409, "only_commander")
    other = declare_incident(by=commander, title="Another", severity="sev4")
    elsewhere = program(commander).post(f"incidents/{other.ref}/withdraw", body)
    assert codes(elsewhere) == (422, "invalid")
    both = program(commander).post(path, {**body, "seq": 1})
    assert codes(both) == (422, "invalid")
    assert program(admin).post(path, body).status_code == 200


def test_a_kept_answer_does_not_say_what_was_withdrawn(
    incident: Incident, commander: User, api: Program
) -> None:
    key = {"Idempotency-Key": "k"}
    first = send(api, incident.ref, "acme-passwords.png", picture(), **key).json()
    withdraw_file(incident, by=commander, attachment=first["id"], reason="A customer's data.")
    again = send(api, incident.ref, "acme-passwords.png", picture(), **key).json()
    assert (again["id"], again["name"], again["url"]) == (first["id"], GONE, None)


def test_withdrawing_words_leaves_the_names_of_files(incident: Incident, commander: User) -> None:
    """Half of all pictures are called image.png: none of the others is meant."""
    one, other = brought(incident, commander, "image.png"), brought(incident, commander, "b.png")
    Attachment.objects.filter(pk=other.pk).update(name="image.png")
    add_note(incident, by=commander, text="Look.", attachments=[other.pk])
    entry = add_note(incident, by=commander, text="The key is hunter2", attachments=[one.pk])
    after = withdraw_words(incident, by=commander, seq=entry.seq, reason="A secret.")
    assert (after.text, after.data["attachments"][0]["name"]) == (GONE, "image.png")
    assert after.data["attachments"][0]["digest"] == one.digest
    assert set(Attachment.objects.values_list("name", flat=True)) == {"image.png"}
    withdraw_file(incident, by=commander, attachment=one.pk, reason="It shows it, too.")
    assert verify(Incident.objects.get(pk=incident.pk)) is None
    with pytest.raises(Invalid):
        withdraw_file(incident, by=commander, attachment=10**9, reason="None.")


def test_words_of_evidence_are_withdrawn(incident: Incident, commander: User) -> None:
    thought = add_hypothesis(incident, by=commander, text="The replica lags")
    shown = add_evidence(thought.pk, by=commander, text="The key is hunter2")
    entry = incident.entries.get(kind="evidence_added")
    withdraw_words(incident, by=commander, seq=entry.seq, reason="A secret.")
    shown.refresh_from_db()
    assert shown.text == GONE
