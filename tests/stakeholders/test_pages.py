"""The executive pages: what they say, to whom, and what a question becomes."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from config.storage import SHEET, joined
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.record.models import Incident
from incidents.roster.command import offer_command
from incidents.updates.actions import AllClear
from live.state_cache import show
from people.models import User
from stakeholders.live import STAKEHOLDER_PAGE
from stakeholders.queries import listed
from tests.conftest import Clock
from tests.stakeholders.conftest import address, page, publish

pytestmark = pytest.mark.django_db


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
        "We are done when Orders succeed and no data is lost. 0 of 1 required signal met",
        "API error rate 12.4 % ✕ not met · needs ≤ 1 %",
        "update 2 Reads are back for everyone.",
        "Next: Drain the retries. Then: verify order totals. The next update comes by",
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
    modules = Path(str(finders.find("js/page.js"))).parent.glob("*.js")
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
    assert told.postmortem.meeting_at is not None
    at = f"{told.postmortem.meeting_at:%-d %b %Y %H:%M} UTC"
    text = page(stakeholder, address(told))
    for said in (
        "All clear",
        f"Orders succeed again. What follows: A review. The review: {at} Watching tonight: Ravi",
        f"What follows A review. The review {at} Watching Ravi",
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


def test_p46_what_is_over_shows_its_signals_as_they_stood_at_its_end(
    told: Incident, commander: User, stakeholder: User, clock: Clock
) -> None:
    change_status(
        told,
        by=commander,
        to="resolved",
        all_clear=AllClear("Orders succeed again.", statement="Three of four API calls fail."),
        override_reason="The signal lags.",
    )
    clock.advance(hours=5)
    text = page(stakeholder, address(told))
    assert "API error rate 12.4 % ✕ not met · needs ≤ 1 %" in text
    assert "stale" not in text


def test_p46_who_was_only_offered_command_does_not_lead(
    responder: User, stakeholder: User, db: None
) -> None:
    incident = declare_incident(by=None, title="API calls fail", severity="sev1")
    offer_command(incident, by=None, to=responder, note="Nobody leads yet.")
    (shown,) = listed(stakeholder)
    assert (shown.pk, shown.leads) == (incident.pk, None)  # type: ignore[attr-defined]


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
