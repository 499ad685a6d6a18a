"""Links of mails that act without an account: signed, so that nobody makes one up."""

from collections.abc import Sequence
from datetime import timedelta

from django.core import signing
from django.urls import reverse

from pages.numbers import whole
from refusals.errors import NotVisible

CONFIRM_WITHIN = timedelta(days=7)
_ENDING = signing.Signer(salt="stakeholders.subscriptions.end", sep="~")
_CONFIRMING = signing.TimestampSigner(salt="stakeholders.subscriptions.confirm", sep="~")


def ending_link(subscriptions: Sequence[int]) -> str:
    """The path that ends these subscriptions, for as long as they stand."""
    token = _ENDING.sign(".".join(map(str, subscriptions)))
    return reverse("stakeholders:end-subscription", args=[token])


def ended_by(token: str) -> list[int]:
    """The subscriptions that a link ends; ``NotVisible`` for one that is not ours."""
    try:
        numbers = [whole(one) for one in _ENDING.unsign(token).split(".")]
    except signing.BadSignature:
        raise NotVisible from None
    return [one for one in numbers if one is not None]


def confirming_link(subscription: int) -> str:
    """The path that confirms a subscription, within a week."""
    token = _CONFIRMING.sign(str(subscription))
    return reverse("stakeholders:confirm-subscription", args=[token])


def confirmed_by(token: str) -> int:
    """The subscription that a link confirms; ``NotVisible`` for one that is not ours or is old."""
    try:
        number = whole(_CONFIRMING.unsign(token, max_age=CONFIRM_WITHIN))
    except signing.BadSignature:
        raise NotVisible from None
    return number or 0
