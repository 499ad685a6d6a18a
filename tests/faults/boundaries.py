"""What one-line breakages once survived: moments, what pages show, races. See ``guards``."""

from tests.faults.breakages import Breakage

GUARD = "running/guard.py"
SETTLING = "notifications/settling.py"

#: Boundaries that one-line breakages once survived.
BOUNDARIES = (
    Breakage(
        "nine sharp is no office hour yet",
        "deadlines/office_hours.py",
        "is_open = start <= local.time() and",
        "is_open = start < local.time() and",
        "tests/deadlines/test_office_hours.py::test_the_next_office_hour_in_berlin",
    ),
    Breakage(
        "nine sharp is tomorrow's",
        "deadlines/office_hours.py",
        "if today >= moment:",
        "if today > moment:",
        "tests/deadlines/test_office_hours.py::test_the_next_time_the_wall_clock_shows",
    ),
    Breakage(
        "the night begins at nine in the evening",
        "incidents/record/zones.py",
        "EVENING = time(20, 0)",
        "EVENING = time(21, 0)",
        "tests/matrix/test_boundaries.py::test_p45_the_night_is_from_eight_sharp_until_before_nine",
    ),
    Breakage(
        "the night lasts a moment longer than it does",
        "incidents/record/zones.py",
        "moment >= start or moment < end",
        "moment >= start or moment <= end",
        "tests/matrix/test_boundaries.py::test_p45_the_night_is_from_eight_sharp_until_before_nine",
    ),
    Breakage(
        "a step that is due at this very moment waits",
        "deadlines/climbing.py",
        "ladder[passed].moment(deadline.due_at) <= moment:",
        "ladder[passed].moment(deadline.due_at) < moment:",
        "tests/matrix/test_boundaries.py::test_a_step_is_taken_at_its_very_moment_and_not_before",
    ),
    Breakage(
        "what is done is verified at once",
        "postmortems/items/following.py",
        "earliest = moment + (A_WEEK if verifier else TWO_WEEKS)",
        "earliest = moment",
        "tests/postmortems/items/test_verifying.py::test_p58_done_is_verified_a_week_later_by_somebody_else",
    ),
    Breakage(
        "verifying too early needs no reason",
        "postmortems/items/following.py",
        "earliest = item.done_at + (TWO_WEEKS if alone else A_WEEK)",
        "earliest = item.done_at",
        "tests/postmortems/items/test_verifying.py::test_p58_earlier_than_a_week_needs_a_reason_that_stays_with_it",
    ),
    Breakage(
        "the list of items is looked at at once",
        "postmortems/items/looking.py",
        "earliest = postmortem.published_at + A_WEEK",
        "earliest = postmortem.published_at",
        "tests/postmortems/items/test_looking.py::test_p58_the_list_is_looked_at_item_by_item_a_week_after_publication",
    ),
    Breakage(
        "an endless upload is read on and on",
        GUARD,
        'if not message.get("more_body", False) or len(self.content) > self._limit:',
        'if not message.get("more_body", False):',
        "tests/running/test_guard.py::test_an_endless_upload_is_read_to_the_limit_and_no_further",
    ),
    Breakage(
        "a stream takes a POST",
        "live/stream.py",
        'if scope["method"] != "GET":',
        "if False:",
        "tests/live/test_watching.py::TestWhoMayWatch::test_a_stream_is_only_read",
    ),
    Breakage(
        "a mail leaves for the address of a moment ago",
        SETTLING,
        'row.person.refresh_from_db(fields=["is_active", "email"])',
        'row.person.refresh_from_db(fields=["is_active"])',
        "tests/notifications/test_mails.py::test_an_address_that_changes_while_a_batch_leaves_counts_at_once",
    ),
    Breakage(
        "what is sent again ends by the time it had before",
        "notifications/actions.py",
        "delivery.settled_at = delivery.expires_at = None",
        "delivery.settled_at = None",
        "tests/notifications/test_actions.py::test_a_dead_delivery_is_tried_again_and_others_are_not",
    ),
    Breakage(
        "who was deactivated a moment ago gets the mail",
        SETTLING,
        'row.person.refresh_from_db(fields=["is_active", "email"])',
        'row.person.refresh_from_db(fields=["email"])',
        "tests/matrix/test_races.py::test_a6_who_is_deactivated_while_a_batch_leaves_gets_nothing_more",
    ),
    Breakage(
        "a page of an account may be kept by what stands between",
        "config/middleware.py",
        'response.headers.setdefault("Cache-Control", "private, no-cache")',
        'response.headers.setdefault("Cache-Control", "public, max-age=60")',
        "tests/matrix/test_boundaries.py::test_no_page_of_an_account_may_be_kept_by_anything_between",
    ),
    Breakage(
        "somebody is named to a seat of what has ended",
        "incidents/roster/actions.py",
        "if not incident.is_open:",
        "if False:",
        "tests/matrix/test_boundaries.py::test_p10_nobody_is_named_to_anything_once_it_has_ended",
    ),
    Breakage(
        "reopening starts no time box again",
        "incidents/lifecycle/reopening.py",
        "        _start_time_box_again(incident, card, moment)\n",
        "        pass\n",
        "tests/matrix/test_boundaries.py::test_p34_reopening_starts_the_time_box_of_what_runs_again",
    ),
)

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

#: Two at once.
RACES = (
    Breakage(
        "a swap looks at no version",
        "incidents/board/actions.py",
        "        _check_version(card, version)\n    if card.column != Column.NOW or other.",
        "        pass\n    if card.column != Column.NOW or other.",
        "tests/matrix/test_races.py::test_p32_a_swap_and_a_move_of_the_card_it_parks",
    ),
    Breakage(
        "a move looks at no version",
        "incidents/board/actions.py",
        "    _check_version(fresh, version)\n    if position is not None and position < 0:",
        "    if position is not None and position < 0:",
        "tests/matrix/test_races.py::test_p32_a_swap_and_a_move_of_the_card_it_starts",
    ),
)
