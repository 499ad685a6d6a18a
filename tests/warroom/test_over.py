"""The room after it is over: it looks ended, and says what was (UX 19)."""

import re
from datetime import UTC

from django.test import Client

from incidents.endstate.actions import write_end_state
from incidents.endstate.signals import add_signal, record_samples
from incidents.impact.actions import add_impact
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.notes import add_note
from incidents.record.models import Incident
from incidents.roster.actions import assign_role, join
from incidents.updates.actions import AllClear
from live.state_cache import show
from people.models import User
from tests.conftest import Clock
from tests.incidents.cast import publish, ready
from tests.warroom.signing_in import signed_in
from warroom.live import WAR_ROOM


def words_of(client: Client, path: str) -> str:
    """The page as one reads it, spaces joined."""
    return " ".join(client.get(path).content.decode().split())


def test_a_resolved_room_shows_how_it_was_when_it_ended(
    incident: Incident,
    commander: User,
    responder: User,
    other_responder: User,
    clock: Clock,
) -> None:
    join(incident, by=responder)
    assign_role(incident, by=commander, role="fix_owner", person=other_responder)
    write_end_state(incident, by=commander, text="Calls succeed.")
    signal = add_signal(
        incident, by=commander, name="Errors", comparator="<=", target=1, unit="%", hold_s=0
    )
    record_samples(signal.pk, by=commander, samples=[(0.2, None)])
    add_impact(
        incident, by=commander, journey="Orders", blocked="all", amount=834, unit="failed orders"
    )
    publish(incident, commander, executive_summary="Most calls fail.")
    ready(incident, responder, "Never begun")
    clock.advance(minutes=40)
    record_samples(signal.pk, by=commander, samples=[(0.2, None)])
    change_status(
        incident,
        by=commander,
        to="resolved",
        all_clear=AllClear("It works again.", watching="Ravi"),
    )
    clock.advance(days=36)
    client = signed_in(commander)
    page = words_of(client, incident.get_absolute_url())
    said = {
        "how long": "40 min</strong>",
        "who was blocked": "834",
        "who led": "Who led</span><strong>Maya Köhler</strong>",
        "who owned the fix": "Ravi Patel owned the fix",
        "its word": "1 of 2",
        "every update, the all-clear first": "Everything we told, newest first · 2",
        "the end state as it stood": "The end state, as it stood when it ended",
        "signals as they ended": "✓ met · ≤ 1 %",
        "who was there": "Who was there · 3",
        "what was never started": "Never started",
        "the way on": "Open the review",
    }
    assert {what: words for what, words in said.items() if words not in page} == {}
    still = page.split('id="still"', 1)[1].split("</section>", 1)[0]
    assert "Hold the review" in still
    assert "Publish the post-mortem" in still
    figure = page.split(">Next</span>", 1)[1].split("</small>", 1)[0]
    assert "Hold the review" in figure
    assert page.count('<button type="button" class="small" data-opens>Open all') == 1
    assert page.count('class="small" data-prints>Print') == 1
    gone = ["nobody leads", "agreed 0 of 0", "stale", "press c", "Post update", "Stop the line<"]
    gone += ["Write it now", "Next update in", "Nobody is here yet", 'data-column="now"']
    assert [words for words in gone if words in page] == []


def test_the_story_of_what_is_over_names_each_day_once(
    incident: Incident, commander: User, clock: Clock
) -> None:
    change_status(incident, by=commander, to="cancelled", reason="The probe was wrong.")
    ended = Incident.objects.get(pk=incident.pk)
    clock.advance(days=2)
    for text in ("The probe is mended.", "It was a loose cable."):
        add_note(incident, by=commander, text=text)
    page = words_of(signed_in(commander), incident.get_absolute_url())
    days = re.findall(r'<li class="day"><h3><time [^>]*>([^<]*)</time>([^<]*)</h3>', page)
    later = clock.now.astimezone(UTC)
    before = ended.declared_at.astimezone(UTC)
    assert days == [
        (f"{later:%a %-d %b %Y}", ""),
        (f"{before:%a %-d %b %Y}", ", while it lasted"),
    ]


def test_every_region_stands_in_the_room_once_while_it_is_open_and_when_it_is_over(
    incident: Incident, commander: User
) -> None:
    client = signed_in(commander)
    for status in ("investigating", "cancelled"):
        if status != "investigating":
            change_status(incident, by=commander, to=status, reason="The probe was wrong.")
        page = client.get(incident.get_absolute_url()).content.decode()
        rendered = show(WAR_ROOM, incident.pk)
        assert rendered is not None
        shown = {region.id: page.count(rendered[region.id]) for region in WAR_ROOM.regions}
        assert shown == dict.fromkeys(shown, 1), status


def test_an_incident_has_one_name_everywhere_once_the_miss_is_named(
    incident: Incident, commander: User
) -> None:
    change_incident(incident, by=commander, statement="Three of four API calls fail")
    client = signed_in(commander)
    assert client.get("/incidents/names/").json()["items"][0]["title"] == (
        "Three of four API calls fail"
    )
    named = f"{incident.ref} Three of four API calls fail"
    for path in (incident.get_absolute_url(), f"/stakeholders/{incident.ref}/"):
        assert f"<title>{named} · Endstate</title>" in words_of(client, path), path
    for path in ("/", "/incidents/"):
        page = words_of(client, path)
        assert "Three of four API calls fail" in page, path
        assert ">API calls fail<" not in page, path


def test_what_is_over_is_folded_on_the_stakeholder_list(
    incident: Incident, commander: User, stakeholder: User
) -> None:
    client = signed_in(stakeholder)
    assert "Over ·" not in words_of(client, "/stakeholders/")
    change_status(incident, by=commander, to="cancelled", reason="The probe was wrong.")
    page = words_of(client, "/stakeholders/")
    before, folded = page.split("Over · 1", 1)
    assert "Nothing is broken right now." in before
    assert "The probe was wrong." in folded


def test_the_word_stands_under_the_headline_of_the_stakeholder_page(
    incident: Incident, commander: User, stakeholder: User
) -> None:
    publish(incident, commander, executive_summary="Most calls fail.")
    page = words_of(signed_in(stakeholder), f"/stakeholders/{incident.ref}/")
    assert page.index("Most calls fail.") < page.index('id="exec-facts"')
