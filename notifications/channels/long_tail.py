"""Hands messages to the many services that apprise knows, by way of the addresses we go to.

apprise is loaded when the first such message leaves: it is large, and most never need it. Of its
services only those are used that speak HTTP, and what they send leaves by our own session, which
connects to the address that was checked and follows nothing.
"""

import sys
import threading
import time
from importlib import import_module
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests

from notifications import outgoing
from notifications.channels import Later, Never
from notifications.channels.wording import cut, first_line, harmless
from notifications.outgoing import Forbidden, Silent, port_of, safe_address
from waits.exchanges import Adapter, Session

LIMIT = 8_000
_SPEAK_OTHERWISE = ("socket", "smtplib", "subprocess", "ssl", "websocket", "websockets")


def hand_over(url: str, text: str, link: str) -> None:
    """Send ``text`` with ``link`` to the service that ``url`` names in apprise's words.

    Raises ``Never`` for one that apprise does not know or that speaks no HTTP, ``Later`` when it
    did not take it: apprise does not say why.
    """
    apprise = import_module("apprise")
    asset = apprise.AppriseAsset(http_redirects=False, storage_mode="memory", secure_logging=True)
    service = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if service is None:
        raise Never("No service that apprise knows has such an address.")
    module = sys.modules[type(service).__module__]
    if not hasattr(module, "requests") or any(hasattr(module, one) for one in _SPEAK_OTHERWISE):
        raise Never(f"{type(service).service_name} does not speak HTTP, so it is not used.")
    module.requests = _careful()  # type: ignore[attr-defined]
    service.redirects = False
    first, rest = first_line(harmless(cut(text, LIMIT)))
    body = "\n\n".join(part for part in (rest, link) if part)
    _whole.ends_at = time.monotonic() + outgoing.WITHIN_S
    try:
        is_taken = service.notify(title=first, body=body or first)
    except Forbidden as error:
        raise Never(str(error)) from error
    except Silent as error:
        raise Later(str(error), whole_channel=True) from error
    if not is_taken:
        raise Later("The service did not take it.", whole_channel=True)


#: When the message that this thread hands over is given up, whatever its service asks meanwhile.
_whole = threading.local()


class _Pinned(Adapter):
    """Connects to the address that was checked, with the name's certificate."""

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Look the name up once and go to what it says, if that is a place to go to."""
        parts = urlsplit(request.url)
        host = parts.hostname or ""
        port = port_of(parts)
        address = safe_address(host, port)
        there = f"[{address}]" if ":" in address else address
        request.headers["Host"] = parts.netloc.rpartition("@")[2]
        request.url = urlunsplit(parts._replace(netloc=f"{there}:{port}"))
        if parts.scheme == "https":
            names = {"server_hostname": host, "assert_hostname": host}
            self.poolmanager.connection_pool_kw.update(names)
        return super().send(request, *args, **kwargs)


class _Session(Session):
    """A session of requests that follows nothing and asks no proxy."""

    def __init__(self) -> None:
        super().__init__(max(0.001, _whole.ends_at - time.monotonic()))
        self.trust_env = False
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Pinned(self))

    def request(self, *args: Any, **kwargs: Any) -> Any:
        """One request, within its time."""
        return super().request(*args, **{**kwargs, "allow_redirects": False})


def _careful() -> ModuleType:
    """What apprise takes for the module ``requests``: the same, leaving by our session only."""
    careful = ModuleType("requests")
    careful.__dict__.update(vars(requests))
    careful.Session = careful.session = _Session  # type: ignore[attr-defined]
    careful.request = lambda *a, **k: _Session().request(*a, **k)  # type: ignore[attr-defined]
    for method in ("get", "post", "put", "patch", "delete", "head", "options"):
        setattr(careful, method, _by(method))
    return careful


def _by(method: str) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        return _Session().request(method.upper(), *args, **kwargs)

    return call
