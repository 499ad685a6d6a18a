"""The executive pages: what they say, to whom, and what a question becomes."""

import gzip
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.storage import SHEET, joined
from incidents.board.actions import add_card, move_card
from incidents.endstate.actions import write_end_state
from incidents.endstate.signals import add_signal, record_samples
from incidents.impact.actions import add_impact
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
from incidents.roster.actions import assign_role, join
from incidents.updates.actions import AllClear, publish_update
from incidents.updates.models import Question
from incidents.updates.questions import answer_question, decline_question
from live.state_cache import show
from live.topics import Viewer
from people.models import User
from stakeholders.live import STAKEHOLDER_PAGE
from tests.conftest import Clock
from tests.incidents.cast import ready

pytestmark = pytest.mark.django_db


def words(html: str) -> str:
    """What a reader sees: no tags, one space between words."""
    text = re.sub(r"<(script|style|head)\b.*?</\1>", " ", html, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def page(person: User, path: str) -> str:
    """The words of a page as this person reads it."""
    client = Client()
    client.force_login(person)
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    return words(answer.content.decode())


def address(incident: Incident, rest: str = "") -> str:
    """The page's path."""
    return f"/stakeholders/{incident.ref}/{rest}"


def publish(incident: Incident, by: User, clock: Clock, summary: str, **more: Any) -> None:
    """An update that promises the next one in 15 minutes."""
    publish_update(
        incident,
        by=by,
        status_text="Three of four calls fail.",
        hypothesis="We don’t know yet.",
        current_action="Looking.",
        statement="Every customer’s API calls fail three times in four",
        executive_summary=summary,
        next_update_at=clock.now + timedelta(minutes=15),
        **more,
    )


@pytest.fixture
def told(
    incident: Incident, commander: User, responder: User, other_responder: User, clock: Clock
) -> Incident:
    """An incident with everything an executive wants to know."""
    join(incident, by=responder)
    assign_role(incident, by=commander, role="fix_owner", person=responder)
    assign_role(incident, by=commander, role="communications", person=other_responder)
    change_incident(incident, by=commander, blocker="Connections run out within seconds.")
    write_end_state(incident, by=commander, text="Orders succeed and no data is lost.")
    signal = add_signal(
        incident, by=commander, name="API error rate", comparator="<=", target=1, unit="%"
    )
    record_samples(signal.pk, by=commander, samples=[(12.4, None)])
    add_impact(
        incident,
        by=commander,
        journey="Placing orders",
        blocked="every partner",
        amount=18450,
        unit="failed orders",
        per_minute=450,
    )
    card = add_card(
        incident,
        by=responder,
        title="Fail reads over",
        serves="end_state",
        owner=responder,
        risk="safe",
    )
    move_card(card.pk, by=responder, to="done", proof="CPU 98 → 71 %", version=1)
    publish(incident, other_responder, clock, "A team is on it.")
    publish(
        incident,
        other_responder,
        clock,
        "Reads are back for everyone.",
        next_moves=["Drain the retries", "verify order totals"],
        technical_note="The **replica** answers.",
    )
    incident.refresh_from_db()
    return incident


def test_p46_the_page_says_all_an_executive_asks(
    told: Incident, stakeholder: User, clock: Clock
) -> None:
    text = page(stakeholder, address(told))
    for said in (
        f"SEV1 {told.ref} · investigating",
        "Every customer’s API calls fail three times in four",
        "Stuck at the moment: Connections run out within seconds.",
        (
            "Who is blocked at least 18 450 failed orders, 450 a minute. "
            "Placing orders: every partner."
        ),
        "Tunde Okafor owns the fix Maya Köhler leads Ravi Patel answers questions",
        "We are done when Orders succeed and no data is lost. 0 of 1 signal met",
        "API error rate 12.4 % ✕ not met · needs ≤ 1 %",
        "update 2 Reads are back for everyone.",
        "Next: Drain the retries, then verify order totals , with the next word by",
        "Technical note The replica answers.",
        "Done so far",
        "Fail reads over ✓ CPU 98 → 71 %",
        "So far",
        "A team is on it.",
        "the people fixing it are not interrupted.",
    ):
        assert said in text
    assert "let pass" not in text
    assert "War room" not in text


def test_p46_the_stream_and_the_page_show_the_same(told: Incident, stakeholder: User) -> None:
    client = Client()
    client.force_login(stakeholder)
    html = client.get(address(told)).content.decode()
    rendered = show(STAKEHOLDER_PAGE, told.pk)
    assert rendered is not None
    for region in STAKEHOLDER_PAGE.regions:
        assert rendered[region.id] in html


def test_p46_the_whole_page_is_small(told: Incident, stakeholder: User) -> None:
    client = Client()
    client.force_login(stakeholder)
    assert len(client.get(address(told)).content) < 20_000


def test_p46_the_first_load_on_a_phone_transfers_at_most_60_kb(
    told: Incident, stakeholder: User
) -> None:
    client = Client()
    client.force_login(stakeholder)
    html = client.get(address(told)).content
    asked = set(re.findall(r'(?:href|src)="/static/([^"]+)"', html.decode()))
    modules = Path(str(finders.find("js/app.js"))).parent.glob("*.js")
    asked |= {f"js/{path.name}" for path in modules}
    files = {name: Path(str(finders.find(name))).read_bytes() for name in asked}
    files[SHEET] = joined(
        {
            path: (storage, path)
            for finder in finders.get_finders()
            for path, storage in finder.list([])
        }
    ).encode()
    assert any("htmx" in name for name in asked)
    weight = sum(len(gzip.compress(text)) for text in [html, *files.values()])
    assert weight <= 60 * 1024


def test_p45_overdue_stands_on_the_page_with_its_time(
    told: Incident, stakeholder: User, clock: Clock
) -> None:
    assert '<p class="refusal" data-shows-from' in html_of(told)
    assert f'data-shows-from="{iso(told)}" hidden>' in html_of(told)
    clock.advance(minutes=15)
    assert "Update overdue since" in page(stakeholder, address(told))
    assert f'<p class="refusal" data-shows-from="{iso(told)}">' in html_of(told)
    assert "update overdue since" in page(stakeholder, "/stakeholders/")


def html_of(incident: Incident) -> str:
    """All regions together."""
    rendered = show(STAKEHOLDER_PAGE, incident.pk)
    assert rendered is not None
    return "\n".join(rendered.html.values())


def iso(incident: Incident) -> str:
    """The promised time as the page writes it."""
    assert incident.next_update_at is not None
    text = incident.next_update_at.isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def test_p46_a_new_incident_says_when_the_first_word_comes(
    incident: Incident, stakeholder: User
) -> None:
    text = page(stakeholder, address(incident))
    for said in (
        "A team is on it. Nothing is known well enough to say yet. The first update comes by",
        "Nobody has put a number on it yet.",
        "Nobody owns the fix yet Maya Köhler leads",
        "The team is agreeing on what good looks like.",
        "Maya Köhler answers by",
    ):
        assert said in text


def test_p49_the_all_clear_is_what_the_page_ends_with(
    told: Incident, commander: User, stakeholder: User
) -> None:
    change_status(
        told,
        by=commander,
        to="resolved",
        all_clear=AllClear(
            "Orders succeed again.",
            what_follows="A review.",
            watching="Ravi",
            statement="Three of four API calls fail.",
        ),
        override_reason="The signal lags.",
    )
    text = page(stakeholder, address(told))
    for said in (
        "All clear",
        "Orders succeed again. What follows: A review. Watching tonight: Ravi",
        "We were done when",
        "Resolved although not every signal was met: The signal lags.",
        "Resolved at",
        "Who was on it Everybody is off the incident.",
    ):
        assert said in text
    assert "Next update in" not in text
    assert "Orders succeed again." in page(stakeholder, "/stakeholders/")
    Incident.objects.filter(pk=told.pk).update(status="closed")
    assert "Nothing is broken right now." in page(stakeholder, "/stakeholders/")


def test_p46_the_list_puts_the_worst_first(
    told: Incident, commander: User, stakeholder: User
) -> None:
    slow = declare_incident(by=commander, title="A slow page", severity="sev1")
    declare_incident(by=commander, title="Payments fail", severity="sev2")
    change_status(
        slow,
        by=commander,
        to="resolved",
        all_clear=AllClear("Fast.", statement="A slow page."),
        override_reason="Seen.",
    )
    text = page(stakeholder, "/stakeholders/")
    places = [text.index(title) for title in ("API calls", "Payments fail", "A slow page")]
    assert places == sorted(places)
    assert "Reads are back for everyone. Maya Köhler leads" in text


def test_p46_older_updates_stand_on_a_page_of_their_own(
    told: Incident, other_responder: User, stakeholder: User, clock: Clock
) -> None:
    for number in range(31):
        publish(told, other_responder, clock, f"Word {number}.")
    assert "All updates, 3 more" in page(stakeholder, address(told))
    assert "A team is on it." in page(stakeholder, address(told, "updates/"))
    assert "Reads are back" not in page(stakeholder, address(told, "updates/?before=2"))


# Who may


def test_p46_who_may_read_which_page(
    told: Incident,
    commander: User,
    responder: User,
    stakeholder: User,
    outsider: User,
    admin: User,
) -> None:
    private = declare_incident(by=commander, title="A breach", severity="sev2", private=True)
    drill = declare_incident(by=commander, title="An exercise", severity="sev2", kind="drill")
    gone = User.objects.create_user("gone@example.com", name="Gone", is_active=False)
    table: dict[str, tuple[User | None, int, int, int]] = {
        "anonymous": (None, 302, 302, 302),
        "deactivated": (gone, 302, 302, 302),
        "stakeholder": (stakeholder, 200, 404, 404),
        "outsider": (outsider, 200, 404, 200),
        "responder": (responder, 200, 404, 200),
        "commander": (commander, 200, 200, 200),
        "admin": (admin, 200, 200, 200),
    }
    found = {}
    for name, (person, *_) in table.items():
        client = Client()
        if person is not None:
            client.force_login(person)
        paths = [address(one) for one in (told, private, drill)]
        found[name] = (person, *[client.get(path).status_code for path in paths])
        for rest in ("questions/", "updates/"):
            assert [client.get(path + rest).status_code for path in paths] == [*found[name][1:]]
        listing = client.get("/stakeholders/")
        assert ("A breach" in listing.content.decode()) == (found[name][2] == 200)
        assert ("An exercise" in listing.content.decode()) == (found[name][3] == 200)
        asked = [client.post(path + "questions/", {"text": "?"}).status_code for path in paths]
        assert asked == [302 if status == 200 else status for status in found[name][1:]]
    assert found == table
    client = Client()
    client.force_login(stakeholder)
    for path in ("/stakeholders/INC-999999/", "/stakeholders/moon/"):
        assert client.get(path).status_code == 404


def test_p46_anonymous_people_are_sent_to_sign_in(told: Incident) -> None:
    answer = Client().get(address(told))
    assert answer.headers["Location"] == f"/accounts/login/?next={address(told)}"


def test_p46_the_stream_knows_the_same_people(
    told: Incident,
    commander: User,
    responder: User,
    stakeholder: User,
    outsider: User,
    admin: User,
) -> None:
    gone = User.objects.create_user("gone@example.com", name="Gone", is_active=False)
    people = [commander, responder, stakeholder, outsider, admin, gone]
    incidents = [
        told,
        declare_incident(by=commander, title="A breach", severity="sev2", private=True),
        declare_incident(by=commander, title="An exercise", severity="sev2", kind="drill"),
        declare_incident(by=commander, title="Near", severity="sev4", kind="near_miss"),
    ]
    for one in incidents:
        viewers = [viewer(person) for person in people]
        seen = {
            viewer(person)
            for person in people
            if Incident.objects.visible_to(person).filter(pk=one.pk).exists()
        }
        assert STAKEHOLDER_PAGE.authorise(one.pk, viewers) == seen
    assert STAKEHOLDER_PAGE.authorise(999_999, [viewer(admin)]) == set()


def viewer(person: User) -> Viewer:
    """A person as the stream knows them."""
    return Viewer("person", person.pk)


# Questions


def test_p47_asking_needs_no_script_and_says_by_when(
    told: Incident, stakeholder: User, clock: Clock
) -> None:
    client = Client()
    client.force_login(stakeholder)
    answer = client.post(address(told, "questions/"), {"text": "Is data exposed?"})
    assert (answer.status_code, answer.headers["Location"]) == (302, address(told) + "#ask")
    text = page(stakeholder, address(told))
    assert "You asked" in text
    assert "Is data exposed? Will be answered by" in text
    clock.advance(minutes=16)
    assert "▲ overdue" in page(stakeholder, address(told))


def test_p47_question_and_answer_are_everybodys_to_read(
    told: Incident, stakeholder: User, admin: User, other_responder: User
) -> None:
    client = Client()
    client.force_login(stakeholder)
    for question in ("Is data exposed?", "May I tweet it?"):
        client.post(address(told, "questions/"), {"text": question})
    exposed, tweet = Question.objects.order_by("pk")
    answer_question(exposed.pk, by=other_responder, text="No data left us.")
    decline_question(tweet.pk, by=other_responder, text="Ask the press office.")
    text = page(stakeholder, address(told))
    assert "Is data exposed? No data left us. Ravi Patel," in text
    assert "May I tweet it? Not answered: Ask the press office." in text
    others = page(admin, address(told))
    assert "Is data exposed?” Ingrid Vale No data left us. Ravi Patel," in others
    assert "May I tweet it?” Ingrid Vale Not answered: Ask the press office." in others


def test_p47_with_htmx_only_the_asking_comes_back(told: Incident, stakeholder: User) -> None:
    client = Client()
    client.force_login(stakeholder)
    answer = client.post(
        address(told, "questions/"), {"text": "How long?"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    html = answer.content.decode()
    targets = re.findall(r'<hx-partial hx-target="#(\w+)" hx-swap="outerMorph">', html)
    assert targets == ["asked", "ask"]
    assert html.index("How long?") < html.index('<form id="ask"')
    again = client.get(address(told, "questions/"), headers={"HX-Request": "true"})
    assert re.findall(r'hx-target="#(\w+)"', again.content.decode()) == ["asked"]
    assert "accepted" in answer.headers["HX-Trigger"]


@pytest.mark.parametrize("htmx", [True, False])
def test_p47_a_refused_question_keeps_what_was_typed(
    told: Incident, stakeholder: User, htmx: bool
) -> None:
    client = Client()
    client.force_login(stakeholder)
    headers = {"HX-Request": "true"} if htmx else {}
    long = "Why? " * 120
    answer = client.post(address(told, "questions/"), {"text": long}, headers=headers)
    assert answer.status_code == 422
    assert long.strip() in answer.content.decode()
    answer = client.post(address(told, "questions/"), {"text": " "}, headers=headers)
    assert (answer.status_code, "✕ Write your question." in answer.content.decode()) == (422, True)
    Incident.objects.filter(pk=told.pk).update(status="closed")
    answer = client.post(address(told, "questions/"), {"text": "And now?"}, headers=headers)
    assert answer.status_code == 409
    assert not Question.objects.exists()


# Cost


def test_p46_the_page_takes_the_same_queries_for_3_and_for_30(
    told: Incident,
    commander: User,
    responder: User,
    other_responder: User,
    stakeholder: User,
    clock: Clock,
) -> None:
    client = Client()
    client.force_login(stakeholder)
    counts = []
    for number in range(27):
        if number in (1, 26):
            counts.append(queries_of(client, address(told)))
        publish(told, other_responder, clock, f"Word {number}.")
        signal = add_signal(
            told, by=commander, name=f"S{number}", comparator="<=", target=1, required=False
        )
        record_samples(signal.pk, by=commander, samples=[(1, None)])
        add_impact(
            told, by=commander, journey="J", blocked="all", amount=1, unit="u", signal=signal
        )
        card = ready(told, responder, f"C{number}")
        move_card(card.pk, by=responder, to="done", proof="seen", version=1)
        client.post(address(told, "questions/"), {"text": f"Q{number}?"})
    assert counts[0] == counts[1] <= 13


def test_p46_the_list_takes_the_same_queries_for_3_and_for_30(
    commander: User, stakeholder: User
) -> None:
    client = Client()
    client.force_login(stakeholder)
    counts = []
    for number in range(30):
        declare_incident(by=commander, title=f"I{number}", severity="sev3")
        if number in (2, 29):
            counts.append(queries_of(client, "/stakeholders/"))
    assert counts[0] == counts[1] <= 4


def queries_of(client: Client, path: str) -> int:
    """How many queries one page takes."""
    with CaptureQueriesContext(connection) as caught:
        assert client.get(path).status_code == 200
    return len(caught)
