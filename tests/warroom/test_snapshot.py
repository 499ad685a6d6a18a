"""The whole incident as one file that needs nothing else, for who may see it."""

import re

import pytest

from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.record.models import Incident
from incidents.roster.actions import join
from people.models import User
from tests.matrix.hidden import signed_in
from tests.programs import parts_of

pytestmark = pytest.mark.django_db


def test_the_file_holds_everything_and_asks_for_nothing(
    incident: Incident, commander: User
) -> None:
    parts_of(incident)
    answer = signed_in(commander).get(f"/incidents/{incident.ref}/snapshot/")
    html = answer.content.decode()
    disposition = answer.headers["Content-Disposition"]
    assert re.fullmatch(
        rf'attachment; filename="{incident.ref}-\d{{4}}-\d\d-\d\d-\d{{4}}\.html"', disposition
    )
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "<style>" in html
    assert re.findall(r"<(?:script|link|img|iframe|form|button|input)\b", html) == []
    assert re.findall(r'(?:href|src|url)\s*=?\s*["(](?!data:|#)[^")]*', html) == []
    assert not re.search(r"/static/|@import", html)
    for said in (
        *("Nobody could pay.", "It is over.", "Errors", "Cap the query", "Since when?"),
        *("One export eats the memory", "The re-index", "Tell the authority", "declared SEV1"),
        *("Maya Köhler", "UTC", "1</b> people. Pay: All."),
    ):
        assert said in html
    assert html.count("<!doctype html>") == 1


def test_of_one_that_is_over_it_says_who_was_there(
    incident: Incident, commander: User, responder: User
) -> None:
    join(incident, by=responder)
    change_status(incident, by=commander, to="cancelled", reason="The probe was wrong.")
    answer = signed_in(commander).get(f"/incidents/{incident.ref}/snapshot/")
    html = answer.content.decode()
    _, rest = html.split("<h2>Who was there</h2>")
    people = re.findall(r"<li>(.*?)</li>", rest.split("</ul>")[0])
    assert people == ["Maya Köhler: Commander", "Tunde Okafor: Responder"]


def test_a_private_one_is_taken_along_by_its_roster_only(
    commander: User, outsider: User, stakeholder: User
) -> None:
    secret = declare_incident(by=commander, title="Canary", severity="sev1", private=True)
    path = f"/incidents/{secret.ref}/snapshot/"
    assert "private: for its roster only" in signed_in(commander).get(path).content.decode()
    assert signed_in(outsider).get(path).status_code == 404
    assert signed_in(stakeholder).get(path).status_code == 404
