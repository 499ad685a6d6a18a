"""The composer: the sentence first, both versions while one types, suggestions, ticks."""

import re
from typing import Any

import pytest

from incidents.record.models import Incident
from incidents.roster.actions import join
from incidents.updates.questions import ask_question
from people.models import User
from tests.matrix.hidden import signed_in

pytestmark = pytest.mark.django_db

LIVE = "/updates/preview/?live=1"


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def typed(**more: Any) -> dict[str, Any]:
    return {
        "executive_summary": "Reads are back.",
        "statement": "Calls fail.",
        "status_text": "Tunde forgot to add the limit.",
        "hypothesis": "The export.",
        "current_action": "We cap it.",
        "technical_note": "CPU fell to 52 %.",
        "next_in": "15",
        **more,
    }


def test_p43_the_sentence_for_executives_comes_first(incident: Incident, commander: User) -> None:
    page = signed_in(commander).get(f"/incidents/{incident.ref}/updates/").content.decode()
    names = re.findall(
        r'<(?:textarea|input|select)[^>]* name="(\w+)"', page.split('id="update"')[1]
    )
    shown = [one for one in names if one not in ("csrfmiddlewaretoken", "for_update", "ticks")]
    assert shown[0] == "executive_summary"
    assert 'data-draft="' + f"{incident.ref}:update:1" + '"' in page


def test_p43_the_sentence_is_filled_with_the_last_one_where_it_said_its_own(
    incident: Incident, commander: User
) -> None:
    browser, place = signed_in(commander), f"/incidents/{incident.ref}/updates/"

    def filled() -> str:
        page = browser.get(place).content.decode()
        found = re.search(r'name="executive_summary"[^>]*>\s*([^<]*)<', page)
        assert found is not None
        return found[1].strip()

    assert filled() == ""
    browser.post(place, typed(executive_summary=""))
    assert (incident.updates.get().executive_summary, filled()) == (typed()["status_text"], "")
    browser.post(place, typed(for_update="2"))
    assert filled() == "Reads are back."


def test_p43_both_versions_stand_side_by_side_while_one_types(
    incident: Incident, commander: User, responder: User
) -> None:
    join(incident, by=responder)
    answer = signed_in(commander).post(
        f"/incidents/{incident.ref}{LIVE}", typed(), headers={"HX-Request": "true"}
    )
    html = answer.content.decode()
    assert answer.status_code == 200
    assert not incident.updates.exists()
    versions = html.split('hx-target="#said-')[0]
    assert 'hx-target="#update-versions"' in versions
    assert "For executives 15 of 280 Reads are back." in words(versions)
    assert "Note: CPU fell to 52 %." in words(versions.rpartition("For engineers")[2])


def test_p53_what_could_be_said_of_the_system_stands_beside_the_words(
    incident: Incident, commander: User, responder: User
) -> None:
    join(incident, by=responder)
    answer = signed_in(commander).post(
        f"/incidents/{incident.ref}{LIVE}", typed(), headers={"HX-Request": "true"}
    )
    said = dict(
        re.findall(
            r'<ul class="said" id="said-(\w+)"[^>]*>(.*?)</ul>', answer.content.decode(), re.DOTALL
        )
    )
    assert "forgot to" in words(said["status_text"])
    assert "Tunde" in words(said["status_text"])
    assert {name for name, html in said.items() if words(html)} == {"status_text"}
    published = signed_in(commander).post(f"/incidents/{incident.ref}/updates/", typed())
    assert published.status_code == 302, "it suggests only"


def test_p53_notes_and_reasons_are_suggested_on_while_they_are_typed(
    incident: Incident, commander: User, responder: User
) -> None:
    join(incident, by=responder)
    browser, home = signed_in(commander), f"/incidents/{incident.ref}/"
    asks = f'hx-post="{home}language/"'
    for editor in ("notes/", "stop/", "status/", "roles/"):
        assert asks in browser.get(home + editor).content.decode(), editor
    assert asks not in browser.get(f"{home}end-state/").content.decode()
    for field in ("text", "reason", "note"):
        said = browser.post(f"{home}language/", {field: "Tunde forgot to renew it."})
        assert words(said.content.decode()).count("◌") == 2
    said = browser.post(f"{home}language/", {"reason": "The probe renewed nothing."})
    assert words(said.content.decode()) == ""
    assert browser.post(f"{home}stop/", {"reason": "Tunde forgot it."}).status_code == 302


def test_p47_a_ticked_question_is_answered_in_a_line_and_the_others_wait(
    incident: Incident, commander: User, stakeholder: User
) -> None:
    lost = ask_question(incident, by=stakeholder, text="Is data lost?")
    since = ask_question(incident, by=stakeholder, text="Since when?")
    browser, place = signed_in(commander), f"/incidents/{incident.ref}/updates/"
    page = browser.get(place).content.decode()
    assert f'name="tick_{lost.pk}"' in page
    bare = browser.post(place, typed(ticks="shown", **{f"tick_{lost.pk}": "on"}))
    assert bare.status_code == 422
    assert "Answer it in a line, or untick it." in bare.content.decode()
    sent = typed(
        ticks="shown",
        **{
            f"tick_{lost.pk}": "on",
            f"answer_{lost.pk}": "No, none.",
            f"answer_{since.pk}": "Typed and put off.",
        },
    )
    assert browser.post(place, sent).status_code == 302
    lost.refresh_from_db()
    since.refresh_from_db()
    assert (lost.answer, since.answer) == ("No, none.", "")
