"""Boundaries: the very moment, the very size, what has ended."""

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
    Breakage(
        "the deputy approves a moment later than two minutes sharp",
        "incidents/approvals/rules.py",
        "moment >= change.asked_at + PATIENCE",
        "moment > change.asked_at + PATIENCE",
        "tests/matrix/test_boundaries.py::test_p35_the_deputy_approves_from_two_minutes_sharp",
    ),
    Breakage(
        "a sample of the very start counts as seen",
        "incidents/outcomes/rules.py",
        "one.latest_at <= started_at",
        "one.latest_at < started_at",
        "tests/matrix/test_boundaries.py::test_p36_a_sample_of_the_very_start_says_nothing_of_what_came_of_it",
    ),
    Breakage(
        "an overdue item moves less far",
        "postmortems/items/following.py",
        "latest = max(item.due_at, now()) + timedelta(days=days)",
        "latest = item.due_at + timedelta(days=days)",
        "tests/postmortems/items/test_items.py::test_p58_what_is_overdue_moves_as_far_from_today_as_the_rest",
    ),
    Breakage(
        "a share link outlives a longer-ended incident: new ones are made",
        "incidents/sharing/actions.py",
        "if any(one + AFTER_THE_END <= moment for one in ended):",
        "if False:",
        "tests/incidents/sharing/test_sharing.py::test_p48_what_is_over_for_two_weeks_gets_no_new_link",
    ),
    Breakage(
        "a filing before anybody was aware is taken",
        "incidents/obligations/actions.py",
        "if filed_at < obligation.aware_at:",
        "if False:",
        "tests/incidents/obligations/test_obligations.py::test_p66_nothing_is_filed_before_anybody_was_aware_of_it_nor_in_time_to_come",
    ),
)
