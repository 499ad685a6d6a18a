"""What other incidents say of a private one: merging names it nowhere outside."""

import pytest

from deadlines.models import Deadline
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.merging import merge_incident
from incidents.record.models import Incident
from incidents.roster.actions import join
from incidents.updates.models import Question
from people.models import User
from tests.matrix.hidden import WORD, Hidden, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]


def other_of(hidden: Hidden, *, private: bool) -> Incident:
    lead = hidden.inside["commander"]
    title = "Printers jam"
    return declare_incident(by=lead, title=title, severity="sev2", private=private)


def said_by(incident: Incident) -> str:
    """Everything that the record, the state and the questions of an incident say."""
    lead = User.objects.get(email="h-lead@example.com")
    browser = signed_in(lead)
    state = browser.get(f"/api/v1/incidents/{incident.ref}").content.decode()
    record = browser.get(f"/incidents/{incident.ref}/timeline/?as=json").content.decode()
    asked = Question.objects.filter(incident=incident).values_list("declined_because", flat=True)
    return state + record + " ".join(asked)


@pytest.mark.parametrize("private", [False, True], ids=["public", "private"])
@pytest.mark.parametrize("into", ["it", "the other"])
def test_merging_with_a_private_incident_names_it_nowhere_outside(
    hidden: Hidden, private: bool, into: str
) -> None:
    lead, asker = hidden.inside["commander"], hidden.outside["asker"]
    other = other_of(hidden, private=private)
    if not private:
        asked = signed_in(asker).post(f"/stakeholders/{other.ref}/questions/", {"text": "When?"})
        assert asked.status_code < 400
    hidden.make_private()
    source, target = (other, hidden.incident) if into == "it" else (hidden.incident, other)
    merge_incident(source, by=lead, into=target, reason=f"{WORD} jams printers.")
    said = said_by(other)
    # A private one keeps its own closing word, without the other's name.
    keeps_reason = private and into == "it"
    assert hidden.told_by(said) == ({WORD} if keeps_reason else set())
    assert "another incident" in said


def test_a_public_incident_merged_into_a_private_one_says_so_and_nothing_else(
    hidden: Hidden,
) -> None:
    lead = hidden.inside["commander"]
    other = other_of(hidden, private=False)
    hidden.make_private()
    merge_incident(other, by=lead, into=hidden.incident, reason=f"{WORD} jams printers.")
    line = other.entries.get(kind="merged")
    assert (line.text, line.data) == ("merged it into another incident", {})
    answer = signed_in(lead).get(f"/api/v1/incidents/{other.ref}").json()
    assert (answer["status"], answer["merged_into"]) == ("merged", None)


def test_a_target_that_turns_private_is_named_no_more(hidden: Hidden) -> None:
    lead = hidden.inside["commander"]
    other = other_of(hidden, private=False)
    merge_incident(other, by=lead, into=hidden.incident, reason="One cause.")
    path = f"/api/v1/incidents/{other.ref}"
    assert signed_in(lead).get(path).json()["merged_into"] == hidden.incident.ref
    change_incident(hidden.incident, by=lead, private=True)
    assert signed_in(lead).get(path).json()["merged_into"] is None


def test_a_promise_of_somebody_who_left_is_not_on_their_start_page(hidden: Hidden) -> None:
    leaver = hidden.outside["leaver"]
    hidden.make_private()
    assert hidden.told_by(signed_in(leaver).get("/")) == set()
    join(hidden.incident, by=hidden.inside["admin"])
    Deadline.objects.filter(incident_id=hidden.incident.pk, state="open").update(
        owner=hidden.inside["admin"]
    )
    assert hidden.told_by(signed_in(hidden.inside["admin"]).get("/")) != set()
