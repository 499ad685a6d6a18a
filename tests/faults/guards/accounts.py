"""Accounts, sessions, tokens, and who somebody is."""

from tests.faults.breakages import Breakage

CALLERS = "people/callers.py"
LIMITS = "people/limits.py"

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
    Breakage(
        "an address that somebody has is given to another",
        "people/moving.py",
        "return bool(User.objects.with_address(email).exclude(pk=person.pk).exists())",
        "return False",
        "tests/people/test_addresses.py::test_an_address_that_is_taken_or_none_is_refused",
    ),
)
