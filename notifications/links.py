"""Makes addresses of ours as a message must carry them: whole, by ``BASE_URL``."""

from urllib.parse import urlsplit

from django.conf import settings


def absolute(url: str) -> str:
    """``url`` with our host before it, where it names none."""
    return f"{settings.BASE_URL}{url}" if url.startswith("/") else url


def host() -> str:
    """The host of ``BASE_URL``: what stands behind the @ of a Message-ID."""
    return urlsplit(settings.BASE_URL).hostname or "localhost"
