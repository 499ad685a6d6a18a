"""Share links (P48): who makes them, how long they open, when they end, what is kept of them."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from api.models import KeptAnswer
from clock.queries import now
from incidents.lifecycle.actions import AllClear, change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
from incidents.sharing.actions import share_incident
from incidents.sharing.models import ShareLink
from people.models import User
from refusals.errors import Forbidden
from tests.conftest import Clock
from tests.incidents.cast import last_words
from tests.matrix.hidden import signed_in
from tests.programs import Program, Programs

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(program: Programs, commander: User) -> Program:
    """The commander's program."""
    return program(commander)


def path_of(url: str) -> str:
    """The path of a link's address."""
    return "/" + url.split("/", 3)[3]


def opens(url: str) -> bool:
    return Client().get(path_of(url)).status_code == 200


def test_p48_a_link_is_made_listed_and_revoked_over_the_api(
    api: Program, incident: Incident
) -> None:
    made = api.post(f"incidents/{incident.ref}/share-links")
    assert made.status_code == 201
    link, url = made.json()["id"], made.json()["url"]
    assert opens(url)
    (listed,) = api.get(f"incidents/{incident.ref}/share-links").json()["items"]
    assert listed["id"] == link
    assert set(listed) == {"id", "incident", "by", "created_at", "expires_at"}
    assert api.delete(f"share-links/{link}").status_code == 204
    assert api.delete(f"share-links/{link}").status_code == 204
    assert not opens(url)
    assert api.get(f"incidents/{incident.ref}/share-links").json()["items"] == []
    assert last_words(incident, "link_revoked") == ["revoked a share link"]


def test_p48_it_opens_for_fourteen_days_unless_said_and_for_ninety_at_most(
    api: Program, incident: Incident, clock: Clock
) -> None:
    made = api.post(f"incidents/{incident.ref}/share-links", {}).json()
    link = ShareLink.objects.get(pk=made["id"])
    assert link.expires_at - link.created_at == timedelta(days=14)
    longest = now() + timedelta(days=90)
    asked = {"expires_at": (longest - timedelta(minutes=1)).isoformat()}
    assert api.post(f"incidents/{incident.ref}/share-links", asked).status_code == 201
    for wrong in (longest + timedelta(hours=1), now() - timedelta(minutes=1)):
        answer = api.post(
            f"incidents/{incident.ref}/share-links", {"expires_at": wrong.isoformat()}
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
        assert [one["field"] for one in answer.json()["errors"]] == ["expires_at"]
    clock.advance(days=14, seconds=1)
    assert not opens(made["url"])


def test_p48_only_a_digest_of_its_256_bits_is_kept_and_nothing_tells_it(
    incident: Incident, commander: User
) -> None:
    shared = share_incident(incident, by=commander)
    secret = path_of(shared.url).split("/")[2]
    assert len(secret) == 43
    assert shared.link.digest == ShareLink.digest_of(secret) != secret
    entry = incident.entries.get(kind="link_shared")
    assert secret not in f"{entry.text}{entry.data}{entry.canonical}"
    room = signed_in(commander).get(incident.get_absolute_url()).content.decode()
    assert "Maya Köhler" in room
    assert secret not in room


def test_p48_the_same_key_answers_the_same_link_which_is_kept_unreadable(
    api: Program, incident: Incident
) -> None:
    key = {"Idempotency-Key": "share-once"}
    first = api.post(f"incidents/{incident.ref}/share-links", {}, **key)
    again = api.post(f"incidents/{incident.ref}/share-links", {}, **key)
    assert (first.json(), first.headers["Cache-Control"]) == (again.json(), "no-store")
    assert again.headers["Cache-Control"] == "no-store"
    assert ShareLink.objects.count() == 1
    secret = path_of(first.json()["url"]).split("/")[2]
    assert secret not in KeptAnswer.objects.get().content


def test_p48_private_ends_every_link_for_good(
    incident: Incident, commander: User, api: Program
) -> None:
    urls = [share_incident(incident, by=commander).url for _ in range(2)]
    change_incident(incident, by=commander, private=True)
    assert not any(map(opens, urls))
    assert last_words(incident, "link_revoked") == ["ended 2 share links: it is private"]
    refused = api.post(f"incidents/{incident.ref}/share-links")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    change_incident(incident, by=commander, private=False)
    assert not any(map(opens, urls))


def test_p48_it_opens_for_two_weeks_after_the_end(
    incident: Incident, commander: User, clock: Clock
) -> None:
    until = now() + timedelta(days=60)
    url = share_incident(incident, by=commander, expires_at=until).url
    clock.advance(days=20)
    change_status(incident, by=commander, to="cancelled", reason="The probe was wrong.")
    clock.advance(days=13)
    assert "It was a false alarm." in Client().get(path_of(url)).content.decode()
    clock.advance(days=1, minutes=1)
    assert not opens(url)


def test_p48_a_closed_one_is_shown_for_two_weeks(db: None, commander: User, clock: Clock) -> None:
    incident = declare_incident(by=commander, title="Reports are late", severity="sev4")
    clear = AllClear("They come again.", statement="Reports came late.")
    url = share_incident(incident, by=commander, expires_at=now() + timedelta(days=60)).url
    change_status(
        incident, by=commander, to="resolved", all_clear=clear, override_reason="No signal."
    )
    clock.advance(days=20)
    assert opens(url)
    change_status(incident, by=commander, to="closed")
    clock.advance(days=13)
    assert opens(url)
    clock.advance(days=1, minutes=1)
    assert not opens(url)


def test_p48_what_is_over_for_two_weeks_gets_no_new_link(
    incident: Incident, commander: User, clock: Clock
) -> None:
    change_status(incident, by=commander, to="cancelled", reason="The probe was wrong.")
    clock.advance(days=13, hours=23)
    assert opens(share_incident(incident, by=commander).url)
    clock.advance(hours=2)
    with pytest.raises(Forbidden):
        share_incident(incident, by=commander)


def test_p62_a_drill_is_shown_to_nobody_outside(commander: User, program: Programs) -> None:
    drill = declare_incident(by=commander, title="Practice", severity="sev2", kind="drill")
    refused = program(commander).post(f"incidents/{drill.ref}/share-links")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def test_p48_the_war_room_makes_shows_once_and_revokes_in_one_click_each(
    incident: Incident, commander: User
) -> None:
    browser = signed_in(commander)
    place = f"/incidents/{incident.ref}/share-links/"
    sheet = browser.post(place, {"make": "1"}, headers={"HX-Request": "true"})
    html = sheet.content.decode()
    assert sheet.headers["Cache-Control"] == "no-store"
    url = html.split('id="share-url" value="')[1].split('"')[0]
    assert opens(url)
    link = ShareLink.objects.get()
    assert f'id="share-link-{link.pk}"' in html
    page = browser.get(incident.get_absolute_url()).content.decode()
    assert f'id="share-link-{link.pk}"' in page
    assert url not in page
    browser.post(place, {"revoke": str(link.pk)})
    assert not opens(url)
    until = browser.get(place).content.decode()
    assert 'name="expires_at"' in until
    late: Any = browser.post(place, {"expires_at": "2199-01-01T00:00"})
    assert late.status_code == 422
    made = browser.post(place, {"expires_at": f"{now() + timedelta(days=2):%Y-%m-%dT%H:%M}"})
    assert "shown this once" in made.content.decode()
    assert browser.post(place, {"revoke": "999999"}).status_code == 404
