"""Where messages never go, whatever somebody types, and that a check cannot be outrun."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings

from notifications import outgoing
from notifications.channels import Later, Never
from notifications.channels.long_tail import hand_over
from notifications.outgoing import Forbidden, Silent, post, read_url, safe_address
from refusals.errors import Invalid
from tests.notifications.receiver import Receiver, receiver

INSIDE = (
    *("127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.9.9", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "192.0.0.8", "198.18.0.1", "224.0.0.1", "255.255.255.255"),
    *("240.0.0.1", "192.0.2.1", "::", "::1", "fe80::1", "fc00::1", "fd12::1", "fec0::1", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1"),
    *("64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::", "2001:db8::1"),
)


@pytest.fixture
def canary() -> Iterator[Receiver]:
    """Listens inside, where nobody may go."""
    with receiver("127.0.0.2") as got:
        yield got


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_refused_when_it_is_typed(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(Invalid):
        read_url(f"https://{host}/hook")


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_refused_when_it_is_gone_to(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads_to(monkeypatch, "203.0.113.9", address)
    with pytest.raises(Forbidden):
        safe_address("hook.example", 443)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://hook.example/",
        "file:///etc/passwd",
        "gopher://hook.example/",
        "https://",
        "https://name:word@hook.example/",
        "https://hook.example:99999/",
        "https://hook.example/a b",
        "https://hook.example/\r\nX-Injected: 1",
        "https://hök.example/",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_address_of_the_web_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        read_url(url)


@pytest.mark.parametrize(
    "typed",
    [
        "127.0.0.2",
        "127.0.2",
        "127.2",
        "2130706434",
        "0x7f000002",
        "0177.0.0.2",
        "[::ffff:127.0.0.2]",
    ],
)
def test_no_way_of_writing_it_reaches_the_canary(canary: Receiver, typed: str) -> None:
    for send in (
        lambda url: post(url, b"{}", {}),
        lambda url: hand_over(f"json{url[4:]}", "x", ""),
    ):
        with pytest.raises((Forbidden, Silent, Invalid, Never, Later)):
            send(f"http://{typed}:{canary.port}/")
    assert canary.arrived == []


def test_a_name_that_turns_inside_after_the_check_leads_nowhere(
    canary: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = leads_to(monkeypatch, "127.0.0.1")
    with receiver() as open_one, override_settings(OUTGOING_ALLOW=[f"127.0.0.1:{open_one.port}"]):
        looks.append(["127.0.0.2"])
        assert post(f"http://hook.example:{open_one.port}/hook", b"{}", {}).status == 204
        assert open_one.arrived[0].headers["Host"] == f"hook.example:{open_one.port}"
        with pytest.raises(Forbidden):
            post(f"http://hook.example:{open_one.port}/hook", b"{}", {})
    assert canary.arrived == []


def test_a_redirect_is_an_answer_and_nothing_more(canary: Receiver) -> None:
    with receiver() as open_one, override_settings(OUTGOING_ALLOW=["127.0.0.0/31"]):
        there = {"Location": f"http://127.0.0.2:{canary.port}/"}
        open_one.answers = [(302, there), (302, there)]
        assert post(open_one.url, b"{}", {}).status == 302
        with pytest.raises(Later):
            hand_over(f"json://127.0.0.1:{open_one.port}/x?redirect=yes", "Hello", "")
        assert len(open_one.arrived) == 2
    assert canary.arrived == []


@pytest.mark.parametrize(
    ("allowed", "is_reached"),
    [
        (["127.0.0.1"], True),
        (["127.0.0.0/8"], True),
        (["127.0.0.1:{port}"], True),
        (["localhost"], True),
        (["localhost:{port}"], True),
        (["127.0.0.1:1"], False),
        (["localhost:1"], False),
        (["10.0.0.0/8"], False),
        ([], False),
    ],
)
def test_what_the_operator_names_may_be_gone_to(allowed: list[str], is_reached: bool) -> None:
    with receiver() as open_one:
        named = [one.format(port=open_one.port) for one in allowed]
        with override_settings(OUTGOING_ALLOW=named):
            try:
                post(f"http://localhost:{open_one.port}/hook", b"{}", {})
            except Forbidden:
                assert not is_reached
        assert bool(open_one.arrived) is is_reached


def test_whoever_hangs_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "WITHIN_S", 0.3)
    with receiver() as slow, override_settings(OUTGOING_ALLOW=["127.0.0.1"]):
        slow.delay = 30
        with pytest.raises(Silent) as silent:
            post(slow.url, b"{}", {})
    assert silent.value.unsure is True


def test_a_look_up_that_hangs_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "CONNECT_S", 0.1)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: threading.Event().wait(60) or [])
    with pytest.raises(Silent):
        safe_address("hook.example", 443)


def test_the_long_tail_leaves_by_our_own_way_only() -> None:
    with receiver() as open_one, override_settings(OUTGOING_ALLOW=["127.0.0.1"]):
        hand_over(
            f"json://127.0.0.1:{open_one.port}/x", "Head\nBody @everyone", "https://e.example/"
        )
        (arrived,) = open_one.arrived
    assert b"Body @\\u200beveryone" in arrived.body
    for url in (
        "syslog://",
        "mailto://a:b@127.0.0.1",
        "dbus://",
        "nothing://at/all",
        "mqtt://127.0.0.1",
    ):
        with pytest.raises(Never):
            hand_over(url, "Head", "")


def leads_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[list[str]]:
    """Let every name lead there; further looks may be added, the last one stays."""
    looks, really = [list(addresses)], socket.getaddrinfo

    def look(host: str, port: int, *args: Any, **more: Any) -> list[Any]:
        if host[0].isdigit() or ":" in host:
            return really(host, port, *args, **more)
        found = looks.pop(0) if len(looks) > 1 else looks[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", look)
    return looks
