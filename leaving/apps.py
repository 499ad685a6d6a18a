"""The registration of what passes on from people who leave, with the rooms that ask for it."""

from django.apps import AppConfig


class LeavingConfig(AppConfig):
    """See docs/practices.md, *People who leave*."""

    name = "leaving"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say what people can hold, who inherits it, and who is told."""
        from incidents.roster.work import register_left
        from leaving.agents import HOLDINGS as AGENTS
        from leaving.approvals import HOLDINGS as APPROVALS
        from leaving.cards import HOLDINGS as CARDS
        from leaving.cards import let_go_of_cards
        from leaving.escalations import HOLDINGS as ESCALATIONS
        from leaving.hypotheses import HOLDINGS as HYPOTHESES
        from leaving.hypotheses import let_go_of_hypotheses
        from leaving.messages import MESSAGES, tell_heirs
        from leaving.obligations import HOLDINGS as OBLIGATIONS
        from leaving.paused_work import HOLDINGS as PAUSED
        from leaving.reviews import HOLDINGS as REVIEWS
        from leaving.seats import HOLDINGS as SEATS
        from leaving.watches import HOLDINGS as WATCHES
        from notifications.kinds import register
        from people.leaving import register_holding, register_telling

        register(*MESSAGES)
        register_left(let_go_of_cards)
        register_left(let_go_of_hypotheses)
        for holding in (
            *SEATS,
            *CARDS,
            *HYPOTHESES,
            *APPROVALS,
            *ESCALATIONS,
            *PAUSED,
            *OBLIGATIONS,
            *WATCHES,
            *REVIEWS,
            *AGENTS,
        ):
            register_holding(holding)
        register_telling(tell_heirs)
