"""Asks one page again and again in a process of its own, until it is told to stop.

``python -m bench.looker PORT PATH COOKIE``: prints ``ready`` after the first answer, and once its
input ends the milliseconds of each request as JSON.
"""

import http.client
import json
import sys
import threading
import time

PAUSE_S = 0.05
"""Between two requests: somebody looks, nobody hammers."""


def _until_input_ends(over: threading.Event) -> None:
    sys.stdin.read()
    over.set()


def main() -> int:
    """Ask until the input ends; 1 for an answer that is no page."""
    port, path, cookie = sys.argv[1:4]
    over = threading.Event()
    threading.Thread(target=_until_input_ends, args=(over,), daemon=True).start()
    line = http.client.HTTPConnection("127.0.0.1", int(port), timeout=30)
    took: list[float] = []
    while not over.is_set():
        began = time.perf_counter()
        line.request("GET", path, headers={"Cookie": cookie})
        answer = line.getresponse()
        answer.read()
        if answer.status != 200:
            print(f"{path} answered {answer.status}", file=sys.stderr)
            return 1
        took.append((time.perf_counter() - began) * 1000)
        if len(took) == 1:
            print("ready", flush=True)
        over.wait(PAUSE_S)
    print(json.dumps(took))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
