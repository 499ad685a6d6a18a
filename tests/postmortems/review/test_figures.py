"""P55: the outcomes of one incident as numbers, in the document, its Markdown and the API."""

import re
from decimal import Decimal

import pytest
from django.test import Client

from incidents.impact.actions import add_impact
from incidents.record.models import Incident
from people.models import User
from postmortems.review.actions import open_review
from postmortems.review.figures import figures_of
from tests.postmortems.conftest import resolve
from tests.programs import Programs

pytestmark = pytest.mark.django_db


def test_p55_money_keeps_its_currency_in_the_figures(
    incident: Incident, commander: User, client: Client, program: Programs
) -> None:
    add_impact(
        incident,
        by=commander,
        journey="Checkout",
        blocked="buyers",
        amount=1500,
        unit="revenue",
        currency="EUR",
    )
    review = open_review(resolve(incident, commander), by=commander)
    (counted,) = figures_of(review.incident, review.opened_at).impact
    assert (counted.total, counted.measure) == (Decimal(1500), "EUR revenue")
    (answered,) = (
        program(commander).get(f"incidents/{incident.ref}/postmortem").json()["figures"]["impact"]
    )
    assert answered == {
        "journey": "Checkout",
        "blocked": "buyers",
        "total": 1500.0,
        "unit": "revenue",
        "currency": "EUR",
        "at_least": True,
    }
    client.force_login(commander)
    page = client.get(review.get_absolute_url()).content.decode()
    assert re.search(r"<small>\s*EUR revenue, buyers\s*</small>", page)
    taken = client.get(f"{review.get_absolute_url()}?as=md").content.decode()
    assert "- Checkout: at least 1500 EUR revenue" in taken
