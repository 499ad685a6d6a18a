"""Asks addresses that people typed in: only ones that are safe, never longer than ten seconds.

A name is looked up once, every answer must be a public address or one that the operator allowed
(``OUTGOING_ALLOW``), and the connection goes to just that address, so that a name which points
elsewhere a moment later leads nowhere. The certificate is still the name's. Nothing is followed.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from clock.queries import now
from pages.numbers import whole
from refusals.errors import Invalid
from waits.exchanges import Exchange

WITHIN_S = 10.0
"""How long the whole of it may take, whatever the other side says in between."""
CONNECT_S = 5.0
MOST_BYTES = 1_048_576

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
#: What Python's own list calls public in one version or another, and is not.
_SPECIAL = [
    ipaddress.ip_network(one)
    for one in ("0.0.0.0/8", "192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "100::/64")
]
_COMPATIBLE = ipaddress.ip_network("::/96")


class Forbidden(Exception):
    """The address leads somewhere we never go; the sentence says why."""


class Silent(Exception):
    """Nobody answered in time, or not in HTTP. ``unsure``: the whole request had been sent."""

    def __init__(self, said: str, *, unsure: bool) -> None:
        super().__init__(said)
        self.unsure = unsure


@dataclass(frozen=True)
class Answer:
    """What came back: the status, how many seconds to wait if it says so, the first of the body."""

    status: int
    retry_after_s: float | None
    body: bytes


def post(url: str, body: bytes, headers: dict[str, str]) -> Answer:
    """Send ``body`` to ``url`` by POST and read the answer.

    Raises ``Forbidden`` before anything is sent where the address is not one to go to, ``Silent``
    where there is no whole answer of at most 1 MiB within ten seconds. Must not be called inside a
    transaction or a request.
    """
    parts = read_url(url)
    host, port = parts.hostname or "", port_of(parts)
    address = safe_address(host, port)
    path = parts.path or "/"
    with Exchange(WITHIN_S) as exchange:
        link = _Link(host, port, address, exchange, is_tls=parts.scheme == "https")
        try:
            link.request("POST", f"{path}?{parts.query}" if parts.query else path, body, headers)
            link.is_sent = True
            response = link.getresponse()
            said = response.read(MOST_BYTES + 1)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Silent(_in_words(error), unsure=link.is_sent) from error
        finally:
            link.close()
        if exchange.is_over:
            raise Silent("It does not finish its answer.", unsure=True)
    if len(said) > MOST_BYTES:
        raise Silent("It answered more than 1 MiB.", unsure=True)
    return Answer(response.status, _seconds(response.headers.get("Retry-After")), said)


def read_url(url: str, field: str = "url") -> SplitResult:
    """The parts of an address that people typed; ``Invalid`` for one that can never be gone to.

    An address written in numbers is judged at once; a name when it is gone to, since who answers
    for it changes.
    """
    try:
        parts = urlsplit(url)
        port = port_of(parts)
    except ValueError:
        raise Invalid({field: "This is no web address."}) from None
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or not url.isascii():
        raise Invalid({field: "A web address starts with https:// or http:// and names a host."})
    if parts.username is not None or parts.password is not None or any(c <= " " for c in url):
        raise Invalid({field: "An address carries neither a name and password nor gaps."})
    with suppress(ValueError):
        _check(ipaddress.ip_address(host.partition("%")[0]), host, port, field)
    return parts


def safe_address(host: str, port: int) -> str:
    """The address to connect to for ``host``, looked up once. Raises ``Forbidden``, ``Silent``."""
    addresses = _looked_up(host, port)
    for one in addresses:
        if not is_allowed(host, port) and not _is_fine(ipaddress.ip_address(_bare(one)), port):
            raise Forbidden(
                f"{host} leads to {one}, which is not public. OUTGOING_ALLOW may name it."
            )
    return addresses[0]


def _looked_up(host: str, port: int) -> list[str]:
    """Every address of ``host``; the system's look-up has no limit, so it has a thread."""
    found: list[str] = []
    trouble: list[str] = []

    def look() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(one[4][0]) for one in answers))
        except (OSError, UnicodeError) as error:
            trouble.append(str(error))

    looking = threading.Thread(target=look, name="look-up", daemon=True)
    looking.start()
    looking.join(CONNECT_S)
    if not found:
        why = trouble[0] if trouble else "no answer"
        raise Silent(f"The name {host} cannot be looked up: {why}", unsure=False)
    return found


def is_allowed(host: str, port: int) -> bool:
    """Whether the operator named this very host."""
    return any(
        one.host == host.lower() and one.port in (None, port) for one in _allowed() if one.host
    )


@dataclass(frozen=True)
class _Allowed:
    host: str
    network: ipaddress.IPv4Network | ipaddress.IPv6Network | None
    port: int | None


def _allowed() -> list[_Allowed]:
    """``OUTGOING_ALLOW``: hosts and networks, each with an optional port."""
    found = []
    for entry in settings.OUTGOING_ALLOW:
        name, port = entry.strip().lower(), None
        if name.startswith("["):
            name, _, rest = name[1:].partition("]")
            port = whole(rest.removeprefix(":"))
        elif name.count(":") == 1:
            name, _, rest = name.partition(":")
            port = whole(rest)
        try:
            found.append(_Allowed("", ipaddress.ip_network(name, strict=False), port))
        except ValueError:
            found.append(_Allowed(name, None, port))
    return found


def _check(address: Address, host: str, port: int, field: str) -> None:
    if not _is_fine(address, port):
        raise Invalid(
            {field: f"{host} is not a public address. The operator may name it (OUTGOING_ALLOW)."}
        )


def _is_fine(address: Address, port: int) -> bool:
    """Whether it is public, or in a network that the operator named, for all it stands for."""
    return any(
        one.network is not None and address in one.network and one.port in (None, port)
        for one in _allowed()
    ) or all(_is_public(one) for one in (address, *_inside(address)))


def _is_public(address: Address) -> bool:
    if address.is_multicast or any(address in one for one in _SPECIAL):
        return False
    if isinstance(address, ipaddress.IPv4Address) and address.is_reserved:
        return False
    return address.is_global and not getattr(address, "is_site_local", False)


def _inside(address: Address) -> list[Address]:
    """The IPv4 addresses that an IPv6 one stands for: mapped, 6to4, Teredo, NAT64, compatible."""
    if not isinstance(address, ipaddress.IPv6Address):
        return []
    inside: list[Address | None] = [address.ipv4_mapped, address.sixtofour]
    inside += list(address.teredo or ())
    if address in _NAT64 or address in _COMPATIBLE:
        inside.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in inside if one is not None]


class _Link(http.client.HTTPConnection):
    """A connection to one checked address, which its exchange cuts off in time."""

    def __init__(
        self, host: str, port: int, address: str, exchange: Exchange, *, is_tls: bool
    ) -> None:
        super().__init__(host, port, timeout=CONNECT_S)
        self.is_sent = False
        self._address, self._exchange, self._is_tls = address, exchange, is_tls
        if is_tls:
            self.default_port = http.client.HTTPS_PORT

    def connect(self) -> None:
        """Connect to the checked address; the certificate has to be the name's."""
        plain = socket.create_connection((self._address, self.port), CONNECT_S)
        self._exchange.hold(plain)
        plain.settimeout(WITHIN_S)
        self.sock = plain
        if self._is_tls:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(plain, server_hostname=self.host)


def port_of(parts: SplitResult) -> int:
    """The port of an address, its scheme's where it names none."""
    return parts.port or (443 if parts.scheme == "https" else 80)


def _bare(address: str) -> str:
    return address.partition("%")[0]


def _seconds(said: str | None) -> float | None:
    """``Retry-After`` in seconds, whether it says so many or a date; a day at most."""
    if not said:
        return None
    seconds = whole(said.strip())
    if seconds is not None:
        return float(min(seconds, 86_400))
    try:
        until = parsedate_to_datetime(said)
        return min(max(0.0, (until - now()).total_seconds()), 86_400.0)
    except (TypeError, ValueError):
        return None


def _in_words(error: Exception) -> str:
    words = str(error) or type(error).__name__
    return f"It does not answer: {words}"
