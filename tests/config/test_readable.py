"""Unreadable text is refused before any view sees it: NUL, broken UTF-8, lone surrogates."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, "login=a%00b"),
        (FORM, "lo%00gin=a"),
        (FORM, "login=%ED%A0%80"),
        (FORM, "login=%ff"),
        ("application/json", r'{"title": "a\u0000b"}'),
        ("application/json", r'{"ti\u0000tle": ["a"]}'),
        ("application/json", r'{"cards": [{"title": "\ud800"}]}'),
        ("application/json", b'{"title": "\xff"}'),
        (
            "multipart/form-data; boundary=b",
            '--b\r\nContent-Disposition: form-data; name="login"\r\n\r\na\0b\r\n--b--\r\n',
        ),
    ],
)
def test_unreadable_bodies_are_422(client: Client, content_type: str, body: str | bytes) -> None:
    answer = client.post("/accounts/login/", body, content_type=content_type)
    assert answer.status_code == 422
    assert b"characters that cannot be stored" in answer.content


@pytest.mark.parametrize("address", ["/?q=a%00", "/?q=%ED%A0%80", "/%00/", "/incidents/INC-1%00/"])
def test_unreadable_addresses_are_422(client: Client, address: str) -> None:
    assert client.get(address).status_code == 422


def test_the_api_looks_for_itself_and_asks_who_calls_first(client: Client) -> None:
    answer = client.post(
        "/api/v1/incidents", r'{"title": "\u0000"}', content_type="application/json"
    )
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")


def test_an_escaped_pair_of_surrogates_is_one_sign(client: Client) -> None:
    answer = client.post(
        "/healthz", r'{"title": "\ud83d\ude00 caf\u00e9"}', content_type="application/json"
    )
    assert answer.status_code == 405


def test_too_much_is_413(client: Client) -> None:
    answer = client.post("/healthz", "x" * 1_100_000, content_type="application/json")
    assert answer.status_code == 413
