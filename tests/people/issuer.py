"""A real OpenID Connect provider on loopback, and people who sign in there."""

import base64
import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import parse_qs, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

# It speaks plain http, on this machine only; said before it is loaded.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import httpx
from django.test import Client
from oidc_provider_mock import app

CLIENT_ID = "endstate"


class Provider:
    """The provider, and what tests do there: over HTTP, as everybody does.

    ``audience`` names another client than the one that asks, as a careless provider would;
    ``is_away`` makes it answer 503 to everything; ``says`` changes what it answers below a path,
    and with what status.
    """

    def __init__(self) -> None:
        self.app = app()
        self.audience = ""
        self.is_away = False
        self.address = ""
        self.says: dict[str, Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request, altered as the test wants it."""
        if self.is_away:
            start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
            return [b"away"]
        if self.audience:
            wrong = f"client_id={self.audience}"
            right = f"client_id={CLIENT_ID}"
            environ["QUERY_STRING"] = environ["QUERY_STRING"].replace(right, wrong)
            if environ["PATH_INFO"] == "/oauth2/token":
                shown = base64.b64encode(f"{self.audience}:secret".encode()).decode()
                environ["HTTP_AUTHORIZATION"] = f"Basic {shown}"
        if (change := self.says.get(environ["PATH_INFO"])) is not None:
            status, said = change(json.loads(b"".join(self.app(environ, lambda *_: None))))
            start_response(status, [("Content-Type", "application/json")])
            return [json.dumps(said).encode()]
        answer: Iterable[bytes] = self.app(environ, start_response)
        return answer

    def settings(self) -> dict[str, Any]:
        """What Endstate is told of it."""
        of_app = {
            "provider_id": "sso",
            "name": "Single sign-on",
            "client_id": CLIENT_ID,
            "secret": "secret",
            "settings": {"server_url": self.address, "oauth_pkce_enabled": True},
        }
        return {"openid_connect": {"APPS": [of_app]}}

    def know(self, subject: str, **claims: Any) -> None:
        """Let somebody exist there, with these claims from now on."""
        httpx.put(f"{self.address}/users/{subject}", json=claims).raise_for_status()

    def revoke(self, subject: str) -> None:
        """Take every token of theirs back."""
        httpx.post(f"{self.address}/users/{subject}/revoke-tokens").raise_for_status()

    def sign_in(self, browser: Client, subject: str) -> Any:
        """Go from Endstate's button to the provider and back; answers what Endstate says."""
        left = browser.post("/accounts/oidc/sso/login/")
        assert left.status_code == 302, left.content.decode()[:2000]
        consent = httpx.post(left["Location"], data={"sub": subject})
        assert consent.status_code == 302, consent.text[:2000]
        back = urlsplit(consent.headers["Location"])
        query = {name: values[0] for name, values in parse_qs(back.query).items()}
        return browser.get(back.path, query)


class _Busy(ThreadingMixIn, WSGIServer):
    """Answers others while one answer is held back."""


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the tests say what went wrong."""


@contextmanager
def provider() -> Iterator[Provider]:
    """A provider of one's own while the block lasts."""
    one = Provider()
    server = make_server("localhost", 0, one, _Busy, _Quiet)  # type: ignore[arg-type]
    one.address = f"http://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield one
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
