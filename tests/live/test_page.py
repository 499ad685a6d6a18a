"""A page in Chromium on its stream: it changes without a reload, and says truly how it hears."""

import mimetypes
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.staticfiles import finders
from django.db import connections
from django.template import engines
from django.test import Client
from playwright.sync_api import BrowserContext, Page, Route, expect, sync_playwright

from clock.queries import now
from live import topics
from live.state_cache import show
from people.models import User
from tests.live.boards import Boards, change_board, new_board
from tests.live.conftest import House, Opener
from tests.waiting import bar, until

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("_async_is_safe")]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:"
)


@pytest.fixture
def _async_is_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright's loop runs in this thread; the ORM is used beside it, not in it."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def context(person: User) -> Iterator[BrowserContext]:
    """A browser signed in as ``person``, which fails on errors of the page's scripts."""
    client = Client()
    client.force_login(person)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        context = browser.new_context()
        value = client.cookies["endstate"].value
        context.add_cookies([{"name": "endstate", "value": value, "url": "http://127.0.0.1"}])
        yield context
        browser.close()
        # Inside Playwright's loop the ORM has a connection beside the thread's own.
        connections.close_all()


def draw(board: int) -> tuple[int, bytes]:
    """The test's page, as a view would answer it."""
    try:
        shown = show(topics.audience("test-board", "board"), board)
        page = engines["jinja2"].get_template("live_test/page.html")
        moment = now().isoformat()
        return 200, page.render({"shown": shown, "board": board, "now": moment}).encode()
    finally:
        connections.close_all()


async def pages(scope: Any, receive: Any, send: Any) -> None:
    """``/boards/<id>/`` and the static files."""
    path = scope["path"]
    if match := re.fullmatch(r"/boards/(\d+)/", path):
        kind = "text/html; charset=utf-8"
        status, body = await sync_to_async(draw, thread_sensitive=False)(int(match[1]))
    else:
        found = finders.find(path.removeprefix("/static/"))
        kind = mimetypes.guess_type(path)[0] or ""
        status, body = (200, await sync_to_async(Path(found).read_bytes)()) if found else (404, b"")
    headers = [
        (b"content-type", kind.encode()),
        (b"content-security-policy", POLICY.encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def visit(context: BrowserContext) -> Iterator[Callable[[House, int], Page]]:
    """Opens a board's page; afterwards its scripts must not have failed."""
    errors: list[str] = []

    def opened(house: House, board: int) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"http://127.0.0.1:{house.port}/boards/{board}/")
        return page

    yield opened
    assert errors == []


def dot(page: Page) -> Any:
    return expect(page.locator("[data-live-dot]"))


def test_a_change_appears_without_a_reload_and_typing_survives_it(
    open_house: Opener, visit: Any
) -> None:
    house = open_house(pages=pages)
    board = new_board()
    page = visit(house, board)
    dot(page).to_have_attribute("data-js-state", "live")
    page.locator("#typed").fill("half a sent")
    page.locator("#typed").press("ArrowLeft")
    page.evaluate("window.same = true")
    change_board(board, title="Checkout is down")
    expect(page.locator("#title")).to_have_text("Checkout is down")
    page.keyboard.type("X")
    expect(page.locator("#typed")).to_have_value("half a senXt")
    expect(page.locator("#note")).to_have_text("A note")
    assert page.evaluate("window.same && document.activeElement.id") == "typed"


def test_a_line_that_opens_before_the_page_listens_counts_from_the_start(
    open_house: Opener, context: BrowserContext, visit: Any
) -> None:
    house = open_house(pages=pages, heartbeat_every=3600)
    board = new_board()

    def come_late(route: Route) -> None:
        until(lambda: house.hub.viewers)
        route.continue_()

    context.route("**/js/live.js", come_late)
    page = visit(house, board)
    dot(page).to_have_text("live")


def test_a_new_process_on_the_same_address_is_found_and_catches_up(
    open_house: Opener, boards: Boards, visit: Any
) -> None:
    house = open_house(pages=pages)
    board = new_board()
    page = visit(house, board)
    dot(page).to_have_text("live")
    house.stop()
    dot(page).to_have_text("reconnecting")
    change_board(board, note="Written while nobody listened")
    open_house(pages=pages, port=house.port)
    expect(page.locator("#note")).to_have_text(
        "Written while nobody listened", timeout=bar(12) * 1000
    )
    dot(page).to_have_text("live")


def test_with_the_stream_blocked_the_page_asks_by_itself_and_says_so(
    open_house: Opener, context: BrowserContext, visit: Any
) -> None:
    house = open_house(pages=pages)
    board = new_board()
    context.route("**/events/**", lambda route: route.abort())
    page = visit(house, board)
    dot(page).to_have_text("reconnecting", timeout=bar(20) * 1000)
    page.locator("#typed").fill("kept")
    change_board(board, note="Asked for")
    expect(page.locator("#note")).to_have_text("Asked for", timeout=bar(13) * 1000)
    expect(page.locator("#typed")).to_have_value("kept")
    context.unroute("**/events/**")
    dot(page).to_have_text("live", timeout=bar(12) * 1000)
    change_board(board, note="Told")
    expect(page.locator("#note")).to_have_text("Told", timeout=bar(2) * 1000)


LATER = """(seconds) => {
  const before = Date.now;
  Date.now = () => before() + seconds * 1000;
}"""


def test_a_line_that_is_open_and_silent_is_not_called_live(
    open_house: Opener, context: BrowserContext, visit: Any
) -> None:
    house = open_house(pages=pages, heartbeat_every=3600)
    board = new_board()
    page = visit(house, board)
    dot(page).to_have_text("live")
    context.route("**/events/**", lambda route: route.abort())
    page.evaluate(LATER, 12)
    page.wait_for_timeout(1500)  # it looks every second
    dot(page).to_have_text("live")
    # Two beats of the hub are missing by now.
    page.evaluate(LATER, 6)
    dot(page).to_have_text("reconnecting", timeout=bar(5) * 1000)
    change_board(board, note="Asked for over a silent line")
    page.evaluate(LATER, 10)
    expect(page.locator("#note")).to_have_text(
        "Asked for over a silent line", timeout=bar(5) * 1000
    )
    context.unroute("**/events/**")
    page.evaluate(LATER, 10)
    dot(page).to_have_text("live", timeout=bar(12) * 1000)


def test_half_a_minute_without_any_answer_is_called_offline_and_since_when(
    open_house: Opener, context: BrowserContext, visit: Any
) -> None:
    house = open_house(pages=pages, heartbeat_every=3600)
    page = visit(house, new_board())
    dot(page).to_have_text("live")
    context.route("**/*", lambda route: route.abort())
    page.evaluate(LATER, 18)
    dot(page).to_have_text("reconnecting", timeout=bar(5) * 1000)
    page.evaluate(LATER, 13)
    dot(page).to_have_text(re.compile(r"^offline since \d\d:\d\d$"), timeout=bar(5) * 1000)
    context.unroute("**/*")
    page.evaluate(LATER, 10)
    dot(page).to_have_text("live", timeout=bar(12) * 1000)


def test_a_database_that_goes_away_is_said_within_five_seconds(
    open_house: Opener, boards: Boards, visit: Any
) -> None:
    house = open_house(pages=pages)
    board = new_board()
    page = visit(house, board)
    dot(page).to_have_text("live")
    boards.is_away = True
    dot(page).to_have_text("reconnecting", timeout=bar(5) * 1000)
    boards.is_away = False
    change_board(board, note="Back")
    dot(page).to_have_text("live", timeout=bar(5) * 1000)
    expect(page.locator("#note")).to_have_text("Back")


def test_a_reader_who_lost_access_is_not_told_that_the_page_is_live(
    open_house: Opener, person: User, visit: Any
) -> None:
    house = open_house(pages=pages)
    board = new_board(watchers=[person.pk])
    page = visit(house, board)
    dot(page).to_have_text("live")
    change_board(board, watchers=[])
    dot(page).to_have_text("reconnecting", timeout=bar(7) * 1000)
