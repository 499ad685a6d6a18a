"""Who may lead a review."""

from people.models import User
from postmortems.review.models import Postmortem
from refusals.errors import Forbidden


def is_facilitator(postmortem: Postmortem, person: User) -> bool:
    """Whether ``person`` runs the review; an administrator may stand in."""
    return person.is_admin or postmortem.facilitator_id == person.pk


def check_facilitates(postmortem: Postmortem, by: User, to_do: str) -> None:
    """Forbid anybody but the facilitator, and who may stand in."""
    if is_facilitator(postmortem, by):
        return
    who = postmortem.facilitator.name if postmortem.facilitator else "an administrator"
    raise Forbidden(f"The facilitator decides that: ask {who} to {to_do}.")
