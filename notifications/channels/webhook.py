"""Webhooks of our own, signed by the rules of Standard Webhooks.

``webhook-id`` is the delivery's and stays the same when it is tried again, so that a receiver who
has it already may pass over it; what is signed is ``id.timestamp.body``.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from clock.queries import now
from notifications.channels import Send
from notifications.channels.posting import address_of, endpoint_of, hand_over, secret_of
from notifications.channels.status import noting
from notifications.links import absolute
from notifications.models import Delivery

PREFIX = "whsec_"
_SECRET_BYTES = 32


def new_secret() -> str:
    """A fresh signing secret, 256 bit, as receivers keep it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


@contextmanager
def session() -> Iterator[Send]:
    """Nothing to open: each message is a request of its own."""
    yield _send


def _send(deliveries: Sequence[Delivery]) -> None:
    endpoint = endpoint_of(deliveries)
    with noting(endpoint):
        body = json.dumps(_body(deliveries), ensure_ascii=False).encode()
        headers = signed(str(deliveries[0].id), body, secret_of(endpoint))
        hand_over(address_of(endpoint), body, headers)


def signed(message_id: str, body: bytes, secret: str) -> dict[str, str]:
    """The three headers for ``body``, at the present moment."""
    stamp = str(int(now().timestamp()))
    key = base64.b64decode(secret.removeprefix(PREFIX))
    content = b".".join([message_id.encode(), stamp.encode(), body])
    signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{signature}",
    }


def _body(deliveries: Sequence[Delivery]) -> dict[str, Any]:
    if len(deliveries) == 1:
        return _one(deliveries[0])
    return {
        "type": "digest",
        "timestamp": _time(deliveries[0]),
        "data": {"items": [_one(delivery) for delivery in deliveries]},
    }


def _one(delivery: Delivery) -> dict[str, Any]:
    data = {
        "incident": delivery.incident_ref or None,
        "subject": delivery.subject_line,
        "text": delivery.text,
        "url": absolute(delivery.url),
        **delivery.context.get("data", {}),
    }
    kind = delivery.step or delivery.kind
    return {"type": kind, "timestamp": _time(delivery), "data": data}


def _time(delivery: Delivery) -> str:
    return delivery.created_at.isoformat().replace("+00:00", "Z")
