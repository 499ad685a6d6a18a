"""Writes and reads JSON: full moments in UTC, no NUL, no lone surrogates."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest
from ninja.parser import Parser
from ninja.renderers import JSONRenderer

#: Only a body with one of these escapes can hold a NUL or half of a surrogate pair.
_SUSPICIOUS = re.compile(r"\\u(?:0000|d[89a-f])", re.IGNORECASE)


class UnreadableText(ValueError):
    """A string holds a NUL or half of a surrogate pair, which the database cannot keep."""


class Encoder(DjangoJSONEncoder):
    """Moments are RFC 3339 in UTC with a Z and all their digits."""

    def default(self, value: Any) -> Any:
        """What JSON does not know by itself."""
        if isinstance(value, datetime) and value.tzinfo is not None:
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return super().default(value)


class Renderer(JSONRenderer):
    """Answers as JSON by ``Encoder``; a number that JSON has no word for is a mistake."""

    encoder_class = Encoder
    json_dumps_params = MappingProxyType({"ensure_ascii": False, "allow_nan": False})


class StrictParser(Parser):
    """Bodies are UTF-8 JSON and nothing else."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The document; raises ``ValueError`` for what is none, ``UnreadableText`` for bad text."""
        return read_json(request.body)


def read_json(body: bytes) -> Any:
    """The JSON document in ``body``, with or without a byte order mark.

    Refuses other encodings and text that cannot be stored.

    ``NaN`` and infinities are read as such, so that a batch of samples can count them out.
    """
    text = body.decode("utf-8-sig")
    document = json.loads(text)
    if _SUSPICIOUS.search(text) and not is_readable(document):
        raise UnreadableText("A text holds a NUL character or half of a surrogate pair.")
    return document


def in_json(value: Any, change: Callable[[str], str]) -> Any:
    """The JSON value with every string in it, keys apart, as ``change`` makes it."""
    match value:
        case str():
            return change(value)
        case dict():
            return {key: in_json(each, change) for key, each in value.items()}
        case list():
            return [in_json(each, change) for each in value]
    return value


def is_readable(value: Any) -> bool:
    """Whether every string in ``value``, keys included, can be stored."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text:
                if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
                    return False
            case dict() as mapping:
                waiting.extend(mapping.keys())
                waiting.extend(mapping.values())
            case list() as items:
                waiting.extend(items)
    return True
