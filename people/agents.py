"""How often an agent may call: counted on its token, a minute at a time (P37)."""

from datetime import timedelta

from django.db import transaction

from clock.queries import now
from people.models import ApiToken
from refusals.errors import TooMany

MINUTE = timedelta(minutes=1)


@transaction.atomic
def count_call(token: ApiToken) -> None:
    """Count one call of an agent. Raises ``TooMany`` beyond its ``calls_a_minute``.

    Locks the token's row for the moment of counting. Two queries and the clock's.
    """
    counted = ApiToken.objects.select_for_update().get(pk=token.pk)
    moment = now()
    since = counted.counted_since
    if since is None or not since <= moment < since + MINUTE:
        since, counted.counted_calls = moment, 0
    if counted.counted_calls >= counted.calls_a_minute:
        raise TooMany(
            f"{token.name} calls more often than {counted.calls_a_minute} times a minute.",
            (since + MINUTE - moment).total_seconds(),
        )
    counted.counted_since, counted.counted_calls = since, counted.counted_calls + 1
    counted.save(update_fields=["counted_since", "counted_calls"])
