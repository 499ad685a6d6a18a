"""Channels outside: made, tried and removed by managers (``models.Endpoint``)."""

import re
from uuid import UUID, uuid4

from django.db import transaction

from clock.queries import now
from notifications.actions import TEST_LIVES, cancel_deliveries
from notifications.channels.webhook import new_secret
from notifications.messages import ChannelTest
from notifications.models import Delivery, Endpoint, EndpointKind
from notifications.outbox import Message, queue_deliveries
from notifications.outgoing import read_url
from pages.texts import read_address, read_line
from people.models import User
from people.sealing import seal
from refusals.errors import Forbidden, Invalid, NotVisible

LONGEST_URL = 2_000
_APPRISE = re.compile(r"([a-z][a-z0-9+.-]{1,40})://\S+", re.IGNORECASE)


def check_may_keep(user: User) -> None:
    """Refuse (``Forbidden``) everybody but managers: what is told outside is theirs to decide."""
    if not user.is_admin:
        raise Forbidden("Administrators keep the channels.")


@transaction.atomic
def add_channel(
    *, by: User, kind: str, url: str, name: str, room_url: str = ""
) -> tuple[Endpoint, str]:
    """Make a channel; answers it with its signing secret, which a webhook has and nobody else.

    The secret is answered this once: it is kept sealed, as the address is. Who may: managers.
    Raises ``Invalid`` for an address that is never gone to, and for a name that is taken. Nobody
    is asked yet: whether it takes messages ``try_channel`` shows.
    """
    check_may_keep(by)
    name = read_line("name", name, 80, required="Say what people call it.")
    if Endpoint.objects.filter(name__iexact=name).exists():
        raise Invalid({"name": "Another channel has this name."})
    url, host = _read_url(kind, url)
    secret = new_secret() if kind == EndpointKind.WEBHOOK else ""
    endpoint = Endpoint.objects.create(
        kind=kind,
        name=name,
        url=seal(url),
        secret=seal(secret) if secret else "",
        host=host,
        room_url=read_address("room_url", room_url),
        added_by=by,
        created_at=now(),
    )
    return endpoint, secret


def _read_url(kind: str, url: str) -> tuple[str, str]:
    """The address and what of it may be shown."""
    url = read_line("url", url, LONGEST_URL, required="Say where to send.")
    if kind != EndpointKind.APPRISE:
        parts = read_url(url)
        return url, parts.netloc[:260]
    found = _APPRISE.fullmatch(url)
    if found is None:
        raise Invalid({"url": "apprise's addresses look like service://token; see its list."})
    return url, found[1].lower()


@transaction.atomic
def remove_channel(endpoint: Endpoint, *, by: User) -> None:
    """Remove a channel; what has not left for it is cancelled. Who may: managers. Twice is once."""
    check_may_keep(by)
    cancel_deliveries(reason="The channel was removed.", target=endpoint.address)
    Endpoint.objects.filter(pk=endpoint.pk).delete()


@transaction.atomic
def try_channel(endpoint: Endpoint, *, by: User) -> UUID:
    """Send a message there to see whether it arrives; answers the delivery's id.

    A disabled one is enabled again by it. It goes the way of every delivery, and an hour later it
    is not worth sending any more. Who may: managers.
    """
    check_may_keep(by)
    Endpoint.objects.filter(pk=endpoint.pk).update(disabled_at=None)
    key = f"test:{uuid4()}"
    moment = now()
    queue_deliveries(
        [
            Message(
                key=key,
                kind=ChannelTest.name,
                subject_line="A test from Endstate",
                text=f"A test from Endstate\n{by.name} asked for it to see whether it arrives.",
                address=endpoint.address,
                channels=(endpoint.channel,),
                context={"to": endpoint.name},
                url="/",
                expires_at=moment + TEST_LIVES,
            )
        ]
    )
    found: UUID = Delivery.objects.values_list("pk", flat=True).get(key=f"{key}/{endpoint.channel}")
    return found


def channel_by(pk: int) -> Endpoint:
    """The channel with that id; ``NotVisible`` where there is none."""
    endpoint = Endpoint.objects.filter(pk=pk).first()
    if endpoint is None:
        raise NotVisible
    return endpoint
