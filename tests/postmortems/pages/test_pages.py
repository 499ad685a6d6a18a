"""The pages of reviews, action items and insights: who may, forms that keep text, exports."""

import re
from datetime import timedelta
from html import unescape
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from markdown_it import MarkdownIt

from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.record.models import Incident
from people.models import User
from postmortems.items.actions import add_item
from postmortems.items.models import ActionItem
from postmortems.publication.actions import publish_postmortem
from postmortems.review.actions import open_review
from postmortems.review.analysis import write_grid, write_section
from postmortems.review.models import Postmortem, Thanks
from postmortems.review.thanks import thank
from tests.opened import opened, sent_by
from tests.postmortems.conftest import MONDAY, resolve
from tests.postmortems.pages.conftest import browser, text_of

pytestmark = pytest.mark.django_db


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


def test_p59_rendered_the_markdown_reads_as_the_review_does(
    item: ActionItem, commander: User, responder: User
) -> None:
    review = item.postmortem
    write_section(review, by=commander, section="summary", text="batch_window was *not* read.")
    thank(review.incident, by=commander, person=responder, text="For INC-1 & all of #2.")
    source = text_of(browser(commander).get(f"{review.get_absolute_url()}?as=md"))
    html = MarkdownIt("commonmark").render(source)
    read = unescape(re.sub(r"<[^>]+>", "", html))

    assert "\\" not in read
    assert f"{review.ref} API calls fail" in read
    assert "batch_window was *not* read." in read
    assert "For INC-1 & all of #2." in read
    assert re.search(rf"\d\d:\d\d UTC {commander.name} declared SEV1: API calls fail", read)
    # Sections follow each other without a level between, so that a reader finds their way.
    levels = [int(level) for level in re.findall(r"<h(\d)>", html)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_p55_unknown_is_never_shown_as_0(review: Postmortem, commander: User) -> None:
    client = browser(commander)
    page = text_of(client.get(review.get_absolute_url()))
    times = f'<a href="/incidents/{review.ref}/times/">'
    assert f"{times}impact started is not known</a>" in page
    incident = review.incident
    assert incident.detected_at is not None
    incident.impact_started_at = incident.detected_at + timedelta(minutes=4)
    incident.save(update_fields=["impact_started_at"])
    page = text_of(client.get(review.get_absolute_url()))
    assert "4 min before" in page
    assert "caught before impact" in page


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


def test_p59_what_was_changed_meanwhile_is_read_before_it_is_published(
    item: ActionItem, commander: User, responder: User
) -> None:
    review, seat = item.postmortem, browser(commander)
    address = f"{review.get_absolute_url()}publication/"
    sent = opened(seat, address)
    write_section(review, by=responder, section="summary", text="It was the missing limit.")
    answer = seat.post(address, sent)
    html = answer.content.decode()
    assert (answer.status_code, "It changed meanwhile" in html) == (409, True)
    assert "Tunde Okafor edited the post-mortem’s summary" in html.replace("&#39;", "’").replace(
        "'", "’"
    )
    assert not Postmortem.objects.get(pk=review.pk).is_published

    seat.post(address, sent_by(html))
    assert Postmortem.objects.get(pk=review.pk).is_published
