"""What falls due and what leaves, and to whom."""

from tests.faults.breakages import Breakage

SETTLING = "notifications/settling.py"

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
    Breakage(
        "a full mailbox is refused for good",
        "notifications/channels/email.py",
        "raise _refused(code, said, may_change=code == _MAILBOX_FULL) from error",
        "raise _refused(code, said) from error",
        "tests/faults/test_targets.py::test_a_mailbox_that_is_full_may_have_room_again",
    ),
    Breakage(
        "the closing word reaches who had it as the answer to a question",
        "stakeholders/subscriptions/messages.py",
        '            .exclude(pk__in=answered.values("person"))\n',
        "",
        "tests/stakeholders/test_words.py::test_p49_the_last_word_reaches_whoever_was_told_and_so_does_a_reopening",
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
