"""P56: what was marked during the incident becomes an item, or gets a written no."""

from datetime import timedelta
from typing import Any

import pytest

from alerts.actions import mark_noise
from alerts.models import Alert
from clock.queries import now
from incidents.changes.models import Change
from incidents.lifecycle.actions import AllClear, change_status
from incidents.record.models import Incident
from people.models import User
from postmortems.marks.actions import decline_mark, make_item_of
from postmortems.marks.queries import marks_of
from postmortems.publication.missing import what_is_open
from postmortems.review.actions import open_review
from postmortems.review.models import Postmortem
from refusals.errors import Invalid, Refused
from tests.incidents.cast import last_words, ready, written
from tests.programs import Programs

pytestmark = pytest.mark.django_db

ALERT, FIX = "alert:Disk is 80 % full", "change"


@pytest.fixture
def review(incident: Incident, commander: User) -> Postmortem:
    """The review of an incident with two noisy alerts of one name and a quick fix that ran."""
    for number in range(2):
        alert = Alert.objects.create(
            incident=incident,
            tool="generic",
            fingerprint=str(number),
            name="Disk is 80 % full",
            started_at=now(),
            received_at=now(),
        )
        mark_noise(alert.pk, by=commander)
    card = ready(incident, commander, "Restart the pods", risk="safe")
    ran = written(card, commander, quick_fix=True)
    Change.objects.filter(pk=ran.pk).update(started_at=now())
    written(ready(incident, commander, "Never ran", risk="safe"), commander, quick_fix=True)
    over = change_status(
        incident,
        by=commander,
        to="resolved",
        all_clear=AllClear(executive_summary="It works.", statement="It failed."),
        override_reason="It is quiet.",
    )
    return open_review(over, by=commander)


def item(owner: Any, **more: Any) -> dict[str, Any]:
    """What an action item needs."""
    return {
        "title": "Alert on the rate at which the disk fills",
        "type": "alert",
        "owner": owner,
        "due_at": now() + timedelta(days=14),
        "priority": "p2",
        "success_criterion": "No page below one day of space",
        **more,
    }


def marked(review: Postmortem) -> list[str]:
    return [one["text"] for one in what_is_open(review) if one["kind"] in ("alert", "quick_fix")]


def test_p56_publication_waits_for_what_was_marked(review: Postmortem, commander: User) -> None:
    assert marked(review) == [
        "The alert “Disk is 80 % full” was noise: tune or retire it, or say why it stays.",
        "“Restart the pods” was a quick fix: what replaces it, or why does it stay?",
    ]
    made = make_item_of(review, by=commander, key=ALERT, **item(commander))
    fix = f"change:{Change.objects.exclude(started_at=None).get().pk}"
    decline_mark(review, by=commander, key=fix, because="The new version is out next week.")
    assert marked(review) == []
    assert [(one.key, one.item, one.because) for one in marks_of(review)] == [
        (ALERT, made, ""),
        (fix, None, "The new version is out next week."),
    ]
    assert last_words(review.incident, "postmortem_changed") == [
        "leaves “Restart the pods” as it is: The new version is out next week."
    ]


def test_p56_a_written_no_says_something_and_about_something(
    review: Postmortem, commander: User
) -> None:
    with pytest.raises(Refused) as refused:
        decline_mark(review, by=commander, key=ALERT, because=" ")
    assert refused.value.code == "reason_required"
    with pytest.raises(Invalid):
        decline_mark(review, by=commander, key="alert:Unheard of", because="It is fine.")
    with pytest.raises(Invalid):
        make_item_of(review, by=commander, key="change:7", **item(commander))
    for _ in range(2):
        decline_mark(review, by=commander, key=ALERT, because="It pages nobody.")
    assert len(last_words(review.incident, "postmortem_changed")) == 1


def test_p56_marks_are_settled_over_the_api(
    review: Postmortem, commander: User, program: Programs
) -> None:
    caller, path = program(commander), f"incidents/{review.ref}/postmortem"
    body = item(commander.email, mark=ALERT)
    body["due_at"] = body["due_at"].isoformat()
    made = caller.post(f"{path}/actions", body)
    assert made.status_code == 201
    fix = caller.get(path).json()["marks"][1]
    assert (fix["kind"], fix["text"], fix["item"], fix["because"]) == (
        "quick_fix",
        "Restart the pods",
        None,
        "",
    )
    no = {"mark": fix["mark"], "because": "The new version is out next week."}
    said = caller.post(f"{path}/marks", no).json()["marks"]
    assert [(one["item"], one["because"]) for one in said] == [
        (made.json()["id"], ""),
        (None, "The new version is out next week."),
    ]


def test_p56_a_written_no_that_points_at_a_person_is_flagged(
    review: Postmortem, commander: User, program: Programs
) -> None:
    no = {"mark": ALERT, "because": "Maya forgot to tune it."}
    said = program(commander).post(f"incidents/{review.ref}/postmortem/marks", no).json()
    assert {one["place"].partition(":")[0] for one in said["findings"]} == {"mark"}


def test_p56_the_page_offers_both_ways(
    review: Postmortem, commander: User, browser_of: Any
) -> None:
    browser_of.force_login(commander)
    page = browser_of.get(f"/postmortems/{review.ref}/").content.decode()
    assert page.count("Make it an item") == 2
    form = browser_of.get(f"/postmortems/{review.ref}/actions/?mark={ALERT}").content.decode()
    assert "Tune or retire the alert Disk is 80 % full" in form
    path = f"/postmortems/{review.ref}/marks/?mark={ALERT}"
    assert browser_of.get(path).status_code == 200
    assert browser_of.post(path, {"reason": "It pages nobody."}).status_code == 302
    assert marked(review) == [
        "“Restart the pods” was a quick fix: what replaces it, or why does it stay?"
    ]
    assert browser_of.get(f"/postmortems/{review.ref}/marks/?mark=x").status_code == 404
