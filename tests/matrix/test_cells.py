"""Each cell of the table *what happens* × *what is open* (``cells``), tried on one world."""

import copy
from collections.abc import Iterator

import pytest
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

from deadlines.models import Deadline
from incidents.board.actions import change_card
from incidents.record.models import Incident
from incidents.roster.actions import release_role
from notifications.models import Delivery
from refusals.errors import Refused
from tests.matrix import cells
from tests.matrix.printing import PAGE
from tests.matrix.truths import untrue_of
from tests.matrix.world import EVENTS, HELD, LEAVING, World, everything_open, look

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def everything(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The one world of this module, in a transaction that no test commits."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield everything_open()
        transaction.set_rollback(True)


@pytest.fixture
def world(everything: World) -> Iterator[World]:
    """That world; what a test does to it is undone."""
    with transaction.atomic():
        yield copy.copy(everything)
        transaction.set_rollback(True)


def wanted(event: str, before: dict[str, str], names: list[str]) -> dict[str, str]:
    found = {name: cells.cell(event, name).becomes for name in names}
    return {name: before[name] if value is None else value for name, value in found.items()}


@pytest.mark.parametrize("event", EVENTS)
def test_what_becomes_of_everything_open(world: World, event: str) -> None:
    before = look(world)
    EVENTS[event](world)
    assert look(world) == wanted(event, before, list(before))
    assert untrue_of(Incident.objects.get(pk=world.incident.pk)) == []


@pytest.mark.parametrize("who", HELD)
@pytest.mark.parametrize("event", LEAVING)
def test_what_becomes_of_what_they_hold(world: World, event: str, who: str) -> None:
    before = look(world)
    LEAVING[event](world, who)
    after = look(world)
    held = list(HELD[who])
    assert {name: after[name] for name in held} == wanted(event, before, held)
    assert untrue_of(Incident.objects.get(pk=world.incident.pk)) == []


def test_command_is_never_just_dropped(world: World) -> None:
    seat = world.incident.roles.active().get(role="commander")
    with pytest.raises(Refused, match="never just dropped"):
        release_role(seat.pk, by=world.person("maya"), note="Going home.")


def test_a_card_without_a_pair_waits_for_an_owner(world: World) -> None:
    LEAVING["deactivated"](world, "tunde")
    assert look(world)["card_now"].endswith("now nobody (warn:pair_required, owner_left)")
    told = Delivery.objects.filter(kind="owner_wanted", channel="in_app")
    assert [one.person for one in told] == [world.people["maya"]]


def test_what_is_late_is_said_and_told(world: World) -> None:
    EVENTS["past_due"](world)
    kinds = set(world.incident.entries.values_list("kind", flat=True))
    assert {"update_overdue", "time_box_ended", "deadline_missed"} <= kinds
    told = set(
        Delivery.objects.filter(incident_id=world.incident.pk).values_list("kind", flat=True)
    )
    assert {"update", "time_box", "command_acceptance", "question", "escalation"} <= told
    assert not Deadline.objects.set_aside().exists()


@pytest.mark.django_db
def test_p15_what_passed_with_a_mark_is_asked_for_when_severity_rises() -> None:
    # A world of its own: a test with this mark runs first, and lets pytest-django make the database
    # that the world of the others is made in.
    world = everything_open()
    EVENTS["severity_up"](world)
    entry = world.incident.entries.get(kind="missing_asked")
    assert entry.text == "SEV1 asks for what is missing: “Alone”. What runs goes on"
    assert [*entry.data["cards"].values()] == [["ask:pair_required"]]
    assert not Delivery.objects.filter(kind="missing_asked").exists()
    EVENTS["severity_down"](world)
    assert "ask:" not in look(world)["card_now"]


def test_p10_a_commander_is_no_pair_of_a_running_card_unmarked(world: World) -> None:
    card = world.incident.cards.get(title="Paired")
    paired = change_card(
        card.pk, by=world.person("noor"), version=card.version, pair=world.person("maya")
    )
    assert paired.marks == ["warn:commander_cannot_own_work", "warn:pair_required"]
    freed = change_card(
        card.pk, by=world.person("noor"), version=paired.version, pair=world.person("kim")
    )
    assert freed.marks == []


@pytest.mark.parametrize("name", cells.COMES_LATER)
def test_what_exists_has_its_cells(name: str) -> None:
    assert not cells.exists(name), f"{name} is there: say what becomes of it in tests/matrix/cells"


def test_every_cell_names_a_test_that_exists() -> None:
    names = {*cells.IS_OPEN, *cells.COMES_LATER}
    named = {cells.test_of(event, name) for event in cells.HAPPENS for name in names}
    parametrised = {
        *(f"test_what_becomes_of_everything_open[{event}]" for event in EVENTS),
        *(f"test_what_becomes_of_what_they_hold[{e}-{who}]" for e in LEAVING for who in HELD),
        "test_what_exists_has_its_cells",
    }
    assert named <= parametrised
    assert all(one.partition("[")[0] in globals() for one in named)


def test_the_table_is_printed_as_it_is() -> None:
    assert PAGE.read_text() == cells.page(), "run .venv/bin/python -m tests.matrix"
