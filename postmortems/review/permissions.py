"""Who may lead a review."""

from people.models import User
from postmortems.review.models import Postmortem
from refusals.errors import Forbidden


def check_facilitates(postmortem: Postmortem, by: User, to_do: str) -> None:
    """Forbid anybody but the facilitator; an administrator may stand in."""
    if by.is_admin or postmortem.facilitator_id == by.pk:
        return
    who = postmortem.facilitator.name if postmortem.facilitator else "an administrator"
    raise Forbidden(f"The facilitator decides that: ask {who} to {to_do}.")
