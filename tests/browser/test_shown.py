"""What the page's own scripts show: times, digits, drafts and the place of a dragged card."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from clock.queries import now
from incidents.board.actions import add_card
from incidents.cards.models import Card
from incidents.endstate.signals import add_signal, record_samples
from incidents.lifecycle.declaring import declare_incident
from incidents.record.models import Incident
from incidents.roster.actions import join
from people.models import User
from tests.browser.conftest import Sit
from tests.browser.dragging import lift
from tests.conftest import Clock
from tests.incidents.cast import publish, ready, start
from tests.waiting import until

pytestmark = pytest.mark.browser

ZONE = "Pacific/Auckland"


def room(incident: Incident) -> str:
    return f"/incidents/{incident.ref}/"


def seconds_of(text: str) -> int:
    """What a countdown's digits amount to."""
    total = 0
    for part in text.split(":"):
        total = total * 60 + int(part)
    return total


@pytest.mark.parametrize("wrong", [timedelta(hours=3, minutes=7), timedelta(days=-2)])
def test_the_readers_zone_and_the_servers_clock_count_whatever_the_laptop_says(
    sit: Sit, incident: Incident, responder: User, wrong: timedelta
) -> None:
    join(incident, by=responder)
    start(ready(incident, responder), responder)
    responder.time_zone = ZONE
    responder.save()
    page = sit(responder, zone="America/New_York", wrong=wrong).open(room(incident))
    promise = page.locator("time[data-countdown]:not([data-before])").first
    due_at = datetime.fromisoformat(promise.get_attribute("datetime") or "")
    shown = seconds_of(promise.inner_text())
    # The clock of a laptop that is wrong would be hours off.
    assert abs((due_at - now()).total_seconds() - shown) < 60

    times = page.locator("time[data-time=clock]").evaluate_all(
        "times => times.map(time => [time.dateTime, time.textContent.trim()])"
    )
    there = ZoneInfo(ZONE)
    assert times
    assert [text for _, text in times] == [
        f"{datetime.fromisoformat(at).astimezone(there):%H:%M}" for at, _ in times
    ]
    # An open time box is a few seconds old and has nearly all of its time left.
    bar = page.locator("progress[data-until]")
    assert 0 <= float(bar.evaluate("bar => bar.value")) < 0.1
    expect(page.locator(".left time")).to_contain_text("left of 15")


LATER = """(seconds) => {
  const before = Date.now;
  Date.now = () => before() + seconds * 1000;
}"""


def test_the_answer_to_what_was_done_puts_the_clock_right_again(
    sit: Sit, incident: Incident, commander: User
) -> None:
    publish(incident, commander, next_update_at=now() + timedelta(minutes=14))
    seat = sit(commander)
    # Neither a beat nor the page itself tells it what time it is.
    seat.page.route("**/events/**", lambda route: route.abort())
    page = seat.open(room(incident))
    page.route(f"**{room(incident)}", lambda route: route.abort())
    promise = page.locator("time[data-countdown]:not([data-before])").first
    due_at = datetime.fromisoformat(promise.get_attribute("datetime") or "")

    def is_off_by() -> float:
        return abs((due_at - now()).total_seconds() - seconds_of(promise.inner_text()))

    page.evaluate(LATER, 600)
    until(lambda: is_off_by() > 300)
    page.get_by_label("A new card").fill("Look at the replica")
    page.locator("#quick-card").get_by_role("button", name="Add").click()
    expect(page.locator("[data-column=next]")).to_contain_text("Look at the replica")
    until(lambda: is_off_by() < 60)


NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
#: Puts elements into a page whose clock stands, at the moment that the server's beat names.
SHOWN = """
async ({ moment, parts }) => {
  const stopped = Date.now();
  Date.now = () => stopped;
  const beat = new CustomEvent("beat", { detail: { data: `here ${moment}` } });
  document.getElementById("stream").dispatchEvent(beat);
  const holder = document.createElement("div");
  document.body.append(holder);
  const made = parts.map(([name, values]) => {
    const box = document.createElement("div");
    box.dataset.lateScope = "";
    const part = document.createElement(name);
    for (const [key, value] of Object.entries(values)) part.setAttribute(key, value);
    box.append(part);
    holder.append(box);
    return part;
  });
  await new Promise((done) => setTimeout(done));
  return made.map((part) => [
    part.textContent,
    part.parentElement.hasAttribute("data-js-late"),
    part.value ?? "",
    part.hidden,
  ]);
}
"""
Parts = list[tuple[str, dict[str, str]]]


@pytest.fixture
def shown(sit: Sit, incident: Incident, responder: User) -> Callable[[Parts], list[Any]]:
    """Shows elements at noon: text, whether it is late, value, whether it is hidden."""
    seat = sit(responder)
    # Nothing else may tell this page what time it is.
    seat.page.route("**/events/**", lambda route: route.abort())
    seat.open(room(incident))

    def show(parts: Parts) -> list[Any]:
        found: list[Any] = seat.page.evaluate(
            SHOWN, {"moment": NOON.isoformat(), "parts": [list(part) for part in parts]}
        )
        return found

    return show


def at(seconds: float) -> str:
    """That long after noon."""
    return (NOON + timedelta(seconds=seconds)).isoformat()


COUNTDOWNS = [
    (900, "15:00 left", False),
    (899.001, "15:00 left", False),
    (899, "14:59 left", False),
    (61, "01:01 left", False),
    (0.001, "00:01 left", False),
    (0, "overtime 00:00", True),
    (-0.999, "overtime 00:00", True),
    (-1, "overtime 00:01", True),
    (-3661, "overtime 1:01:01", True),
    (3599, "59:59 left", False),
    (3600, "1:00:00 left", False),
    (172_799, "47:59:59 left", False),
    (172_800, "2 d 0 h left", False),
    (180_000, "2 d 2 h left", False),
]


def test_a_countdown_shows_each_second_and_then_overtime(
    shown: Callable[[Parts], list[Any]],
) -> None:
    words = {"data-countdown": "", "data-before": "% left", "data-after": "overtime %"}
    found = shown([("time", {"datetime": at(left), **words}) for left, _, _ in COUNTDOWNS])
    assert [(text, late) for text, late, *_ in found] == [row[1:] for row in COUNTDOWNS]


A_YEAR = 365 * 86_400
TIMES = [
    ("full", 0, "2 Mar 12:00"),
    ("full", -A_YEAR, "2 Mar 2025 12:00"),
    ("full", A_YEAR, "2 Mar 2027 12:00"),
    ("clock", 0, "12:00"),
    ("clock", -86_400, "1 Mar 12:00"),
    ("clock", -A_YEAR, "2 Mar 2025 12:00"),
    ("weekday", 0, "Mon 2 Mar"),
    ("weekday", -A_YEAR, "Sun 2 Mar 2025"),
    ("day", 0, "2 Mar 2026"),
]


def test_a_moment_of_another_year_says_the_year(shown: Callable[[Parts], list[Any]]) -> None:
    found = shown([("time", {"datetime": at(away), "data-time": how}) for how, away, _ in TIMES])
    assert [text for text, *_ in found] == [said for *_, said in TIMES]


RUNNING = [
    ({"value": "0", "data-rate": "12", "data-from": at(-600)}, "120"),
    ({"value": "10.4", "data-rate": "0.5", "data-from": at(-60)}, "11"),
    ({"value": "1200000", "data-rate": "1", "data-from": at(-60)}, "1\u202f200\u202f001"),
    # It stopped five minutes ago, and this one has not begun.
    ({"value": "0", "data-rate": "12", "data-from": at(-600), "data-until": at(-300)}, "60"),
    ({"value": "7", "data-rate": "12", "data-from": at(600)}, "7"),
    ({"value": "1e15", "data-rate": "1", "data-from": at(0)}, "1.00e15"),
]


@pytest.mark.parametrize(("minutes", "is_soon"), [(4, True), (14, False)])
def test_p45_the_promise_turns_amber_from_the_first_step_of_its_ladder_on(
    sit: Sit, incident: Incident, commander: User, minutes: int, is_soon: bool
) -> None:
    publish(incident, commander, next_update_at=now() + timedelta(minutes=minutes))
    page = sit(commander, scheme="light").open(room(incident))
    promise = page.locator("time[data-soon]:visible").first
    expect(promise).to_be_visible()

    sign, colour, amber = promise.evaluate(
        """time => [getComputedStyle(time, "::before").content, getComputedStyle(time).color,
            getComputedStyle(document.documentElement).getPropertyValue("--warn")]"""
    )
    assert ("◔" in sign) is is_soon
    shown = page.evaluate(
        """colour => { const one = document.createElement("b"); one.style.color = colour;
            document.body.append(one); return getComputedStyle(one).color }""",
        amber,
    )
    assert (colour == shown) is is_soon


def test_no_value_of_a_signal_is_cut_on_a_phone(
    sit: Sit, incident: Incident, commander: User
) -> None:
    for name, value in (
        ("API error rate", 57.54),
        ("Database CPU", 98.25),
        ("Rows lost", 0.0),
        ("Queue", 41.5),
    ):
        signal = add_signal(
            incident, by=commander, name=name, comparator="<=", target=1.0, unit="%"
        )
        record_samples(signal.pk, by=commander, samples=[(value, None)])
    page = sit(commander, width=360).open(room(incident))
    cut = page.locator(".pinned .signal strong:visible").evaluate_all(
        """values => values.map(value => {
            const words = document.createRange();
            words.selectNodeContents(value);
            const end = value.closest(".signal").getBoundingClientRect().right;
            return [value.innerText, words.getBoundingClientRect().right <= end];
        })"""
    )
    assert cut == [["57.54 %", True], ["98.25 %", True], ["0 %", True], ["41.5 %", True]]


def test_the_cards_of_insights_in_a_row_are_as_high_as_each_other(
    sit: Sit, incident: Incident, commander: User
) -> None:
    page = sit(commander, scheme="light").open("/insights/")
    boxes = page.locator(".split > section.panel").evaluate_all(
        "cards => cards.map(card => card.getBoundingClientRect()).map(b => [b.top, b.height])"
    )
    rows: dict[int, set[int]] = {}
    for top, height in boxes:
        rows.setdefault(round(top), set()).add(round(height))
    assert len(boxes) > 3
    assert len(rows) < len(boxes)
    assert all(len(heights) == 1 for heights in rows.values()), rows


@pytest.mark.parametrize("n", [2, 9, 10])
def test_a_percentile_is_shown_from_ten_on_and_below_that_each_length(
    sit: Sit, incident: Incident, commander: User, n: int
) -> None:
    moment = now()
    for minutes in range(1, n + 1):
        one = declare_incident(by=commander, title=f"Calls fail, {minutes}", severity="sev4")
        ended = {"status": "resolved", "resolved_at": moment}
        began = moment - timedelta(minutes=minutes)
        Incident.objects.filter(pk=one.pk).update(impact_started_at=began, **ended)
    page = sit(commander).open("/insights/")
    card = page.locator("section.panel").filter(has_text="resolved − impact started")
    expect(card).to_contain_text(f"n = {n}")
    if n < 10:
        expect(card).to_contain_text("of 1 min, 2 min")
        expect(card).not_to_contain_text("P90")
    else:
        expect(card).to_contain_text("P90 9 min")


def test_a_running_number_runs_and_stops(shown: Callable[[Parts], list[Any]]) -> None:
    found = shown([("data", values) for values, _ in RUNNING])
    assert [text for text, *_ in found] == [text for _, text in RUNNING]


SPANS = [
    ({"datetime": at(-59), "data-since": ""}, "59 s"),
    ({"datetime": at(-60), "data-since": ""}, "1 min"),
    ({"datetime": at(-3660), "data-since": ""}, "1 h 01 min"),
    ({"datetime": at(-180_000), "data-since": ""}, "2 d 2 h"),
    ({"datetime": at(-7200), "data-since": "", "data-until": at(-7170)}, "30 s"),
    ({"datetime": at(-59), "data-time": "relative"}, "just now"),
    ({"datetime": at(-120), "data-time": "relative"}, "2 min ago"),
    ({"datetime": at(90), "data-time": "relative"}, "in 1 min"),
]


def test_how_long_ago_is_said_in_the_largest_unit_that_fits(
    shown: Callable[[Parts], list[Any]],
) -> None:
    found = shown([("time", values) for values, _ in SPANS])
    assert [text for text, *_ in found] == [text for _, text in SPANS]


def test_a_bar_fills_and_words_change_at_their_moment(shown: Callable[[Parts], list[Any]]) -> None:
    half = {"max": "1", "value": "0", "data-from": at(-450), "data-until": at(450)}
    over = {"max": "1", "value": "0", "data-from": at(-900), "data-until": at(-1)}
    found = shown(
        [
            ("progress", half),
            ("progress", over),
            ("span", {"data-shows-from": at(0), "hidden": ""}),
            ("span", {"data-shows-from": at(1)}),
            ("span", {"data-hides-from": at(0)}),
            ("span", {"data-hides-from": at(1)}),
        ]
    )
    assert [value for _, _, value, _ in found[:2]] == [0.5, 1]
    assert [hidden for *_, hidden in found[2:]] == [False, True, True, False]


def test_p34_past_its_time_box_a_card_says_overtime_and_offers_what_to_do(
    sit: Sit, incident: Incident, responder: User, clock: Clock
) -> None:
    join(incident, by=responder)
    card = start(ready(incident, responder), responder)
    page = sit(responder).open(room(incident))
    shown = page.locator(f"#card-{card.pk}")
    expect(shown.locator(".left")).to_contain_text("left of 15")
    expect(shown.get_by_role("link", name="Extend")).to_be_hidden()
    clock.advance(hours=1, minutes=20)
    page.reload()
    expect(shown.locator(".left")).to_contain_text("overtime 1:0")
    expect(shown.get_by_role("link", name="Extend")).to_be_visible()
    expect(shown.get_by_role("button", name="Park")).to_be_visible()


DRAFTS = "Object.keys(localStorage).filter(key => key.startsWith('draft:'))"


def test_a_draft_is_gone_once_it_was_sent(sit: Sit, incident: Incident, commander: User) -> None:
    page = sit(commander).open(room(incident))
    known = page.get_by_label("What we know")
    known.fill("Reads are back.")
    page.get_by_label("A new card").fill("Look at the replica")
    page.reload()
    expect(known).to_have_value("Reads are back.")
    page.get_by_label("The miss, in plain words").fill("Three of four calls fail.")
    page.locator("#update").get_by_role("button", name="Publish").click()
    expect(page.locator("#latest")).to_contain_text("Update 1")
    # What was typed elsewhere is still only here.
    expect(page.get_by_label("A new card")).to_have_value("Look at the replica")
    until(lambda: len(page.evaluate(DRAFTS)) == 1)
    page.locator("#quick-card").get_by_role("button", name="Add").click()
    expect(page.locator("[data-column=next]")).to_contain_text("Look at the replica")
    until(lambda: page.evaluate(DRAFTS) == [])
    page.reload()
    expect(page.get_by_label("A new card")).to_have_value("")


def test_a_draft_lasts_half_a_day(sit: Sit, incident: Incident, responder: User) -> None:
    page = sit(responder).open(room(incident))
    page.evaluate(
        """() => {
          for (const [name, hours] of [["old", 12.1], ["young", 11.5]])
            localStorage[`draft:${document.body.dataset.account}:card:${name}`] =
              JSON.stringify({ value: "Look", base: "", at: Date.now() - hours * 3600e3 });
        }"""
    )
    page.reload()
    assert [key.rpartition(":")[2] for key in page.evaluate(DRAFTS)] == ["young"]


def test_no_password_no_file_and_nothing_unnamed_is_ever_kept(
    sit: Sit, incident: Incident, responder: User
) -> None:
    page = sit(responder).open(room(incident))
    page.evaluate(
        """() => {
          const form = document.createElement("form");
          form.dataset.draft = "account";
          form.innerHTML = `<input name="secret" type="password"><input name="token" type="hidden">
            <input name="proof" type="file"><input type="text"><input name="words" type="text">`;
          document.body.append(form);
          for (const field of form.elements) {
            if (field.type !== "file") field.value = "hunter2";
            field.dispatchEvent(new Event("input", { bubbles: true }));
          }
        }"""
    )
    kept = page.evaluate(DRAFTS)
    assert [key.rpartition(":")[2] for key in kept] == ["words"]


def places(incident: Incident, column: str) -> list[str]:
    """The titles of a column, from above."""
    cards = Card.objects.filter(incident=incident, column=column).order_by("position", "pk")
    return list(cards.values_list("title", flat=True))


def between(page: Page, card: Card, above: Card, below: Card) -> None:
    """Drag a card by its grip to between two others, and hold it there."""
    lift(page, card)
    upper = page.locator(f"#card-{above.pk}").bounding_box()
    assert upper
    page.mouse.move(upper["x"] + 40, upper["y"] + upper["height"] * 0.75, steps=6)
    # Where it would go is shown before it is let go.
    expect(page.locator(f"#card-{above.pk} + .place + #card-{below.pk}")).to_have_count(1)


@pytest.mark.parametrize("column", ["next", "now"])
def test_p30_a_card_dropped_between_two_others_stands_there_for_everybody(
    sit: Sit, incident: Incident, commander: User, responder: User, column: str
) -> None:
    join(incident, by=responder)
    names = ["First", "Second", "Third"]
    cards = {name: add_card(incident, by=responder, title=name, column="next") for name in names}
    if column == "now":
        cards["Moved"] = add_card(incident, by=responder, title="Moved", column="parked")
    moved = cards["Third"] if column == "next" else cards["Moved"]
    page = sit(responder, height=1400).open(room(incident))
    other = sit(commander, height=1400).open(room(incident))
    if column == "now":
        page.locator("#parked summary").click()
    between(page, moved, cards["First"], cards["Second"])
    page.mouse.up()
    wanted = ["First", moved.title, *(name for name in names[1:] if name != moved.title)]
    for one in (page, other):
        expect(one.locator("[data-column=next] h3")).to_have_text(wanted)
    assert places(incident, "next") == wanted
