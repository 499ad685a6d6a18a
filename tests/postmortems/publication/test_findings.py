"""What the language check finds in a review, and which findings are kept (P53)."""

from datetime import timedelta
from typing import Any

import pytest

from people.models import User
from postmortems.items.actions import add_item
from postmortems.items.following import decline_item
from postmortems.items.models import ActionItem
from postmortems.publication.actions import Keep, publish_postmortem
from postmortems.publication.findings import open_findings
from postmortems.publication.keeping import is_no_person, keep_finding
from postmortems.review.analysis import write_grid, write_section
from postmortems.review.models import Postmortem
from refusals.errors import Forbidden, Invalid
from tests.postmortems.conftest import MONDAY
from tests.postmortems.refusing import refused

pytestmark = pytest.mark.django_db


def test_p53_every_text_that_is_published_is_checked(
    asked: Postmortem, commander: User, other_responder: User
) -> None:
    """Summary, items, their reasons, and why there is none."""
    write_section(asked, by=commander, section="summary", text="Tunde Okafor: human error.")
    because = "Ravi is careful now."
    refusal = refused(publish_postmortem, asked, by=commander, no_actions_because=because)
    assert [(one["place"], one["text"]) for one in refusal.facts["findings"]] == [
        ("summary", "Tunde Okafor"),
        ("summary", "human error"),
        ("no_actions_because", "Ravi"),
    ]
    write_section(asked, by=commander, section="summary", text="A query read every row.")
    given: dict[str, Any] = {"type": "process", "owner": other_responder, "priority": "p1"}
    item = add_item(
        asked,
        by=commander,
        title="Tunde must be more careful",
        due_at=MONDAY + timedelta(days=9),
        success_criterion="No human error in a quarter",
        override_reason="Ravi wants it.",
        **given,
    )
    declined = add_item(
        asked,
        by=commander,
        title="A limit",
        due_at=MONDAY + timedelta(days=9),
        success_criterion="None reads more.",
        **given,
    )
    decline_item(declined, by=commander, reason="Tunde forgot to ask.")
    refusal = refused(publish_postmortem, asked, by=commander)
    assert [(one["place"], one["text"]) for one in refusal.facts["findings"]] == [
        (f"item:{item.pk}:title", "Tunde"),
        (f"item:{item.pk}:title", "more careful"),
        (f"item:{item.pk}:success_criterion", "human error"),
        (f"item:{item.pk}:override_reason", "Ravi"),
        (f"item:{declined.pk}:declined_because", "Tunde"),
        (f"item:{declined.pk}:declined_because", "forgot to"),
    ]


def test_p53_flagged_words_in_analysis_whys_and_grid_hold_publication(
    item: ActionItem, commander: User, other_responder: User
) -> None:
    review = item.postmortem
    write_section(review, by=commander, section="analysis", text="Human error. We rolled back.")
    write_grid(review, by=commander, grid={"did_not": {"people": ["Ravi forgot to ask"]}})
    write_section(review, by=commander, section="summary", text="Ravi should have known.")
    refusal = refused(publish_postmortem, review, by=commander)
    assert refusal.code == "language_flagged"
    assert [(one["place"], one["text"]) for one in refusal.facts["findings"]] == [
        ("summary", "Ravi"),
        ("summary", "should have"),
        ("grid:did_not:people", "Ravi"),
        ("grid:did_not:people", "forgot to"),
        ("analysis", "Human error"),
    ]
    write_grid(review, by=commander, grid={"did_not": {"people": ["Nothing asks for a review"]}})
    write_section(review, by=commander, section="analysis", text="The console looks alike.")
    write_section(review, by=commander, section="summary", text="Nothing asked for a review.")
    with pytest.raises(Forbidden):
        publish_postmortem(review, by=other_responder)
    assert publish_postmortem(review, by=commander).is_published


def test_p53_only_the_facilitator_keeps_a_finding_and_only_with_a_reason(
    item: ActionItem, commander: User, responder: User
) -> None:
    review = item.postmortem
    write_section(review, by=commander, section="analysis", text="We call it human error no more.")
    (placed,) = open_findings(Postmortem.objects.get(pk=review.pk))
    with pytest.raises(Forbidden):
        keep_finding(review, by=responder, finding=placed.key, reason="A quotation.")
    keep = Keep(finding=placed.key, reason=" ")
    assert refused(publish_postmortem, review, by=commander, keep=[keep]).code == "reason_required"
    with pytest.raises(Invalid):
        keep_finding(review, by=commander, finding="no such", reason="A quotation.")
    keep = Keep(finding=placed.key, reason="A quotation.")
    published = publish_postmortem(review, by=commander, keep=[keep])
    assert [(one.text, one.reason) for one in published.kept_findings.all()] == [
        ("human error", "A quotation.")
    ]


def test_p53_a_kept_finding_is_asked_again_when_its_sentence_changes(
    agreed: Postmortem, commander: User
) -> None:
    write_section(agreed, by=commander, section="analysis", text="It could have been seen. Fine.")
    keep_finding(agreed, by=commander, finding="could have", reason="It was proved.")
    assert open_findings(Postmortem.objects.get(pk=agreed.pk)) == []
    write_section(agreed, by=commander, section="analysis", text="It could have been worse. Fine.")
    assert [one.finding.text for one in open_findings(Postmortem.objects.get(pk=agreed.pk))] == [
        "could have"
    ]


def test_p53_not_a_person_is_one_click_for_an_ordinary_word_and_never_for_a_name(
    agreed: Postmortem, commander: User, responder: User
) -> None:
    responder.name = "Grace Okafor"
    responder.save()
    text = "The tool Grace answered late. Ravi Patel ran it."
    write_section(agreed, by=commander, section="analysis", text=text)
    found = open_findings(Postmortem.objects.get(pk=agreed.pk))
    assert [(one.finding.text, one.may_be_no_person) for one in found] == [
        ("Grace", True),
        ("Ravi Patel", False),
    ]
    is_no_person(agreed, by=responder, word="Grace")
    is_no_person(agreed, by=responder, word="grace")
    fresh = Postmortem.objects.get(pk=agreed.pk)
    assert [one.finding.text for one in open_findings(fresh)] == ["Ravi Patel"]
    assert fresh.kept_findings.count() == 1
    for name in ("Ravi Patel", "Grace Okafor", "Ravi"):
        assert refused(is_no_person, agreed, by=commander, word=name).code == "reason_required"
    keep = {"finding": "Ravi Patel", "reason": "A quotation that Maya Köhler allowed."}
    assert refused(keep_finding, agreed, by=commander, **keep).code == "language_flagged"
    keep_finding(agreed, by=commander, finding="Ravi Patel", reason="A quotation.")
    assert open_findings(Postmortem.objects.get(pk=agreed.pk)) == []


def test_p57_why_there_is_no_item_is_not_said_beside_items(
    item: ActionItem, commander: User
) -> None:
    published = publish_postmortem(item.postmortem, by=commander, no_actions_because="Retired.")
    assert (published.is_published, published.no_actions_because) == (True, "")
