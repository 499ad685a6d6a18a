"""The pages of reviews, action items and insights: who may, forms that keep text, exports."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidents.deployments.actions import report_deployment
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident, Service
from people.models import User
from postmortems.insights.queries import load_insights
from postmortems.items.actions import add_item
from postmortems.items.following import finish_item
from postmortems.items.models import ActionItem
from postmortems.pages.insights import charts_of
from postmortems.publication.actions import publish_postmortem
from postmortems.review.actions import open_review
from postmortems.review.analysis import write_grid, write_section
from postmortems.review.models import Postmortem, Thanks
from postmortems.review.thanks import thank
from tests.conftest import Clock
from tests.postmortems.conftest import MONDAY, resolve

pytestmark = pytest.mark.django_db


def browser(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


PAGES = ("postmortems/", "actions/", "insights/")


def test_everybody_with_an_account_reads_the_library_actions_and_insights(
    item: ActionItem, commander: User, stakeholder: User
) -> None:
    for page in PAGES:
        assert browser(None).get(f"/{page}").status_code == 302
        for user in (commander, stakeholder):
            assert browser(user).get(f"/{page}").status_code == 200, page


def test_p59_the_document_is_drafted_for_responders_and_read_by_all_once_published(
    item: ActionItem, commander: User, stakeholder: User, outsider: User
) -> None:
    address = item.postmortem.get_absolute_url()
    assert browser(outsider).get(address).status_code == 200
    assert browser(stakeholder).get(address).status_code == 404
    publish_postmortem(item.postmortem, by=commander)
    read = text_of(browser(stakeholder).get(address))
    assert "One query loads every row." in read
    assert "A query limit in the ORM" in read
    assert 'formaction="' not in read
    assert item.postmortem.ref in text_of(browser(stakeholder).get("/postmortems/?q=cpu"))
    assert "Nothing holds" in text_of(browser(stakeholder).get("/postmortems/?q=zebra"))


EDITORS = (
    "summary/",
    "analysis/",
    "grid/",
    "whys/",
    "thanks/",
    "actions/",
    "schedule/",
    "publication/",
    "facts/reopening/",
    "list/",
    "again/",
)
POSTS = (*EDITORS, "facts/agreement/", "schedule/held/", "language/", "findings/x/")


def test_who_may_post_to_a_review(
    item: ActionItem, commander: User, stakeholder: User, outsider: User
) -> None:
    review = item.postmortem
    address = review.get_absolute_url()
    publish_postmortem(review, by=commander)
    for path in POSTS:
        assert browser(stakeholder).post(f"{address}{path}").status_code == 403, path
    review.incident.private = True
    review.incident.save(update_fields=["private"])
    for path in ("", *POSTS, "facts/1/", "whys/1/"):
        assert browser(outsider).post(f"{address}{path}").status_code == 404, path


def test_every_editor_opens_as_a_page_and_as_a_part(asked: Postmortem, responder: User) -> None:
    client = browser(responder)
    for path in (*EDITORS, "findings/abc/"):
        page = client.get(f"{asked.get_absolute_url()}{path}")
        part = client.get(f"{asked.get_absolute_url()}{path}", headers={"HX-Request": "true"})
        assert (page.status_code, part.status_code) == (200, 200), path
        assert "<html" in text_of(page)
        assert text_of(part).lstrip().startswith('<form id="edit-form"'), path


def test_a_refusal_keeps_what_was_typed(
    review: Postmortem, asked: Postmortem, commander: User
) -> None:
    client = browser(commander)
    address = asked.get_absolute_url()
    careful = client.post(
        f"{address}actions/",
        {"title": "Be more careful", "success_criterion": "Nothing breaks", "priority": "p1"},
    )
    assert careful.status_code == 409
    assert "Be more careful" in text_of(careful)
    assert "Nothing breaks" in text_of(careful)
    assert "a query limit in the ORM" in text_of(careful)
    assert "Or take it all the same, because" in text_of(careful)
    incomplete = client.post(f"{address}actions/", {"title": "A query limit", "priority": "p1"})
    assert incomplete.status_code == 409
    assert text_of(incomplete).count("Needed here.") == 3
    unpublished = client.post(f"{address}publication/", {"no_actions_because": ""})
    assert unpublished.status_code == 409
    assert "There is no action item" in text_of(unpublished)


def test_two_people_editing_one_section_over_the_page(
    agreed: Postmortem, commander: User, responder: User
) -> None:
    address = f"{agreed.get_absolute_url()}analysis/"
    assert browser(commander).post(address, {"text": "First.", "version": "0"}).status_code == 302
    second = browser(responder).post(address, {"text": "Second.", "version": "0"})
    assert second.status_code == 409
    assert "First." in text_of(second)
    assert "Second." in text_of(second)
    assert '<input type="hidden" name="version" value="1"' in text_of(second)
    both = {"text": "First. Second.", "version": "1"}
    assert browser(responder).post(address, both).status_code == 302


def test_p53_the_editor_suggests_while_one_types(
    agreed: Postmortem, commander: User, responder: User
) -> None:
    client = browser(commander)
    answer = client.post(
        f"{agreed.get_absolute_url()}language/", {"text": "Tunde should have asked."}
    )
    assert text_of(answer).count("▲") == 2
    assert "“Tunde”" in text_of(answer)
    responder.name = "Grace Okafor"
    responder.save()
    write_section(agreed, by=commander, section="analysis", text="Grace asked.")
    page = text_of(client.get(agreed.get_absolute_url()))
    assert "Not a person" in page
    place = page.split('name="word" value="Grace"')[0].rsplit('formaction="', 1)[1].split('"')[0]
    done = client.post(place, {"word": "Grace"}, headers={"HX-Request": "true"})
    assert done.status_code == 200
    assert "Not a person" not in text_of(done)
    assert 'hx-target="#pm-analysis"' in text_of(done)


def test_the_whole_review_without_script(
    review: Postmortem, commander: User, other_responder: User
) -> None:
    client = browser(commander)
    address = review.get_absolute_url()
    assert client.post(f"{address}facts/agreement/").status_code == 302
    assert (
        client.post(
            f"{address}whys/",
            {
                "answer": "The list has no pages.",
                "because": "the framework makes every list so",
                "safeguard": "limit",
            },
        ).status_code
        == 302
    )
    assert (
        client.post(
            f"{address}grid/",
            {
                "version": "0",
                "worked-tooling": "The flag\nThe alert",
            },
        ).status_code
        == 302
    )
    assert (
        client.post(
            f"{address}actions/",
            {
                "title": "A query limit in the ORM",
                "type": "guardrail",
                "owner": str(other_responder.pk),
                "priority": "p1",
                "success_criterion": "No query reads more than 10 000 rows.",
            },
        ).status_code
        == 302
    )
    assert client.post(f"{address}publication/", {}).status_code == 302
    item = ActionItem.objects.get()
    assert Postmortem.objects.get().is_published
    assert (item.due_at - item.created_at).days in (13, 14)
    owner = browser(other_responder)
    assert owner.post(f"/actions/{item.pk}/done/", {"note": "Merged."}).status_code == 302
    own = owner.post(f"/actions/{item.pk}/verification/", {"implemented": "yes", "moving": "yes"})
    assert own.status_code == 409
    assert "Somebody who never owned it and did not mark it done verifies" in text_of(own)
    seen = {"implemented": "yes", "moving": "yes", "note": ""}
    early = client.post(f"/actions/{item.pk}/verification/", seen)
    assert early.status_code == 409
    assert "Why it can be seen already" in text_of(early)
    seen |= {"note": "Seen in production.", "reason": "It is live everywhere."}
    assert client.post(f"/actions/{item.pk}/verification/", seen).status_code == 302
    item.refresh_from_db()
    assert (item.state, item.is_moving, item.verified_by) == ("verified", True, commander)
    page = text_of(client.get(f"/actions/{item.pk}/"))
    assert "Seen in production." in page
    assert page.count('<li id="entry-') == 3


def test_p58_the_lists_of_action_items(
    item: ActionItem, other_responder: User, commander: User, monday: Clock
) -> None:
    owner = browser(other_responder)
    assert item.title in text_of(owner.get("/actions/"))
    assert item.title not in text_of(browser(commander).get("/actions/"))
    assert item.title not in text_of(owner.get("/actions/?list=overdue"))
    assert item.title in text_of(owner.get("/"))
    monday.advance(days=12)
    assert "✕ overdue" in text_of(owner.get("/actions/?list=overdue"))
    finish_item(item, by=other_responder)
    assert item.title in text_of(owner.get("/actions/?list=to-verify"))
    assert item.title in text_of(browser(commander).get("/actions/?list=all"))
    assert item.title not in text_of(browser(commander).get("/"))
    monday.advance(days=10)
    assert item.title in text_of(browser(commander).get("/"))


def test_an_item_is_moved_declined_and_changed_over_the_page(
    item: ActionItem, other_responder: User, stakeholder: User, outsider: User
) -> None:
    owner = browser(other_responder)
    path = f"/actions/{item.pk}"
    unmoved = owner.post(f"{path}/date/", {"due_at": "2026-04-20T12:00", "reason": ""})
    assert unmoved.status_code == 409
    assert "2026-04-20T12:00" in text_of(unmoved)
    assert (
        owner.post(
            f"{path}/date/", {"due_at": "2026-04-20T12:00", "reason": "The vendor."}
        ).status_code
        == 302
    )
    assert browser(stakeholder).post(f"{path}/done/").status_code == 404
    changed = {
        "title": item.title,
        "type": "test",
        "owner": str(other_responder.pk),
        "priority": "p0",
        "success_criterion": item.success_criterion,
        "version": "2",
    }
    assert owner.post(f"{path}/details/", changed).status_code == 302
    assert owner.post(f"{path}/details/", {**changed, "type": "alert"}).status_code == 409
    assert owner.post(f"{path}/declined/", {"reason": ""}).status_code == 409
    assert owner.post(f"{path}/declined/", {"reason": "Retired."}).status_code == 302
    item.refresh_from_db()
    assert (item.state, item.type, item.priority, item.moved_count) == ("declined", "test", "p0", 1)
    why = r"<dt[^>]*>Not doing</dt><dd>Retired\.\s*<span class=\"sub\">Ravi Patel, <time"
    assert re.search(why, owner.get(f"{path}/").content.decode())


def test_p59_markdown_takes_the_whole_review_along(
    item: ActionItem, commander: User, responder: User
) -> None:
    review = item.postmortem
    write_section(review, by=commander, section="summary", text="It was <slow>.")
    write_section(review, by=commander, section="analysis", text="The list has **no** pages.")
    write_grid(review, by=commander, grid={"worked": {"tooling": ["The flag"]}})
    thank(review.incident, by=commander, person=responder, text="For asking early.")
    answer = browser(commander).get(f"{review.get_absolute_url()}?as=md")
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="{review.ref}-postmortem.md"'
    )
    lines = text_of(answer).splitlines()
    assert lines[0] == f"# {review.ref} API calls fail"
    assert "It was \\<slow\\>." in lines
    assert any(f" UTC {commander.name} declared SEV1: API calls fail" in line for line in lines)
    assert "The list has **no** pages." in lines
    assert any(line.startswith("- Time to resolve: unknown (impact started)") for line in lines)
    assert "        - **Which safeguard was absent:" in text_of(answer)
    assert any("A query limit in the ORM" in line for line in lines)


def test_p55_unknown_is_never_shown_as_0(review: Postmortem, commander: User) -> None:
    client = browser(commander)
    page = text_of(client.get(review.get_absolute_url()))
    assert "impact started is not known" in page
    incident = review.incident
    assert incident.detected_at is not None
    incident.impact_started_at = incident.detected_at + timedelta(minutes=4)
    incident.save(update_fields=["impact_started_at"])
    page = text_of(client.get(review.get_absolute_url()))
    assert "4 min before" in page
    assert "caught before impact" in page


def test_p61_insights_show_formula_n_table_and_csv(
    item: ActionItem, commander: User, other_responder: User
) -> None:
    finish_item(item, by=other_responder)
    client = browser(commander)
    page = text_of(client.get("/insights/"))
    assert "resolved − impact started" in page
    assert "n = 0" in page
    assert '<svg class="chart"' in page
    rows = text_of(client.get("/insights/?as=csv")).splitlines()
    assert rows[0].split(",")[:3] == ["month", "incidents", "mttd_n"]
    assert rows[-1].split(",")[:2] == ["2026-03-01", "1"]
    assert len(rows) == 7


def test_p61_the_change_failure_rate_is_never_invented(
    monday: Clock, commander: User, responder: User
) -> None:
    client = browser(commander)
    one = declare_incident(by=commander, title="Calls fail", severity="sev3")
    change_incident(one, by=commander, caused_by_change=True)

    page = text_of(client.get("/insights/"))
    assert "no deployments reported; 1 incident caused by a change" in page
    rows = text_of(client.get("/insights/?as=csv")).splitlines()
    assert rows[0].endswith(
        ",change_failure_rate_part,change_failure_rate_n,change_failure_rate_percent"
    )
    assert rows[-1].endswith(",1,0,")

    service = Service.objects.create(name="Partner API", slug="partner-api")
    report_deployment(by=responder, service=service, version="v118", at=MONDAY)
    other = declare_incident(by=commander, title="Again", severity="sev3")
    change_incident(other, by=commander, caused_by_change=True)
    page = text_of(client.get("/insights/"))
    assert '<strong class="title num">200 %</strong>' in page
    assert "2 incidents caused by a change, 1 deployment reported" in page
    assert all(bar.y >= 0 for chart in charts_of(load_insights(commander)) for bar in chart.bars)
    rows = text_of(client.get("/insights/?as=csv")).splitlines()
    assert rows[-1].endswith(",2,1,200")


def test_a_near_miss_opens_its_review_from_the_page(commander: User, stakeholder: User) -> None:
    miss = declare_incident(by=commander, title="Almost", severity="sev3", kind="near_miss")
    address = f"/postmortems/{miss.ref}/"
    assert "None is open" in text_of(browser(commander).get(address))
    assert browser(stakeholder).get(address).status_code == 404
    assert browser(stakeholder).post(address).status_code == 403
    assert browser(commander).post(address).status_code == 302
    assert "Near miss" in text_of(browser(commander).get(address))


@pytest.mark.parametrize("path", ["/actions/?list=all", "/postmortems/", "document"])
def test_pages_cost_the_same_for_3_rows_and_for_30(
    item: ActionItem, commander: User, other_responder: User, path: str
) -> None:
    client = browser(commander)
    is_document = path == "document"
    address = item.postmortem.get_absolute_url() if is_document else path

    def cost(rows: int) -> int:
        while ActionItem.objects.count() < rows:
            review = item.postmortem
            if not is_document:
                more = declare_incident(by=commander, title="More", severity="sev3")
                resolve(more, commander)
                review = open_review(more, by=commander)
            add_item(
                review,
                by=commander,
                title="A query limit",
                type="guardrail",
                owner=other_responder,
                due_at=MONDAY + timedelta(days=60),
                priority="p2",
                success_criterion="None reads more.",
            )
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    few = cost(3)
    assert few <= 30
    assert cost(30) == few


def test_p60_thanks_in_the_war_room_open_no_review(
    incident: Incident, commander: User, responder: User, stakeholder: User
) -> None:
    client = browser(commander)
    address = f"/incidents/{incident.ref}/thanks/"
    assert address in text_of(client.get(incident.get_absolute_url()))
    assert client.get(address).status_code == 200
    body = {"person": str(responder.pk), "text": "For asking early."}
    assert browser(stakeholder).post(address, body).status_code == 403
    assert client.post(address, body, headers={"HX-Request": "true"}).status_code == 200
    assert client.post(address, {**body, "text": "For staying."}).status_code == 302
    assert [one.text for one in Thanks.objects.all()] == ["For asking early.", "For staying."]
    assert not Postmortem.objects.filter(incident=incident).exists()


def test_p58_the_look_at_the_list_over_the_page(
    item: ActionItem, commander: User, other_responder: User, responder: User, monday: Clock
) -> None:
    review = item.postmortem
    publish_postmortem(review, by=commander)
    address = f"{review.get_absolute_url()}list/"
    seen = {f"{item.pk}-started": "yes", f"{item.pk}-owned": "yes", f"{item.pk}-still_right": "no"}
    early = browser(commander).post(address, {**seen, f"{item.pk}-word": "Half done."})
    assert early.status_code == 409
    page = text_of(browser(commander).get(review.get_absolute_url()))
    assert "Look at it, item by item" not in page
    monday.advance(days=8)
    page = text_of(browser(commander).get(review.get_absolute_url()))
    assert "Look at it, item by item" in page
    assert item.title not in text_of(browser(responder).get(address))
    assert item.title in text_of(browser(other_responder).get(address))
    assert browser(commander).post(address, seen).status_code == 409
    done = browser(commander).post(address, {**seen, f"{item.pk}-word": "Half done."})
    assert done.status_code == 302
    page = text_of(browser(commander).get(review.get_absolute_url()))
    assert "started, owned, no longer right. Half done." in page
    assert "The whole list was looked at, item by item" in page


def test_p50_a_review_is_looked_at_again_over_the_page(item: ActionItem, commander: User) -> None:
    review = item.postmortem
    publish_postmortem(review, by=commander)
    change_status(review.incident, by=commander, to="investigating", reason="It is back.")
    resolve(Incident.objects.get(pk=review.incident_id), commander)
    client = browser(commander)
    assert "Reopened after it was published" in text_of(client.get(review.get_absolute_url()))
    address = f"{review.get_absolute_url()}again/"
    assert client.post(address, {"outcome": "stands", "note": ""}).status_code == 409
    assert client.post(address, {"outcome": "stands", "note": "The same."}).status_code == 302
    page = text_of(client.get(review.get_absolute_url()))
    assert "Reopened after it was published" not in page
    assert "The same." in page


def test_p52_the_page_names_the_absent_safeguard(asked: Postmortem, commander: User) -> None:
    page = text_of(browser(commander).get(asked.get_absolute_url()))
    assert page.count("Absent safeguard: a limit") == 1
