"""Who may follow an action item."""

from people.models import User
from postmortems.items.models import ActionItem
from refusals.errors import Forbidden


def check_may_follow(item: ActionItem, by: User) -> None:
    """Forbid people who neither respond to incidents nor own the item."""
    if not by.is_responder and item.owner_id != by.pk:
        raise Forbidden("Responders and the item's owner change an action item.")
