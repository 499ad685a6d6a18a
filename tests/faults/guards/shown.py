"""What the page's own scripts show."""

from tests.faults.breakages import Breakage

SHOWN = "tests/browser/test_shown.py"

#: What the page's own scripts show.
PAGES = (
    Breakage(
        "the page goes by the laptop's clock",
        "static/js/page.js",
        "export const serverNow = () => Date.now() + offset;",
        "export const serverNow = () => Date.now();",
        f"{SHOWN}::test_the_readers_zone_and_the_servers_clock_count_whatever_the_laptop_says",
    ),
    Breakage(
        "the page goes by the laptop's zone",
        "static/js/page.js",
        "{ ...parts, timeZone }",
        "{ ...parts }",
        f"{SHOWN}::test_the_readers_zone_and_the_servers_clock_count_whatever_the_laptop_says",
    ),
    Breakage(
        "a countdown is a second ahead",
        "static/js/countdown.js",
        "left > 0 ? left + 999 : left",
        "left",
        f"{SHOWN}::test_a_countdown_shows_each_second_and_then_overtime",
    ),
    Breakage(
        "a countdown never says overtime",
        "static/js/countdown.js",
        "(left > 0 ? before : after)",
        "before",
        f"{SHOWN}::test_a_countdown_shows_each_second_and_then_overtime",
    ),
    Breakage(
        "what is late does not look late",
        "static/js/countdown.js",
        'toggleAttribute("data-js-late", left <= 0)',
        'toggleAttribute("data-js-late", false)',
        f"{SHOWN}::test_p34_past_its_time_box_a_card_says_overtime_and_offers_what_to_do",
    ),
    Breakage(
        "a number that stopped runs on",
        "static/js/countdown.js",
        "Math.min(now, Date.parse(data.dataset.until) || now)",
        "now",
        f"{SHOWN}::test_a_running_number_runs_and_stops",
    ),
    Breakage(
        "what was sent stays as a draft",
        "static/js/drafts.js",
        "const draft = sent.get(target) ?? target.dataset?.draft;",
        "const draft = target.dataset?.draft;",
        f"{SHOWN}::test_a_draft_is_gone_once_it_was_sent",
    ),
    Breakage(
        "a password is kept as a draft",
        "static/js/drafts.js",
        "/hidden|password|file|submit/",
        "/hidden|file|submit/",
        f"{SHOWN}::test_no_password_no_file_and_nothing_unnamed_is_ever_kept",
    ),
    Breakage(
        "a card goes to the end wherever it is dropped",
        "static/js/hands.js",
        "held.position = after ? others.indexOf(after) : others.length;",
        "held.position = others.length;",
        f"{SHOWN}::test_p30_a_card_dropped_between_two_others_stands_there_for_everybody",
    ),
    Breakage(
        "a silent line is called live",
        "static/js/live.js",
        "const isLive = isOpen && !isAway && Date.now() - heardAt < SILENT_MS;",
        "const isLive = isOpen && !isAway;",
        "tests/live/test_page.py::test_a_line_that_is_open_and_silent_is_not_called_live",
    ),
)
