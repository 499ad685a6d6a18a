"""Channels outside: who makes them, what reaches them, and that one that hangs delays nobody."""

import json
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse
from standardwebhooks import Webhook

from clock.actions import set_offset
from notifications import lanes, outgoing
from notifications.actions import replay_delivery
from notifications.channels import discord, mattermost, slack, teams
from notifications.endpoints import add_channel, remove_channel, try_channel
from notifications.models import Delivery, Endpoint, State
from notifications.outbox import Message, queue_deliveries
from notifications.sending import send_due
from notifications.settling import SendResult
from people.models import User
from refusals.errors import Invalid
from tests.notifications.receiver import Receiver, receiver
from tests.notifications.test_outgoing import leads_to
from tests.programs import Programs
from tests.waiting import until

pytestmark = pytest.mark.django_db

NASTY = "SEV1 <!channel> @everyone *bold*\u202e evil\n<https://x.example|click> & `code` @here"


@pytest.fixture
def other_side() -> Iterator[Receiver]:
    """A receiver that the operator named."""
    with receiver() as got, override_settings(OUTGOING_ALLOW=["127.0.0.0/8"]):
        yield got


def made(manager: User, got: Receiver, kind: str = "webhook", name: str = "Ops") -> Endpoint:
    """A channel to that receiver."""
    return add_channel(by=manager, kind=kind, url=got.url, name=name)[0]


def say(endpoint: Endpoint, key: str = "k", **more: Any) -> Delivery:
    """Queue one message there."""
    fields = {"kind": "test", "subject_line": "S", "text": "T", **more}
    address = {"address": endpoint.address, "channels": (endpoint.channel,)}
    queue_deliveries([Message(key=key, **address, **fields)])  # type: ignore[arg-type]
    return Delivery.objects.get(key=f"{key}/{endpoint.channel}")


def test_a_webhook_is_signed_as_its_receiver_checks(manager: User, other_side: Receiver) -> None:
    endpoint, secret = add_channel(by=manager, kind="webhook", url=other_side.url, name="Ops")
    row = say(endpoint, context={"data": {"severity": "sev1"}}, url="/incidents/INC-7/")
    other_side.answers = [(500, {}), (204, {})]
    assert send_due("webhook") == SendResult(retried=1)
    set_offset(60)
    # Signed at the moment it leaves, which the receiver's clock has to agree with.
    Delivery.objects.update(next_attempt_at=row.created_at)
    set_offset(0)
    assert send_due("webhook") == SendResult(sent=1)
    first, second = other_side.arrived
    found = Webhook(secret).verify(second.body, second.headers)
    assert found == {
        "type": "test",
        "timestamp": row.created_at.isoformat().replace("+00:00", "Z"),
        "data": {
            "incident": None,
            "subject": "S",
            "text": "T",
            "url": "http://127.0.0.1:8000/incidents/INC-7/",
            "severity": "sev1",
        },
    }
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == str(row.pk)
    endpoint.refresh_from_db()
    assert (endpoint.succeeded_at is not None, endpoint.failed_at is not None) == (True, True)
    assert secret not in endpoint.secret
    assert other_side.url not in endpoint.url


def test_a_secret_that_is_another_ones_fails(manager: User, other_side: Receiver) -> None:
    """The control: the receiver's check can say no."""
    _, secret = add_channel(by=manager, kind="webhook", url=other_side.url, name="Other")
    say(made(manager, other_side))
    send_due("webhook")
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(secret).verify(other_side.arrived[0].body, other_side.arrived[0].headers)


@pytest.mark.parametrize(
    ("answer", "result", "state", "is_disabled"),
    [
        ((410, {}), SendResult(dead=1), State.DEAD, True),
        ((404, {}), SendResult(dead=1), State.DEAD, False),
        ((301, {"Location": "http://127.0.0.2/"}), SendResult(dead=1), State.DEAD, False),
        ((408, {}), SendResult(retried=1), State.PENDING, False),
        ((500, {}), SendResult(retried=1), State.PENDING, False),
        ("drop", SendResult(retried=1), State.PENDING, False),
    ],
)
def test_what_an_answer_means(
    manager: User,
    other_side: Receiver,
    answer: Any,
    result: SendResult,
    state: State,
    is_disabled: bool,
) -> None:
    endpoint = made(manager, other_side)
    row = say(endpoint)
    other_side.answers = [answer]
    assert send_due("webhook") == result
    row.refresh_from_db()
    endpoint.refresh_from_db()
    assert (row.state, endpoint.disabled_at is not None) == (state, is_disabled)
    assert row.last_error == endpoint.last_error != ""
    if answer == "drop":
        assert row.unsure == 1


@pytest.mark.parametrize("status", [429, 503])
def test_whoever_asks_to_wait_is_left_alone_for_that_long(
    manager: User, other_side: Receiver, status: int
) -> None:
    endpoint = made(manager, other_side)
    say(endpoint, "a")
    say(endpoint, "b")
    other_side.answers = [(status, {"Retry-After": "120"})]
    send_due("webhook")
    set_offset(110)
    assert send_due("webhook") == SendResult()
    assert len(other_side.arrived) == 1
    set_offset(125)
    assert send_due("webhook") == SendResult(sent=2)


@pytest.mark.django_db(transaction=True)
def test_one_that_hangs_delays_nobody(
    manager: User, other_side: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing, "WITHIN_S", 120.0)
    with receiver("127.0.0.3") as hanging:
        hanging.go_on = Event()
        stuck = made(manager, hanging, name="Hangs")
        say(stuck, "a")
        say(made(manager, other_side), "b")
        lanes.send_due("webhook", wait_s=0.1)
        until(lambda: Delivery.objects.get(key="b/webhook").state == State.SENT)
        say(Endpoint.objects.get(name="Ops"), "c")
        lanes.send_due("webhook", wait_s=0.1)
        until(lambda: Delivery.objects.get(key="c/webhook").state == State.SENT)
        assert Delivery.objects.get(key="a/webhook").state == State.SENDING
        hanging.go_on.set()
        until(lambda: Delivery.objects.get(key="a/webhook").state == State.SENT)
        until(lambda: not lanes._taken["webhook"])
    assert len(hanging.arrived) == 1


def test_what_is_removed_hears_nothing_more(manager: User, other_side: Receiver) -> None:
    endpoint = made(manager, other_side)
    row = say(endpoint)
    remove_channel(endpoint, by=manager)
    assert send_due("webhook") == SendResult()
    row.refresh_from_db()
    assert (row.state, row.cancelled_reason) == (State.CANCELLED, "The channel was removed.")


@pytest.mark.parametrize("kind", ["slack", "mattermost", "discord", "teams"])
def test_a_chat_is_told_in_its_own_words(manager: User, other_side: Receiver, kind: str) -> None:
    endpoint = made(manager, other_side, kind)
    try_channel(endpoint, by=manager)
    assert send_due("chat") == SendResult(sent=1)
    said = json.loads(other_side.arrived[0].body)
    assert "asked for it to see whether it arrives." in json.dumps(said)
    assert (
        set(said)
        == {
            "slack": {"text", "parse", "link_names", "unfurl_links", "unfurl_media"},
            "mattermost": {"text"},
            "discord": {"content", "allowed_mentions", "flags"},
            "teams": {"type", "attachments"},
        }[kind]
    )


def test_nobody_is_called_and_nothing_is_turned_around() -> None:
    link = "https://endstate.example/incidents/INC-7/"
    assert slack.body(NASTY, link)["text"] == (
        "*SEV1 &lt;!channel&gt; @\u200beveryone *bold* evil*\n"
        "&lt;https://x.example|click&gt; &amp; `code` @\u200bhere\n"
        f"<{link}|Open in Endstate>"
    )
    assert mattermost.body(NASTY, link)["text"] == (
        "**SEV1 \\<\\!channel\\> @\u200beveryone \\*bold\\* evil**\n\n"
        "\\<https://x.example\\|click\\> & \\`code\\` @\u200bhere\n\n"
        f"[Open in Endstate](<{link}>)"
    )
    for said in (discord.body(NASTY, link), teams.body(NASTY, link)):
        words = json.dumps(said, ensure_ascii=False)
        assert [one for one in ("@everyone", "@here", "<!channel>", "\u202e") if one in words] == []


def test_ten_thousand_characters_are_cut_where_a_chat_takes_less() -> None:
    long = "word " * 10_000
    assert len(discord.body(long, "https://e.example/")["content"]) <= 2000
    assert len(slack.body(long, "")["text"]) <= 12_010


def test_an_address_inside_is_refused_when_it_is_typed(manager: User) -> None:
    for kind in ("webhook", "slack", "teams", "mattermost", "discord"):
        with pytest.raises(Invalid):
            add_channel(by=manager, kind=kind, url="http://127.0.0.1:9/hook", name="Ops")
    with pytest.raises(Invalid):
        add_channel(by=manager, kind="apprise", url="no address", name="Ops")


def test_channels_over_the_api(
    manager: User, lena: User, other_side: Receiver, program: Programs
) -> None:
    api = program(manager)
    body = {"kind": "webhook", "url": other_side.url, "name": "Ops"}
    made = api.post("channels", body)
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    again = api.post("channels", {**body, "name": "ops"})
    assert (again.status_code, again.json()["errors"][0]["field"]) == (422, "name")
    key = made.json()["id"]
    tried = api.post(f"channels/{key}/test")
    assert (tried.status_code, send_due("webhook")) == (202, SendResult(sent=1))
    assert json.loads(other_side.arrived[0].body)["type"] == "test"
    (listed,) = api.get("channels").json()["items"]
    assert (listed["secret"], listed["host"]) == (None, f"127.0.0.1:{other_side.port}")
    assert listed["succeeded_at"] is not None
    lena.role = "responder"
    lena.save()
    for method, path in (("GET", "channels"), ("DELETE", f"channels/{key}")):
        assert program(lena).call(method, path).status_code == 403
    assert program(lena).post("channels", body).status_code == 403
    assert program(lena).post(f"channels/{key}/test").status_code == 403
    assert api.delete(f"channels/{key}").status_code == 204
    assert api.delete(f"channels/{key}").status_code == 404


def test_one_that_hangs_up_having_it_gets_it_again_with_the_same_id_and_nothing_is_lost(
    manager: User, other_side: Receiver
) -> None:
    endpoint = made(manager, other_side)
    first, second = say(endpoint, "a"), say(endpoint, "b")
    other_side.answers = ["drop"]
    # The other one waits for it, untouched, and is not in doubt.
    assert send_due("webhook") == SendResult(retried=1)
    first.refresh_from_db()
    second.refresh_from_db()
    assert sorted([first.unsure, second.unsure]) == [0, 1]
    endpoint.refresh_from_db()
    assert endpoint.last_error != ""
    set_offset(700)
    assert send_due("webhook") == SendResult(sent=2)
    ids = [one.headers["webhook-id"] for one in other_side.arrived]
    assert sorted(ids) == sorted([ids[0], str(first.pk), str(second.pk)])
    assert len(set(ids)) == 2
    endpoint.refresh_from_db()
    assert endpoint.succeeded_at is not None
    assert endpoint.failed_at is not None
    assert endpoint.succeeded_at > endpoint.failed_at


def test_one_that_refuses_is_shown_told_and_sent_again_when_asked(
    manager: User, other_side: Receiver, client: Client
) -> None:
    endpoint = made(manager, other_side)
    row = say(endpoint)
    other_side.answers = [(403, {})]
    assert send_due("webhook") == SendResult(dead=1)
    client.force_login(manager)
    page = client.get(reverse("admin:notifications_channelstatus_changelist")).content.decode()
    assert "It answered 403" in page
    (notice,) = Delivery.objects.inbox_of(manager.pk).filter(kind="undelivered")
    assert "It answered 403" in notice.text
    # One that was refused says nothing of the next: it goes on at once.
    say(endpoint, "next")
    assert send_due("webhook") == SendResult(sent=1)
    replay_delivery(row.pk)
    assert send_due("webhook") == SendResult(sent=1)
    ids = [one.headers["webhook-id"] for one in other_side.arrived]
    assert (ids[0], ids[2]) == (str(row.pk), str(row.pk))


def test_one_that_is_gone_is_disabled_and_gets_nothing_more(
    manager: User, other_side: Receiver, program: Programs
) -> None:
    endpoint = made(manager, other_side)
    for key in "ab":
        say(endpoint, key)
    other_side.answers = [(410, {})]
    assert send_due("webhook") == SendResult(dead=2)
    assert len(other_side.arrived) == 1
    (listed,) = program(manager).get("channels").json()["items"]
    assert listed["disabled"] is True
    assert "gone" in listed["last_error"]


def test_one_whose_name_turns_inside_after_the_check_is_refused_and_said(
    manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads_to(monkeypatch, "127.0.0.1")
    with receiver("127.0.0.1") as inside, override_settings(OUTGOING_ALLOW=[]):
        url = f"http://hook.example:{inside.port}/hook"
        endpoint, _ = add_channel(by=manager, kind="webhook", url=url, name="Ops")
        row = say(endpoint)
        assert send_due("webhook") == SendResult(dead=1)
        assert inside.arrived == []
    row.refresh_from_db()
    endpoint.refresh_from_db()
    assert row.last_error == endpoint.last_error
    assert "hook.example" in row.last_error
