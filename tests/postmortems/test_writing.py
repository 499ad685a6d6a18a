"""Facts, whys, grid, analysis, thanks, language and publication (P51-P54, P59, P60)."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from deadlines.models import Deadline
from incidents.lifecycle.notes import add_note
from incidents.record.models import Incident
from notifications.models import Delivery
from people.models import User
from postmortems.items.actions import add_item
from postmortems.items.following import decline_item
from postmortems.items.models import ActionItem
from postmortems.publication.actions import Keep, publish_postmortem
from postmortems.publication.findings import open_findings
from postmortems.publication.keeping import is_no_person, keep_finding
from postmortems.review.analysis import write_grid, write_section
from postmortems.review.facts import agree_facts, choose_fact, facts_of, reopen_facts, timeline_of
from postmortems.review.models import Postmortem
from postmortems.review.thanks import thank
from postmortems.whys.actions import add_why, change_why, remove_why
from postmortems.whys.queries import LAST_QUESTION, all_branches, why_tree
from refusals.errors import Forbidden, Invalid, NotVisible, Refused
from tests.conftest import Clock
from tests.postmortems.conftest import MONDAY, ask_whys

pytestmark = pytest.mark.django_db


def refused(action: object, *args: object, **kwargs: object) -> Refused:
    with pytest.raises(Refused) as refusal:
        action(*args, **kwargs)  # type: ignore[operator]
    return refusal.value


def test_p51_the_timeline_is_drafted_from_the_record_and_curated_never_edited(
    review: Postmortem, responder: User, other_responder: User
) -> None:
    kinds = {entry.kind for entry in timeline_of(review)}
    assert kinds >= {"declared", "statement_confirmed", "resolved"}
    assert not kinds & {"joined", "role_assigned", "review_opened"}
    named = next(fact for fact in facts_of(review) if fact.entry.kind == "role_assigned")
    before = (named.entry.text, named.entry.hash)
    choose_fact(review, by=responder, entry_id=named.entry.pk, included=True)
    declared = timeline_of(review)[0]
    choose_fact(review, by=responder, entry_id=declared.pk, included=False)
    choose_fact(review, by=responder, entry_id=declared.pk, included=False)
    assert {entry.kind for entry in timeline_of(review)} == kinds - {"declared"} | {"role_assigned"}
    named.entry.refresh_from_db()
    assert (named.entry.text, named.entry.hash) == before


def test_p51_entries_of_another_incident_are_not_there(
    review: Postmortem, responder: User, commander: User
) -> None:
    with pytest.raises(NotVisible):
        choose_fact(review, by=responder, entry_id=10**9, included=True)


def test_p51_facts_come_before_whys_grid_and_analysis(review: Postmortem, commander: User) -> None:
    for refusal in (
        refused(add_why, review, by=commander, answer="The list has no pages."),
        refused(write_section, review, by=commander, section="analysis", text="It was slow."),
        refused(write_grid, review, by=commander, grid={"worked": {"tooling": ["The flag"]}}),
        refused(publish_postmortem, review, by=commander),
    ):
        assert refusal.code == "facts_not_agreed"
    assert write_section(review, by=commander, section="summary", text="It was slow.").summary == (
        "It was slow."
    )


def test_p51_what_is_recorded_after_the_agreement_stays_out_until_reopened(
    agreed: Postmortem, responder: User, commander: User
) -> None:
    assert agree_facts(agreed, by=responder).facts_agreed_by == commander
    add_note(agreed.incident, by=responder, text="The cache was cold as well.")
    fresh = Postmortem.objects.get(pk=agreed.pk)
    assert "note" not in [entry.kind for entry in timeline_of(fresh)]
    entry = next(fact.entry for fact in facts_of(fresh) if fact.entry.kind == "note")
    assert (
        refused(choose_fact, agreed, by=responder, entry_id=entry.pk, included=True).code
        == "invalid_transition"
    )
    for nothing in (" ", "\u200b", "\u2800\u3164"):
        assert refused(reopen_facts, agreed, by=responder, reason=nothing).code == "reason_required"
    fresh = reopen_facts(agreed, by=responder, reason="A note came in.")
    assert fresh.state == "draft"
    assert "note" in [entry.kind for entry in timeline_of(fresh)]


def test_p52_five_slots_branching_with_evidence_and_the_safeguard_asked_last(
    asked: Postmortem, commander: User
) -> None:
    branches = all_branches(why_tree(asked))
    assert [branch.why.depth for branch in branches] == [1, 2, 3, 4, 5]
    assert branches[-1].why.question == LAST_QUESTION
    assert not any(branch.ends_too_early for branch in branches)
    side = add_why(
        asked,
        by=commander,
        parent=branches[1].why.pk,
        question="Why was it not seen earlier?",
        answer="Staging holds 800 rows.",
        evidence="https://example.com/graph",
        because="the generator of its data is two years old",
    )
    assert (side.depth, side.systemic) == (3, True)
    remove_why(branches[2].why.pk, by=commander)
    assert [branch.why.depth for branch in all_branches(why_tree(asked))] == [1, 2, 3]


def test_p52_stopping_earlier_needs_its_because(agreed: Postmortem, commander: User) -> None:
    refusal = refused(add_why, agreed, by=commander, answer="The list has no pages.", systemic=True)
    assert refusal.code == "reason_required"
    why = add_why(agreed, by=commander, answer="The list has no pages.", safeguard="limit")
    refusal = refused(publish_postmortem, agreed, by=commander, no_actions_because="Retired.")
    assert refusal.facts["open"] == [
        {
            "kind": "whys",
            "text": "A branch stops after 1 of 5 whys: go on, or say why “The list has no pages.” "
            "is systemic.",
        }
    ]
    change_why(why.pk, by=commander, because="every list of that framework is made so")
    assert publish_postmortem(
        agreed, by=commander, no_actions_because="The service was retired."
    ).is_published


def test_p52_no_branch_ends_on_a_person(agreed: Postmortem, commander: User) -> None:
    ask_whys(agreed, by=commander, answers=("A", "B", "C", "D", "Tunde had no idea."))
    refusal = refused(publish_postmortem, agreed, by=commander, no_actions_because="Retired.")
    assert refusal.code == "language_flagged"
    (finding,) = refusal.facts["findings"]
    assert (finding["text"], finding["kind"], finding["start"], finding["end"]) == (
        "Tunde",
        "person",
        0,
        5,
    )


def test_p52_the_last_why_says_which_safeguard_was_absent(
    agreed: Postmortem, commander: User
) -> None:
    why = add_why(agreed, by=commander, answer="No page has a limit.", because="lists have none")
    refusal = refused(publish_postmortem, agreed, by=commander, no_actions_because="Retired.")
    assert refusal.facts["open"] == [
        {
            "kind": "whys",
            "text": "Which safeguard was absent? The why “No page has a limit.” does not say.",
        }
    ]
    assert change_why(why.pk, by=commander, safeguard="limit", sure="likely").sure == "likely"
    assert publish_postmortem(agreed, by=commander, no_actions_because="Retired.").is_published


@pytest.mark.parametrize("because", ["x", "yes", "because because", "so it is"])
def test_p52_because_says_something(agreed: Postmortem, commander: User, because: str) -> None:
    refusal = refused(add_why, agreed, by=commander, answer="No limit.", because=because)
    assert refusal.code == "reason_required"


@pytest.mark.parametrize(
    "answer",
    [
        "The on-call engineer was tired.",
        "The commander restarted the wrong database.",
        "It was approved by the junior engineer.",
        "She had no idea that two consoles exist.",
        "The person on duty overlooked the banner.",
    ],
)
def test_p52_no_branch_ends_on_a_job_title_or_a_role(
    agreed: Postmortem, commander: User, answer: str
) -> None:
    ask_whys(agreed, by=commander, answers=("A", "B", "C", "D", answer))
    refusal = refused(publish_postmortem, agreed, by=commander, no_actions_because="Retired.")
    assert refusal.code == "language_flagged"


def test_p52_a_role_in_the_middle_of_a_branch_or_before_an_absent_safeguard_is_a_fact(
    agreed: Postmortem, commander: User
) -> None:
    ask_whys(
        agreed,
        by=commander,
        answers=(
            "The on-call engineer restarted the replica.",
            "B",
            "C",
            "D",
            "The on-call engineer saw no alert.",
        ),
    )
    assert open_findings(Postmortem.objects.get(pk=agreed.pk)) == []


def test_p53_every_text_that_is_published_is_checked(
    asked: Postmortem, commander: User, other_responder: User
) -> None:
    """FAULTS 5.1: summary, items, their reasons, and why there is none."""
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
