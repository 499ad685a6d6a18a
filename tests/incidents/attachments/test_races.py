"""Files under two hands at once: real threads and connections."""

from datetime import timedelta
from functools import partial

import pytest

from clock.queries import now
from incidents.attachments.actions import add_attachment, forget_unused_files
from incidents.attachments.models import Attachment, AttachmentContent
from incidents.attachments.reading import read_file
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.notes import add_note
from incidents.record.models import Incident
from incidents.record.timeline import verify
from people.models import User
from refusals.errors import Invalid
from tests.incidents.attachments.files import brought
from tests.incidents.board.test_board_races import at_once
from tests.incidents.cast import fresh
from withdrawal.files import withdraw_file

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 4


def test_p65_a_file_is_put_somewhere_or_withdrawn_first(
    incident: Incident, commander: User, responder: User
) -> None:
    """Whoever comes first: nothing that stands leads to bytes that are gone."""
    for number in range(ROUNDS):
        file = brought(incident, commander, f"{number}.txt", b"a")
        note, gone = at_once(
            partial(add_note, incident, by=responder, text="Look.", attachments=[file.pk]),
            partial(withdraw_file, incident, by=commander, attachment=file.pk, reason="No."),
            behind=incident,
        )
        assert not isinstance(gone, Exception), gone
        assert not AttachmentContent.objects.filter(pk=file.pk).exists()
        entry = incident.entries.filter(kind="note").order_by("-seq").first()
        if isinstance(note, Invalid):
            assert entry is None or entry.data["attachments"][0]["id"] != file.pk
        else:
            assert entry is not None
            assert entry.data["attachments"][0]["type"] == "[withdrawn]"
    assert verify(fresh(incident)) is None


def test_p65_bringing_one_and_the_end_of_the_incident_stand_beside_each_other(
    incident: Incident, commander: User, responder: User
) -> None:
    read = read_file("a.txt", b"a")
    file, ended = at_once(
        lambda: add_attachment(incident, by=responder, file=read),
        lambda: change_status(incident, by=commander, to="cancelled", reason="A false alarm."),
        behind=incident,
    )
    assert isinstance(file, Attachment), file
    assert isinstance(ended, Incident), ended
    assert fresh(incident).status == "cancelled"
    assert verify(fresh(incident)) is None


def test_the_same_file_twice_at_once_is_one(incident: Incident, responder: User) -> None:
    read = read_file("a.txt", b"a")
    both = at_once(
        *(lambda: add_attachment(incident, by=responder, file=read) for _ in range(2)),
        behind=incident,
    )
    assert len({one.pk for one in both}) == 1


def test_p65_what_is_put_somewhere_is_not_forgotten_meanwhile(
    incident: Incident, commander: User
) -> None:
    for number in range(ROUNDS):
        file = brought(incident, commander, f"{number}.txt", b"a")
        Attachment.objects.filter(pk=file.pk).update(at=now() - timedelta(days=2))
        note, _ = at_once(
            partial(add_note, incident, by=commander, text="Look.", attachments=[file.pk]),
            forget_unused_files,
        )
        stands = AttachmentContent.objects.filter(pk=file.pk).exists()
        assert stands == (not isinstance(note, Invalid)), note
