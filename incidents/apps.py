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
        from incidents.board import kinds as of_board
        from incidents.board.asking import mark_work_of_commander
        from incidents.board.deadlines import TimeBox
        from incidents.board.messages import MESSAGES as OF_THE_BOARD
        from incidents.board.queries import cards_serving, running_cards, unserving_cards
        from incidents.board.requirements import register_requirement
        from incidents.cadence import kinds as of_cadence
        from incidents.cadence.balance import check_books
        from incidents.cadence.deadlines import UpdatePromise
        from incidents.cadence.promises import hand_promise_over
        from incidents.catalogue.messages import MESSAGES as OF_SERVICES
        from incidents.changes import kinds as of_changes
        from incidents.changes.deadlines import ApprovalWaiting
        from incidents.changes.following import (
            ChangeOfCard,
            hand_approvals_over,
            let_approvals_fall,
        )
        from incidents.changes.messages import MESSAGES as OF_CHANGES
        from incidents.deployments import kinds as of_deployments
        from incidents.endstate import kinds as of_endstate
        from incidents.endstate.uses import register_unserving, register_use
        from incidents.endstate.watches import register_watch
        from incidents.escalations import kinds as of_escalations
        from incidents.escalations.actions import pass_escalations_on
        from incidents.escalations.deadlines import Unheard
        from incidents.escalations.messages import MESSAGES as OF_ESCALATIONS
        from incidents.hypotheses import kinds as of_hypotheses
        from incidents.hypotheses.uses import register_ruled_out
        from incidents.impact import kinds as of_impact
        from incidents.impact.queries import impacts_read_from
        from incidents.invitations import kinds as of_invitations
        from incidents.invitations.messages import MESSAGES as OF_INVITATIONS
        from incidents.leaving.approvals import HOLDINGS as APPROVALS
        from incidents.leaving.cards import HOLDINGS as CARDS
        from incidents.leaving.cards import let_go_of_cards
        from incidents.leaving.escalations import HOLDINGS as ESCALATIONS
        from incidents.leaving.messages import MESSAGES as OF_LEAVING
        from incidents.leaving.messages import tell_heirs
        from incidents.leaving.paused_work import HOLDINGS as PAUSED
        from incidents.leaving.seats import HOLDINGS as SEATS
        from incidents.leaving.watches import HOLDINGS as WATCHES
        from incidents.lifecycle import kinds as of_lifecycle
        from incidents.lifecycle.deadlines import TriageEnds, WarRoomLink
        from incidents.lifecycle.state import incident_state
        from incidents.line import kinds as of_line
        from incidents.line.messages import MESSAGES as OF_THE_LINE
        from incidents.line.queries import criteria_in_use_of
        from incidents.line.watching import CriterionWatch
        from incidents.record.answers import register_whole
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
        from incidents.roster.work import register_commands, register_left, register_running_work
        from incidents.sidework import kinds as of_sidework
        from incidents.sidework.deadlines import PausedWorkWaiting
        from incidents.sidework.messages import MESSAGES as OF_SIDE_WORK
        from incidents.updates import kinds as of_updates
        from incidents.updates.deadlines import QuestionWaiting
        from incidents.updates.messages import MESSAGES as OF_UPDATES
        from incidents.updates.questions import hand_questions_over
        from notifications.kinds import register
        from notifications.sight import register_sight
        from notifications.verdicts import register_verdict
        from people.callers import register_helping
        from people.leaving import register_holding, register_telling

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
            TimeBox(),
            ApprovalWaiting(),
        )
        for find in (cards_serving, impacts_read_from, criteria_in_use_of):
            register_use(find)
        register_unserving(unserving_cards)
        register_watch(CriterionWatch())
        register_requirement(ChangeOfCard())
        register_ruled_out(let_approvals_fall)
        register_running_work(running_cards)
        register_left(let_go_of_cards)
        register_commands(mark_work_of_commander)
        register_speaker_change(hand_promise_over)
        register_speaker_change(pass_escalations_on)
        register_speaker_change(hand_questions_over)
        register_speaker_change(hand_approvals_over)
        register_whole(lambda incident: incident_state(incident).model_dump())
        register_books(check_books)
        for messages in (
            OF_THE_BOARD,
            OF_CHANGES,
            OF_ESCALATIONS,
            OF_INVITATIONS,
            OF_LEAVING,
            OF_THE_LINE,
            OF_THE_ROSTER,
            OF_SERVICES,
            OF_SIDE_WORK,
            OF_UPDATES,
        ):
            register(*messages)
        register_verdict(verdict_on_seeing)
        register_sight(which_are_visible)
        for holding in (*SEATS, *CARDS, *APPROVALS, *ESCALATIONS, *PAUSED, *WATCHES):
            register_holding(holding)
        register_telling(tell_heirs)
        register_helping(helps_anywhere)
        for theme in (
            *(of_roster, of_endstate, of_line, of_sidework, of_impact, of_escalations),
            *(of_invitations, of_hypotheses, of_deployments, of_board, of_changes),
            *(of_cadence, of_updates, of_agents, of_lifecycle),
        ):
            register_kinds(theme.KINDS)
        for speaking in (of_hypotheses, of_board, of_escalations, of_agents):
            open_to_agents(*speaking.BY_AGENTS)
