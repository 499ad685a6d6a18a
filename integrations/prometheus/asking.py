"""Asks Prometheus' HTTP API, and believes nothing of what it answers.

It knows no table. ``PROMETHEUS_URL`` is the operator's word, so it may lie inside the network; a
redirect is not, so none is followed. Every wait ends, whatever the other side does.
"""

import json
import math
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx
from django.conf import settings

from integrations.words import line as as_line
from waits import exchanges
from waits.exchanges import LARGEST_BYTES, Exchange

#: From the question to the last byte of the answer.
ANSWERS_WITHIN_S = 5.0
CONNECTS_WITHIN_S = 2.0
LONGEST_ERROR = 200

PAST = timedelta(hours=1)
PAST_STEP_S = 60


class NoData(Exception):
    """The answer holds no value; says why in words for the panel."""


class Silent(NoData):
    """Prometheus itself is away or not what it should be: no other query will do better."""


@dataclass(frozen=True)
class Answered:
    """What a query answers now: a value, where it is one number; how many series it finds."""

    value: float | None
    series: int
    why_none: str = ""


def client() -> httpx.Client:
    """A way to ask; safe to use from several threads."""
    return exchanges.client(
        ANSWERS_WITHIN_S,
        verify=_authorities(),
        timeout=httpx.Timeout(ANSWERS_WITHIN_S, connect=CONNECTS_WITHIN_S),
        follow_redirects=False,
        trust_env=False,
        headers={"Accept": "application/json", "User-Agent": f"Endstate/{settings.VERSION}"},
    )


@cache
def _authorities() -> ssl.SSLContext:
    """Whose certificates are believed. Reading them takes longer than asking, so once a process."""
    return httpx.create_ssl_context(trust_env=False)


def value_at(line: httpx.Client, query: str, moment: datetime) -> float:
    """The one number that ``query`` is at ``moment``. Raises ``NoData``."""
    found = try_query(line, query, moment)
    if found.value is None:
        raise NoData(found.why_none)
    return found.value


def try_query(line: httpx.Client, query: str, moment: datetime) -> Answered:
    """What ``query`` answers at ``moment``. Raises ``NoData`` where it cannot be asked."""
    data = _ask(line, "query", {"query": query, "time": _time(moment)})
    match data:
        case {"resultType": "scalar", "result": [_, str(words)]}:
            return _single(words, 1)
        case {"resultType": "vector", "result": [{"value": [_, str(words)]}]}:
            return _single(words, 1)
        case {"resultType": "vector", "result": []}:
            return Answered(None, 0, "the query finds no series")
        case {"resultType": "vector" | "matrix", "result": [*series]} if len(series) > 1:
            return Answered(None, len(series), _too_many(f"{len(series):,}"))
        case {"resultType": "matrix"}:
            return Answered(None, 1, "the query answers a range; take one value, as avg_over_time")
        case {"resultType": "string"}:
            return Answered(None, 1, "the query answers a text, no number")
    raise Silent("it does not answer as Prometheus does")


def values_before(line: httpx.Client, query: str, moment: datetime) -> list[tuple[float, datetime]]:
    """What the query was in the hour before ``moment``, a value a minute. Raises ``NoData``."""
    data = _ask(
        line,
        "query_range",
        {
            "query": query,
            "start": _time(moment - PAST),
            "end": _time(moment - timedelta(seconds=PAST_STEP_S / 2)),
            "step": str(PAST_STEP_S),
        },
    )
    match data:
        case {"resultType": "matrix", "result": [{"values": [*pairs]}]}:
            return [found for pair in pairs if (found := _pair(pair)) is not None]
        case {"resultType": "matrix", "result": []}:
            return []
    raise NoData("the query does not answer one series")


def _single(words: str, series: int) -> Answered:
    number = _number(words)
    if number is None:
        return Answered(None, series, f"the value is {as_line(words, 20)}, no number")
    return Answered(number, series)


def _too_many(count: str) -> str:
    return f"the query finds {count} series; make one of them, as sum(…) or max(…) does"


def _number(words: object) -> float | None:
    try:
        number = float(words) if isinstance(words, str) else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _pair(pair: object) -> tuple[float, datetime] | None:
    match pair:
        case [int() | float() as at, str(words)] if (number := _number(words)) is not None:
            try:
                return number, datetime.fromtimestamp(at, UTC)
            except (ValueError, OverflowError, OSError):
                return None
    return None


def _time(moment: datetime) -> str:
    return f"{moment.timestamp():.3f}"


def _ask(line: httpx.Client, what: str, given: Mapping[str, str]) -> dict[str, Any]:
    """The ``data`` of an answer. A query is sent as a form: addresses have a limit."""
    body = {**given, "timeout": f"{ANSWERS_WITHIN_S:g}s"}
    address = f"{settings.PROMETHEUS_URL}/api/v1/{what}"
    exchange = Exchange(ANSWERS_WITHIN_S)
    told = {"trace": exchange.trace}
    try:
        with exchange, line.stream("POST", address, data=body, extensions=told) as answer:
            if answer.is_redirect:
                raise Silent(f"it answers with a redirect ({answer.status_code})")
            content = _read(answer, exchange)
            said = _parsed(answer, content)
    except httpx.HTTPError as error:
        if isinstance(error, httpx.TimeoutException) or exchange.is_over:
            raise Silent("it does not answer") from None
        raise Silent(f"it cannot be reached ({type(error).__name__})") from None
    match said:
        case {"status": "success", "data": dict(data)}:
            return data
        case {"status": "error", "error": str(words)} if answer.status_code in (400, 422):
            raise NoData(as_line(words, LONGEST_ERROR))
        case {"status": "error", "error": str(words)}:
            raise Silent(as_line(words, LONGEST_ERROR))
    raise Silent("it does not answer as Prometheus does")


def _read(answer: httpx.Response, exchange: Exchange) -> bytes:
    content = bytearray()
    try:
        for part in answer.iter_bytes():
            content += part
            if len(content) > LARGEST_BYTES:
                raise NoData("the answer is larger than 1 MB: too many series. Make one of them")
    except httpx.TransportError:
        if not exchange.is_over:
            raise
    if exchange.is_over:
        raise Silent("it does not finish its answer")
    return bytes(content)


def _parsed(answer: httpx.Response, content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise Silent(
            f"it does not answer as Prometheus does (status {answer.status_code}, no JSON)"
        ) from None
