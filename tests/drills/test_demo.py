"""The demo plays on the product's own actions."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from clock.models import Offset
from clock.queries import now
from drills.demo import AlreadyInUse, is_public, set_up
from incidents.changes.models import Change
from incidents.deployments.models import Deployment
from incidents.endstate.models import Signal
from incidents.record.models import Incident
from incidents.record.timeline import verify
from people.models import User
from postmortems.insights.queries import load_insights
from postmortems.items.models import ActionItem
from postmortems.review.models import Postmortem
from running.places import ROOT


@pytest.mark.usefixtures("db")
def test_the_demo_loads_history_and_an_incident_in_progress(
    tmp_path: object, settings: object
) -> None:
    settings.DATA = tmp_path  # type: ignore[attr-defined]
    ref = set_up()
    incidents = {one.title: one for one in Incident.objects.all()}
    running = next(one for one in incidents.values() if one.ref == ref)
    assert len(incidents) == 3
    assert running.status == "identified"
    assert running.is_open
    assert running.next_update_at is not None
    assert not running.update_overdue_at(now())
    assert {one.status for one in incidents.values()} <= {"identified", "resolved", "closed"}
    assert [verify(one) for one in incidents.values()] == [None, None, None]
    drastic = Change.objects.filter(incident=running, card__risk="destructive")
    assert drastic.values_list("card__title", "state", "approved_by__name").get() == (
        "Cap the export query at 5 000 rows behind its flag",
        "running",
        "Maya Köhler",
    )
    budget = Signal.objects.get(name__startswith="Error budget")
    # The query that the page on metrics documents.
    assert "".join(budget.query.split()) in "".join((ROOT / "docs/metrics.md").read_text().split())
    assert budget.samples.count() > 100
    assert running.hypotheses.filter(state="ruled_out").count() == 1
    suggested = running.cards.get(source="ai")
    assert (suggested.ai_tool, suggested.column) == ("Watchtower", "parked")
    small = Change.objects.filter(incident__title__contains="workflows").order_by("pk")
    assert [(one.card.risk, one.outcome, one.reversible) for one in small] == [
        ("safe", "as_expected", True),
        ("safe", "as_expected", True),
    ]
    assert not Offset.objects.exclude(seconds=0).exists(), "the clock is put back"
    deployments = Deployment.objects.all()
    upgrade = deployments.get(version="2026.7")
    assert f"{upgrade.at:%H:%M}" == "01:50"
    assert all(one.at <= one.created_at < one.at + timedelta(minutes=1) for one in deployments)
    total = load_insights(User.objects.get(email="ada@endstate.example")).total
    assert (total.change_failure_rate.part, total.change_failure_rate.n) == (1, 17)
    with pytest.raises(AlreadyInUse):
        set_up()
    look_at_every_page([one.ref for one in incidents.values()])


def look_at_every_page(refs: list[str]) -> None:
    """The demo has something true on each page, so each must stand it."""
    client = Client()
    client.force_login(User.objects.get(email="ada@endstate.example"))
    pages = ["/", "/incidents/", "/stakeholders/", "/postmortems/", "/actions/", "/insights/"]
    for ref in refs:
        pages += [f"/incidents/{ref}/", f"/incidents/{ref}/timeline/", f"/stakeholders/{ref}/"]
    reviews = Postmortem.objects.select_related("incident")
    pages += [review.get_absolute_url() for review in reviews]
    pages += [item.get_absolute_url() for item in ActionItem.objects.all()]
    assert len(pages) > 20
    assert {page: client.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    ("base_url", "public"),
    [
        ("https://endstate.example", True),
        ("https://incidents.acme.com:8443", True),
        ("http://93.184.215.14:8000", True),
        ("http://[2606:2800:21f::1]", True),
        ("http://127.0.0.1:8000", False),
        ("http://[::1]:8000", False),
        ("http://10.1.2.3", False),
        ("http://localhost:8000", False),
        ("http://laptop", False),
        ("http://demo.localhost", False),
        ("http://laptop.local.", False),
        ("https://notlocal.evil-local", True),
    ],
)
def test_the_demo_is_not_loaded_behind_a_public_address(
    settings: object, base_url: str, public: bool
) -> None:
    assert is_public(base_url) is public
    if public:
        settings.BASE_URL = base_url  # type: ignore[attr-defined]
        with pytest.raises(CommandError, match="published password"):
            call_command("demo")
        assert not Incident.objects.exists()
        assert not User.objects.exists()
