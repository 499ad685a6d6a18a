"""From one person's click to another's screen: POST, commit, publish, painted in Chromium.

With 200 others watching the same war room and measurements flowing all the while. The browser says
by the same clock when a message came in, when the card stood where it went, and when that was
painted, so that its own share is told apart.
"""

import os
import statistics
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.rows import Row
from bench.scenery import Scenery, sign_in
from bench.stage import Crowd, Process, percentile
from bench.turns import EMPTY, SERVER, Caller
from incidents.cards.models import Card
from incidents.endstate.models import Signal
from people.models import User

WATCHERS = 200
MOVES = 60
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
#: Notes for each version of the card, in milliseconds since 1970: when the message that brought it
#: came in, when the page had it, and when it was painted (the frame after the one that drew it).
WATCH = """id => {
  const now = () => performance.timeOrigin + performance.now();
  let came = 0;
  window.seen = {};
  document.addEventListener('htmx:before:sse:message', () => { came = now(); }, true);
  new MutationObserver(() => {
    const version = document.getElementById('card-' + id)?.dataset.version;
    if (!version || window.seen[version]) return;
    const seen = window.seen[version] = { came, swapped: now(), painted: 0 };
    requestAnimationFrame(() => requestAnimationFrame(() => { seen.painted = now(); }));
  }).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""
SEEN = "version => window.seen[version]?.painted && window.seen[version]"


@dataclass(frozen=True)
class Click:
    """Milliseconds since the click; ``empty`` is what an empty view took right after it."""

    answered: float
    came: float
    swapped: float
    painted: float
    empty: float


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
            page.evaluate(WATCH, scenery.cards[40])
            clicks = _move(page, server.port, scenery.token, scenery.cards[40])
        finally:
            over.set()
            samples.join()
            browser.close()
    name = f"click to the other screen, {WATCHERS} watching, samples flowing"
    late = [one.painted for one in clicks]
    middle, empty = statistics.median(late), statistics.median(one.empty for one in clicks)
    pairs = statistics.median(one.painted / one.empty for one in clicks)
    shares = {
        "the click was answered after": [one.answered for one in clicks],
        "its message was in the browser after": [one.came for one in clicks],
        "the browser took to put it in its place": [one.swapped - one.came for one in clicks],
        "and to paint it": [one.painted - one.swapped for one in clicks],
    }
    return [
        Row(f"{name}: p50", middle, "ms", bar=120.0),
        Row(f"{name}: p50", middle, "ms", empty, "an empty view", 80.0, "ratio", pairs=pairs),
        Row(f"{name}: p99", percentile(late, 0.99), "ms", bar=300.0),
        *(Row(f"click: {what}", statistics.median(took), "ms") for what, took in shares.items()),
    ]


def _move(page: Page, port: int, token: str, card: int) -> list[Click]:
    """What became of each move of the card, the first five left out."""
    caller = Caller(port, {"Authorization": f"Bearer {token}"})
    version = Card.objects.get(pk=card).version
    clicks = []
    for number in range(MOVES):
        began = time.time() * 1000
        body = {"to": "parked" if number % 2 == 0 else "next", "version": version}
        status, text, answered = caller.ask("POST", f"/api/v1/cards/{card}/move", body)
        if status != 200:
            raise RuntimeError(f"moving a card answered {status}: {text[:300]!r}")
        version += 1
        seen = page.wait_for_function(SEEN, arg=version, timeout=15_000).json_value()
        *_, empty = caller.ask("GET", EMPTY)
        if number >= 5:
            came, swapped, painted = (seen[name] - began for name in ("came", "swapped", "painted"))
            clicks.append(Click(answered, came, swapped, painted, empty))
        time.sleep(0.25)
    return clicks


def _measure(port: int, token: str, signals: list[int], over: threading.Event) -> None:
    """Ten batches of samples a second."""
    caller = Caller(port, {"Authorization": f"Bearer {token}"})
    number = 0
    while not over.wait(0.1):
        number += 1
        body = {"samples": [{"value": 0.5 + number % 7}]}
        caller.ask("POST", f"/api/v1/signals/{signals[number % len(signals)]}/samples", body)
