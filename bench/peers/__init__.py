"""The same fan-out by the libraries one would take instead, where they are installed.

``requirements/bench.txt`` holds them; ``--peers-python`` (or ``BENCH_PEERS_PYTHON``) names another
interpreter that has them. Where they are not installed these rows are left out.
"""

import http.client
import subprocess
import time
from pathlib import Path

from django.conf import settings

from bench.live import FanOut, Room, in_turn, our_room
from bench.rows import Row
from bench.stage import Process

FOLDER = Path(__file__).resolve().parent
VIEWERS = 1000
ROUNDS = 8
PEERS = {
    "django-eventstream": ("eventstream", 1 / 6),
    "Channels with channels-redis": ("channels", 1 / 8),
}


def rows(cookies: Path, python: str) -> list[Row]:
    """Ours beside each peer at a size where all of them still run."""
    if subprocess.run([python, "-c", "import channels"], check=False).returncode:
        print("The peers are left out: requirements/bench.txt is installed nowhere we know of.")
        return []
    with our_room(VIEWERS, cookies) as room:
        (ours,) = in_turn([room], ROUNDS)
    found = []
    for name, (module, bar) in PEERS.items():
        theirs = _peer_at(python, module)
        for what, figure, against, unit, limit in (
            ("last reached", ours.last_ms, theirs.last_ms, "ms", None),
            ("processor time a delivery", ours.cpu_us, theirs.cpu_us, "µs", bar),
            ("memory a viewer", ours.kb, theirs.kb, "KB", None),
        ):
            label = f"{VIEWERS} viewers against {name}: {what}"
            found.append(Row(label, figure, unit, against, unit, limit, "ratio"))
    return found


def _peer_at(python: str, module: str) -> FanOut:
    broker = settings.REDIS_URL.split("?")[0]
    command = [python, str(FOLDER / f"{module}.py"), "{fd}", broker]
    with Process(command) as server:
        server.until_it_answers("/nothing" if module == "eventstream" else "/go")

        def go() -> float:
            began = time.monotonic()
            line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
            line.request("GET", "/go")
            line.getresponse().read()
            line.close()
            return began

        with Room(server, go, viewers=VIEWERS, path="/events/") as room:
            (figures,) = in_turn([room], ROUNDS)
        return figures
