"""Writes down when an endpoint last took a message and when it failed; ends one that is gone."""

from collections.abc import Iterator
from contextlib import contextmanager

from clock.models import Now
from notifications.channels import Later, Never
from notifications.channels.posting import Gone
from notifications.models import Endpoint
from notifications.outbox import one_line


@contextmanager
def noting(endpoint: Endpoint) -> Iterator[None]:
    """Note how what happens inside ends; what it raises goes on."""
    row = Endpoint.objects.filter(pk=endpoint.pk)
    try:
        yield
    except (Later, Never) as error:
        row.update(failed_at=Now(), last_error=one_line(str(error), 500))
        if isinstance(error, Gone):
            row.update(disabled_at=Now())
        raise
    row.update(succeeded_at=Now())
