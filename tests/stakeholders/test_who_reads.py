"""Who reads which executive page, and at which cost."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidents.board.actions import move_card
from incidents.endstate.signals import add_signal, record_samples
from incidents.impact.actions import add_impact
from incidents.lifecycle.declaring import declare_incident
from incidents.record.models import Incident
from live.topics import Viewer
from people.models import User
from stakeholders.live import STAKEHOLDER_PAGE
from tests.conftest import Clock
from tests.incidents.cast import ready
from tests.stakeholders.conftest import address, publish

pytestmark = pytest.mark.django_db


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
