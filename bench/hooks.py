"""What Alertmanager posts, fifty times a second for five minutes: with Valkey, then without it.

Posts leave by the clock, whether earlier ones were answered or not, and each is timed from the
moment at which it should have left: a server that stops for a second is slow for all fifty.
"""

import http.client
import json
import os
import queue
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alerts.models import Alert
from bench.rows import Row
from bench.stage import percentile
from bench.turns import site
from incidents.record.models import Incident, Service
from integrations.keys import make_key
from people.models import Role, User
from running.embedded import Servers

A_SECOND = 50
SECONDS = 300.0
WARMS_UP_S = 3.0
SENDERS = 32
GROUPS = 100
#: A group is new every so many posts, until there are all; so are alerts of a group that is known.
NEW_GROUP_EVERY = 10
NEW_ALERT_EVERY = 5
ALERTS = 5
BAR_MS = 300.0


class _Tool:
    """Senders on connections that stay open; ``took`` is milliseconds, ``wrong`` what failed."""

    def __init__(self, port: int, path: str) -> None:
        self.port, self.path = port, path
        self.due: queue.SimpleQueue[tuple[float, bytes] | None] = queue.SimpleQueue()
        self.took: list[float] = []
        self.wrong: list[str] = []

    def run(self, name: str, seconds: float) -> None:
        """Post by the clock until ``seconds`` are over and all is answered."""
        threads = [threading.Thread(target=self._send) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        began = time.perf_counter() + 0.5
        for number in range(int(seconds * A_SECOND)):
            leaves = began + number / A_SECOND
            body = json.dumps(_body(name, number)).encode()
            time.sleep(max(0.0, leaves - time.perf_counter()))
            self.due.put((leaves, body))
        for _ in threads:
            self.due.put(None)
        for thread in threads:
            thread.join()

    def _send(self) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Content-Type": "application/json"}
        while (one := self.due.get()) is not None:
            leaves, body = one
            try:
                line.request("POST", self.path, body, headers)
                answer = line.getresponse()
                said = answer.read()
                if answer.status != 200:
                    self.wrong.append(f"{answer.status} {said[:200]!r}")
            except (OSError, http.client.HTTPException) as error:
                self.wrong.append(repr(error))
                line.close()
            self.took.append((time.perf_counter() - leaves) * 1000)


def rows(seconds: float = SECONDS) -> list[Row]:
    """The same twice, the second time with Valkey stopped from before the first post."""
    owner = User.objects.create_user("hooks@bench.test", name="Hanna Hook", role=Role.ADMIN)
    shop = Service.objects.create(name="Hooked shop", slug="hooked-shop", owner=owner)
    _, key = make_key(shop, by=owner, name="Alertmanager")
    with site() as ours:
        # Each process loads what it serves at its first posts.
        _Tool(ours.port, f"/api/v1/hooks/alertmanager/{key}").run("warm", WARMS_UP_S)
        found = _posted(ours.port, key, "with Valkey", seconds)
        with _without_valkey():
            found += _posted(ours.port, key, "Valkey stopped", seconds)
    return found


def _posted(port: int, key: str, name: str, seconds: float) -> list[Row]:
    incidents, alerts = Incident.objects.count(), Alert.objects.count()
    tool = _Tool(port, f"/api/v1/hooks/alertmanager/{key}")
    tool.run(name, seconds)
    posts = int(seconds * A_SECOND)
    opened, kept = Incident.objects.count() - incidents, Alert.objects.count() - alerts
    due = _due(posts)
    if not tool.wrong and (opened, kept) != due:
        raise RuntimeError(f"{opened} incidents with {kept} alerts were opened, {due} were due")
    if tool.wrong:
        print(f"{name}: {tool.wrong[:3]}")
    what = f"alert webhook, {A_SECOND} a second for {seconds:g} s, {name}"
    return [
        Row(f"{what}: p50", percentile(tool.took, 0.5), "ms"),
        Row(f"{what}: p99", percentile(tool.took, 0.99), "ms", bar=BAR_MS),
        Row(f"{what}: errors of {posts}", len(tool.wrong), "", bar=0.0),
    ]


def _group_of(number: int) -> int:
    """Which group a post is about: again and again one of those that are known, then a new one."""
    return number % min(GROUPS, 1 + number // NEW_GROUP_EVERY)


def _listed(number: int) -> int:
    """How many alerts a post lists: more as time goes, so that every fifth brings something new."""
    return ALERTS + (number // GROUPS + _group_of(number) % NEW_ALERT_EVERY) // NEW_ALERT_EVERY


def _body(name: str, number: int) -> dict[str, Any]:
    """Version 4 of Alertmanager's webhook."""
    group = _group_of(number)
    labels = {"alertname": f"Errors{group}", "severity": "warning"}
    return {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="Errors{group}", run="{name}"}}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "endstate",
        "groupLabels": {"alertname": f"Errors{group}"},
        "commonLabels": labels,
        "commonAnnotations": {"summary": f"Calls of part {group} fail"},
        "externalURL": "http://alertmanager.example",
        "alerts": [
            {
                "status": "firing",
                "labels": {**labels, "instance": f"shop-{instance}"},
                "annotations": {"summary": f"Calls of part {group} fail"},
                "startsAt": "2026-03-12T02:47:00.123456789Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "http://prometheus.example/graph?g0.expr=up",
                "fingerprint": f"{name}-{group}-{instance}",
            }
            for instance in range(_listed(number))
        ],
    }


def _due(posts: int) -> tuple[int, int]:
    """How many incidents and alerts so many posts come to."""
    most: dict[int, int] = {}
    for number in range(posts):
        group = _group_of(number)
        most[group] = max(most.get(group, 0), _listed(number))
    return len(most), sum(most.values())


@contextmanager
def _without_valkey() -> Iterator[None]:
    servers = Servers(Path(os.environ["ENDSTATE_DATA"]), careless=True, with_parent=True)
    servers.send_signal("valkey", signal.SIGTERM)
    end = time.monotonic() + 10
    while servers.valkey_pid() is not None:
        if time.monotonic() > end:
            raise TimeoutError("Valkey does not stop.")
        time.sleep(0.05)
    try:
        yield
    finally:
        while not servers.bring_up("valkey"):
            time.sleep(0.05)
