"""Moving the clock: for tests and the drill player only."""

from django.db import transaction

from clock.models import Offset


@transaction.atomic
def set_offset(seconds: float) -> None:
    """Make ``endstate_now()`` run ``seconds`` ahead of the database's clock (negative: behind).

    Twice the same value changes nothing. Every process sees it with its next query.
    """
    Offset.objects.update_or_create(pk=1, defaults={"seconds": seconds})
