"""The incidents app's registration with Django and with the apps below it."""

from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    """See ARCHITECTURE.md for what lives in incidents."""

    name = "incidents"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the themes known to each other and to the rooms below."""
        from django.db.models import Field

        from deadlines.queries import register_books
        from incidents.agents import kinds as of_agents
        from incidents.approvals import kinds as of_approvals
        from incidents.approvals.actions import let_go
        from incidents.approvals.deadlines import ApprovalWaiting
        from incidents.approvals.following import hand_approvals_over, let_approvals_fall
        from incidents.approvals.messages import MESSAGES as OF_APPROVALS
        from incidents.asks import kinds as of_asks
        from incidents.asks.messages import MESSAGES as OF_ASKS
        from incidents.board import kinds as of_board
        from incidents.board.deadlines import TimeBox
        from incidents.board.messages import MESSAGES as OF_THE_BOARD
        from incidents.cadence import kinds as of_cadence
        from incidents.cadence.balance import check_books, what_is_late
        from incidents.cadence.deadlines import UpdatePromise
        from incidents.cadence.promises import hand_promise_over
        from incidents.cards.queries import cards_serving, running_cards, unserving_cards
        from incidents.changes import kinds as of_changes
        from incidents.changes.drafts import register_letting_go
        from incidents.deployments import kinds as of_deployments
        from incidents.deployments.suspecting import let_cause_go, take_cause_up
        from incidents.endstate import kinds as of_endstate
        from incidents.endstate.uses import register_unserving, register_use
        from incidents.endstate.watches import register_watch
        from incidents.escalations import kinds as of_escalations
        from incidents.escalations.actions import pass_escalations_on
        from incidents.escalations.deadlines import Unheard
        from incidents.escalations.messages import MESSAGES as OF_ESCALATIONS
        from incidents.gates import kinds as of_gates
        from incidents.gates.asking import mark_work_of_commander
        from incidents.gates.messages import MESSAGES as OF_THE_GATES
        from incidents.gates.requirements import register_requirement
        from incidents.hypotheses import kinds as of_hypotheses
        from incidents.hypotheses.uses import register_ruled_out, register_taken_up
        from incidents.impact import kinds as of_impact
        from incidents.impact.queries import impacts_read_from
        from incidents.invitations import kinds as of_invitations
        from incidents.invitations.messages import MESSAGES as OF_INVITATIONS
        from incidents.lifecycle import kinds as of_lifecycle
        from incidents.lifecycle.course import register_follower
        from incidents.lifecycle.deadlines import WarRoomLink
        from incidents.lifecycle.messages import MESSAGES as OF_THE_LIFECYCLE
        from incidents.lifecycle.receivers import show_what_was_recorded_afterwards
        from incidents.line import kinds as of_line
        from incidents.line.messages import MESSAGES as OF_THE_LINE
        from incidents.line.queries import criteria_in_use_of
        from incidents.line.watching import CriterionWatch
        from incidents.obligations import kinds as of_obligations
        from incidents.obligations.deadlines import ObligationDue
        from incidents.obligations.messages import MESSAGES as OF_OBLIGATIONS
        from incidents.outcomes import kinds as of_outcomes
        from incidents.outcomes.messages import MESSAGES as OF_OUTCOMES
        from incidents.outcomes.requirements import ChangeOfCard
        from incidents.record.answers import register_whole
        from incidents.record.hooks import entry_recorded
        from incidents.record.kinds import open_to_agents, register_kinds
        from incidents.record.searching import Called, Says
        from incidents.record.visibility import (
            helps_anywhere,
            verdict_on_seeing,
            which_are_visible,
        )
        from incidents.roster import kinds as of_roster
        from incidents.roster.deadlines import CommandAcceptance, FixOwnerMissing, NoCommander
        from incidents.roster.messages import MESSAGES as OF_THE_ROSTER
        from incidents.roster.speaking import register_speaker_change
        from incidents.roster.work import register_commands, register_running_work
        from incidents.sharing import kinds as of_sharing
        from incidents.sidework import kinds as of_sidework
        from incidents.sidework.deadlines import PausedWorkWaiting
        from incidents.sidework.messages import MESSAGES as OF_SIDE_WORK
        from incidents.state.answers import incident_state
        from incidents.state.headings import headings_of_incidents
        from incidents.triage import kinds as of_triage
        from incidents.triage.deadlines import TriageEnds
        from incidents.triage.window import TriageWindow
        from incidents.updates import kinds as of_updates
        from incidents.updates.deadlines import QuestionWaiting
        from incidents.updates.messages import MESSAGES as OF_UPDATES
        from incidents.updates.questions import hand_questions_over
        from notifications.headings import register_heading
        from notifications.kinds import register
        from notifications.sight import register_sight
        from notifications.verdicts import register_verdict
        from people.callers import register_helping

        Field.register_lookup(Says)
        Field.register_lookup(Called)
        register(
            UpdatePromise(),
            WarRoomLink(),
            TriageEnds(),
            NoCommander(),
            FixOwnerMissing(),
            CommandAcceptance(),
            QuestionWaiting(),
            Unheard(),
            PausedWorkWaiting(),
            ObligationDue(),
            TimeBox(),
            ApprovalWaiting(),
        )
        for find in (cards_serving, impacts_read_from, criteria_in_use_of):
            register_use(find)
        register_unserving(unserving_cards)
        register_watch(CriterionWatch())
        register_requirement(ChangeOfCard())
        register_letting_go(let_go)
        register_ruled_out(let_approvals_fall)
        register_ruled_out(let_cause_go)
        register_taken_up(take_cause_up)
        register_running_work(running_cards)
        register_commands(mark_work_of_commander)
        register_speaker_change(hand_promise_over)
        register_speaker_change(pass_escalations_on)
        register_speaker_change(hand_questions_over)
        register_speaker_change(hand_approvals_over)
        register_whole(lambda incident: incident_state(incident).model_dump())
        register_follower(TriageWindow())
        register_books(check_books, late=what_is_late)
        for messages in (
            OF_THE_BOARD,
            OF_APPROVALS,
            OF_OUTCOMES,
            OF_ESCALATIONS,
            OF_THE_GATES,
            OF_INVITATIONS,
            OF_OBLIGATIONS,
            OF_THE_LIFECYCLE,
            OF_THE_LINE,
            OF_THE_ROSTER,
            OF_ASKS,
            OF_SIDE_WORK,
            OF_UPDATES,
        ):
            register(*messages)
        register_verdict(verdict_on_seeing)
        register_sight(which_are_visible)
        entry_recorded.connect(
            show_what_was_recorded_afterwards, dispatch_uid="incidents.lifecycle"
        )
        register_heading(headings_of_incidents)
        register_helping(helps_anywhere)
        for theme in (
            *(of_roster, of_endstate, of_line, of_sidework, of_impact, of_escalations),
            *(of_invitations, of_sharing, of_obligations, of_asks),
            *(of_hypotheses, of_deployments, of_gates, of_board, of_changes),
            *(
                of_approvals,
                of_outcomes,
                of_cadence,
                of_updates,
                of_agents,
                of_lifecycle,
                of_triage,
            ),
        ):
            register_kinds(theme.KINDS)
        for speaking in (of_hypotheses, of_board, of_escalations, of_agents):
            open_to_agents(*speaking.BY_AGENTS)
