"""Probes, error pages and headers, asked of Django itself."""

import logging

import pytest
from django.db.utils import OperationalError
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.test import Client, RequestFactory, override_settings

from config.logs import Formatter, without_secrets
from config.middleware import CONTENT_POLICY, DatabaseAway, database_away
from config.views import may_read_metrics, server_error
from people.models import User


@pytest.mark.parametrize(
    ("token", "headers", "address", "allowed"),
    [
        ("", {}, "127.0.0.1", True),
        ("", {}, "::1", True),
        ("", {}, "10.0.0.1", False),
        ("", {"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1", False),
        ("", {"Forwarded": "for=127.0.0.1"}, "127.0.0.1", False),
        ("", {"Authorization": "Bearer "}, "10.0.0.1", False),
        ("secret", {"Authorization": "Bearer secret"}, "10.0.0.1", True),
        (
            "secret",
            {"Authorization": "Bearer secret", "X-Forwarded-For": "1.1.1.1"},
            "10.0.0.1",
            True,
        ),
        ("secret", {"Authorization": "Bearer wrong"}, "10.0.0.1", False),
        ("secret", {}, "127.0.0.1", False),
    ],
)
def test_who_may_read_the_metrics(
    rf: RequestFactory, token: str, headers: dict[str, str], address: str, allowed: bool
) -> None:
    request = rf.get("/metrics", headers=headers, REMOTE_ADDR=address)
    with override_settings(METRICS_TOKEN=token):
        assert may_read_metrics(request) is allowed


@pytest.mark.django_db
def test_readyz_is_503_until_enforcement_ran(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    found = answer.json()
    found["database"].pop("warning", None)
    assert found == {
        "ready": False,
        "database": {"ok": True},
        "broker": {"ok": True},
        "enforcement": {"ok": False, "reason": "No enforcement pass ran yet."},
    }


@pytest.mark.django_db
def test_readyz_names_a_broker_that_is_away(client: Client) -> None:
    with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["broker"] == {"ok": False, "reason": "ConnectionError"}


@pytest.mark.django_db
def test_every_answer_carries_the_policy(client: Client) -> None:
    for path in ("/healthz", "/accounts/login/", "/nothing-here/"):
        answer = client.get(path)
        assert answer["Content-Security-Policy"] == CONTENT_POLICY
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "camera=()" in answer["Permissions-Policy"]


@pytest.mark.django_db
def test_an_unknown_address_is_our_404_page(client: Client) -> None:
    answer = client.get("/nothing-here/")
    assert answer.status_code == 404
    assert "There is nothing here under that name" in answer.content.decode()


@pytest.mark.django_db
def test_htmx_gets_the_small_part_of_a_refusal(client: Client) -> None:
    answer = client.get("/nothing-here/", headers={"HX-Request": "true"})
    assert answer.status_code == 404
    assert answer.content.decode().startswith("<hx-partial")


@pytest.mark.django_db
def test_a_form_without_its_token_is_our_403_page() -> None:
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "a"})
    assert answer.status_code == 403
    assert "Reload the page and send it again" in answer.content.decode()


@pytest.mark.django_db
def test_an_address_that_only_takes_what_a_form_sends_says_so(client: Client, admin: User) -> None:
    client.force_login(admin)
    answer = client.get("/notifications/read/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "Opening it changed nothing." in answer.content.decode()
    part = client.get("/notifications/read/", headers={"HX-Request": "true"})
    assert part.content.decode().startswith("<hx-partial")


@pytest.mark.parametrize("is_part", [False, True])
def test_our_own_mistake_keeps_the_form_it_came_from(rf: RequestFactory, is_part: bool) -> None:
    headers = {"HX-Request": "true"} if is_part else {}
    answer = server_error(rf.post("/incidents/INC-1/notes/", headers=headers))
    text = answer.content.decode()
    assert answer.status_code == 500
    assert "what you typed is still there" in text
    assert ("<hx-partial" in text, "<html" in text) == (is_part, not is_part)


def test_a_page_asks_again_while_the_database_is_away_and_sends_nothing_twice(
    rf: RequestFactory,
) -> None:
    looked, sent = (database_away(ask("/"), OperationalError()) for ask in (rf.get, rf.post))
    refresh = b'<meta http-equiv="refresh" content="3">'
    assert (refresh in looked.content, refresh in sent.content) == (True, False)


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/", "text/html; charset=utf-8"), ("/api/v1/incidents", "application/problem+json")],
)
def test_a_database_that_is_away_is_503_with_when_to_ask_again(
    rf: RequestFactory, path: str, kind: str
) -> None:
    def away(request: HttpRequest) -> HttpResponse:
        raise OperationalError("the connection is lost")

    answer = DatabaseAway(away)(rf.get(path))
    assert (answer.status_code, answer["Retry-After"], answer["Content-Type"]) == (503, "3", kind)


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("GET /s/abcDEF/events/", "GET /s/…/events/"),
        ("POST /api/v1/hooks/grafana/k3y?x=1", "POST /api/v1/hooks/grafana/…?x=1"),
        ("Authorization: Bearer es_x.y", "Authorization: Bearer …"),
        ("token es_44-q-QdIzQWf6yJJRXHfd_vzfVXla", "token es_…"),
        ("postgres://endstate:secret@db/x", "postgres://endstate:…@db/x"),
        ("http://127.0.0.1:8000/a:b", "http://127.0.0.1:8000/a:b"),
    ],
)
def test_no_secret_reaches_a_log_line(line: str, written: str) -> None:
    assert without_secrets(line) == written
    try:
        raise ValueError(line)
    except ValueError as error:
        trace = (ValueError, error, error.__traceback__)
    record = logging.LogRecord("any", logging.ERROR, "any.py", 1, "Said: %s", (line,), trace)
    whole = Formatter("%(message)s").format(record)
    assert (whole.startswith(f"Said: {written}\n"), whole.endswith(f"Error: {written}")) == (
        True,
        True,
    )


def test_every_handler_of_the_log_takes_secrets_out() -> None:
    handlers = [
        handler
        for logger in (logging.getLogger(), logging.getLogger("django"))
        for handler in logger.handlers
        if type(handler) is logging.StreamHandler
    ]
    assert [type(handler.formatter).__name__ for handler in handlers] == ["Formatter"]


@pytest.mark.django_db
def test_the_admin_has_no_sign_in_of_its_own(client: Client, responder: User, admin: User) -> None:
    stranger = client.get("/admin/", follow=True)
    assert stranger.redirect_chain[-1][0].startswith("/accounts/login/")
    client.force_login(responder)
    assert client.get("/admin/", follow=True).status_code == 403
    client.force_login(admin)
    assert client.get("/admin/").status_code == 200


def test_a_browser_finds_the_icon_where_no_page_names_one(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer["Location"]) == (302, static("icons/favicon.ico"))


def test_a_part_of_a_page_without_a_session_is_401_and_no_sign_in_page(
    client: Client, db: None
) -> None:
    for path in ("/", "/preferences/", "/incidents/new/"):
        answer = client.get(path, headers={"HX-Request": "true"})
        assert (path, answer.status_code) == (path, 401)
        assert "You are signed out" in answer.content.decode()
        assert "<form" not in answer.content.decode()
        assert client.get(path).status_code == 302
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/incidents/new/", {"title": "x"}, headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert strict.post("/incidents/new/", {"title": "x"}).status_code == 403


def test_the_session_says_whose_it_is_and_nothing_else(client: Client, commander: User) -> None:
    nobody = client.get("/session/")
    assert (nobody.json()["account"], nobody.headers["Cache-Control"].split(",")[0]) == (
        None,
        "max-age=0",
    )
    client.force_login(commander)
    assert set(client.get("/session/").json()) == {"account", "token"}
    assert client.get("/session/").json()["account"] == str(commander.pk)
