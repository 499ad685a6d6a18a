"""Pictures and files on the pages: brought, ticked, shown, taken along, withdrawn (P65)."""

import csv
import io
import re
from email.message import Message
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from config.asgi import FILES
from incidents.attachments.actions import add_attachment
from incidents.attachments.models import Attachment
from incidents.attachments.reading import LARGEST, ReadFile, read_name
from incidents.board.actions import add_card, change_card
from incidents.cards.models import Card
from incidents.hypotheses.actions import add_evidence, add_hypothesis
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.notes import add_note
from incidents.record.models import Incident
from incidents.sharing.actions import share_incident
from people.models import User
from postmortems.review.actions import open_review
from tests.incidents.attachments.files import brought, picture
from tests.incidents.cast import publish, ready, start
from tests.matrix.acting import STRINGS, acting_in
from tests.warroom.signing_in import at, signed_in
from withdrawal.files import withdraw_file

pytestmark = pytest.mark.django_db
HTMX: dict[str, Any] = {"HTTP_HX_REQUEST": "true"}
FIELD = "?field=edit-attachments"


def files(*named: tuple[str, bytes]) -> dict[str, Any]:
    return {"file": [SimpleUploadedFile(name, content) for name, content in named]}


def ticked(html: str) -> list[int]:
    """The ids of the files that are ticked in a field."""
    boxes = re.findall(r'<input type="checkbox" name="attachments_(\d+)"[^>]*?( checked)?>', html)
    return [int(number) for number, checked in boxes if checked]


def test_p65_what_is_chosen_comes_back_ticked_with_what_was_ticked(
    incident: Incident, commander: User
) -> None:
    earlier = brought(incident, commander, "earlier.txt", b"a")
    path = at(incident, "attachments") + FIELD
    sent = {"text": "typed", f"attachments_{earlier.pk}": earlier.pk}
    answer = signed_in(commander).post(
        path, {**sent, **files(("graph.png", picture()), ("a.log", b"a"))}, **HTMX
    )
    assert answer.status_code == 200
    html = answer.content.decode()
    assert html.lstrip().startswith("<fieldset")
    assert len(ticked(html)) == 3
    assert "is-brought" in html
    # Opened anew it is offered, unticked: nobody puts it somewhere by accident.
    note = signed_in(commander).get(at(incident, "note"), **HTMX).content.decode()
    assert (note.count("attachments_"), ticked(note)) == (3, [])
    other = signed_in(commander).get(at(incident, "attachments") + FIELD, **HTMX)
    assert (other.content.decode().count("attachments_"), ticked(other.content.decode())) == (3, [])


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        (("page.html", b"<p>"), 422, "page.html: Files are PNG"),
        (("big.txt", b"a" * (LARGEST + 1)), 422, "at most 10 MB"),
        (("cut.png", picture()[:50]), 422, "cannot be read"),
    ],
)
def test_p65_what_is_refused_is_said_and_nothing_ticked_is_lost(
    incident: Incident, commander: User, sent: tuple[str, bytes], status: int, said: str
) -> None:
    earlier = brought(incident, commander, "earlier.txt", b"a")
    answer = signed_in(commander).post(
        at(incident, "attachments") + FIELD,
        {f"attachments_{earlier.pk}": earlier.pk, **files(("good.txt", b"b"), sent)},
        **HTMX,
    )
    html = answer.content.decode()
    good = Attachment.objects.filter(name="good.txt").values_list("pk", flat=True)
    assert (answer.status_code, ticked(html)) == (status, [earlier.pk, *good])
    assert said in html


def test_p65_without_script_files_are_uploaded_on_a_page_of_their_own(
    incident: Incident, commander: User
) -> None:
    client, path = signed_in(commander), at(incident, "attachments")
    assert client.post(path, files(("a.log", b"a"))).status_code == 302
    page = client.get(path).content.decode()
    assert "a.log" in page and "stands nowhere yet" in page
    refused = client.post(path, files(("page.html", b"<p>")))
    assert (refused.status_code, "Files are PNG" in refused.content.decode()) == (422, True)
    assert client.post(path, {}).status_code == 422
    file = Attachment.objects.get()
    note = {"text": "Look.", "kind": "note", f"attachments_{file.pk}": file.pk}
    assert client.post(at(incident, "note"), note).status_code == 302
    assert "stands nowhere yet" not in client.get(path).content.decode()


def test_a_refused_form_keeps_its_files(incident: Incident, commander: User) -> None:
    file = brought(incident, commander)
    answer = signed_in(commander).post(
        at(incident, "note"),
        {"text": "", "kind": "note", f"attachments_{file.pk}": file.pk},
        **HTMX,
    )
    assert (answer.status_code, ticked(answer.content.decode())) == (422, [file.pk])
    update = signed_in(commander).post(
        at(incident, "updates"), {"status_text": "", f"attachments_{file.pk}": file.pk}, **HTMX
    )
    html = update.content.decode()
    assert (update.status_code, ticked(html)) == (409, [file.pk])
    assert '<details id="update-more" open>' in html


def test_p33_p65_a_card_is_finished_with_a_picture_alone(
    incident: Incident, commander: User, responder: User
) -> None:
    card = start(ready(incident, responder, "Cap the query"), responder)
    file = brought(incident, responder)
    path = f"{at(incident, 'card', card.pk)}?to=done"
    sent = {"version": card.version, "proof": "", f"attachments_{file.pk}": file.pk}
    answer = signed_in(responder).post(path, sent, **HTMX)
    assert answer.status_code == 200, answer.content
    done = Card.objects.get(pk=card.pk)
    assert (done.column, [one["id"] for one in done.proof_files]) == ("done", [file.pk])
    assert f"/attachments/{file.pk}/small/" in answer.content.decode()


def test_the_editor_of_a_card_keeps_its_files_and_what_was_withdrawn(
    incident: Incident, commander: User
) -> None:
    kept, gone, new = (brought(incident, commander, f"{n}.txt", b"a") for n in "abc")
    card = add_card(incident, by=commander, title="Look")
    card = change_card(card.pk, by=commander, version=1, attachments=[kept.pk, gone.pk])
    withdraw_file(incident, by=commander, attachment=gone.pk, reason="Not ours.")
    client, path = signed_in(commander), at(incident, "card", card.pk)
    card = Card.objects.get(pk=card.pk)
    html = client.get(path, **HTMX).content.decode()
    assert ticked(html) == [kept.pk]
    form = {"version": card.version, "title": "Look", "to": card.column, "serves": "", "risk": ""}
    client.post(path, {**form, f"attachments_{new.pk}": new.pk}, **HTMX)
    after = Card.objects.get(pk=card.pk)
    assert [one["id"] for one in after.files] == [gone.pk, new.pk]


@pytest.fixture
def shown(incident: Incident, commander: User, responder: User) -> Attachment:
    """A picture on a note, a card, evidence and an update."""
    file = brought(incident, commander, "acme-graph.png")
    add_note(incident, by=commander, text="Look.", attachments=[file.pk])
    card = add_card(incident, by=responder, title="Cap the query")
    change_card(card.pk, by=responder, version=card.version, attachments=[file.pk])
    thought = add_hypothesis(incident, by=commander, text="The replica lags")
    add_evidence(thought.pk, by=commander, attachments=[file.pk])
    publish(incident, commander, attachments=[file.pk])
    return file


def test_p65_it_stands_where_it_was_put(
    incident: Incident, commander: User, stakeholder: User, shown: Attachment
) -> None:
    client = signed_in(commander)
    room = client.get(incident.get_absolute_url()).content.decode()
    small = f'src="/attachments/{shown.pk}/small/" alt="acme-graph.png"'
    # Card, hypothesis and update; note, card, evidence and update on the timeline.
    assert room.count(small) == 7
    timeline = client.get(at(incident, "timeline")).content.decode()
    assert timeline.count(small) == 4
    reader, guest = signed_in(stakeholder), Client()
    link = "/" + share_incident(incident, by=commander).url.split("/", 3)[3]
    for html in (
        reader.get(f"/stakeholders/{incident.ref}/").content.decode(),
        reader.get(f"/stakeholders/{incident.ref}/updates/").content.decode(),
        guest.get(link).content.decode(),
    ):
        assert "acme-graph" not in html
        assert "/attachments/" not in html
    assert guest.get(f"/attachments/{shown.pk}/").status_code == 302


def test_p65_it_is_taken_along(incident: Incident, commander: User, shown: Attachment) -> None:
    client = signed_in(commander)
    snapshot = client.get(at(incident, "snapshot")).content.decode()
    assert snapshot.count('<img src="data:image/webp;base64,') == 7
    assert re.findall(r'(?:href|src)="(?!data:)', snapshot) == []
    assert shown.digest in snapshot
    timeline = at(incident, "timeline")
    items = client.get(f"{timeline}?as=json").json()["items"]
    assert [one["data"]["attachments"] for one in items if one["kind"] == "note"] == [
        [shown.as_stands]
    ]
    rows = list(csv.DictReader(io.StringIO(client.get(f"{timeline}?as=csv").content.decode())))
    assert [one["attachments"] for one in rows if one["kind"] == "note"] == ["acme-graph.png"]
    markdown = client.get(f"{timeline}?as=md").content.decode()
    assert markdown.count(f"SHA-256 {shown.digest}") == 4


def test_p65_a_withdrawn_one_is_said_to_be_gone_on_every_page(
    incident: Incident, commander: User, responder: User, shown: Attachment
) -> None:
    client = signed_in(commander)
    path = at(incident, "file-withdrawal", shown.pk)
    assert "is deleted" in client.get(path, **HTMX).content.decode()
    assert client.post(path, {"reason": ""}).status_code == 422
    assert signed_in(responder).post(path, {"reason": "A customer's."}).status_code == 409
    assert client.post(path, {"reason": "A customer's."}).status_code == 302
    change_status(incident, by=commander, to="cancelled", reason="A false alarm.")
    open_review(incident, by=commander)
    for path in (
        incident.get_absolute_url(),
        at(incident, "timeline"),
        at(incident, "attachments"),
        at(incident, "snapshot"),
        f"/postmortems/{incident.ref}/",
    ):
        html = client.get(path).content.decode()
        assert "acme-graph" not in html
        assert f"/attachments/{shown.pk}/small/" not in html
        assert "A file was withdrawn." in html
    for form in ("json", "csv", "md"):
        exported = client.get(f"{at(incident, 'timeline')}?as={form}").content.decode()
        assert ("acme-graph" in exported, shown.digest in exported) == (False, True)
    assert client.get(f"/attachments/{shown.pk}/").status_code == 404


def test_p65_the_review_shows_what_was_put_there(incident: Incident, commander: User) -> None:
    change_status(incident, by=commander, to="cancelled", reason="A false alarm.")
    open_review(incident, by=commander)
    file = brought(incident, commander)
    client, path = signed_in(commander), f"/postmortems/{incident.ref}/files/"
    assert str(file.pk) in client.get(path, **HTMX).content.decode()
    answer = client.post(path, {"version": "0", f"attachments_{file.pk}": file.pk}, **HTMX)
    assert f"/attachments/{file.pk}/small/" in answer.content.decode()
    stale = client.post(path, {"version": "0"}, **HTMX)
    assert (stale.status_code, "graph.png" in stale.content.decode()) == (409, True)
    markdown = client.get(f"/postmortems/{incident.ref}/?as=md").content.decode()
    assert "## Pictures and files" in markdown and file.digest in markdown


def test_a_small_picture_is_there_of_pictures_alone(incident: Incident, commander: User) -> None:
    file, text = brought(incident, commander), brought(incident, commander, "a.txt", b"a")
    client = signed_in(commander)
    small = client.get(f"/attachments/{file.pk}/small/")
    assert (small.status_code, small.headers["Content-Type"]) == (200, "image/webp")
    assert client.get(f"/attachments/{text.pk}/small/").status_code == 404
    assert client.head(f"/attachments/{file.pk}/").status_code == 200
    whole = client.get(f"/attachments/{text.pk}/")
    assert whole.headers["Content-Disposition"] == 'attachment; filename="a.txt"'


def test_whole_files_have_threads_of_their_own_and_nothing_else_has() -> None:
    """A slow reader of a file holds none of the threads that answer pages."""
    for path in ("/attachments/7/", "/api/v1/attachments/7"):
        assert FILES.fullmatch(path)
    for path in ("/attachments/7/small/", "/incidents/INC-1/attachments/", "/attachments/"):
        assert not FILES.fullmatch(path)


NAMES = sorted(
    {read_name(one) for one in STRINGS}
    | {'quo"te.png', "back\\slash.png", "ü☂.png", "a;filename=b.html", "%41.txt", "x" * 300}
)


def named_in(disposition: str) -> str:
    """The file name as a mail reader finds it in the header."""
    header = Message()
    header["Content-Disposition"] = disposition
    found: Any = header.get_param("filename", header="content-disposition")
    return unquote(found[2], found[0] or "utf-8") if isinstance(found, tuple) else str(found)


def test_p65_no_name_of_a_file_acts_and_each_comes_back_as_it_went_in(
    incident: Incident, commander: User
) -> None:
    ids = []
    for name in NAMES[:99]:
        read = ReadFile(read_name(name), "text/plain", name.encode())
        ids.append(add_attachment(incident, by=commander, file=read).pk)
    client = signed_in(commander)
    for at_once in range(0, len(ids), 10):
        some = ids[at_once : at_once + 10]
        add_note(incident, by=commander, text="Look.", attachments=some)
        add_card(incident, by=commander, title=f"Look {at_once}", attachments=some)
    for path in (
        incident.get_absolute_url(),
        at(incident, "timeline"),
        at(incident, "attachments"),
        at(incident, "note"),
        at(incident, "snapshot"),
    ):
        answer = client.get(path)
        assert (answer.status_code, acting_in(answer.content.decode())) == (200, [])
    for file in Attachment.objects.all():
        answer = client.get(f"/attachments/{file.pk}/")
        said = named_in(answer.headers["Content-Disposition"])
        assert said == file.name
