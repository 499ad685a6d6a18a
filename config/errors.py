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
    request = event.get("request") or {}
    for name in NOT_SENT:
        request.pop(name, None)
    if "url" in request:
        request["url"] = without_secrets(request["url"])
    event.pop("user", None)
    for entry in (event.get("exception") or {}).get("values", []):
        entry["value"] = without_secrets(str(entry.get("value", "")))
    return event
