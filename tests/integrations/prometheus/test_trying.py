"""A query is tried while it is typed, and no request waits for Prometheus."""

import pytest
from django.conf import settings
from django.test import Client

from incidents.endstate.models import Sample, Signal
from incidents.endstate.signals import add_signal
from incidents.record.models import Incident
from integrations.prometheus.models import Poll, Trial
from integrations.prometheus.polling import ask_what_is_due
from people.models import User
from tests.conftest import Clock
from tests.integrations.prometheus.lying import Lies, say, vector
from tests.programs import Programs

pytestmark = pytest.mark.django_db


def test_without_an_address_nothing_is_asked_and_a_typed_query_says_so(
    incident: Incident, commander: User, program: Programs
) -> None:
    add_signal(incident, by=commander, name="E", comparator="<=", target=1, query="errors")
    assert (settings.PROMETHEUS_URL, ask_what_is_due(), Poll.objects.count()) == ("", 0, 0)
    said = program(commander).post(f"incidents/{incident.ref}/signals/try-query", {"query": "up"})
    assert (said.status_code, said.json()) == (
        200,
        {
            "state": "answered",
            "value": None,
            "series": None,
            "error": "PROMETHEUS_URL is not set, so nothing here answers a query",
        },
    )


def test_a_query_is_tried_while_it_is_typed_and_no_request_waits_for_it(
    source: Lies,
    incident: Incident,
    commander: User,
    program: Programs,
    client: Client,
    clock: Clock,
) -> None:
    client.force_login(commander)
    path, api = f"/incidents/{incident.ref}/signals/try/", program(commander)

    def typed(query: str) -> str:
        return client.post(path, {"query": query, "name": ""}).content.decode()

    source.answer = say(vector("0.25"))
    first = typed("sum(errors)")
    assert ("Asking Prometheus …" in first, 'hx-trigger="load delay:700ms"' in first) == (
        True,
        True,
    )
    assert source.asked == []
    assert ask_what_is_due() == 1
    assert "✓ 0.25</span> now, from one series" in typed("sum(errors)")
    assert typed("  ").count("Asking") == 0
    assert "At most 2000 characters" in typed("x" * 2001)
    source.answer = say(vector("1", "2"))
    asked = [api.post(f"incidents/{incident.ref}/signals/try-query", {"query": "errors"})]
    ask_what_is_due()
    asked.append(api.post(f"incidents/{incident.ref}/signals/try-query", {"query": "errors"}))
    assert [one.json() for one in asked] == [
        {"state": "asking", "value": None, "series": None, "error": None},
        {
            "state": "answered",
            "value": None,
            "series": 2,
            "error": "the query finds 2 series; make one of them, as sum(…) or max(…) does",
        },
    ]
    source.answer = say({"status": "error", "error": "parse error"}, 400)
    typed("sum(")
    ask_what_is_due()
    assert "✕ parse error" in typed("sum(")
    clock.advance(hours=2)
    ask_what_is_due()
    assert Trial.objects.count() == 0
    assert Sample.objects.count() == 0


def test_queries_that_are_typed_wait_for_a_silent_source_once(
    source: Lies, incident: Incident, commander: User, program: Programs
) -> None:
    source.answer = say({"status": "error", "error": "too busy"}, 503)
    path, caller = f"incidents/{incident.ref}/signals/try-query", program(commander)
    for query in ("one", "two", "three"):
        caller.post(path, {"query": query})
    assert (ask_what_is_due(), source.queries()) == (3, ["one"])
    said = [caller.post(path, {"query": query}).json()["error"] for query in ("one", "two")]
    assert said == ["too busy", "too busy"]


def test_the_editor_of_a_signal_holds_its_query_and_tries_it(
    signal: Signal, incident: Incident, commander: User, client: Client
) -> None:
    client.force_login(commander)
    page = client.get(f"/incidents/{incident.ref}/signals/{signal.pk}/?edit=1").content.decode()
    assert f'hx-post="/incidents/{incident.ref}/signals/try/"' in page
    assert 'value="errors"' in page
    assert '<p id="tried"' in page
