"""A real Prometheus and a real Alertmanager tell us what fires, and when it is over."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from alerts.models import Alert
from incidents.record.models import Incident, Service
from incidents.record.timeline import verify
from integrations.keys import make_key
from people.models import User
from tests import tools
from tests.browser.conftest import serving
from tests.incidents.cast import last_words

pytestmark = [pytest.mark.tools, pytest.mark.django_db(transaction=True), pytest.mark.timeout(400)]

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


def test_a_rule_of_prometheus_opens_an_incident_and_its_end_stands_on_the_timeline(
    admin: User, tmp_path: Path, django_db_setup: None
) -> None:
    tools.need(tools.PROMETHEUS)
    tools.need(tools.ALERTMANAGER)
    service = Service.objects.create(name="Shop", slug="shop", owner=admin)
    _, key = make_key(service, by=admin, name="Alertmanager")
    shop = Shop()
    with (
        serving(tmp_path / "served") as site,
        shop.measured() as scraped,
        tools.alertmanager(
            tmp_path / "alertmanager", webhook=f"{site}/api/v1/hooks/alertmanager/{key}"
        ) as alertmanager,
        tools.prometheus(
            tmp_path / "prometheus", scrapes=scraped, rules=RULES, alertmanager=alertmanager
        ),
    ):
        shop.error_rate = 74.0
        tools.soon(Incident.objects.exists)
        incident = Incident.objects.get()
        assert (incident.title, incident.severity, list(incident.services.all())) == (
            "Three of four calls fail",
            "sev1",
            [service],
        )
        assert incident.detected_at == Alert.objects.get().started_at
        shop.error_rate = 0.1
        tools.soon(lambda: last_words(incident, "alert_over") != [])
        shop.error_rate = 74.0
        tools.soon(lambda: len(last_words(incident, "alert_fired")) == 2)
    assert last_words(incident, "alert_over") == [
        "ShopErrors is over (alertmanager); none firing now"
    ]
    assert (Incident.objects.count(), Alert.objects.get().fired) == (1, 2)
    assert verify(Incident.objects.get()) is None
