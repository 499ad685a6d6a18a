"""A real Prometheus and a real Alertmanager tell what fires, what it measures, and when it ends."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from alerts.models import Alert
from clock.queries import now
from incidents.record.models import Incident, Service
from incidents.record.timeline import verify
from integrations.keys import make_key
from integrations.prometheus.models import Poll
from integrations.prometheus.polling import ask_what_is_due
from people.models import User
from tests import tools
from tests.browser.conftest import serving
from tests.incidents.cast import last_words
from tests.integrations.bodies import github
from tests.integrations.posting import post
from tests.programs import Program, Programs

pytestmark = [pytest.mark.tools, pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]

RULES = """
  - alert: ShopErrors
    expr: shop_error_rate > 5
    labels: {severity: critical}
    annotations: {summary: "Three of four calls fail"}
"""


class Shop:
    """Something that breaks, with a number that Prometheus scrapes."""

    def __init__(self) -> None:
        self.error_rate = 0.0

    @contextmanager
    def measured(self) -> Iterator[str]:
        """``host:port`` at which the number stands."""
        shop = self

        class Metrics(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(f"shop_error_rate {shop.error_rate}\n".encode())

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Metrics)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()


def test_an_incident_from_its_alert_to_its_end_as_real_tools_tell_it(
    admin: User, program: Programs, settings: Any, tmp_path: Path, django_db_setup: None
) -> None:
    """A rule opens it, a deployment explains it, a query moves its end state, and all is over."""
    tools.need(tools.PROMETHEUS)
    tools.need(tools.ALERTMANAGER)
    service = Service.objects.create(name="Shop", slug="shop", owner=admin)
    _, key = make_key(service, by=admin, name="Alertmanager")
    api, shop = program(admin), Shop()
    with (
        serving(tmp_path / "served") as site,
        shop.measured() as scraped,
        tools.alertmanager(
            tmp_path / "alertmanager", webhook=f"{site}/api/v1/hooks/alertmanager/{key}"
        ) as alertmanager,
        tools.prometheus(
            tmp_path / "prometheus", scrapes=scraped, rules=RULES, alertmanager=alertmanager
        ) as settings.PROMETHEUS_URL,
    ):
        deployed_at = deploy(service, admin)
        shop.error_rate = 74.0
        tools.soon(Incident.objects.exists)
        incident = Incident.objects.get()
        assert (incident.title, incident.severity, list(incident.services.all())) == (
            "Three of four calls fail",
            "sev1",
            [service],
        )
        assert incident.detected_at == Alert.objects.get().started_at
        room = f"incidents/{incident.ref}"
        lead(api, room, admin)
        (changed,) = said(api.get(f"{room}/recent-changes"))["items"]
        assert (changed["service"], changed["version"], changed["by"], changed["at"]) == (
            "Shop",
            "a84d88e7554f",
            "octo",
            deployed_at,
        )
        tools.soon(lambda: measured(api, room) == (74.0, "unmet"))
        refused = api.post(f"{room}/status", RESOLVED)
        assert (refused.status_code, refused.json()["code"]) == (409, "end_state_not_met")
        shop.error_rate = 0.1
        tools.soon(lambda: last_words(incident, "alert_over") != [])
        tools.soon(lambda: measured(api, room) == (0.1, "met"))
        ended = said(api.post(f"{room}/status", RESOLVED))
        assert (ended["status"], ended["end_state"]["signals"][0]["state"]) == ("resolved", "met")
        shop.error_rate = 74.0
        tools.soon(lambda: last_words(incident, "reopening_offered") != [])
    assert last_words(incident, "alert_over") == [
        "ShopErrors is over (alertmanager); none firing now"
    ]
    kinds = list(Incident.objects.get().entries.order_by("seq").values_list("kind", flat=True))
    told = ["declared", "alert_fired", "signal_added", "alert_over", "resolved", "alert_fired"]
    assert [kind for kind in kinds if kind in told] == told
    assert last_words(incident, "signal_state_changed")[0].startswith("Error rate is not met: 74")
    assert (Incident.objects.count(), Alert.objects.get().fired) == (1, 2)
    assert verify(Incident.objects.get()) is None


RESOLVED = {
    "to": "resolved",
    "all_clear": {"executive_summary": "All calls of the shop succeed again."},
}


def said(answer: Any) -> Any:
    """What the API answers to what it takes."""
    assert answer.status_code in (200, 201), answer.content
    return answer.json()


def deploy(service: Service, admin: User) -> str:
    """GitHub tells of a deployment just now, signed; answers when."""
    _, key = make_key(service, by=admin, name="GitHub", secrets=["shared"])
    body, at = github(), (now() - timedelta(minutes=3)).replace(microsecond=0)
    moment = at.isoformat().replace("+00:00", "Z")
    body["deployment_status"]["updated_at"] = moment
    raw = json.dumps(body).encode()
    signature = "sha256=" + hmac.new(b"shared", raw, hashlib.sha256).hexdigest()
    heads = {"X-GitHub-Event": "deployment_status", "X-Hub-Signature-256": signature}
    assert post("github", key, raw, **heads).json()["status"] == "taken"
    return moment


def lead(api: Program, room: str, person: User) -> None:
    """Take command, and say what good looks like with what it is measured by."""
    said(api.post(f"{room}/roles", {"role": "commander", "person": person.email}))
    said(api.patch(room, {"statement": "Three of four calls of the shop fail."}))
    said(api.put(f"{room}/end-state", {"text": "Calls of the shop succeed."}))
    signal = {"name": "Error rate", "unit": "%", "comparator": "<=", "target": 5, "hold_s": 0}
    said(api.post(f"{room}/signals", {**signal, "query": "max(shop_error_rate)"}))


def measured(api: Program, room: str) -> tuple[float | None, str]:
    """The signal's value and state after Prometheus was asked once more."""
    Poll.objects.update(due_at=now())
    ask_what_is_due()
    (signal,) = said(api.get(room))["end_state"]["signals"]
    return signal["value"], signal["state"]
