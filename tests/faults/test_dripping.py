"""Whoever is asked over HTTP has a limit for the whole exchange, not from byte to byte."""

import gzip
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest
import requests
from django.test import Client, override_settings

from clock.queries import now
from deadlines import passes
from deadlines.actions import sweep
from deadlines.passes import ping_heartbeat
from integrations.prometheus import asking
from notifications import outgoing
from notifications.channels import Later
from notifications.channels.long_tail import hand_over
from notifications.outgoing import Silent, post
from people import rechecking
from people.models import SingleSignOn
from people.sealing import seal
from tests.faults.dripping import BEGINNINGS, Dripping, dripping
from tests.integrations.prometheus.lying import lies, say
from tests.waiting import until
from waits import exchanges

pytestmark = pytest.mark.django_db

#: Ten bytes arrive meanwhile, so no limit from byte to byte is ever reached.
LIMIT_S = 0.3


def heartbeat(there: Dripping) -> str:
    passes._pinged_at = float("-inf")
    with override_settings(HEARTBEAT_URL=f"{there.address}/"):
        return "left" if ping_heartbeat(sweep()) is False else "taken"


def issuer(there: Dripping) -> Any:
    of_app = {"provider_id": "sso", "name": "Single sign-on", "client_id": "endstate"}
    of_app |= {"secret": "secret", "settings": {"server_url": there.address}}  # type: ignore[dict-item]
    return override_settings(
        SOCIALACCOUNT_PROVIDERS={"openid_connect": {"APPS": [of_app]}},
        SOCIALACCOUNT_REQUESTS_TIMEOUT=LIMIT_S,
    )


def sign_in(there: Dripping) -> str:
    with issuer(there):
        page = Client().post("/accounts/oidc/sso/login/").content.decode()
    return "left" if "Single sign-on failed" in page else "taken"


def recheck(there: Dripping) -> str:
    row = SingleSignOn(subject="lena", access_token=seal("token"), checked_at=now())
    with issuer(there), pytest.raises(rechecking.Silent):
        rechecking._ask(row)
    return "left"


def prometheus(there: Dripping) -> str:
    with (
        override_settings(PROMETHEUS_URL=there.address),
        asking.client() as line,
        pytest.raises(asking.Silent),
    ):
        asking.try_query(line, "up", now())
    return "left"


def webhook(there: Dripping) -> str:
    with override_settings(OUTGOING_ALLOW=["127.0.0.1"]), pytest.raises(Silent):
        post(f"{there.address}/hook", b"{}", {})
    return "left"


def long_tail(there: Dripping) -> str:
    with override_settings(OUTGOING_ALLOW=["127.0.0.1"]), pytest.raises(Later):
        hand_over(f"json://127.0.0.1:{there.port}/x", "Head", "https://e.example/")
    return "left"


PLACES: dict[str, Callable[[Dripping], str]] = {
    "the heartbeat": heartbeat,
    "single sign-on": sign_in,
    "single sign-on, asked again": recheck,
    "Prometheus": prometheus,
    "a webhook or chat": webhook,
    "a service of apprise": long_tail,
}


@pytest.mark.parametrize("where", BEGINNINGS)
@pytest.mark.parametrize("place", PLACES)
def test_whoever_drips_is_left(place: str, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "PING_TAKES_S", LIMIT_S)
    monkeypatch.setattr(rechecking, "ANSWERS_WITHIN_S", LIMIT_S)
    monkeypatch.setattr(asking, "ANSWERS_WITHIN_S", LIMIT_S)
    monkeypatch.setattr(outgoing, "WITHIN_S", LIMIT_S)
    with dripping(where) as there:
        assert PLACES[place](there) == "left"
        until(lambda: there.left + there.heard_out == 1)
        assert (there.asked, there.left) == (1, 1)


@pytest.mark.parametrize(
    "ask",
    [
        lambda url: httpx.get(url, timeout=LIMIT_S),
        lambda url: requests.get(url, timeout=LIMIT_S),
    ],
    ids=["httpx", "requests"],
)
@pytest.mark.parametrize("where", BEGINNINGS)
def test_control_by_the_limit_of_the_client_alone_whoever_drips_is_listened_to(
    where: str, ask: Callable[[str], Any]
) -> None:
    with dripping(where) as there:
        listens = threading.Thread(target=_quietly, args=(ask, there.address), daemon=True)
        listens.start()
        listens.join(LIMIT_S * 5)
        assert (listens.is_alive(), there.asked, there.left) == (True, 1, 0)
    assert there.heard_out == 1
    listens.join(10)


def _quietly(ask: Callable[[str], Any], url: str) -> None:
    """The other side hangs up in the end."""
    try:
        ask(url)
    except (httpx.HTTPError, requests.RequestException):
        return


def test_of_an_answer_no_more_than_a_megabyte_is_read_however_small_it_is_packed() -> None:
    with lies() as there, exchanges.client(60) as line:
        for size, is_read in ((2**20, True), (2**20 + 1, False)):
            packed = gzip.compress(b"x" * size)
            there.answer = say(packed, Content_Encoding="gzip")
            found = []
            with suppress(httpx.DecodingError):
                found.append(exchanges.ask(line, "POST", there.address, within_s=60).content)
            with suppress(requests.exceptions.ContentDecodingError):
                found.append(exchanges.Session(60).post(there.address).content)
            assert [len(one) for one in found] == ([size] * 2 if is_read else [])


def test_a_redirect_of_single_sign_on_is_within_the_same_time() -> None:
    with dripping("in its headers") as there, lies() as before:
        before.answer = say(b"", 302, Location=there.address)
        with pytest.raises(requests.Timeout):
            exchanges.Session(LIMIT_S).post(before.address)
        assert (len(before.asked), there.asked) == (1, 1)
