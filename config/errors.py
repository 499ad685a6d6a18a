"""Sending errors to Sentry, for those who set ``SENTRY_DSN``; without it nothing is loaded."""

from importlib import import_module
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from config.logs import without_secrets

#: What an event may not carry: it would hold sessions, tokens and what people typed.
NOT_SENT = ("cookies", "data", "env", "headers", "query_string")


def report_errors_to(dsn: str) -> None:
    """Report unhandled exceptions, without bodies, headers, people or secrets of addresses."""
    try:
        sentry = import_module("sentry_sdk")
    except ImportError:
        raise ImproperlyConfigured(
            "SENTRY_DSN is set, but the package sentry-sdk is not installed. "
            "Install it, or unset SENTRY_DSN."
        ) from None
    sentry.init(
        dsn=dsn,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        traces_sample_rate=0.0,
        before_send=harmless,
    )


def harmless(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    """The event without what may identify somebody or open something."""
    for name in NOT_SENT:
        (event.get("request") or {}).pop(name, None)
    event.pop("user", None)
    cleaned: dict[str, Any] = _cleaned(event)
    return cleaned


def _cleaned(value: Any) -> Any:
    """The value without secrets in any of its texts: messages, crumbs and addresses alike."""
    match value:
        case str():
            return without_secrets(value)
        case dict():
            return {key: _cleaned(each) for key, each in value.items()}
        case list() | tuple():
            return [_cleaned(each) for each in value]
    return value
