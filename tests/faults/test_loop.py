"""What is done to the loop, and what it does about it. Each fault has its negative control."""

import os
import signal
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
import redis
from django.db import connection, transaction

from clock.actions import set_offset
from clock.queries import now
from deadlines.actions import owe
from deadlines.models import Deadline
from deadlines.queries import check_books
from notifications.models import Delivery
from people.models import User
from running.embedded import Servers
from tests.faults.conftest import Loops
from tests.faults.points import Points
from tests.notifications.smtp import Post
from tests.outbox import queue_delivery
from tests.servers import address_of
from tests.waiting import bar, until

SECOND = timedelta(seconds=1)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("watering"),
    pytest.mark.timeout(900),
]


def state(channel: str = "email") -> list[str]:
    """The states of the rows of a channel."""
    return list(Delivery.objects.filter(channel=channel).values_list("state", flat=True))


def tell(person: User) -> None:
    """Queue one mail that has nothing to do with a deadline."""
    queue_delivery(
        key="another",
        kind="test",
        person=person,
        channels=("email",),
        subject_line="Something else",
        text="T",
    )


def is_sent(person: User) -> bool:
    """Whether that mail was noted as sent."""
    return Delivery.objects.filter(key="another/email", state="sent", person=person).exists()


def balanced() -> list[str]:
    """What the books say is wrong; the test's own process serves fewer channels than the loop's."""
    return [line for line in check_books() if "webhook" not in line]


def test_a_nudge_is_handed_over_within_two_seconds_of_its_time(
    loops: Loops, post: Post, gardener: User
) -> None:
    loops.start()
    people = [
        User.objects.create_user(f"p{number}@example.org", name=f"P{number}")
        for number in range(10)
    ]
    for number, person in enumerate(people):
        owe(None, "watering", person, due_at=now() + (1 + number * 0.15) * SECOND)
    until(lambda: Delivery.objects.filter(channel="email", state="sent").count() == 10)
    due = {f"deadline:{row.pk}": row.due_at for row in Deadline.objects.all()}
    rows = Delivery.objects.filter(channel="email")
    waits = sorted((row.sent_at - due[row.source]).total_seconds() for row in rows if row.sent_at)
    assert len(waits) == 10
    assert len(post.messages) == 10 and min(waits) >= 0
    median, longest = bar(1, busy=30), bar(2, busy=60)
    assert waits[len(waits) // 2] <= median and waits[-1] <= longest, waits


@pytest.mark.parametrize(
    ("broken", "ids", "states"),
    [("", 2, ["sent"]), ("lease", 1, ["sending"])],
    ids=["the lease runs out", "control: it never does"],
)
def test_a_sender_killed_with_the_mail_in_hand_is_followed_by_another(
    broken: str,
    ids: int,
    states: list[str],
    loops: Loops,
    points: Points,
    post: Post,
    gardener: User,
    neighbour: User,
) -> None:
    stop = points.order("handed over")
    first = loops.start(broken)
    owe(None, "watering", gardener, due_at=now())
    stop.held()
    loops.kill(first)
    assert state() == ["sending"]
    set_offset(31)
    # What is sent after it shows that the second loop came by the first mail, and left it.
    later = points.order("handed over")
    loops.start(broken)
    if broken:
        tell(neighbour)
    assert later.held()["subject"] == ("Something else" if broken else "Plants: due")
    later.let_go()
    loops.stop()
    row = Delivery.objects.get(channel="email", person=gardener)
    assert post.ids.count(f"<{row.pk}@127.0.0.1>") == ids
    assert len(post.ids) == 2
    assert [row.state] == states
    assert is_sent(neighbour) == bool(broken)
    assert balanced() == []


def _leave_alone(servers: Servers) -> None:
    """The control of the controls: nothing is done."""


def _empty(servers: Servers) -> None:
    redis.Redis.from_url(servers.redis_url).flushall()


def _stop(servers: Servers) -> None:
    pid = servers.valkey_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def _freeze(servers: Servers) -> None:
    pid = servers.valkey_pid()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)


@pytest.mark.parametrize("fault", [_leave_alone, _empty, _stop, _freeze])
def test_whatever_happens_to_valkey_the_loop_enforces_in_time(
    fault: Callable[[Servers], None],
    loops: Loops,
    valkey: Servers,
    post: Post,
    gardener: User,
    neighbour: User,
) -> None:
    loops.start()
    owe(None, "watering", gardener, due_at=now() + SECOND)
    owe(None, "watering", neighbour, due_at=now() + 3 * SECOND)
    fault(valkey)
    until(lambda: state() == ["sent", "sent"])
    due = {f"deadline:{row.pk}": row.due_at for row in Deadline.objects.all()}
    rows = Delivery.objects.filter(channel="email")
    late = max(row.sent_at - due[row.source] for row in rows if row.sent_at)
    assert late <= bar(10, busy=60) * SECOND
    assert sorted(message["To"] for message in post.messages) == [
        "gardener@example.org",
        "neighbour@example.org",
    ]
    assert balanced() == []


def test_control_with_a_sweep_that_does_nothing_nobody_is_told(
    loops: Loops, valkey: Servers, points: Points, post: Post, gardener: User, neighbour: User
) -> None:
    owe(None, "watering", gardener, due_at=now())
    tell(neighbour)
    passes = [points.order("sweeping") for _ in range(3)]
    loops.start("sweep", ready=False)
    for one in passes:
        one.held()
        one.let_go()
    until(lambda: is_sent(neighbour))
    loops.stop()
    assert [message["To"] for message in post.messages] == ["neighbour@example.org"]
    assert state() == ["sent"]


@pytest.mark.parametrize(
    ("point", "written", "mails"),
    [("written", 0, 40), ("stepped", 20, 40), ("handed over", 40, 41), ("settled", 40, 40)],
)
def test_a_loop_killed_while_something_falls_due_costs_nothing_and_doubles_nothing(
    point: str,
    written: int,
    mails: int,
    loops: Loops,
    points: Points,
    post: Post,
    gardener: User,
) -> None:
    people = [
        User.objects.create_user(f"p{number}@example.org", name=f"P{number}")
        for number in range(40)
    ]
    first = loops.start()
    stops = [points.order(point)]
    if point == "stepped":
        # Its other thread stands with what is written, so that both die with something in hand.
        stops.append(points.order("claimed"))
    due_at = now()
    with transaction.atomic():
        for person in people:
            owe(None, "watering", person, due_at=due_at)
    for stop in stops:
        stop.held()
    if written == 40:
        until(lambda: len(state()) == 40)
    loops.kill(first)
    assert len(state()) == written
    set_offset(31)
    loops.start(ready=False)
    until(lambda: state() == ["sent"] * 40)
    loops.stop()
    assert len(set(post.ids)) == 40
    assert len(post.ids) == mails, "only a mail in hand is doubled, with the same id"
    steps = Deadline.objects.values_list("step", flat=True)
    assert list(steps) == [2] * 40
    assert balanced() == []


def test_three_loops_at_once_hand_each_nudge_over_once(
    loops: Loops, points: Points, post: Post, gardener: User
) -> None:
    people = [
        User.objects.create_user(f"p{number}@example.org", name=f"P{number}")
        for number in range(30)
    ]
    before = [points.order("sweeping") for _ in range(3)]
    for _ in range(3):
        loops.start(ready=False)
    for stop in before:
        stop.held()
    due_at = now()
    for person in people:
        owe(None, "watering", person, due_at=due_at)
    for stop in before:
        stop.let_go()
    until(lambda: state() == ["sent"] * 30)
    loops.stop()
    assert (len(post.ids), len(set(post.ids))) == (30, 30)


def test_the_database_away_is_waited_out_by_the_same_process(
    loops: Loops, post: Post, gardener: User
) -> None:
    process = loops.start()
    name = connection.settings_dict["NAME"]
    elsewhere = address_of({**connection.settings_dict, "NAME": "postgres"})
    with (
        psycopg.connect(elsewhere, autocommit=True) as outside,
        psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner,
    ):
        owner.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
        try:
            ours = connection.connection.info.backend_pid
            outside.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = %s AND pid <> %s",
                [name, ours],
            )
            owe(None, "watering", gardener, due_at=now())
            until(lambda: "sweep waits for the database" in loops.said.read_text())
            until(lambda: "send-email waits for the database" in loops.said.read_text())
            assert (post.messages, process.poll()) == ([], None)
        finally:
            owner.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')
    until(lambda: state() == ["sent"])
    assert [message["To"] for message in post.messages] == ["gardener@example.org"]
    assert process.poll() is None
    assert balanced() == []


@pytest.mark.parametrize(
    ("broken", "end"),
    [("", "dead"), ("crashes", "sending")],
    ids=["set aside after five", "control: never set aside"],
)
def test_a_row_that_kills_its_sender_is_set_aside_and_the_others_leave(
    broken: str, end: str, loops: Loops, gardener: User
) -> None:
    def queue(key: str, subject_line: str) -> None:
        queue_delivery(
            key=key,
            kind="test",
            address="https://hook.example",
            channels=("webhook",),
            subject_line=subject_line,
            text="T",
        )

    queue("k00", "fine")
    queue("bad", "deadly")
    for number in range(1, 50):
        queue(f"k{number:02}", "fine")

    def is_over() -> bool:
        rows = state("webhook")
        return (rows.count("sent"), rows.count("dead")) == (50, 1)

    deaths = 0
    while deaths < 6:
        process = loops.start(broken, ready=False)
        until(lambda: process.poll() is not None or is_over())  # noqa: B023
        if process.poll() is None:
            break
        deaths += 1
        set_offset(31 * deaths)
    bad = Delivery.objects.get(key="bad/webhook")
    assert (deaths, state("webhook").count("sent"), bad.state) == (
        5 if end == "dead" else 6,
        50,
        end,
    )
