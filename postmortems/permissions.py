"""Who may do what in a review, beyond seeing it. Seeing is ``visible_to`` of the models."""

from people.models import User
from postmortems.models import ActionItem, Postmortem
from refusals.errors import Forbidden


def check_facilitates(postmortem: Postmortem, by: User, to_do: str) -> None:
    """Forbid anybody but the facilitator; an administrator may stand in."""
    if by.is_admin or postmortem.facilitator_id == by.pk:
        return
    who = postmortem.facilitator.name if postmortem.facilitator else "an administrator"
    raise Forbidden(f"The facilitator decides that: ask {who} to {to_do}.")


def check_may_follow(item: ActionItem, by: User) -> None:
    """Forbid people who neither respond to incidents nor own the item."""
    if not by.is_responder and item.owner_id != by.pk:
        raise Forbidden("Responders and the item's owner change an action item.")
