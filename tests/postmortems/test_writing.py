"""Facts, whys, grid, analysis, thanks, language and publication (P51-P54, P59, P60)."""

import threading

import pytest
from django.db import connections

from deadlines.models import Deadline
from incidents.record.models import Incident
from notifications.models import Delivery
from people.models import User
from postmortems.items.models import ActionItem
from postmortems.publication.actions import publish_postmortem
from postmortems.publication.findings import open_findings
from postmortems.review.analysis import write_grid, write_section
from postmortems.review.models import Postmortem
from postmortems.review.thanks import thank
from postmortems.whys.actions import add_why, change_why
from refusals.errors import Invalid
from tests.conftest import Clock
from tests.postmortems.refusing import refused

pytestmark = pytest.mark.django_db


def test_p54_the_grid_keeps_the_cells_nobody_named(agreed: Postmortem, commander: User) -> None:
    write_grid(agreed, by=commander, grid={"worked": {"tooling": ["The flag", " ", "The alert"]}})
    fresh = write_grid(agreed, by=commander, grid={"lucky": {"people": ["It was noon"]}})
    assert fresh.grid["worked"] == {
        "people": [],
        "process": [],
        "tooling": ["The flag", "The alert"],
    }
    assert fresh.grid["lucky"]["people"] == ["It was noon"]
    assert fresh.version_of("grid") == 2
    write_grid(agreed, by=commander, grid={"lucky": {"people": ["It was noon"]}})
    assert Postmortem.objects.get(pk=agreed.pk).version_of("grid") == 2
    with pytest.raises(Invalid):
        write_grid(agreed, by=commander, grid={"blame": {"people": ["x"]}})


def test_of_two_who_edit_one_section_the_second_is_told_and_both_texts_are_kept(
    agreed: Postmortem, commander: User, responder: User
) -> None:
    write_section(agreed, by=commander, section="analysis", text="First.", version=0)
    refusal = refused(
        write_section, agreed, by=responder, section="analysis", text="Second.", version=0
    )
    assert refusal.code == "stale"
    assert refusal.facts == {"current": {"section": "analysis", "analysis": "First.", "version": 1}}
    write_section(agreed, by=responder, section="summary", text="Mine.", version=0)
    why = add_why(agreed, by=commander, answer="One")
    change_why(why.pk, by=commander, answer="Two", version=1)
    assert refused(change_why, why.pk, by=responder, answer="Three", version=1).code == "stale"


def test_markdown_of_the_analysis_carries_neither_script_nor_trackers(
    agreed: Postmortem, commander: User
) -> None:
    text = "**Bold** <script>x</script> ![t](https://t.example/p.gif) [a](javascript:x)"
    html = write_section(agreed, by=commander, section="analysis", text=text).analysis_html
    assert "<strong>Bold</strong>" in html
    assert "<script" not in html
    assert "<img" not in html
    assert "javascript:" not in html.replace("(javascript:x)", "")


def test_p60_thanks_name_people_and_reach_them(
    review: Postmortem, commander: User, responder: User
) -> None:
    thanks = thank(review.incident, by=commander, person=responder, text="For asking early.")
    assert (
        thank(review.incident, by=commander, person=responder, text="For asking early.") == thanks
    )
    (told,) = Delivery.objects.filter(kind="thanks", channel="in_app")
    assert (told.person, told.subject_line, told.text) == (
        responder,
        f"Maya Köhler thanks you for {review.incident.ref}",
        "For asking early.",
    )
    assert open_findings(review) == []
    with pytest.raises(Invalid):
        thank(review.incident, by=commander, person=commander, text="For everything.")


def test_p57_publishing_needs_an_item_or_a_reason_for_none(
    asked: Postmortem, commander: User
) -> None:
    refusal = refused(publish_postmortem, asked, by=commander)
    assert (refusal.code, refusal.facts["open"]) == (
        "not_publishable",
        [{"kind": "actions", "text": "There is no action item, and no reason for none."}],
    )
    published = publish_postmortem(asked, by=commander, no_actions_because="It was retired.")
    assert published.no_actions_because == "It was retired."
    assert published.list_due_at is None


def test_p59_publishing_shares_it_with_everybody_and_twice_is_once(
    item: ActionItem, commander: User, stakeholder: User, outsider: User, responder: User
) -> None:
    review = item.postmortem
    assert list(Postmortem.objects.visible_to(stakeholder)) == []
    published = publish_postmortem(review, by=commander)
    assert publish_postmortem(review, by=responder).published_by == commander
    assert list(Postmortem.objects.visible_to(stakeholder)) == [review]
    assert review.incident.entries.filter(kind="postmortem_published").count() == 1
    states = Deadline.objects.filter(subject_id=review.pk, kind__in=["review", "publication"])
    assert {row.state for row in states} == {"kept"}
    assert published.list_due_at is not None
    told = Delivery.objects.filter(kind="postmortem").values_list("person__name", flat=True)
    assert sorted(told) == ["Ravi Patel", "Tunde Okafor"]
    assert (
        refused(write_section, review, by=commander, section="analysis", text="Later.").code
        == "invalid_transition"
    )
    assert Deadline.objects.get(kind="follow_up", subject_id=review.pk).state == "open"


@pytest.mark.django_db(transaction=True)
def test_p59_of_two_who_publish_at_once_one_wins(
    item: ActionItem, commander: User, admin: User
) -> None:
    start = threading.Barrier(2)
    answers: list[object] = []

    def publish(by: User) -> None:
        try:
            start.wait(timeout=10)
            answers.append(publish_postmortem(item.postmortem_id, by=by).published_by_id)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=publish, args=(by,)) for by in (commander, admin)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(answers) == 2
    assert len(set(answers)) == 1
    incident = Incident.objects.get(pk=item.postmortem.incident_id)
    assert incident.entries.filter(kind="postmortem_published").count() == 1


def test_the_record_of_a_review_says_who_did_what(
    asked: Postmortem, commander: User, monday: Clock
) -> None:
    entries = asked.incident.entries.filter(kind__in=["facts_agreed", "postmortem_changed"])
    assert {(entry.kind, entry.actor) for entry in entries} == {
        ("facts_agreed", commander),
        ("postmortem_changed", commander),
    }
