"""Who may see and who may act."""

from tests.faults.breakages import Breakage

INCIDENT = "incidents/record/models/incident.py"

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
    Breakage(
        "anybody looks at the stakeholders' list",
        "stakeholders/views.py",
        "@login_required\n@require_safe\ndef overview(",
        "@require_safe\ndef overview(",
        "tests/matrix/test_who_may.py::test_who_may_at_every_other_address",
    ),
    Breakage(
        "the start page keeps promises of what was made private",
        "warroom/home.py",
        "mine = promises_of(person).filter(Q(incident_id=None) | Exists(theirs))",
        "mine = promises_of(person)",
        "tests/matrix/test_private_merges.py::test_a_promise_of_somebody_who_left_is_not_on_their_start_page",
    ),
    Breakage(
        "the start page keeps cards of what was made private",
        "warroom/home.py",
        "incident__in=visible(person).open())",
        "incident__in=Incident.objects.open())",
        "tests/matrix/test_private.py::test_no_page_tells_of_a_private_incident",
    ),
    Breakage(
        "the palette names private incidents",
        "warroom/home.py",
        "    visible = Incident.objects.visible_to(user)\n    newest",
        "    visible = Incident.objects.all()\n    newest",
        "tests/warroom/test_views.py::test_the_palette_lists_only_what_one_may_see",
    ),
    Breakage(
        "the list names private incidents",
        "warroom/home.py",
        'found = Incident.objects.visible_to(user).order_by("-declared_at", "-id")',
        'found = Incident.objects.order_by("-declared_at", "-id")',
        "tests/matrix/test_private.py::test_no_page_tells_of_a_private_incident",
    ),
    Breakage(
        "a merge names a private target outside",
        "incidents/endstate/endings.py",
        "is_named = target is not None and not target.private and _is_seen",
        "is_named = target is not None and _is_seen",
        "tests/matrix/test_private_merges.py::test_a_public_incident_merged_into_a_private_one_says_so_and_nothing_else",
    ),
    Breakage(
        "anybody watches in recovery",
        "incidents/cadence/actions.py",
        "sees = watching.is_active and watching.is_responder and is_visible(watching, incident.pk)",
        "sees = True",
        "tests/incidents/cadence/test_recovery.py::test_p40_who_cannot_see_or_act_does_not_watch",
    ),
    Breakage(
        "alerts of a merged incident go to a private one",
        "alerts/actions.py",
        "        if target.private:\n            break\n",
        "",
        "tests/alerts/test_alerts.py::test_alerts_of_what_was_merged_into_a_private_one_stay_outside_of_it",
    ),
)
