"""Writing the end state and agreeing to it."""

import pytest

from incidents.endstate.actions import agree_to_end_state, write_end_state
from incidents.record.models import Incident, TimelineEntry
from incidents.roster.actions import join
from people.models import User
from refusals.errors import Forbidden, Invalid, NotVisible, Refused

pytestmark = pytest.mark.django_db

TEXT = "Orders succeed and no data is lost."


def entries(incident: Incident, *kinds: str) -> list[tuple[str, str]]:
    """Kind and text of the record's entries of these kinds."""
    lines = TimelineEntry.objects.filter(incident=incident, kind__in=kinds)
    return list(lines.values_list("kind", "text"))


def test_p20_the_end_state_is_written_and_recorded(incident: Incident, commander: User) -> None:
    written = write_end_state(incident, by=commander, text=f"  {TEXT}\n")
    assert written.end_state == TEXT
    assert written.end_state_at is not None
    assert entries(incident, "end_state_written") == [
        ("end_state_written", f"wrote the end state: {TEXT}")
    ]


def test_p20_the_same_words_change_nothing(incident: Incident, commander: User) -> None:
    write_end_state(incident, by=commander, text=TEXT)
    agree_to_end_state(incident, by=commander)
    write_end_state(incident, by=commander, text=TEXT)
    assert len(entries(incident, "end_state_written")) == 1
    assert incident.agreements.count() == 1


@pytest.mark.parametrize("text", ["", " \n ", "x" * 501])
def test_p20_it_is_one_sentence(incident: Incident, commander: User, text: str) -> None:
    with pytest.raises(Invalid) as caught:
        write_end_state(incident, by=commander, text=text)
    assert list(caught.value.errors) == ["text"]


def test_p20_an_old_version_is_stale(incident: Incident, commander: User, responder: User) -> None:
    seen = write_end_state(incident, by=commander, text=TEXT).version
    now_is = write_end_state(incident, by=responder, text="Orders succeed.").version
    with pytest.raises(Refused) as caught:
        write_end_state(incident, by=commander, text="Mine", version=seen)
    assert caught.value.code == "stale"
    assert caught.value.facts == {"current": {"end_state": "Orders succeed.", "version": now_is}}


def test_p21_everybody_agrees_once(incident: Incident, commander: User, responder: User) -> None:
    write_end_state(incident, by=commander, text=TEXT)
    for person in (commander, responder, responder):
        agree_to_end_state(incident, by=person)
    assert set(incident.agreements.values_list("person__name", flat=True)) == {
        "Maya Köhler",
        "Tunde Okafor",
    }
    assert (
        entries(incident, "end_state_agreed")
        == [
            ("end_state_agreed", "agreed to the end state"),
        ]
        * 2
    )


def test_p21_rewording_clears_the_agreements(
    incident: Incident, commander: User, responder: User
) -> None:
    join(incident, by=responder)
    write_end_state(incident, by=commander, text=TEXT)
    agree_to_end_state(incident, by=commander)
    agree_to_end_state(incident, by=responder)
    write_end_state(incident, by=commander, text="Orders succeed.")
    assert incident.agreements.count() == 0
    entry = TimelineEntry.objects.filter(incident=incident).latest("seq")
    assert (entry.text, entry.data["before"], entry.data["agreements_cleared"]) == (
        "reworded the end state: Orders succeed.",
        TEXT,
        2,
    )


def test_p21_there_must_be_something_to_agree_to(incident: Incident, commander: User) -> None:
    with pytest.raises(Invalid) as caught:
        agree_to_end_state(incident, by=commander)
    assert list(caught.value.errors) == ["text"]


def test_p20_who_may_not_write_it(incident: Incident, stakeholder: User, outsider: User) -> None:
    with pytest.raises(Forbidden):
        write_end_state(incident, by=stakeholder, text=TEXT)
    Incident.objects.filter(pk=incident.pk).update(private=True)
    for person in (stakeholder, outsider):
        with pytest.raises(NotVisible):
            write_end_state(incident, by=person, text=TEXT)
        with pytest.raises(NotVisible):
            agree_to_end_state(incident, by=person)
