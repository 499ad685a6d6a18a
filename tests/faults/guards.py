"""The guards of the product, each with a line that breaks it and the test that must notice.

``make faults`` runs ``python -m tests.faults.guards``; with words it tries those whose description
holds one of them. Ends with status 1 when a breakage goes unnoticed or could not be tried.
"""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from running.places import ROOT
from tests.faults.boundaries import BOUNDARIES, PAGES, RACES
from tests.faults.breakages import Breakage, Outcome, try_all
from tests.faults.files import FILES

INCIDENT = "incidents/record/models/incident.py"
TIMELINE = "incidents/record/timeline.py"
CALLERS = "people/callers.py"
KEYS = "api/idempotency.py"
SETTLING = "notifications/settling.py"
LIMITS = "people/limits.py"
GUARD = "running/guard.py"

#: Who may see and who may act.
RIGHTS = (
    Breakage(
        "a private incident is visible to everybody",
        INCIDENT,
        "public = Q(private=False)",
        "public = Q(private__in=[False, True])",
        "tests/api/test_access.py::test_what_is_private_is_not_there_for_outsiders",
    ),
    Breakage(
        "a drill is visible to stakeholders",
        INCIDENT,
        "public &= ~Q(kind=Kind.DRILL)",
        "pass",
        "tests/incidents/updates/test_updates_api.py::test_a_drill_is_not_for_stakeholders",
    ),
    Breakage(
        "who left may still see incidents",
        "incidents/record/visibility.py",
        "return user.is_active and bool(_seen(user.role)(user.pk, incident_id))",
        "return bool(_seen(user.role)(user.pk, incident_id))",
        "tests/incidents/record/test_who_is_told.py::test_who_sees_an_incident_is_whom_it_is_visible_to",
    ),
    Breakage(
        "everybody enters the war room",
        "incidents/record/visibility.py",
        "if not user.is_responder and not helps(user, incident_id):",
        "if False:",
        "tests/matrix/test_who_may.py::test_who_may_at_every_address_of_an_incident",
    ),
    Breakage(
        "everybody may do what is the commander's",
        "incidents/roster/permissions.py",
        "if not leading or by in leading or (right.admins and by.is_admin):",
        "if True:",
        "tests/incidents/lifecycle/test_lifecycle.py::test_only_the_commander_resolves_and_changes_severity",
    ),
    Breakage(
        "a message tells of an incident that its reader may not see",
        "incidents/record/visibility.py",
        "return {person.pk: blind for person in people if person.pk not in seeing}",
        "return {}",
        "tests/matrix/test_private_messages.py::test_ladders_and_contacts_reach_only_who_may_see",
    ),
    Breakage(
        "the inbox keeps showing what access was lost to",
        "notifications/sight.py",
        "if named[row.pk] <= seen or _takes_out(row, seen):",
        "if True:",
        "tests/matrix/test_access_lost.py::test_who_lost_it_reads_in_their_inbox_that_it_is_no_longer_shown",
    ),
    Breakage(
        "a page of a private incident may be stored",
        "config/middleware.py",
        'if came_by.is_private or "attachment" in',
        'if "attachment" in',
        "tests/matrix/test_private.py::test_pages_and_files_of_a_private_incident_are_stored_by_nobody",
    ),
    Breakage(
        "private incidents are counted for whoever reads the metrics",
        "config/metrics.py",
        "Incident.objects.open().filter(private=False).count(),",
        "Incident.objects.open().count(),",
        "tests/matrix/test_private.py::test_what_is_counted_leaves_it_out",
    ),
    Breakage(
        "whatever a proxy forwards reads the metrics",
        "config/views.py",
        "if any(name in request.headers for name in forwarded):",
        "if False:",
        "tests/config/test_views.py::test_who_may_read_the_metrics",
    ),
    Breakage(
        "whoever was let in once stays on the stream",
        "live/hub.py",
        "gone = await self._in_thread(self._doorkeeper, watchers.roll().gone)",
        "gone = []",
        "tests/live/test_watching.py::TestWhoLosesAccess::test_a_page_that_nobody_draws_anew_ends_as_soon",
    ),
    Breakage(
        "a change is pushed before who may see it is asked",
        "live/asking.py",
        "return cached.state, cached.rendered, asked[-1].result()",
        "return cached.state, cached.rendered, []",
        "tests/live/test_watching.py::TestWhoLosesAccess::test_somebody_taken_off_gets_no_push_and_the_others_do",
    ),
)

#: Accounts, sessions and tokens.
ACCOUNTS = (
    Breakage(
        "a session acts over the API without the CSRF token",
        CALLERS,
        "return check.process_view(request, _no_view, (), {}) is None",
        "return True",
        "tests/api/test_callers.py::test_a_session_works_with_its_csrf_token",
    ),
    Breakage(
        "a form carries no CSRF token",
        "templates/warroom/board/_quick_card.html",
        "{{ csrf_input }}",
        "",
        "tests/matrix/test_forms.py::test_no_template_writes_a_form_without_a_token",
    ),
    Breakage(
        "a token does what its scope does not say",
        CALLERS,
        "if not set(needed) & set(caller.token.scopes):",
        "if False:",
        "tests/api/test_callers.py::test_a_token_does_what_its_scope_says",
    ),
    Breakage(
        "an expired token opens",
        "people/models.py",
        "and (self.expires_at is None or moment < self.expires_at)",
        "and True",
        "tests/api/test_callers.py::test_an_expired_token_opens_nothing",
    ),
    Breakage(
        "a revoked token opens",
        "people/models.py",
        "            self.revoked_at is None\n",
        "            True\n",
        "tests/api/test_callers.py::test_a_revoked_token_opens_nothing",
    ),
    Breakage(
        "the sixth wrong password is looked at",
        LIMITS,
        'Limit(_digest("pair", account, address), 5,',
        'Limit(_digest("pair", account, address), 6,',
        "tests/people/test_limits.py::test_the_sixth_try_is_not_looked_at",
    ),
    Breakage(
        "a browser that is known for one passes for all",
        LIMITS,
        "User.objects.with_address(account).filter(pk__in=people).exists()",
        "User.objects.with_address(account).exists()",
        "tests/people/test_limits.py::test_a_browser_is_known_for_its_person_only",
    ),
    Breakage(
        "a forwarding header is believed without a proxy",
        LIMITS,
        "if forwarded and settings.TRUSTED_PROXIES > 0:",
        "if forwarded:",
        "tests/people/test_limits.py::test_a_forged_header_resets_nothing",
    ),
    Breakage(
        "an admin acts without a second factor",
        "people/factors.py",
        "return bool(settings.ADMIN_MFA) and person.is_admin and not has_second_factor(person)",
        "return False",
        "tests/people/test_factors.py::test_an_admin_without_one_changes_nothing",
    ),
    Breakage(
        "seeds of second factors are stored in clear",
        "people/factors.py",
        "return seal(text)",
        "return text",
        "tests/people/test_factors.py::test_a_seed_is_stored_sealed_and_still_opens",
    ),
    Breakage(
        "a page shows words as they were written",
        "templates/warroom/snapshot/snapshot.html",
        "<dd>{{ incident.blocker }}</dd>",
        "<dd>{{ incident.blocker | safe }}</dd>",
        "tests/matrix/test_acting.py::test_over_two_hundred_strings_in_every_text_act_on_no_page",
    ),
    Breakage(
        "a header that programs send takes the second factor's place",
        "people/middleware.py",
        '(is_call and "Authorization" in request.headers)',
        '"Authorization" in request.headers',
        "tests/people/test_factors.py::test_an_admin_without_one_changes_nothing",
    ),
    Breakage(
        "the single sign-on says who somebody else is",
        "people/single_sign_on.py",
        'if more.get("sub") != claims.get("sub"):',
        "if False:",
        "tests/people/test_single_sign_on.py::test_only_an_answer_that_the_issuer_signed_for_us_and_now_lets_in",
    ),
    Breakage(
        "anything but a yes of the single sign-on ends sessions",
        "people/rechecking.py",
        'if _error(answer) in ("invalid_client", "unauthorized_client"):',
        "if False:",
        "tests/people/test_single_sign_on.py::test_only_a_clear_no_about_the_person_ends_what_began_there",
    ),
    Breakage(
        "an address tries account after account",
        "people/limits.py",
        'Limit(_digest("address", address), 50,',
        'Limit(_digest("address", address), 5000,',
        "tests/people/test_limits.py::test_an_address_that_tries_account_after_account_is_slowed_down_for_itself",
    ),
    Breakage(
        "sessions outlive the factor that was lost",
        "people/factors.py",
        "    end_sessions(person)\n",
        "",
        "tests/people/test_factors.py::test_an_admin_removes_a_lost_factor_and_the_person_is_told",
    ),
    Breakage(
        "sessions outlive the address they were opened with",
        "people/moving.py",
        "    end_sessions(person)\n",
        "",
        "tests/people/test_addresses.py::test_an_admin_asks_for_an_address_and_its_mailbox_says_yes",
    ),
    Breakage(
        "an address counts before its mailbox says so",
        "people/moving.py",
        "if person.last_login is None and not person.has_usable_password():",
        "if True:",
        "tests/people/test_addresses.py::test_an_admin_asks_for_an_address_and_its_mailbox_says_yes",
    ),
    Breakage(
        "a link to an address outlives the person's right to sign in",
        "people/actions.py",
        "    withdraw_address(person)\n",
        "",
        "tests/people/test_addresses.py::test_a_link_to_an_address_opens_nothing_once_something_else_was_said",
    ),
    Breakage(
        "the old address hears of another when it is too late",
        "people/moving.py",
        'key=f"asked:{row.pk}:{moment.isoformat()}",\n            address=person.email,',
        'key=f"asked:{row.pk}:{moment.isoformat()}",\n            address=email,',
        "tests/people/test_addresses.py::test_an_admin_asks_for_an_address_and_its_mailbox_says_yes",
    ),
    Breakage(
        "sessions outlive their person",
        "people/sessions.py",
        "Session.objects.filter(session_key__in=keys).delete()",
        "pass",
        "tests/people/test_sessions.py::test_leaving_ends_sessions_and_tokens_for_good",
    ),
)

#: The record and what is written at the same time.
RECORD = (
    Breakage(
        "the database lets the record be altered",
        "incidents/migrations/0002_triggers_and_functions.py",
        "CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE ON incidents_timelineentry",
        "CREATE TRIGGER entry_append_only BEFORE DELETE ON incidents_timelineentry",
        "tests/incidents/record/test_record.py::test_the_database_refuses_to_change_the_record",
    ),
    Breakage(
        "the chain does not end with what the incident says",
        TIMELINE,
        "if previous != incident.last_hash:",
        "if False:",
        "tests/incidents/record/test_record.py::test_a_removed_or_swapped_entry_and_an_altered_end_are_found",
    ),
    Breakage(
        "the chain does not cover whether something was recorded afterwards",
        TIMELINE,
        '"afterwards": entry.afterwards,',
        '"afterwards": False,',
        "tests/incidents/record/test_record.py::test_every_column_that_is_altered_is_found",
    ),
    Breakage(
        "withdrawn words may be replaced by others",
        TIMELINE,
        'return kept.get(pointer, "") if salt is None and words == WITHDRAWN else ""',
        'return kept.get(pointer, "")',
        "tests/incidents/record/test_record.py::test_nothing_but_the_sign_stands_where_words_were_withdrawn",
    ),
    Breakage(
        "an action takes no lock",
        "incidents/record/locking.py",
        'Incident.objects.select_for_update(no_key=True, of=("self",)).filter(pk=incident)',
        "Incident.objects.filter(pk=incident)",
        "tests/matrix/test_races.py::test_p32_a_swap_and_a_move_of_the_card_it_starts",
    ),
    Breakage(
        "what was written on an old version is taken",
        "refusals/versions.py",
        "if given is not None and given != current:",
        "if given is not None and given > current:",
        "tests/matrix/test_bodies.py::test_an_old_version_is_stale_and_changes_nothing",
    ),
    Breakage(
        "a key with another body is replayed",
        KEYS,
        "if kept.body_digest != digest:",
        "if False:",
        "tests/api/test_idempotency.py::test_the_same_key_with_another_body_is_refused",
    ),
    Breakage(
        "a key is replayed to who may not see any more",
        KEYS,
        "terms.check(kept.terms)",
        "pass",
        "tests/matrix/test_access_lost.py::test_who_may_see_is_asked_before_whether_the_body_is_the_same",
    ),
    Breakage(
        "half an effect is kept after an error",
        KEYS,
        "transaction.set_rollback(True)",
        "pass",
        "tests/api/test_idempotency.py::test_an_error_leaves_neither_half_an_effect_nor_a_kept_answer",
    ),
    Breakage(
        "equal requests at once act twice",
        KEYS,
        '_lock("\\n".join(map(str, [person.pk, request.method, request.path, key])))',
        "pass",
        "tests/api/test_idempotency.py::test_the_same_event_in_parallel_has_one_effect",
    ),
    Breakage(
        "a rule that no policy softens is let pass with a warning",
        "incidents/record/gate.py",
        "return not objection.is_soft or self.enforces",
        "return self.enforces",
        "tests/incidents/gates/test_done.py::test_p33_done_needs_proof",
    ),
    Breakage(
        "words that point at a person are published",
        "postmortems/publication/actions.py",
        "_check_language(postmortem, by, keep, no_actions_because)\n    missing",
        "missing",
        "tests/matrix/test_races.py::test_p59_publishing_and_rewording",
    ),
)

#: What falls due and what leaves.
OUTBOX = (
    Breakage(
        "a sender whose lease ran out settles what another has",
        SETTLING,
        '''is the fence)."""
    mine = Delivery.objects.filter(pk=row.pk, state=State.SENDING, attempt=row.attempt)''',
        '''is the fence)."""
    mine = Delivery.objects.filter(pk=row.pk)''',
        "tests/notifications/test_sending.py::test_the_fence_holds_off_a_sender_whose_lease_ran_out",
    ),
    Breakage(
        "a killed sender's mail never leaves",
        "notifications/claiming.py",
        "next_attempt_at=moment + LEASE,",
        "next_attempt_at=moment + 9000 * LEASE,",
        "tests/faults/test_loop.py::test_a_sender_killed_with_the_mail_in_hand_is_followed_by_another",
    ),
    Breakage(
        "a row that kills its senders is tried for ever",
        SETTLING,
        "if row.crashes >= CRASHES:",
        "if False:",
        "tests/faults/test_loop.py::test_a_row_that_kills_its_sender_is_set_aside_and_the_others_leave",
    ),
    Breakage(
        "what is no longer worth it still leaves",
        SETTLING,
        "if row.expires_at is not None and row.expires_at <= moment:",
        "if False:",
        "tests/notifications/test_sending.py::test_what_is_no_longer_worth_it_expires",
    ),
    Breakage(
        "what became stale still leaves",
        "notifications/verdicts.py",
        "if stale is not None:",
        "if False:",
        "tests/notifications/test_sending.py::test_nothing_stale_is_sent",
    ),
    Breakage(
        "what of a day became stale leaves with the rest",
        "notifications/verdicts.py",
        "ruled.update((pk, drop(why)) for pk, why in stale.items())",
        "stale.clear()",
        "tests/stakeholders/test_days.py::test_p48_of_500_words_those_leave_whose_subscription_stands",
    ),
    Breakage(
        "a step is taken twice by two sweeps",
        "deadlines/sweeping.py",
        "WHERE id = ANY(%s) AND state = 'open' AND next_step_at <= endstate_now()\n"
        "    FOR NO KEY UPDATE SKIP LOCKED",
        "WHERE id = ANY(%s)",
        "tests/deadlines/test_races.py::test_kept_while_the_sweep_waits_for_the_incident_is_not_nudged",
    ),
    Breakage(
        "a row that always raises is never set aside",
        "deadlines/sweeping.py",
        "if deadline.failures >= SET_ASIDE_AFTER:",
        "if False:",
        "tests/deadlines/test_sweeping.py::test_a_row_that_raises_backs_off_and_is_set_aside_while_the_others_leave",
    ),
)

#: Waits, and what arrives from outside.
EDGE = (
    Breakage(
        "a lock is waited for without a limit",
        "waits/postgres/base.py",
        "            if limits.statement_s:",
        "            if False:",
        "tests/faults/test_patience.py::test_each_kind_of_process_keeps_its_limits",
    ),
    Breakage(
        "a silent PostgreSQL is waited for without a limit",
        "waits/postgres/base.py",
        "return super().wait(gen, interval, limit_s)",
        "return super().wait(gen, interval, timeout)",
        "tests/faults/test_silence.py::test_a_silent_address_is_503_everywhere_and_forgotten_when_it_is_back",
    ),
    Breakage(
        "one incident's writes take every thread",
        "running/admission.py",
        "_Place(max(1, self.threads // 2))",
        "_Place(self.threads)",
        "tests/faults/test_admission.py::test_writes_of_one_incident_wait_for_a_place_and_no_longer",
    ),
    Breakage(
        "any number of threads waits for one row",
        "waits/places.py",
        "self._waiting.get(key, 0) < most, PLACE_S",
        "True, PLACE_S",
        "tests/faults/test_patience.py::test_only_so_many_threads_wait_for_one_row",
    ),
    Breakage(
        "a header with an underscore passes for the real one",
        GUARD,
        ' if b"_" not in name]',
        "]",
        "tests/running/test_guard.py::test_headers_with_an_underscore_are_dropped",
    ),
    Breakage(
        "half an upload reaches the application",
        GUARD,
        "            if not is_whole:\n                return None\n",
        "",
        "tests/running/test_guard.py::test_a_broken_off_upload_reaches_nobody",
    ),
    Breakage(
        "a spreadsheet runs a cell",
        "pages/cells.py",
        """return f"'{text}" if risky else text""",
        "return text",
        "tests/pages/test_taking_along.py::test_no_cell_starts_a_formula",
    ),
    Breakage(
        "a secret reaches the log",
        "config/logs.py",
        "return without_secrets(super().format(record))",
        "return super().format(record)",
        "tests/config/test_views.py::test_no_secret_reaches_a_log_line",
    ),
)

#: What leaves, and to whom.
LEAVING = (
    Breakage(
        "a name that leads inside is gone to",
        "notifications/outgoing.py",
        "if not is_allowed(host, port) and not _is_fine(ipaddress.ip_address(_bare(one)), port):",
        "if False:",
        "tests/notifications/test_outgoing.py::test_a_name_that_turns_inside_after_the_check_leads_nowhere",
    ),
    Breakage(
        "whoever drips is listened to",
        "waits/exchanges.py",
        "handle.shutdown(socket.SHUT_RDWR)",
        "pass",
        "tests/faults/test_dripping.py::test_whoever_drips_is_left",
    ),
    Breakage(
        "what was cut off halfway passes for an answer",
        "notifications/outgoing.py",
        "if exchange.is_over:",
        "if False:",
        "tests/faults/test_dripping.py::test_whoever_drips_is_left",
    ),
    Breakage(
        "what is public hears of a private incident",
        "stakeholders/subscriptions/messages.py",
        "Incident.objects.filter(pk__in=outside, private=False)",
        "Incident.objects.filter(pk__in=outside)",
        "tests/stakeholders/test_subscriptions.py::test_p48_whoever_may_not_any_more_gets_nothing_that_waits",
    ),
    Breakage(
        "an address hears before it agreed",
        "stakeholders/subscriptions/messages.py",
        "rows = Subscription.objects.confirmed().about(incident).exclude(way=Way.FEED)",
        "rows = Subscription.objects.about(incident).exclude(way=Way.FEED)",
        "tests/stakeholders/test_subscriptions.py::test_p48_an_address_hears_nothing_before_it_agreed_and_no_names",
    ),
    Breakage(
        "any key opens a feed",
        "people/feed_keys.py",
        "if user is None or not constant_time_compare(_key_of(user), key):",
        "if user is None:",
        "tests/stakeholders/test_subscriptions.py::test_feed_and_calendar_open_by_their_key_alone",
    ),
)

GUARDS = (
    *RIGHTS,
    *ACCOUNTS,
    *RECORD,
    *OUTBOX,
    *EDGE,
    *LEAVING,
    *FILES,
    *BOUNDARIES,
    *PAGES,
    *RACES,
)


def main(words: Sequence[str]) -> int:
    """Try the table, or what of it holds one of the words; the exit status.

    A whole run keeps its figures beside the benchmarks.
    """
    chosen = [one for one in GUARDS if not words or any(word in one.what for word in words)]
    found = try_all(chosen)
    unnoticed = {one.what: outcome for one, outcome in found.items() if outcome != Outcome.CAUGHT}
    figures = {"tried": len(found), "caught": len(found) - len(unnoticed), "unnoticed": unnoticed}
    print(f"{figures['caught']} of {figures['tried']} breakages were caught.")
    if not words:
        path = ROOT / "bench" / "results" / f"guards-{datetime.now(UTC):%Y-%m-%d}.json"
        path.write_text(json.dumps(figures, indent=1) + "\n")
    return int(bool(unnoticed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
