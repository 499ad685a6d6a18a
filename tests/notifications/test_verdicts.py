"""Who may be told: asked when a message is queued and again when it leaves."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from clock.actions import set_offset
from clock.queries import now
from notifications.about import About, Reference
from notifications.actions import cancel_deliveries, tell
from notifications.kinds import MessageKind, kind_named, register
from notifications.messages import ChannelTest
from notifications.models import Delivery
from notifications.queries import inbox
from notifications.sending import send_due
from notifications.settling import SendResult
from notifications.verdicts import TELL, Verdict, drop, register_verdict, verdict
from people.models import User
from tests.notifications.smtp import Post
from tests.outbox import kinds_put_back

pytestmark = pytest.mark.django_db

HOUSE = Reference(7, "INC-7", "/incidents/INC-7/")
HOUR = timedelta(hours=1)


class Judge:
    """Rules the same about everybody until a test changes its mind; remembers what it was asked."""

    def __init__(self) -> None:
        self.ruled: Verdict = TELL
        self.asked: list[tuple[list[str], str]] = []

    def __call__(self, people: Sequence[User], about: About) -> Mapping[int, Verdict]:
        self.asked.append(([person.name for person in people], about.ref))
        return {person.pk: self.ruled for person in people}


@pytest.fixture
def judge(nobody_judges: None) -> Judge:
    """The only one who rules."""
    found = Judge()
    register_verdict(found)
    return found


def say(*people: User, key: str = "k", **more: Any) -> None:
    """Tell them something about ``HOUSE``."""
    tell(HOUSE, people, ChannelTest.name, "Hello", "Hello there.", key=key, **more)


def states() -> list[tuple[str, str, str]]:
    """Every row: its channel, its state, why it was cancelled."""
    rows = Delivery.objects.order_by("person_id", "channel")
    return list(rows.values_list("channel", "state", "cancelled_reason"))


def leave(*, after: timedelta = timedelta(0)) -> tuple[SendResult, SendResult]:
    """What becomes of what is due inside the product and by mail that much later."""
    set_offset(after.total_seconds())
    return send_due("in_app"), send_due("email")


def test_a_message_keeps_what_it_is_about(lena: User, judge: Judge) -> None:
    say(lena)
    row = Delivery.objects.get(channel="email")
    assert (row.key, row.about, row.url) == (f"k/p{lena.pk}/email", HOUSE, "/incidents/INC-7/")


def test_everybody_a_message_is_for_is_asked_about_at_once(
    lena: User, manager: User, judge: Judge
) -> None:
    say(lena, manager)
    assert judge.asked == [(["Lena", "Manager"], "INC-7")]


def test_what_is_dropped_is_kept_with_the_reason_and_reaches_nobody(
    lena: User, judge: Judge, post: Post
) -> None:
    judge.ruled = drop("They may not see it.")
    say(lena)
    assert states() == [
        ("email", "cancelled", "They may not see it."),
        ("in_app", "cancelled", "They may not see it."),
    ]
    assert (list(inbox(lena)), leave()) == ([], (SendResult(), SendResult()))


def test_a_message_is_asked_about_again_when_it_leaves(
    lena: User, judge: Judge, post: Post
) -> None:
    say(lena)
    judge.ruled = drop("They left.")
    assert leave() == (SendResult(), SendResult(cancelled=1))
    assert states() == [("email", "cancelled", "They left."), ("in_app", "sent", "")]
    assert (post.messages, judge.asked) == ([], [(["Lena"], "INC-7")] * 2)


def test_what_is_held_waits_until_the_moment_and_is_asked_about_again(
    lena: User, judge: Judge, post: Post
) -> None:
    judge.ruled = Verdict(until=now() + HOUR)
    say(lena)
    assert (list(inbox(lena)), leave(after=HOUR / 2)) == ([], (SendResult(), SendResult()))
    judge.ruled = TELL
    assert leave(after=HOUR + HOUR / 2) == (SendResult(sent=1), SendResult(sent=1))
    assert ([row.text for row in inbox(lena)], len(post.messages)) == (["Hello there."], 1)


def test_what_is_held_can_be_held_again_and_dropped_in_the_end(
    lena: User, judge: Judge, post: Post
) -> None:
    judge.ruled = Verdict(until=now() + HOUR)
    say(lena)
    judge.ruled = Verdict(until=now() + 3 * HOUR)
    assert leave(after=2 * HOUR) == (SendResult(held=1), SendResult(held=1))
    assert leave(after=2.5 * HOUR) == (SendResult(), SendResult())
    judge.ruled = drop("It is over.")
    assert leave(after=4 * HOUR) == (SendResult(cancelled=1), SendResult(cancelled=1))
    assert (list(inbox(lena)), post.messages) == ([], [])


def test_a_message_may_be_held_when_it_leaves_and_waiting_is_no_failure(
    lena: User, judge: Judge, post: Post
) -> None:
    say(lena)
    until = now() + 100 * HOUR
    judge.ruled = Verdict(until=until)
    assert leave() == (SendResult(), SendResult(held=1))
    row = Delivery.objects.get(channel="email")
    assert (row.state, row.due_at, row.next_attempt_at, row.last_error, row.crashes) == (
        *("pending", until, until, "", 0),
    )
    judge.ruled = TELL
    assert leave(after=101 * HOUR) == (SendResult(), SendResult(sent=1))


def test_what_is_held_can_be_cancelled(lena: User, judge: Judge) -> None:
    judge.ruled = Verdict(until=now() + HOUR)
    say(lena, source="deadline:1")
    assert cancel_deliveries(source="deadline:1", reason="It was done.") == 2
    assert leave(after=2 * HOUR) == (SendResult(), SendResult())


def test_what_would_be_held_past_its_worth_expires(lena: User, judge: Judge, post: Post) -> None:
    say(lena, expires_at=now() + HOUR)
    judge.ruled = Verdict(until=now() + 2 * HOUR)
    assert leave() == (SendResult(), SendResult(expired=1))
    assert post.messages == []


def test_a_hold_that_is_over_holds_nothing(lena: User, judge: Judge, post: Post) -> None:
    judge.ruled = Verdict(until=now() - HOUR)
    say(lena)
    assert leave() == (SendResult(), SendResult(sent=1))
    assert len(inbox(lena)) == 1


LATE, LATER = datetime(2030, 1, 1), datetime(2030, 1, 2)


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [
        (TELL, Verdict(until=LATE), Verdict(until=LATE)),
        (Verdict(until=LATE), TELL, Verdict(until=LATE)),
        (Verdict(until=LATER), Verdict(until=LATE), Verdict(until=LATER)),
        (Verdict(until=LATE), drop("Gone."), drop("Gone.")),
        (drop("Gone."), Verdict(until=LATE), drop("Gone.")),
    ],
)
def test_of_several_verdicts_the_strictest_counts(
    lena: User, judge: Judge, first: Verdict, second: Verdict, counts: Verdict
) -> None:
    other = Judge()
    register_verdict(other)
    judge.ruled, other.ruled = first, second
    assert verdict([lena], HOUSE) == {lena.pk: counts}


def test_the_same_judge_twice_is_asked_once(lena: User, judge: Judge) -> None:
    register_verdict(judge)
    verdict([lena], HOUSE)
    assert judge.asked == [(["Lena"], "INC-7")]


def test_who_has_left_is_told_nothing_whatever_it_is_about(lena: User, judge: Judge) -> None:
    lena.is_active = False
    say(lena)
    tell(None, [lena], ChannelTest.name, "Hello", "Hello there.", key="other")
    assert states() == [("in_app", "cancelled", "The account is not active.")] * 2
    assert judge.asked == []


def test_a_message_about_nothing_is_not_judged(lena: User, judge: Judge) -> None:
    judge.ruled = drop("Never.")
    tell(None, [lena], ChannelTest.name, "Hello", "Hello there.", key="k")
    assert states() == [("email", "pending", ""), ("in_app", "sent", "")]


def test_a_kind_that_nobody_registered_cannot_be_told(lena: User) -> None:
    with pytest.raises(LookupError, match="no kind of message is registered as 'rumour'"):
        tell(None, [lena], "rumour", "Psst", "They say.", key="k")
    assert states() == []


def test_a_kind_is_registered_under_its_name_by_one_class_only() -> None:
    class Rumour(MessageKind):
        name = "rumour"
        words = "what they say"

    class Gossip(MessageKind):
        name = "rumour"
        words = "what they say too"

    with kinds_put_back():
        register(Rumour(), Rumour())
        with pytest.raises(LookupError, match="registered twice"):
            register(Gossip())
        assert type(kind_named("rumour")) is Rumour


def test_nobody_at_all_costs_nothing(lena: User, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        say()
