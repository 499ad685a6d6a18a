"""The very moment, the very first byte too many, and what has already ended."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from clock.queries import now
from deadlines.climbing import climb
from deadlines.models import Deadline
from incidents.approvals.rules import may_approve
from incidents.cards.models import Card
from incidents.changes.models import Change
from incidents.endstate.models import Signal
from incidents.lifecycle.actions import change_status
from incidents.outcomes.rules import unseen
from incidents.record.models import PATIENCE, Incident
from incidents.record.zones import is_night, morning_after
from incidents.roster.actions import assign_role, join
from incidents.roster.queries import roster
from incidents.updates.actions import AllClear
from people.models import User
from refusals.errors import Refused
from tests.conftest import Clock
from tests.deadlines.kind import LATER, Watering
from tests.incidents.cast import fresh, ready, start
from tests.matrix.addresses import Cast, addresses, world_of
from tests.matrix.pages import ABOUT_INCIDENTS, OTHERS

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("early", "steps"), [(timedelta(microseconds=1), 2), (timedelta(0), 3)], ids=["before", "sharp"]
)
def test_a_step_is_taken_at_its_very_moment_and_not_before(
    responder: User, early: timedelta, steps: int
) -> None:
    due_at = now()
    deadline = Deadline(
        kind="watering", subject_id=responder.pk, due_at=due_at, step=2, moved_count=0
    )
    taken = climb(Watering(), responder, deadline, LATER.moment(due_at) - early)
    assert taken is not None
    assert taken.step == steps


@pytest.mark.parametrize(
    ("wall", "night"),
    [
        ("19:59:59", False),
        ("20:00:00", True),
        ("23:59:59", True),
        ("08:59:59", True),
        ("09:00:00", False),
    ],
)
def test_p45_the_night_is_from_eight_sharp_until_before_nine(wall: str, night: bool) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    moment = datetime.combine(date(2026, 3, 2), time.fromisoformat(wall), berlin)
    assert is_night(moment, berlin) is night
    assert (morning_after(moment, berlin) == moment) is (wall == "09:00:00")


ASKED_AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "may"), [(timedelta(seconds=119.999999), False), (PATIENCE, True)]
)
def test_p35_the_deputy_approves_from_two_minutes_sharp(
    incident: Incident, commander: User, responder: User, after: timedelta, may: bool
) -> None:
    assign_role(incident, by=commander, role="deputy", person=responder)
    change = Change(card=Card(incident=incident), asked_at=ASKED_AT)
    held = roster(incident)
    assert may_approve(change, change.card, held, responder, ASKED_AT + after) is may


@pytest.mark.parametrize(
    ("after", "seen"), [(timedelta(0), False), (timedelta(microseconds=1), True)]
)
def test_p36_a_sample_of_the_very_start_says_nothing_of_what_came_of_it(
    after: timedelta, seen: bool
) -> None:
    signal = Signal(latest_at=ASKED_AT + after)
    assert unseen([signal], ASKED_AT) == ([] if seen else [signal])


def resolve(incident: Incident, by: User) -> None:
    change_status(
        incident,
        by=by,
        to="resolved",
        all_clear=AllClear("It works again.", statement="Three of four API calls fail."),
        override_reason="Checked by hand.",
    )


def test_p10_nobody_is_named_to_anything_once_it_has_ended(
    incident: Incident, commander: User, responder: User
) -> None:
    resolve(incident, commander)
    before = list(incident.roles.values_list("role", "person"))
    for role in ("responder", "fix_owner", "deputy", "scribe"):
        with pytest.raises(Refused):
            assign_role(fresh(incident), by=commander, role=role, person=responder)
    assert list(incident.roles.values_list("role", "person")) == before


def test_p34_reopening_starts_the_time_box_of_what_runs_again(
    incident: Incident, commander: User, responder: User, clock: Clock
) -> None:
    join(incident, by=responder)
    card = start(ready(incident, responder), responder)
    resolve(incident, commander)
    boxes = Deadline.objects.filter(kind="time_box", subject_id=card.pk)
    assert not boxes.filter(state="open").exists()
    clock.advance(hours=5)
    before = clock.now
    change_status(fresh(incident), by=commander, to="investigating", reason="It came back.")
    card = Card.objects.get(pk=card.pk)
    assert card.time_box_ends_at is not None
    full = timedelta(minutes=card.time_box_min or 15)
    assert before <= card.time_box_ends_at - full <= clock.now
    box = boxes.get(state="open")
    assert (box.due_at, box.owner) == (card.time_box_ends_at, responder)


def test_no_page_of_an_account_may_be_kept_by_anything_between(cast: Cast) -> None:
    world = world_of(cast.incident(private=False), by=cast.people["commander"])
    browser = cast.browser("admin")
    kept = {}
    for one in addresses():
        row = {**ABOUT_INCIDENTS, **OTHERS}.get(one.name)
        if row is None or row[0][0] != "s":
            continue
        said = browser.get(one.filled(world)).headers["Cache-Control"]
        if "public" in said or not ("private" in said or "no-store" in said):
            kept[one.name] = said
    assert kept == {}
