"""What became of a question stands on the page of everybody, however it was settled (P47)."""

from collections.abc import Callable

import pytest

from incidents.lifecycle.actions import AllClear, change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.merging import merge_incident
from incidents.record.models import Incident
from incidents.updates.models import Question
from incidents.updates.questions import answer_question, ask_question, decline_question
from people.models import Role, User
from tests.conftest import make_person
from tests.incidents.cast import publish
from tests.stakeholders.conftest import address, page

pytestmark = pytest.mark.django_db

CLEAR = AllClear("It works again.", statement="Calls failed.")


def _merge(incident: Incident, by: User) -> None:
    other = declare_incident(by=by, title="Replica lags", severity="sev2")
    merge_incident(incident, by=by, into=other, reason="One replica.")


WAYS: dict[str, tuple[Callable[[Incident, User, Question], object], str]] = {
    "answered": (
        lambda incident, by, asked: answer_question(asked.pk, by=by, text="No, none."),
        "No, none.",
    ),
    "declined": (
        lambda incident, by, asked: decline_question(asked.pk, by=by, text="Ask the press."),
        "Not answered: Ask the press.",
    ),
    "a line of an update": (
        lambda incident, by, asked: publish(
            incident, by, answers=[{"question": asked.pk, "text": "No, none."}]
        ),
        "No, none.",
    ),
    "an update": (
        lambda incident, by, asked: publish(
            incident, by, answers=[asked.pk], executive_summary="No data is lost."
        ),
        "No data is lost.",
    ),
    "resolved": (
        lambda incident, by, asked: change_status(
            incident, by=by, to="resolved", all_clear=CLEAR, override_reason="Confirmed."
        ),
        "Not answered: It is over: It works again.",
    ),
    "cancelled": (
        lambda incident, by, asked: change_status(
            incident, by=by, to="cancelled", reason="The probe was wrong."
        ),
        "Not answered: It was a false alarm: The probe was wrong.",
    ),
    "merged": (
        lambda incident, by, asked: _merge(incident, by),
        "Not answered: It turned out to be part of INC-",
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_p47_how_a_question_ended_is_read_by_who_asked_and_by_everybody(
    way: str, incident: Incident, commander: User, stakeholder: User
) -> None:
    reader = make_person("reader", "Rita Reader", Role.STAKEHOLDER)
    asked = ask_question(incident, by=stakeholder, text="Is data lost?")
    settle, words = WAYS[way]
    settle(incident, commander, asked)
    for person in (stakeholder, reader):
        read = page(person, address(incident))
        assert ("Is data lost?" in read, words in read) == (True, True)
        assert "Will be answered" not in read
        assert "overdue" not in read.lower().replace("update overdue", "")
