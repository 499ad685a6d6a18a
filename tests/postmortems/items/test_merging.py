"""Action items of an incident that turns out to be part of another one."""

from datetime import timedelta

import pytest

from clock.queries import now
from deadlines.models import Deadline
from incidents.lifecycle.actions import AllClear, change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.merging import merge_incident
from incidents.record.models import Incident
from incidents.roster.actions import join
from people.models import User
from postmortems.ideas.actions import change_idea, note_idea
from postmortems.ideas.models import Idea
from postmortems.items.actions import add_item, change_item
from postmortems.items.models import ActionItem
from postmortems.review.actions import open_review
from postmortems.review.models import Postmortem
from tests.incidents.cast import last_words
from tests.postmortems.items.conftest import refused

pytestmark = pytest.mark.django_db

CLEAR = AllClear("It works again.", statement="Calls failed.")


def end(incident: Incident, by: User) -> None:
    """Resolve it."""
    change_status(incident, by=by, to="resolved", all_clear=CLEAR, override_reason="Confirmed.")


@pytest.fixture
def other(commander: User) -> Incident:
    """The incident that goes on."""
    return declare_incident(by=commander, title="Replica lags", severity="sev2")


@pytest.fixture
def item(incident: Incident, commander: User, responder: User) -> ActionItem:
    """An item of a draft, whose incident came back."""
    end(incident, commander)
    found = add_item(
        open_review(incident, by=commander),
        by=commander,
        title="Limit every query to 5 000 rows in the ORM",
        type="guardrail",
        owner=responder,
        due_at=now() + timedelta(days=10),
        priority="p1",
        success_criterion="No query returns more",
    )
    change_status(incident, by=commander, to="investigating", reason="It came back.")
    return found


def test_an_item_moves_along_when_the_others_review_opens(
    incident: Incident, other: Incident, item: ActionItem, commander: User, responder: User
) -> None:
    merge_incident(incident, by=commander, into=other, reason="One replica.")
    item.refresh_from_db()
    owed = Deadline.objects.open().get(kind="action_item", subject_id=item.pk)
    assert (item.postmortem.incident, owed.incident_id) == (incident, incident.pk)
    end(other, commander)
    item.refresh_from_db()
    owed = Deadline.objects.open().get(kind="action_item", subject_id=item.pk)
    assert (item.postmortem.incident, item.owner, item.state) == (other, responder, "open")
    assert (owed.incident_id, owed.due_at, owed.owner) == (other.pk, item.due_at, responder)
    assert last_words(other, "action_passed") == [
        f"the action item “{item.title}” came along from {incident.ref}"
    ]
    assert last_words(incident, "action_passed") == [
        f"the action item “{item.title}” goes on under {other.ref}"
    ]


def test_an_item_moves_at_once_to_a_review_that_is_there(
    incident: Incident, other: Incident, item: ActionItem, commander: User
) -> None:
    end(other, commander)
    change_status(other, by=commander, to="investigating", reason="It came back.")
    merge_incident(incident, by=commander, into=other, reason="One replica.")
    item.refresh_from_db()
    assert item.postmortem == Postmortem.objects.get(incident=other)


@pytest.mark.parametrize("which", ["source", "target"])
def test_nothing_moves_between_a_private_incident_and_another(
    which: str, incident: Incident, other: Incident, item: ActionItem, commander: User
) -> None:
    change_incident(incident if which == "source" else other, by=commander, private=True)
    merge_incident(incident, by=commander, into=other, reason="One replica.")
    end(other, commander)
    item.refresh_from_db()
    assert item.postmortem.incident == incident
    assert last_words(other, "action_passed") == []
    assert Deadline.objects.open().filter(kind="action_item", subject_id=item.pk).exists()


def test_what_was_published_stays_with_its_document(
    incident: Incident, other: Incident, item: ActionItem, commander: User
) -> None:
    Postmortem.objects.filter(incident=incident).update(
        state="published", published_at=now(), facts_agreed_at=now()
    )
    merge_incident(incident, by=commander, into=other, reason="One replica.")
    end(other, commander)
    item.refresh_from_db()
    assert item.postmortem.incident == incident


def test_p53_an_item_that_points_at_a_person_joins_a_published_review_once_it_is_reworded(
    incident: Incident, other: Incident, item: ActionItem, commander: User, responder: User
) -> None:
    join(incident, by=responder)
    blamed = f"{responder.name} stops every query"
    change_item(item, by=commander, success_criterion=blamed)
    thought = note_idea(item.postmortem, by=commander, text=f"{responder.name} should have asked")
    plain = note_idea(item.postmortem, by=commander, text="A second replica")
    end(other, commander)
    Postmortem.objects.filter(incident=other).update(
        state="published", published_at=now(), facts_agreed_at=now()
    )
    change_status(other, by=commander, to="investigating", reason="It came back.")
    merge_incident(incident, by=commander, into=other, reason="One replica.")

    def where() -> list[Incident]:
        ideas = [Idea.objects.get(pk=one.pk).postmortem.incident for one in (thought, plain)]
        return [ActionItem.objects.get(pk=item.pk).postmortem.incident, *ideas]

    owed = Deadline.objects.open().filter(kind="action_item", subject_id=item.pk)
    assert where() == [incident, incident, other]
    (said,) = last_words(incident, "action_stayed")
    assert said == (
        f"the action item “{item.title}” stays here: its words point at a person, and the review "
        f"of {other.ref} is published; reworded it goes along"
    )
    assert owed.get().incident_id == incident.pk
    change_idea(thought, by=commander, text="A check that asks")
    assert where() == [incident, other, other]
    answered = change_item(item, by=commander, success_criterion="No query reads more")
    assert where() == [other, other, other]
    assert (answered.postmortem.incident, owed.get().incident_id) == (other, other.pk)
    assert len(last_words(incident, "action_stayed")) == 1
    # Who was on the roster of the one is named nowhere in the review of the other.
    flagged = refused(change_item, answered, by=commander, title=blamed)
    assert flagged.code == "language_flagged"


@pytest.mark.parametrize("how", ["merged", "cancelled"])
def test_nobody_owes_the_review_of_what_was_none_of_its_own(
    how: str, incident: Incident, other: Incident, item: ActionItem, commander: User
) -> None:
    if how == "merged":
        merge_incident(incident, by=commander, into=other, reason="One replica.")
    else:
        change_status(incident, by=commander, to="cancelled", reason="The probe was wrong.")
    owed = Deadline.objects.open().filter(incident_id=incident.pk)
    assert {one.kind for one in owed} == {"action_item"}
    assert not Postmortem.objects.get(incident=incident).is_due
