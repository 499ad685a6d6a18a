"""Real tools of others, started on ports of their own: Prometheus and its Alertmanager.

A test that starts one carries the marker ``tools``. Where a tool is not installed the test says so
and is left out; with ``ENDSTATE_REQUIRE_TOOLS=1``, as CI sets, its absence fails.
"""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

PROMETHEUS = "/usr/bin/prometheus"
ALERTMANAGER = "/usr/bin/prometheus-alertmanager"
STARTS_WITHIN_S = 60


def need(program: str) -> str:
    """The path of an installed program; its absence is said, or fails where tools are required."""
    if shutil.which(program):
        return program
    missing = f"{program} is not installed (Debian: apt-get install {Path(program).name})"
    if os.environ.get("ENDSTATE_REQUIRE_TOOLS") == "1":
        pytest.fail(missing)
    pytest.skip(missing)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def running(command: list[str], *, folder: Path, ready: str) -> Iterator[None]:
    """``command`` runs in ``folder`` until the end, from when the address ``ready`` answers 200."""
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + STARTS_WITHIN_S
        while not _answers(ready):
            if process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"{command[0]} did not start: {log.read_text()[-2000:]}")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=20)


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@contextmanager
def prometheus(
    folder: Path,
    *,
    scrapes: str,
    rules: str = "",
    alertmanager: str = "",
    every: str = "1s",
) -> Iterator[str]:
    """The address of a real Prometheus.

    It scrapes ``scrapes`` (``host:port``, at ``/metrics``) and judges ``rules`` (the YAML of one
    group's rules) ``every`` so often, and tells the ``alertmanager`` at ``host:port``.
    """
    program = need(PROMETHEUS)
    folder.mkdir(parents=True, exist_ok=True)
    settings: dict[str, object] = {
        "global": {"scrape_interval": every, "evaluation_interval": every},
        "scrape_configs": [{"job_name": "shop", "static_configs": [{"targets": [scrapes]}]}],
    }
    if rules:
        (folder / "rules.yml").write_text(f"groups:\n- name: shop\n  rules:\n{rules}")
        settings["rule_files"] = ["rules.yml"]
    if alertmanager:
        target = {"static_configs": [{"targets": [alertmanager]}]}
        settings["alerting"] = {"alertmanagers": [target]}
    # JSON is YAML too.
    (folder / "prometheus.yml").write_text(json.dumps(settings))
    address = f"127.0.0.1:{free_port()}"
    command = [
        program,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
        "--rules.alert.resend-delay=1s",
    ]
    with running(command, folder=folder, ready=f"http://{address}/-/ready"):
        yield f"http://{address}"


@contextmanager
def alertmanager(folder: Path, *, webhook: str) -> Iterator[str]:
    """``host:port`` of a real Alertmanager that posts every group to ``webhook`` at once."""
    program = need(ALERTMANAGER)
    folder.mkdir(parents=True, exist_ok=True)
    receiver = {"name": "endstate", "webhook_configs": [{"url": webhook, "send_resolved": True}]}
    route = {
        "receiver": "endstate",
        "group_by": ["alertname"],
        "group_wait": "0s",
        "group_interval": "1s",
        "repeat_interval": "1h",
    }
    (folder / "alertmanager.yml").write_text(json.dumps({"route": route, "receivers": [receiver]}))
    address = f"127.0.0.1:{free_port()}"
    command = [
        program,
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
    ]
    with running(command, folder=folder, ready=f"http://{address}/-/ready"):
        yield address


def soon(holds: Callable[[], bool], *, within_s: float = 60) -> None:
    """Wait until something that a tool brings about holds."""
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.2)
