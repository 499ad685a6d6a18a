"""From one person's click to another's screen: POST, commit, publish, painted in Chromium.

With 200 others watching the same war room and measurements flowing all the while.
"""

import os
import statistics
import threading
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.rows import Row
from bench.scenery import Scenery, sign_in
from bench.stage import Crowd, Process, percentile
from bench.turns import SERVER, Caller
from incidents.cards.models import Card
from incidents.endstate.models import Signal
from people.models import User

WATCHERS = 200
MOVES = 60
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
MOVED = """([id, version]) =>
    Number(document.getElementById('card-' + id)?.dataset.version) >= version"""


def rows(scenery: Scenery) -> list[Row]:
    """Open everything, then move one card to and fro."""
    # Playwright's loop runs in this thread; the ORM is used beside it, not in it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    watchers = User.objects.bulk_create(
        User(email=f"watcher{number}@bench.test", name=f"Watcher {number}", password="!")
        for number in range(WATCHERS)
    )
    cookies = Path(os.environ["ENDSTATE_DATA"]) / "watchers"
    cookies.write_text("\n".join(sign_in(watchers)))
    signals = list(Signal.objects.filter(incident=scenery.incident).values_list("pk", flat=True))
    with Process(SERVER, core=None) as server, Crowd() as crowd, sync_playwright() as playwright:
        server.until_it_answers("/healthz", timeout=60)
        path = f"/incidents/{scenery.incident.ref}/"
        crowd.do(
            "open",
            port=server.port,
            path=f"{path}events/",
            count=WATCHERS,
            cookies=str(cookies),
        )
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        context = browser.new_context()
        name, _, value = scenery.cookie.partition("=")
        base = f"http://127.0.0.1:{server.port}"
        context.add_cookies([{"name": name, "value": value, "url": base}])
        page = context.new_page()
        page.goto(base + path)
        page.wait_for_selector("[data-live-dot][data-js-state=live]", timeout=20_000)
        over = threading.Event()
        samples = threading.Thread(
            target=_measure, args=(server.port, scenery.token, signals, over)
        )
        samples.start()
        try:
            late = _move(page, server.port, scenery.token, scenery.cards[40])
        finally:
            over.set()
            samples.join()
            browser.close()
    name = f"click to the other screen, {WATCHERS} watching, samples flowing"
    return [
        Row(f"{name}: p50", statistics.median(late), "ms", bar=120.0),
        Row(f"{name}: p99", percentile(late, 0.99), "ms", bar=300.0),
    ]


def _move(page: Page, port: int, token: str, card: int) -> list[float]:
    """Milliseconds from each POST until the browser has painted the card where it went."""
    caller = Caller(port, {"Authorization": f"Bearer {token}"})
    version = Card.objects.get(pk=card).version
    late = []
    for number in range(MOVES):
        began = time.perf_counter()
        body = {"to": "parked" if number % 2 == 0 else "next", "version": version}
        status, text, _ = caller.ask("POST", f"/api/v1/cards/{card}/move", body)
        if status != 200:
            raise RuntimeError(f"moving a card answered {status}: {text[:300]!r}")
        version += 1
        page.wait_for_function(MOVED, arg=[card, version], polling="raf", timeout=15_000)
        if number >= 5:
            late.append((time.perf_counter() - began) * 1000)
        time.sleep(0.25)
    return late


def _measure(port: int, token: str, signals: list[int], over: threading.Event) -> None:
    """Ten batches of samples a second."""
    caller = Caller(port, {"Authorization": f"Bearer {token}"})
    number = 0
    while not over.wait(0.1):
        number += 1
        body = {"samples": [{"value": 0.5 + number % 7}]}
        caller.ask("POST", f"/api/v1/signals/{signals[number % len(signals)]}/samples", body)
