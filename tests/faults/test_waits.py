"""``docs/operations.md``, *Every wait and its limit*: each figure is the code's and has a test."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from config import asgi, probes
from config.env import database_from_environment
from config.schedule import celery_settings
from deadlines import passes
from incidents.attachments import pictures
from integrations.prometheus import asking
from notifications import outgoing, settling, targets
from notifications.channels import smtp
from people import rechecking
from running import admission, guard, protocol, supervisor, watching
from running.places import ROOT
from tests.project.reading import page, rows, section
from waits import exchanges, limits, places

KB, MB = 2**10, 2**20

#: The figure of each line, and the tests that run into the limit.
WAITS: dict[str, tuple[Callable[[], str], tuple[str, ...]]] = {
    "a connection to PostgreSQL": (
        lambda: f"{database_from_environment()['OPTIONS']['connect_timeout']} s",
        (
            "test_silence.test_a_frozen_postgresql_is_503_within_seconds_and_pages_are_back_when_it_is",
        ),
    ),
    "a lock, pages": (
        lambda: f"{limits.WEB.lock_s:g} s",
        ("test_locks.test_a_form_whose_wait_ended_keeps_what_was_typed",),
    ),
    "a statement, pages": (
        lambda: f"{limits.WEB.statement_s:g} s",
        ("test_patience.test_each_kind_of_process_keeps_its_limits",),
    ),
    "an answer of PostgreSQL, pages": (
        lambda: f"{limits.WEB.answer_s:g} s",
        ("test_silence.test_a_silent_address_is_503_everywhere_and_forgotten_when_it_is_back",),
    ),
    "a lock, loop and workers": (
        lambda: f"{limits.BACKGROUND.lock_s:g} s",
        ("test_patience.test_each_kind_of_process_keeps_its_limits",),
    ),
    "a statement, loop and workers": (
        lambda: f"{limits.BACKGROUND.statement_s:g} s",
        ("test_patience.test_each_kind_of_process_keeps_its_limits",),
    ),
    "an answer of PostgreSQL, loop and workers": (
        lambda: f"{limits.BACKGROUND.answer_s:g} s",
        (
            "test_silence.test_a_nudge_that_falls_due_while_the_address_is_silent_leaves_when_it_is_back",
        ),
    ),
    "a peer that acknowledges nothing": (
        lambda: f"{limits.SILENT_PEER['tcp_user_timeout'] // 1000} s",
        ("test_patience.test_the_kernel_is_told_when_a_peer_is_gone",),
    ),
    "a picture behind others that are decoded": (
        lambda: f"{pictures.WAITS_S:g} s",
        ("test_decoding.test_a_picture_waits_for_others_and_not_for_ever",),
    ),
    "writes of one incident beside each other": (
        lambda: f"{limits.WEB.side_by_side} of {asgi.THREADS} threads",
        ("test_locks.test_a_held_incident_takes_no_thread_from_others_and_its_writes_are_told_so",),
    ),
    "a place among the writes of one incident": (
        lambda: f"{admission.PLACE_S:g} s",
        ("test_admission.test_writes_of_one_incident_wait_for_a_place_and_no_longer",),
    ),
    "a place in the queue for one row": (
        lambda: f"{places.PLACE_S:g} s",
        ("test_patience.test_only_so_many_threads_wait_for_one_row",),
    ),
    "a thread that answers pages": (
        lambda: f"{admission.THREAD_S:g} s",
        ("test_admission.test_whoever_waits_too_long_for_a_thread_is_told_to_come_back",),
    ),
    "the beginning of an answer": (
        lambda: f"{admission.ANSWER_S:g} s",
        ("test_admission.test_a_page_that_never_answers_is_answered_for_and_keeps_its_thread",),
    ),
    "all threads taken without an answer": (
        lambda: f"{probes.Probes.STUCK_S:g} s",
        ("test_admission.test_healthz_says_when_every_thread_is_stuck",),
    ),
    "an answer in many parts": (
        lambda: f"{admission.WHOLE_ANSWER_S:g} s",
        ("test_admission.test_a_reader_holds_a_thread_for_so_long_and_no_longer",),
    ),
    "a reader who takes nothing": (
        lambda: f"{protocol.READER_WITHIN_S:g} s",
        ("test_admission.test_a_reader_who_takes_nothing_is_cut_off",),
    ),
    "headers": (
        lambda: f"{protocol.HEAD_WITHIN_S:g} s",
        ("test_arriving.test_half_a_request_is_closed_after_ten_seconds_and_so_is_silence",),
    ),
    "the size of address and headers": (
        lambda: f"{protocol.LARGEST_HEAD // KB} KB",
        ("test_arriving.test_headers_hold_at_most_64_kb",),
    ),
    "half-open requests of a process": (
        lambda: f"{protocol.HALF_OPEN}",
        ("test_arriving.test_beyond_so_many_half_requests_the_oldest_goes_and_others_are_served",),
    ),
    "a body": (
        lambda: f"{guard.UPLOAD_WITHIN_S:g} s",
        ("test_arriving.test_a_body_that_never_ends_is_408_and_held_no_longer",),
    ),
    "the size of a body": (
        lambda: f"{guard.LARGEST_BODY // MB} MB",
        ("test_arriving.test_a_body_has_the_limit_of_its_address",),
    ),
    "all bodies of a process": (
        lambda: f"{guard.BODIES_AT_ONCE // MB} MB",
        ("test_arriving.test_all_bodies_under_way_hold_at_most_64_mb",),
    ),
    "each question of a probe": (
        lambda: f"{probes.ANSWER_S:g} s",
        ("test_admission.test_a_probe_answers_while_its_question_hangs",),
    ),
    "the age of the last enforcement pass": (
        lambda: f"{probes.OLDEST_PASS_S} s",
        ("test_patience.test_enforcement_is_ok_within_its_bound_and_not_beyond",),
    ),
    "an answer of Prometheus": (
        lambda: f"{asking.ANSWERS_WITHIN_S:g} s",
        (
            "test_polling.test_whatever_a_source_says_instead_of_a_number_is_no_data_and_never_zero",
            "test_dripping.test_whoever_drips_is_left",
        ),
    ),
    "the size of an answer over HTTP": (
        lambda: f"{exchanges.LARGEST_BYTES // MB} MB",
        (
            "test_polling.test_whatever_a_source_says_instead_of_a_number_is_no_data_and_never_zero",
            "test_dripping.test_of_an_answer_no_more_than_a_megabyte_is_read_however_small_it_is_packed",
        ),
    ),
    "an answer of the mail server": (
        lambda: f"{settings.EMAIL_TIMEOUT} s",
        ("test_patience.test_a_mail_server_that_says_nothing_holds_up_mail_and_nothing_else",),
    ),
    "a mail, or connecting to the mail server": (
        lambda: f"{smtp.CONVERSATION_S:g} s",
        ("test_targets.test_a_mail_server_that_talks_for_ever_is_cut_off",),
    ),
    "a mail server that is away": (
        lambda: f"{targets.LONGEST_WAIT.total_seconds():g} s",
        ("test_targets.test_after_an_hour_without_a_mail_server_everything_leaves_within_40_s",),
    ),
    "looking up the name of a webhook or chat": (
        lambda: f"{outgoing.CONNECT_S:g} s",
        ("test_outgoing.test_a_look_up_that_hangs_is_left",),
    ),
    "all of a message to a webhook or chat": (
        lambda: f"{outgoing.WITHIN_S:g} s",
        (
            "test_outgoing.test_whoever_hangs_is_cut_off",
            "test_dripping.test_whoever_drips_is_left",
            "test_channels_outside.test_one_that_hangs_delays_nobody",
        ),
    ),
    "an answer of the single sign-on": (
        lambda: f"{max(settings.SOCIALACCOUNT_REQUESTS_TIMEOUT, rechecking.ANSWERS_WITHIN_S):g} s",
        (
            "test_single_sign_on.test_a_provider_that_says_nothing_is_waited_for_so_long_and_no_longer",
            "test_dripping.test_whoever_drips_is_left",
        ),
    ),
    "an answer of `HEARTBEAT_URL`": (
        lambda: f"{passes.PING_TAKES_S:g} s",
        (
            "test_passes.test_a_heartbeat_that_is_taken_and_never_answered_is_left",
            "test_dripping.test_whoever_drips_is_left",
        ),
    ),
    "a word to Valkey": (
        lambda: f"{celery_settings()['broker_transport_options']['socket_timeout']} s",
        ("test_worker.test_a_broker_that_takes_and_never_answers_costs_the_bell_about_a_second",),
    ),
    "a web process that shows no sign of life": (
        lambda: f"{supervisor.SILENCE_S['web']:g} s",
        ("test_supervisor.test_a_frozen_web_process_is_replaced_and_only_that_one",),
    ),
    "an embedded server that answers nothing": (
        lambda: f"{watching.SERVER_SILENCE_S:g} s",
        (
            "test_supervisor.test_a_frozen_embedded_server_is_replaced_and_what_was_written_is_there",
            "test_starting.test_a_recovery_longer_than_any_start_is_waited_for_saying_so",
        ),
    ),
    "stopping everything": (
        lambda: f"{supervisor.END_WITHIN_S:g} s",
        ("test_supervisor.test_the_end_during_a_first_start_takes_ten_seconds_at_most",),
    ),
    "a mail that may have arrived": (
        lambda: f"{settling.UNSURE_WAIT.total_seconds():g} s",
        ("test_targets.test_a_mail_that_may_have_arrived_is_not_sent_again_and_again",),
    ),
}

LINES = {
    row[0]: row[1] for row in rows(section(page("docs/operations.md"), "Every wait and its limit"))
}


def named_in(module: str) -> set[str]:
    """The names of the tests in the module of that name."""
    (path,) = (ROOT / "tests").rglob(f"{module}.py")
    return {
        node.name
        for node in ast.walk(ast.parse(Path(path).read_text()))
        if isinstance(node, ast.FunctionDef) and re.match("test_", node.name)
    }


@pytest.mark.parametrize("wait", sorted({*LINES, *WAITS}))
def test_every_wait_has_the_figure_of_the_code_and_a_test_that_runs_into_it(wait: str) -> None:
    figure, tested = WAITS[wait]
    assert LINES[wait] == figure()
    for name in tested:
        module, _, test = name.partition(".")
        assert test in named_in(module)


@pytest.mark.django_db
def test_the_tests_wait_as_a_command_though_they_load_the_web_process() -> None:
    """Else a busy disk fails whatever test it meets: its connection is given up after 4 s."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"
        )
        assert (limits.current(), cursor.fetchone()) == (limits.COMMAND, ("0", "0"))
