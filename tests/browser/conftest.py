"""The real server in a process of its own on the test database, and people who sit at browsers."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from people.models import User
from tests.servers import address_of

# A busy machine is slow, not wrong.
AT_REST = """() => Promise.all(document.getAnimations()
  .filter((one) => one.effect.getTiming().iterations !== Infinity)
  .map((one) => one.finished.catch(() => null))).then(() => null)"""
"""Waits until what moves, but for what moves for ever, has come to its end."""

expect.set_options(timeout=60_000)
ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "test-artifacts"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: A laptop whose clock is wrong by a number of milliseconds: whatever asks it for the time.
WRONG_CLOCK = """
(() => {
  const Right = Date;
  const wrong = %d;
  window.Date = class extends Right {
    constructor(...given) {
      if (given.length) super(...given);
      else super(Right.now() + wrong);
    }
    static now() { return Right.now() + wrong; }
  };
  Object.defineProperty(performance, "timeOrigin", { value: performance.timeOrigin + wrong });
})();
"""
WATCH_POLICY = """
window.policyViolations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.policyViolations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


@contextmanager
def serving(log: Path, **environment: str) -> Iterator[str]:
    """The address of the product, served by one process of its own on the test database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = address_of(connection.settings_dict)
    address = f"http://127.0.0.1:{port}"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "running.server", "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": url, "BASE_URL": address, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(port, process, log)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=20)


@pytest.fixture(scope="session")
def server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The product as most tests want it."""
    with serving(tmp_path_factory.mktemp("server") / "log") as address:
        yield address


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"the server did not start: {log.read_text()[-2000:]}")


@pytest.fixture
def site(server: str, transactional_db: None) -> str:
    """The address, with this test's own tables behind it."""
    return server


@contextmanager
def a_chromium() -> Iterator[Browser]:
    """Debian's Chromium. Its loop runs in this thread while it lives; the ORM is used beside it.

    While a loop runs Django gives the thread another connection, which nothing else closes: a
    later browser would find it, ended meanwhile, and the test database could not be dropped.
    """
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        try:
            yield browser
            browser.close()
        finally:
            connections.close_all()


@pytest.fixture(scope="module")
def chromium(server: str) -> Iterator[Browser]:
    """A browser for the tests of one file, who each sit at it in contexts of their own."""
    with a_chromium() as browser:
        yield browser


class Seat:
    """Somebody at a browser: a page, and everything that went wrong on it."""

    def __init__(self, context: BrowserContext, site: str) -> None:
        self.site = site
        self.context = context
        self.context.add_init_script(WATCH_POLICY)
        self.page = context.new_page()
        self.wrongs: list[str] = []
        self.page.on("pageerror", lambda error: self.wrongs.append(str(error)))
        self.page.on("console", self._hear)
        # Who listens only once it is wanted may come too late: Chromium then opens its own.
        self.page.on("filechooser", lambda chooser: None)

    def _hear(self, message: ConsoleMessage) -> None:
        """Chromium logs every 4xx answer and lost request as an error; tests ask for those."""
        asked_for = (
            "the server responded with a status of 4",
            "SSE reconnect failed with status 401",
            "SSE reconnect failed with status 404",
            "net::ERR_FAILED",
            "Failed to fetch",
        )
        if message.type == "error" and not any(words in message.text for words in asked_for):
            self.wrongs.append(message.text)

    def open(self, path: str) -> Page:
        """Go to a page of the product."""
        self.page.goto(f"{self.site}{path}")
        return self.page

    def check(self) -> None:
        """No script error, no violation of the content policy."""
        assert self.wrongs == []
        # The page may be on its way to another one.
        found = self.page.wait_for_function("() => JSON.stringify(window.policyViolations)")
        assert found.json_value() == "[]"

    def check_accessible(self) -> None:
        """axe-core finds nothing."""
        # A colour on its way from one to the other has a contrast that nobody is meant to see.
        self.page.evaluate(AT_REST)
        # It would read every imported sheet by writing inline ones, which the policy forbids.
        options = {"preload": False, "resultTypes": ["violations"]}
        found = Axe().run(self.page, options=options).response["violations"]
        assert [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found] == []

    def picture(self, name: str) -> None:
        """Keep a picture for people to look at."""
        PICTURES.mkdir(exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png")

    def pictures(self, name: str) -> None:
        """Keep one as wide as a desk and one as wide as a phone; no page scrolls sideways there."""
        before = self.page.viewport_size
        for width, height in ((1440, 900), (360, 780)):
            self.page.set_viewport_size({"width": width, "height": height})
            self.page.evaluate("scrollTo(0, 0)")
            self.picture(f"{name}-{width}")
            over = self.page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
            assert over <= 0, f"{name} is {over} px wider than {width}"
        assert before is not None
        self.page.set_viewport_size(before)


Sit = Callable[..., Seat]


def leave(seats: list[Seat]) -> None:
    """Everybody gets up, also where something went wrong; then that is said."""
    try:
        for seat in seats:
            seat.check()
    finally:
        for seat in seats:
            seat.context.close()


@pytest.fixture
def sit(chromium: Browser, site: str) -> Iterator[Sit]:
    """Seat a person at a browser of their own, signed in; in the end nothing went wrong there.

    ``zone`` is the laptop's, and ``wrong`` how far its clock goes ahead.
    """
    seats: list[Seat] = []

    def seated(
        person: User,
        *,
        width: int = 1440,
        height: int = 900,
        scheme: str = "dark",
        touch: bool = False,
        zone: str | None = None,
        wrong: timedelta = timedelta(0),
    ) -> Seat:
        client = Client()
        client.force_login(person)
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="light" if scheme == "light" else "dark",
            has_touch=touch,
            timezone_id=zone,
        )
        if wrong:
            context.add_init_script(WRONG_CLOCK % (wrong.total_seconds() * 1000))
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": site}])
        context.set_default_timeout(120_000)
        seats.append(Seat(context, site))
        return seats[-1]

    yield seated
    leave(seats)


@pytest.fixture
def stranger(chromium: Browser, site: str) -> Iterator[Callable[[], Seat]]:
    """Somebody at a browser who is not signed in; by name, as passkeys want it."""
    seats: list[Seat] = []

    def seated() -> Seat:
        context = chromium.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(120_000)
        seats.append(Seat(context, site.replace("127.0.0.1", "localhost")))
        return seats[-1]

    yield seated
    leave(seats)
