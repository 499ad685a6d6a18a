"""Bounds whole exchanges over HTTP with other machines, however slowly these talk.

The clients' own limits count from one byte to the next: whoever sends a byte each second would be
waited for for ever.
"""

import io
import json
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx
import requests
from requests.adapters import HTTPAdapter

#: The most that is read of an answer, in bytes as they are after unpacking.
LARGEST_BYTES = 2**20


class Exchange:
    """Cuts off every connection that was opened for it when its time is over.

    A connection of the exchange is a new one: one that is kept open for several exchanges would
    have to be told to each.
    """

    def __init__(self, within_s: float) -> None:
        self._is_cut = False
        self._ends_at = time.monotonic() + within_s
        self._lock = threading.Lock()
        self._handles: list[socket.socket] = []
        self._timer = threading.Timer(within_s, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        """Time runs."""
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """It is over; nothing is cut any more."""
        self._timer.cancel()
        with self._lock:
            for handle in self._handles:
                handle.close()
            self._handles.clear()

    def hold(self, connected: socket.socket) -> None:
        """Have ``connected`` cut off, too, whatever wraps it later."""
        with self._lock:
            self._handles.append(connected.dup())
            if self._is_cut:
                self._shut()

    def trace(self, event: str, told: Mapping[str, Any]) -> None:
        """Hold what httpx connects: its extension ``trace``."""
        if event.endswith("connect_tcp.complete"):
            self.hold(told["return_value"].get_extra_info("socket"))

    @property
    def is_over(self) -> bool:
        """Whether its time is: what was read then may be half, though it looks whole."""
        return self._is_cut or time.monotonic() > self._ends_at

    def _cut(self) -> None:
        with self._lock:
            self._is_cut = True
            self._shut()

    def _shut(self) -> None:
        for handle in self._handles:
            with suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class Answer:
    """What the other side said in time."""

    status: int
    content: bytes

    def json(self) -> Any:
        """The content, read as JSON; raises ``ValueError``."""
        return json.loads(self.content)


def client(within_s: float, **more: Any) -> httpx.Client:
    """A client for exchanges: it opens a connection for each. ``more`` is what httpx takes."""
    return httpx.Client(
        **{"timeout": within_s, **more}, limits=httpx.Limits(max_keepalive_connections=0)
    )


def ask(line: httpx.Client, method: str, url: str, *, within_s: float, **more: Any) -> Answer:
    """One exchange by a ``client``, from connecting to the last byte within ``within_s``.

    ``more`` is what ``httpx.Client.stream`` takes. Raises ``httpx.HTTPError``,
    ``httpx.TimeoutException`` when the time is over and ``httpx.DecodingError`` beyond
    ``LARGEST_BYTES``.
    """
    with Exchange(within_s) as exchange:
        content = bytearray()
        try:
            with line.stream(method, url, extensions={"trace": exchange.trace}, **more) as said:
                for part in said.iter_bytes():
                    content += part
                    if exchange.is_over:
                        break
                    if len(content) > LARGEST_BYTES:
                        raise httpx.DecodingError("the answer is too large")
        except httpx.TransportError as error:
            if exchange.is_over:
                raise _too_late() from error
            raise
        if exchange.is_over:
            raise _too_late()
        return Answer(said.status_code, bytes(content))


def _too_late() -> httpx.TimeoutException:
    return httpx.ReadTimeout("the answer is not whole in time")


class Session(requests.Session):
    """A session of requests in which whatever is asked ends within ``within_s``, redirects and all.

    It keeps no connection open, and reads an answer whole.
    """

    def __init__(self, within_s: float) -> None:
        super().__init__()
        self.within_s = within_s
        self.exchange: Exchange | None = None
        """The one under way."""
        for scheme in ("http://", "https://"):
            self.mount(scheme, Adapter(self))

    def request(self, *args: Any, **kwargs: Any) -> Any:
        """Ask. Raises ``requests.RequestException``, ``Timeout`` when the time is over."""
        with Exchange(self.within_s) as exchange:
            self.exchange = exchange
            try:
                answer = super().request(*args, **{**kwargs, "timeout": self.within_s})
            except requests.RequestException as error:
                if exchange.is_over:
                    raise requests.ReadTimeout(str(_too_late())) from error
                raise
            if exchange.is_over:
                raise requests.ReadTimeout(str(_too_late()))
            return answer


class Adapter(HTTPAdapter):
    """Connects for the exchange that its session has under way."""

    def __init__(self, session: Session) -> None:
        self._session = session
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """A pool, straight or by a proxy, whose connections can be cut off."""
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        if not hasattr(pool.ConnectionCls, "is_held"):
            pool.ConnectionCls = self._held(pool.ConnectionCls)
        return pool

    def build_response(self, req: Any, resp: Any) -> Any:
        """The answer, read whole as far as it may be long."""
        content = bytearray()
        for part in super().build_response(req, resp).iter_content(65_536):
            content += part
            if len(content) > LARGEST_BYTES:
                resp.close()
                raise requests.exceptions.ContentDecodingError("the answer is too large")
        answer = super().build_response(req, resp)
        answer.raw = io.BytesIO(bytes(content))
        return answer

    def _held(self, kind: Any) -> Any:
        session = self._session

        class Held(kind):  # type: ignore[misc]
            """Tells the exchange under way what it connected."""

            is_held = True

            def _new_conn(self) -> socket.socket:
                connected: socket.socket = super()._new_conn()
                if session.exchange is not None:
                    session.exchange.hold(connected)
                return connected

        return Held
