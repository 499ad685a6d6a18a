"""The record, and what is written at the same time."""

from tests.faults.breakages import Breakage

TIMELINE = "incidents/record/timeline.py"
KEYS = "api/idempotency.py"

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
    Breakage(
        "an update answers another incident's question",
        "incidents/updates/answering.py",
        "set(incident.questions.filter(pk__in=lines).values_list",
        "set(Question.objects.filter(pk__in=lines).values_list",
        "tests/matrix/test_bodies.py::test_an_id_of_another_incident_is_refused_and_changes_neither",
    ),
    Breakage(
        "an impact is read from another incident's signal",
        "incidents/impact/actions.py",
        "signals = Signal.objects.standing().filter(incident=incident)",
        "signals = Signal.objects.standing()",
        "tests/matrix/test_bodies.py::test_an_id_of_another_incident_is_refused_and_changes_neither",
    ),
    Breakage(
        "a why stands below another review's",
        "postmortems/whys/actions.py",
        "above = postmortem.whys.filter(pk=parent).first()",
        "above = Why.objects.filter(pk=parent).first()",
        "tests/matrix/test_bodies.py::test_an_id_of_another_incident_is_refused_and_changes_neither",
    ),
    Breakage(
        "a card that comes back keeps its old proof",
        "incidents/board/timing.py",
        'card.proof, card.proof_files, card.done_at = "", [], None',
        "card.proof_files, card.done_at = [], None",
        "tests/incidents/gates/test_done.py::test_p33_a_card_that_comes_back_needs_a_new_proof",
    ),
    Breakage(
        "the chain does not cover who did it",
        "incidents/record/timeline.py",
        '"actor": entry.actor_id,',
        '"actor": None,',
        "tests/incidents/record/test_record.py::test_every_column_that_is_altered_is_found",
    ),
    Breakage(
        "the chain does not cover when it happened",
        "incidents/record/timeline.py",
        '"at": entry.at.astimezone(UTC).isoformat(),',
        '"at": entry.recorded_at.astimezone(UTC).isoformat(),',
        "tests/incidents/record/test_record.py::test_every_column_that_is_altered_is_found",
    ),
    Breakage(
        "an entry that is missing is not missed",
        "incidents/record/timeline.py",
        "if entry.seq != expected:",
        "if False:",
        "tests/incidents/record/test_record.py::test_a_removed_or_swapped_entry_and_an_altered_end_are_found",
    ),
    Breakage(
        "the second person is taken off a running risky card",
        "incidents/gates/rules.py",
        'if changed & {"risk", "pair", "owner"}:',
        'if changed & {"risk"}:',
        "tests/incidents/gates/test_gates.py::test_p15_the_second_person_is_not_taken_off_a_running_card",
    ),
    Breakage(
        "the time box stays the old owner's",
        "incidents/board/actions.py",
        '        if card.column == Column.NOW and "owner" in changed:\n'
        "            follow_time_box(card, incident, Column.NOW)\n",
        "",
        "tests/incidents/board/test_board.py::test_p34_the_time_box_is_owed_by_whoever_owns_the_card_now",
    ),
    Breakage(
        "parking by a swap tells its change nothing",
        "incidents/board/actions.py",
        "    _tell_of_parking(card, incident, by=by)\n    gate = judge_column(other",
        "    gate = judge_column(other",
        "tests/incidents/approvals/test_approvals.py::test_p35_parking_by_a_swap_withdraws_what_does_not_run_too",
    ),
    Breakage(
        "an override vanishes at the next resolution",
        "incidents/lifecycle/actions.py",
        "incident.resolved_override = override or incident.resolved_override",
        "incident.resolved_override = override",
        "tests/incidents/lifecycle/test_lifecycle.py::test_p24_an_override_that_was_needed_once_stays_when_the_next_end_needs_none",
    ),
    Breakage(
        "what was said in time and recorded late counts as late",
        "incidents/updates/actions.py",
        "was_late=incident.update_overdue_at(said_at or moment)",
        "was_late=incident.update_overdue_at(moment)",
        "tests/incidents/updates/test_updates.py::test_p40_what_was_said_in_time_and_recorded_late_was_not_late",
    ),
    Breakage(
        "an old offer can be accepted after the seat passed",
        "incidents/roster/actions.py",
        "    if role == RosterRole.COMMANDER:\n        _end_offers(incident)\n",
        "",
        "tests/incidents/roster/test_command.py::test_p11_an_offer_ends_when_the_seat_is_taken_meanwhile",
    ),
    Breakage(
        "a corrected mitigation keeps the old value at the end",
        "incidents/lifecycle/times.py",
        '    if "impact_ended_at" in names:\n        keep_values_at_end(incident)\n',
        "",
        "tests/incidents/impact/test_impact.py::test_p04_a_corrected_mitigation_counts_what_was_measured_by_then",
    ),
    Breakage(
        "a reason for no items stays although there are some",
        "postmortems/publication/actions.py",
        'postmortem.no_actions_because = "" if has_items(postmortem) else no_actions_because',
        "postmortem.no_actions_because = no_actions_because",
        "tests/postmortems/publication/test_findings.py::test_p57_why_there_is_no_item_is_not_said_beside_items",
    ),
    Breakage(
        "who inherited an item may verify it after giving it away",
        "leaving/reviews.py",
        "            item.owners.add(heir)\n",
        "",
        "tests/postmortems/items/test_verifying.py::test_p58_whoever_inherited_it_from_who_left_has_owned_it",
    ),
    Breakage(
        "signals of an ended incident move on",
        "stakeholders/queries.py",
        "views=signal_views(signals, ended_at(incident) or at)",
        "views=signal_views(signals, at)",
        "tests/stakeholders/test_pages.py::test_p46_what_is_over_shows_its_signals_as_they_stood_at_its_end",
    ),
    Breakage(
        "who was only offered command leads in the stakeholders' list",
        "stakeholders/queries.py",
        "        accepted_at__isnull=False,\n",
        "",
        "tests/stakeholders/test_pages.py::test_p46_who_was_only_offered_command_does_not_lead",
    ),
    Breakage(
        "who leaves makes an admin a contact beside others",
        "leaving/seats.py",
        "if heir is not None and not policy.escalation_contacts.exists():",
        "if heir is not None:",
        "tests/leaving/test_leaving.py::test_where_another_contact_is_left_nobody_takes_the_place_of_who_leaves",
    ),
)

#: Two at once.
RACES = (
    Breakage(
        "a swap looks at no version",
        "incidents/board/actions.py",
        "        check_seen(card, version)\n    if card.column != Column.NOW or other.",
        "        pass\n    if card.column != Column.NOW or other.",
        "tests/matrix/test_races.py::test_p32_a_swap_and_a_move_of_the_card_it_parks",
    ),
    Breakage(
        "a move looks at no version",
        "incidents/board/actions.py",
        "    check_seen(fresh, version)\n    if position is not None and position < 0:",
        "    if position is not None and position < 0:",
        "tests/matrix/test_races.py::test_p32_a_swap_and_a_move_of_the_card_it_starts",
    ),
    Breakage(
        "a change starts in the middle of a stop",
        "incidents/outcomes/rules.py",
        "    stop = facts.stop\n",
        "    stop = None\n",
        "tests/matrix/test_races.py::test_p38_a_change_that_is_started_while_the_line_is_resumed",
    ),
    Breakage(
        "an item is verified as it was before the lock",
        "postmortems/items/access.py",
        "    incident = lock_incident(incident_id)\n"
        "    # Asked again, since the lock may have waited for somebody who took the right away.\n"
        '    fresh = found.select_related("owner", "postmortem__facilitator").first()\n',
        '    fresh = found.select_related("owner", "postmortem__facilitator").first()\n'
        "    incident = lock_incident(incident_id)\n",
        "tests/matrix/test_races.py::test_p58_finishing_and_verifying",
    ),
    Breakage(
        "a review is reworded as it was before the lock",
        "postmortems/review/access.py",
        "    incident = enter(incident_id, by=by, joins=False)\n"
        "    return incident, fresh_review(incident)\n",
        "    review = Postmortem.objects.get(pk=pk)\n"
        "    review.incident = enter(incident_id, by=by, joins=False)\n"
        "    return review.incident, review\n",
        "tests/matrix/test_races.py::test_p59_publishing_and_rewording",
    ),
)
