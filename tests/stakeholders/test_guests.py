"""The page behind a share link (P48): what it says, what it never says, and when it ends."""

import re
from typing import Any

import pytest
from django.test import Client

from incidents.endstate.signals import add_signal
from incidents.impact.actions import add_impact
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
from incidents.sharing.actions import revoke_link, share_incident
from incidents.sharing.models import ShareLink
from incidents.updates.questions import answer_question, ask_question
from live.admission import Knock, admit
from live.identity import Credential
from live.topics import Viewer, door_for
from people.models import User
from stakeholders.guests import GUEST_PAGE
from stakeholders.unnamed import Unnamed
from tests.conftest import Clock
from tests.stakeholders.conftest import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(told: Incident, commander: User) -> str:
    """The path of a link to ``told``."""
    return "/" + share_incident(told, by=commander).url.split("/", 3)[3]


def html_at(path: str) -> str:
    answer = Client().get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_p48_a_guest_reads_what_an_executive_reads(path: str, told: Incident) -> None:
    text = text_of(html_at(path))
    for said in (
        f"SEV1 {told.ref} · investigating",
        "Every customer’s API calls fail three times in four",
        "Stuck at the moment: Connections run out within seconds.",
        "18 450 failed orders, 450 a minute. Placing orders: every partner.",
        "One engineer owns the fix The commander leads The communications lead answers questions",
        "We are done when Orders succeed and no data is lost. 0 of 1 required signal met",
        "API error rate 12.4 % ✕ not met · needs ≤ 1 %",
        "update 2 Reads are back for everyone.",
        "Next: Drain the retries. Then: verify order totals",
        "Fail reads over ✓ CPU 98 → 71 %",
        "So far",
    ):
        assert said in text


def test_p48_no_name_no_story_no_note_no_money_and_no_asker_reaches_a_guest(
    path: str, told: Incident, commander: User, stakeholder: User, clock: Clock
) -> None:
    add_impact(
        told,
        by=commander,
        journey="Placing orders",
        blocked="partners",
        amount=84000,
        unit="lost orders",
        currency="EUR",
        story="Hollis & Sons missed their Friday shipment.",
    )
    question = ask_question(told, by=stakeholder, text="Ingrid Vale asks: is data lost?")
    answer_question(question.pk, by=commander, text="No. Tunde checked it with maya@example.com.")
    change_incident(told, by=commander, blocker="Tunde Okafor waits for the vendor.")
    said_by = "Tunde’s switch of the flag, until 03:37."
    publish(told, commander, clock, "Maya says: it gets better.", risks=said_by)
    html = html_at(path)
    for hidden in (
        *("Tunde", "Okafor", "Maya", "Köhler", "Ravi", "Ingrid", "Vale", "example.com"),
        *("Hollis", "84000", "84 000", "EUR", "Technical note", "The replica answers."),
    ):
        assert hidden not in html
    text = text_of(html)
    for said in (
        "Stuck at the moment: The fix owner waits for the vendor.",
        "“A stakeholder asks: is data lost?”",
        "No. The fix owner checked it with the commander.",
        "The fix owner’s switch of the flag, until 03:37.",
        "Placing orders: partners.",
        "The commander says: it gets better.",
    ):
        assert said in text
    change_incident(told, by=commander, money_shared=True)
    assert "84 000 EUR lost orders" in text_of(html_at(path))
    assert "Hollis" not in html_at(path)


def test_p48_no_name_of_a_signal_or_a_unit_names_anybody_in_an_update_either(
    path: str, told: Incident, commander: User, clock: Clock
) -> None:
    add_signal(told, by=commander, name="Tunde’s probe", comparator="<=", target=1, unit="%")
    add_impact(
        told, by=commander, journey="Retries", blocked="all", amount=7, unit="calls to Tunde"
    )
    publish(told, commander, clock, "We go on.")
    html = html_at(path)
    assert "Tunde" not in html
    assert text_of(html).count("The fix owner’s probe") == 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Mark looks. Mark Lee looks.", "Mark looks. The scribe looks."),
        ("We ask Mark, and mark it.", "We ask the scribe, and mark it."),
        ("MARK LEE’s plan", "The scribe’s plan"),
        ("Marker and Leeds stay", "Marker and Leeds stay"),
        ("", ""),
    ],
)
def test_p48_a_name_becomes_a_seat_and_a_word_stays_a_word(text: str, shown: str) -> None:
    names = dict.fromkeys(("Mark Lee", "Mark", "Lee"), "the scribe")
    assert Unnamed(names)(text) == shown


def test_p48_the_head_tells_nothing_and_nobody_keeps_or_lists_the_address(
    path: str, told: Incident
) -> None:
    answer = Client().get(path)
    headers = {name: answer.headers[name] for name in ("Cache-Control", "Referrer-Policy")}
    assert headers == {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    head = answer.content.decode().partition("</head>")[0]
    assert "<title>Status · Endstate</title>" in head
    assert '<meta name="robots" content="noindex, nofollow">' in head
    for telling in (told.ref, told.title, told.statement, path.split("/")[2]):
        assert telling not in head
    assert "<form" not in answer.content.decode()
    assert 'href="/' not in answer.content.decode().partition("</head>")[2]


def test_p48_wrong_and_ended_look_alike_and_looking_changes_nothing(
    path: str, told: Incident, commander: User, django_assert_max_num_queries: Any
) -> None:
    before = list(ShareLink.objects.values())
    with django_assert_max_num_queries(16):
        html_at(path)
    Client().head(path)
    assert list(ShareLink.objects.values()) == before
    assert Client().post(path).status_code == 405
    revoke_link(ShareLink.objects.get().pk, by=commander)
    answers = [Client().get(one) for one in (path, "/s/" + "x" * 43 + "/", "/s/é/")]
    bodies = {re.sub(r'data-now="[^"]*"', "", one.content.decode()) for one in answers}
    assert {one.status_code for one in answers} == {404}
    assert len({re.sub(r'"X-CSRFToken": "[^"]*"', "", one) for one in bodies}) == 1
    for one in answers:
        assert one.headers["Cache-Control"] == "no-store"
        assert one.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in one.headers["X-Robots-Tag"]


def test_p48_its_stream_is_asked_again_like_every_other(
    path: str, told: Incident, commander: User
) -> None:
    place = door_for(f"{path}events/")
    assert place is not None
    audience, door, word = place
    (answer,) = admit([Knock(audience, door, word, Credential())])
    link = ShareLink.objects.get()
    viewer = Viewer("link", link.pk)
    assert (audience, answer.status, answer.id) == (GUEST_PAGE, 200, told.pk)
    assert GUEST_PAGE.authorise(told.pk, [viewer]) == {viewer}
    assert GUEST_PAGE.authorise(told.pk, [Viewer("person", link.pk)]) == set()
    change_incident(told, by=commander, private=True)
    assert GUEST_PAGE.authorise(told.pk, [viewer]) == set()
    (refused,) = admit([Knock(audience, door, word, Credential())])
    (unknown,) = admit([Knock(audience, door, "x" * 43, Credential())])
    assert refused == unknown
    assert refused.status == 404
