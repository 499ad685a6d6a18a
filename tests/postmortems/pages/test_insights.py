"""The page of insights: formula, n, table and CSV; no rate is invented."""

import pytest

from incidents.deployments.actions import report_deployment
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.record.models import Service
from people.models import User
from postmortems.insights.queries import Spread, load_insights
from postmortems.items.following import finish_item
from postmortems.items.models import ActionItem
from postmortems.pages.insights import beside, charts_of
from tests.conftest import Clock
from tests.postmortems.conftest import MONDAY
from tests.postmortems.pages.conftest import browser, text_of

pytestmark = pytest.mark.django_db


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


def test_p61_a_percentile_is_spoken_of_from_ten_on_and_below_that_the_points_are_shown() -> None:
    few, many = Spread.of([600, 1200]), Spread.of([60 * minute for minute in range(1, 11)])
    assert beside(few) == "of 10 min, 20 min"
    assert beside(many) == "mean 6 min, P90 9 min"
