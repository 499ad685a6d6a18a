"""The facts of a review: drafted from the record, curated, agreed before anything else (P51)."""

import re

import pytest
from django.test import Client

from incidents.lifecycle.notes import add_note
from people.models import User
from postmortems.publication.actions import publish_postmortem
from postmortems.review.analysis import write_grid, write_section
from postmortems.review.facts import agree_facts, choose_fact, facts_of, reopen_facts, timeline_of
from postmortems.review.models import Postmortem
from postmortems.whys.actions import add_why
from refusals.errors import NotVisible
from tests.postmortems.refusing import refused
from warroom.record import PAGE

pytestmark = pytest.mark.django_db


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


def test_p51_each_fact_leads_to_its_entry_however_long_the_record_is(
    review: Postmortem, commander: User, client: Client
) -> None:
    client.force_login(commander)
    for number in range(PAGE):
        add_note(review.incident, by=commander, text=f"Looked at shard {number}.")
    first, last = timeline_of(review)[0].seq, timeline_of(review)[-1].seq
    document = client.get(review.get_absolute_url()).content.decode()
    for seq in (first, last):
        (way,) = re.findall(rf'href="([^"]*)#entry-{seq}"', document)
        assert f'<li id="entry-{seq}"' in client.get(way).content.decode()
    assert last > PAGE


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
