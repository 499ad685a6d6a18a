"""Callers of the API for these tests."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from people.actions import issue_token
from people.models import Scope, User


@dataclass
class Program:
    """A program with one person's token. Paths are relative to ``/api/v1/``, bodies are JSON."""

    secret: str

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The response, with ``.json()``."""
        if self.secret:
            headers = {"Authorization": f"Bearer {self.secret}", **headers}
        data = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        return Client().generic(
            method, f"/api/v1/{path}", data, content_type="application/json", headers=headers
        )

    def get(self, path: str, **headers: str) -> Any:
        """GET."""
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """POST."""
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        """PATCH."""
        return self.call("PATCH", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        """PUT."""
        return self.call("PUT", path, body, **headers)

    def delete(self, path: str, body: Any = None, **headers: str) -> Any:
        """DELETE."""
        return self.call("DELETE", path, body, **headers)


Programs = Callable[..., Program]


@pytest.fixture
def program(db: None) -> Programs:
    """``program(user)``: a program that acts for them, with every scope or those given."""

    def make(user: User | None, *scopes: str) -> Program:
        if user is None:
            return Program("")
        _, secret = issue_token(user, name="test", scopes=scopes or tuple(Scope.values))
        return Program(secret)

    return make
