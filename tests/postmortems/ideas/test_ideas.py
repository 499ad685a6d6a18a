"""P57: ideas stand apart from commitments, and turn into one in a click."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from clock.queries import now
from deadlines.models import Deadline
from incidents.lifecycle.actions import AllClear, change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.merging import merge_incident
from people.actions import issue_token
from people.models import User
from postmortems.ideas.actions import (
    change_idea,
    commit_idea,
    drop_idea,
    note_idea,
    take_idea_back,
    take_idea_up,
)
from postmortems.ideas.models import Idea
from postmortems.ideas.queries import list_ideas
from postmortems.items.following import decline_item
from postmortems.items.models import ActionItem
from postmortems.publication.actions import publish_postmortem
from postmortems.publication.missing import what_is_open
from postmortems.review.models import Postmortem
from refusals.errors import AgentMayNot, Forbidden, Invalid, NotVisible
from tests.incidents.cast import last_words
from tests.postmortems.items.conftest import refused, whole
from tests.programs import Programs

pytestmark = pytest.mark.django_db

COPY = "A copy of the largest account in staging"


def open_points(review: Postmortem) -> list[str]:
    return [one["text"] for one in what_is_open(review) if one["kind"] == "actions"]


def test_p57_an_idea_asks_for_a_sentence_and_owes_nobody_anything(
    asked: Postmortem, other_responder: User
) -> None:
    before = set(Deadline.objects.values_list("pk", flat=True))
    idea = note_idea(asked, by=other_responder, text=f"  {COPY} ")
    assert note_idea(asked, by=other_responder, text=COPY) == idea
    assert (idea.text, idea.by, idea.state, idea.item) == (COPY, other_responder, "open", None)
    assert set(Deadline.objects.values_list("pk", flat=True)) == before
    assert ActionItem.objects.count() == 0
    assert last_words(asked.incident, "idea_added") == [f"noted the idea “{COPY}”"]
    with pytest.raises(Invalid):
        note_idea(asked, by=other_responder, text="\u200b ")


def test_p57_an_idea_is_not_the_item_that_publication_needs(
    asked: Postmortem, commander: User, other_responder: User
) -> None:
    idea = note_idea(asked, by=commander, text=COPY)
    none = "There is no action item, and no reason for none."
    assert open_points(asked) == [f"{none} An idea counts once somebody commits to it."]
    assert refused(publish_postmortem, asked, by=commander).code == "not_publishable"
    drop_idea(idea, by=commander, reason="It costs too much.")
    assert open_points(asked) == [none]
    take_idea_up(idea, by=commander)
    commit_idea(idea, by=commander, **whole(other_responder, title=""))
    assert open_points(asked) == []


def test_p57_a_commitment_keeps_whose_idea_it_was_and_when(
    asked: Postmortem, commander: User, other_responder: User
) -> None:
    idea = note_idea(asked, by=other_responder, text=COPY)
    item = commit_idea(idea, by=commander, **whole(commander, title=""))
    idea.refresh_from_db()
    assert (item.title, item.owner, item.created_by) == (COPY, commander, commander)
    assert (item.idea, idea.state, idea.by) == (idea, "committed", other_responder)
    owed = Deadline.objects.open().get(kind="action_item")
    assert (owed.subject_id, owed.owner) == (item.pk, commander)
    assert last_words(asked.incident, "idea_committed") == [f"committed to the idea “{COPY}”"]
    again = refused(commit_idea, idea, by=other_responder, **whole(other_responder))
    assert (again.code, again.sentence) == (
        "invalid_transition",
        f"It is a commitment already: “{COPY}”. Change that one.",
    )
    for act in (drop_idea, take_idea_back):
        more = {"reason": "No."} if act is drop_idea else {}
        assert refused(act, idea, by=other_responder, **more).code == "invalid_transition"
    decline_item(item, by=commander, reason="The vendor ships one.")
    assert Idea.objects.get().state == "committed"


def test_p57_what_asks_people_to_be_different_is_an_idea_and_no_commitment(
    asked: Postmortem, commander: User
) -> None:
    idea = note_idea(asked, by=commander, text="Be more careful with upgrades")
    refusal = refused(commit_idea, idea, by=commander, **whole(commander, title=""))
    assert refusal.code == "action_not_systemic"
    bare = refused(commit_idea, idea, by=commander, title="A dry run of each upgrade")
    assert (bare.code, bare.facts["missing"]) == (
        "action_incomplete",
        ["type", "owner", "due_at", "priority", "success_criterion"],
    )
    assert (ActionItem.objects.count(), Idea.objects.get().state) == (0, "open")
    made = commit_idea(idea, by=commander, **whole(commander, title="A dry run of each upgrade"))
    assert (made.title, made.idea.text) == ("A dry run of each upgrade", idea.text)


def test_p57_an_idea_is_dropped_with_a_reason_or_taken_back_by_whose_it_is(
    asked: Postmortem, commander: User, responder: User, other_responder: User
) -> None:
    idea = note_idea(asked, by=other_responder, text=COPY)
    assert refused(drop_idea, idea, by=responder, reason=" ").code == "reason_required"
    for _ in range(2):
        dropped = drop_idea(idea, by=responder, reason="It costs too much.")
    assert (dropped.state, dropped.dropped_by) == ("dropped", responder)
    assert last_words(asked.incident, "idea_dropped") == [
        f"dropped the idea “{COPY}”: It costs too much."
    ]
    for _ in range(2):
        assert take_idea_up(idea, by=responder).state == "open"
    assert len(last_words(asked.incident, "idea_taken_up")) == 1
    with pytest.raises(Forbidden, match=r"idea of Ravi Patel. Drop it, with a reason"):
        take_idea_back(idea, by=responder)
    take_idea_back(idea, by=other_responder)
    assert Idea.objects.count() == 0
    assert last_words(asked.incident, "idea_taken_back") == [f"took the idea “{COPY}” back"]
    with pytest.raises(NotVisible):
        take_idea_back(idea, by=other_responder)
    take_idea_back(note_idea(asked, by=other_responder, text=COPY), by=commander)


def test_p57_an_old_version_of_an_idea_is_not_written_over(
    asked: Postmortem, commander: User
) -> None:
    idea = note_idea(asked, by=commander, text=COPY)
    change_idea(idea, by=commander, text="A copy of each account", version=1)
    stale = refused(change_idea, idea, by=commander, text="No copy", version=1)
    assert (stale.code, stale.facts["current"]) == (
        "stale",
        {"text": "A copy of each account", "version": 2},
    )


def test_p53_the_words_of_an_idea_are_checked_when_they_are_published(
    asked: Postmortem, commander: User, responder: User, other_responder: User
) -> None:
    blaming = note_idea(asked, by=responder, text="Ravi should have paged earlier")
    commit_idea(
        note_idea(asked, by=responder, text=COPY), by=commander, **whole(commander, title="")
    )
    flagged = refused(publish_postmortem, asked, by=commander)
    assert flagged.code == "language_flagged"
    assert {one["place"] for one in flagged.facts["findings"]} == {f"idea:{blaming.pk}:text"}
    change_idea(blaming, by=responder, text="An alert before the disk is full")
    publish_postmortem(asked, by=commander)
    late = note_idea(asked, by=other_responder, text="A second replica")
    for act, about, more in (
        (note_idea, asked, {"text": "Ravi should have paged"}),
        (change_idea, late, {"text": "Ravi forgot the replica"}),
        (drop_idea, late, {"reason": "Ravi was careless."}),
    ):
        assert refused(act, about, by=commander, **more).code == "language_flagged"
    assert list_ideas(commander, is_open=True).count() == 2


def test_p57_ideas_are_read_where_their_review_is(
    asked: Postmortem, commander: User, stakeholder: User, outsider: User, other_responder: User
) -> None:
    note_idea(asked, by=commander, text=COPY)
    assert [list_ideas(one).count() for one in (outsider, stakeholder)] == [1, 0]
    publish_postmortem(asked, by=commander, no_actions_because="It is switched off for good.")
    assert list_ideas(stakeholder).get().text == COPY
    with pytest.raises(Forbidden):
        note_idea(asked, by=stakeholder, text="Fewer outages")
    change_incident(asked.incident, by=commander, private=True)
    assert [list_ideas(one).count() for one in (outsider, stakeholder, commander)] == [0, 0, 1]
    with pytest.raises(NotVisible):
        note_idea(asked, by=outsider, text="Fewer outages")


def test_p37_an_agent_notes_no_idea_and_commits_to_none(asked: Postmortem, commander: User) -> None:
    idea = note_idea(asked, by=commander, text=COPY)
    agent: User = User.objects.get(pk=commander.pk)
    agent.token, _ = issue_token(commander, name="Watchtower", scopes=("agent",))
    refusing: list[tuple[Callable[..., object], object, dict[str, Any]]] = [
        (note_idea, asked, {"text": "Fewer outages"}),
        (change_idea, idea, {"text": "Fewer outages"}),
        (drop_idea, idea, {"reason": "No."}),
        (take_idea_up, idea, {}),
        (take_idea_back, idea, {}),
        (commit_idea, idea, whole(commander)),
    ]
    for act, about, more in refusing:
        with pytest.raises(AgentMayNot):
            act(about, by=agent, **more)


def test_p57_ideas_over_the_api(
    asked: Postmortem, commander: User, other_responder: User, program: Programs
) -> None:
    caller, path = program(commander), f"incidents/{asked.ref}/postmortem"
    made = caller.post(f"{path}/ideas", {"text": COPY})
    assert made.status_code == 201
    idea = made.json()
    assert idea == caller.get(f"ideas/{idea['id']}").json()
    assert {name: idea[name] for name in ("incident", "text", "state", "by", "item")} == {
        "incident": asked.ref,
        "text": COPY,
        "state": "open",
        "by": commander.email,
        "item": None,
    }
    body = whole(other_responder, owner=other_responder.email, idea=idea["id"])
    body |= {"due_at": (now() + timedelta(days=14)).isoformat()}
    del body["title"]
    both = caller.post(f"{path}/actions", {**body, "mark": "alert:x"})
    assert (both.status_code, both.json()["errors"][0]["field"]) == (422, "idea")
    item = caller.post(f"{path}/actions", body).json()
    assert (item["title"], item["idea"]) == (COPY, idea["id"])
    said = caller.get(path).json()
    assert [(one["state"], one["item"]) for one in said["ideas"]] == [("committed", item["id"])]
    assert [one["id"] for one in said["actions"]] == [item["id"]]
    assert caller.get("ideas?open=true").json()["items"] == []
    other = caller.post(f"{path}/ideas", {"text": "A second replica"}).json()["id"]
    assert caller.post(f"ideas/{other}/drop", {}).json()["code"] == "reason_required"
    dropped = caller.post(f"ideas/{other}/drop", {"reason": "Too dear."}).json()
    assert (dropped["state"], dropped["dropped_by"]) == ("dropped", commander.email)
    assert caller.post(f"ideas/{other}/take-up").json()["dropped_because"] == ""
    assert caller.patch(f"ideas/{other}", {"text": "Two replicas"}).json()["text"] == "Two replicas"
    assert caller.delete(f"ideas/{other}").status_code == 204
    assert caller.get(f"ideas/{other}").status_code == 404


def test_p57_ideas_stand_apart_on_the_page_and_become_an_item_in_a_click(
    asked: Postmortem, commander: User, other_responder: User, browser_of: Any
) -> None:
    browser_of.force_login(other_responder)
    home = f"/postmortems/{asked.ref}/"
    assert browser_of.post(f"{home}ideas/", {"text": ""}).status_code == 422
    assert browser_of.post(f"{home}ideas/", {"text": COPY}).status_code == 302
    idea = Idea.objects.get()
    page = browser_of.get(home).content.decode()
    assert f"ideas/{idea.pk}/dropped/" in page and "Take it back" in page
    assert f"/actions/?idea={idea.pk}" in browser_of.get("/actions/?list=ideas").content.decode()
    form = browser_of.get(f"{home}actions/?idea={idea.pk}").content.decode()
    assert f'value="{COPY}"' in form
    assert f'<option value="{other_responder.pk}" selected>' in form
    assert browser_of.get(f"{home}actions/?idea={idea.pk + 1}").status_code == 404
    values = {"title": COPY, "type": "test", "owner": str(other_responder.pk), "priority": "p1"}
    values["success_criterion"] = "A nightly run on it is green"
    assert browser_of.post(f"{home}actions/?idea={idea.pk}", values).status_code == 302
    item = ActionItem.objects.get()
    assert item.idea == idea
    assert "From an idea of Ravi Patel" in browser_of.get(home).content.decode()
    assert "From an idea" in browser_of.get(f"/actions/{item.pk}/").content.decode()
    assert COPY not in browser_of.get("/actions/?list=ideas").content.decode()
    other = note_idea(asked, by=other_responder, text="A second replica")
    assert browser_of.post(f"{home}ideas/{other.pk}/", {"text": "Two replicas"}).status_code == 302
    dropped = f"{home}ideas/{other.pk}/dropped/"
    assert browser_of.post(dropped, {"reason": ""}).status_code == 409
    assert browser_of.post(dropped, {"reason": "Too dear."}).status_code == 302
    told = browser_of.get(f"{home}?as=md").content.decode()
    assert "From an idea: A copy of the largest account in staging (Ravi Patel)" in told
    assert "- Two replicas (Ravi Patel, 9 Mar 2026 10:00 UTC). Dropped: Too dear." in told
    taken = f"{home}ideas/{other.pk}/taken/"
    assert browser_of.post(taken, {"take": "up"}).status_code == 302
    assert browser_of.post(taken, {"take": "back"}).status_code == 302
    assert list(Idea.objects.all()) == [idea]
    assert browser_of.get("/postmortems/?q=largest").content.decode().count(asked.ref)


def test_p57_ideas_of_a_draft_go_along_with_a_merged_incident(
    asked: Postmortem, commander: User, other_responder: User
) -> None:
    kept = note_idea(asked, by=commander, text="A second replica")
    dropped = drop_idea(note_idea(asked, by=commander, text="No"), by=commander, reason="Too dear.")
    made = note_idea(asked, by=other_responder, text=COPY)
    commit_idea(made, by=commander, **whole(commander, title=""))
    change_status(asked.incident, by=commander, to="investigating", reason="It came back.")
    other = declare_incident(by=commander, title="Replica lags", severity="sev2")
    merge_incident(asked.incident, by=commander, into=other, reason="One replica.")
    clear = AllClear("It works again.", statement="Calls failed.")
    change_status(other, by=commander, to="resolved", all_clear=clear, override_reason="Confirmed.")
    of = {one.pk: one.postmortem.incident_id for one in Idea.objects.select_related("postmortem")}
    assert of == {kept.pk: other.pk, made.pk: other.pk, dropped.pk: asked.incident_id}
    assert last_words(other, "idea_passed") == [
        f"the idea “{kept.text}” came along from {asked.ref}",
        f"the idea “{COPY}” came along from {asked.ref}",
    ]


def test_p53_an_idea_that_points_at_a_person_joins_no_published_review(
    asked: Postmortem, commander: User, responder: User
) -> None:
    publish_postmortem(asked, by=commander, no_actions_because="It is switched off for good.")
    change_status(asked.incident, by=commander, to="investigating", reason="It came back.")
    other = declare_incident(by=commander, title="Replica lags", severity="sev2")
    clear = AllClear("It works again.", statement="Calls failed.")
    change_status(other, by=commander, to="resolved", all_clear=clear, override_reason="Confirmed.")
    draft = Postmortem.objects.get(incident=other)
    blaming = note_idea(draft, by=commander, text="Tunde should have paged")
    plain = note_idea(draft, by=commander, text="A second replica")
    change_status(other, by=commander, to="investigating", reason="It came back.")
    merge_incident(other, by=commander, into=asked.incident, reason="One replica.")
    of = {one.pk: one.postmortem_id for one in Idea.objects.all()}
    assert of == {blaming.pk: draft.pk, plain.pk: asked.pk}
