"""What webhooks and chats share: who an endpoint is, and what an answer of HTTP means."""

from collections.abc import Sequence
from datetime import timedelta

from notifications.channels import Later, Never, Setup
from notifications.models import ENDPOINT, Delivery, Endpoint
from notifications.outgoing import Answer, Forbidden, Silent, post
from pages.numbers import whole
from people.sealing import Unreadable, unseal

GONE = 410
_AWAY = frozenset({429, 502, 503, 504})
#: Not the message's fault, and another may go through.
_PERHAPS = frozenset({408, 409, 421, 423, 425})
_SAID = 200


class Gone(Never):
    """The endpoint says that it is no more, so nobody sends there again."""


def describe() -> Setup:
    """Each endpoint has its own line, so there is nothing to say of all."""
    return Setup(True, "Each channel outside has its own test below.")


def target_of(address: str) -> str:
    """Every endpoint is a target of its own: one that hangs holds up nobody else."""
    return address


def endpoint_of(deliveries: Sequence[Delivery]) -> Endpoint:
    """Where the deliveries of one recipient go; ``Never`` where it is not there any more."""
    number = whole(deliveries[0].address.removeprefix(ENDPOINT))
    found = Endpoint.objects.filter(pk=number, disabled_at=None).first() if number else None
    if found is None:
        raise Never("The channel was removed or disabled.")
    return found


def address_of(endpoint: Endpoint) -> str:
    """Its address in clear; ``Never`` where the key that sealed it is gone."""
    return _in_clear(endpoint.url)


def secret_of(endpoint: Endpoint) -> str:
    """Its signing secret in clear."""
    return _in_clear(endpoint.secret)


def hand_over(url: str, body: bytes, headers: dict[str, str]) -> None:
    """Post ``body``; raises ``Later``, ``Never`` or ``Gone`` for everything but a 2xx."""
    named = {"Content-Type": "application/json", "User-Agent": "Endstate", **headers}
    try:
        judge(post(url, body, named))
    except Forbidden as error:
        raise Never(str(error)) from error
    except Silent as error:
        raise Later(str(error), whole_channel=True, unsure=error.unsure) from error


def judge(answer: Answer) -> None:
    """What an answer means: 2xx is taken, 410 is the end of the endpoint, a redirect is a no."""
    status = answer.status
    if 200 <= status < 300:
        return
    words = answer.body[:_SAID].decode(errors="replace").strip()
    said = f"It answered {status}{words and f': {words}'}"
    asked = answer.retry_after_s
    after = timedelta(seconds=asked) if asked is not None else None
    if status == GONE:
        raise Gone(f"{said} It is gone, and the channel is disabled.")
    if 300 <= status < 400:
        raise Never(f"It answered {status}, and redirects are not followed.")
    if status in _AWAY or status >= 500:
        raise Later(said, after=after, whole_channel=status in _AWAY)
    if status in _PERHAPS:
        raise Later(said, after=after)
    raise Never(said)


def _in_clear(sealed: str) -> str:
    try:
        return unseal(sealed)
    except Unreadable:
        raise Never("Its address was sealed with a SECRET_KEY that is gone.") from None
