"""Where two rules meet: what random runs found, each as the shortest case."""

from datetime import timedelta

import pytest

from clock.queries import now
from deadlines.models import Deadline
from incidents.board.actions import change_card
from incidents.cadence.balance import check_books
from incidents.cards.models import Card
from incidents.escalations.actions import escalate
from incidents.lifecycle.actions import AllClear, change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident, RoleAssignment
from incidents.roster.actions import assign_role, join
from incidents.roster.command import accept_role
from incidents.sidework.actions import pause_work
from notifications.models import Delivery
from people.actions import create_or_change_person
from people.leaving import held_by
from people.models import Role, User
from postmortems.review.queries import last_holder
from refusals.errors import Invalid
from tests.incidents.cast import last_words, ready, start
from tests.outbox import why_stale
from warroom.card_views import card_tags

pytestmark = pytest.mark.django_db


def test_who_becomes_a_stakeholder_holds_nothing(incident: Incident, commander: User) -> None:
    create_or_change_person(commander.email, role=Role.STAKEHOLDER)
    assert held_by(User.objects.get(pk=commander.pk)) == {}


def test_who_holds_a_seat_does_not_only_watch(incident: Incident, commander: User) -> None:
    with pytest.raises(Invalid, match="Pass that on first"):
        join(incident, by=commander, role="observer")


def test_who_goes_over_to_watching_lets_their_cards_go(
    incident: Incident, responder: User, other_responder: User
) -> None:
    join(incident, by=other_responder)
    card = start(ready(incident, responder, pair=other_responder), responder)
    join(incident, by=responder, role="observer")
    card.refresh_from_db()
    assert (card.owner, card.pair) == (other_responder, None)


def test_paused_work_is_not_owed_by_somebody_who_cannot_settle_it(
    incident: Incident, commander: User, stakeholder: User
) -> None:
    with pytest.raises(Invalid, match="reads along"):
        pause_work(incident, by=commander, title="Re-index", owner=stakeholder, why="Same disk.")


def test_what_is_recorded_afterwards_is_no_hole_in_the_books(commander: User) -> None:
    a_day_ago = now() - timedelta(days=1)
    declare_incident(by=commander, title="It broke", severity="sev2", occurred_at=a_day_ago)
    assert check_books() == []


def test_a_deputy_who_takes_command_is_not_their_own_deputy(
    incident: Incident, commander: User, responder: User
) -> None:
    assign_role(incident, by=commander, role="deputy", person=responder)
    RoleAssignment.objects.filter(person=commander).update(
        asked_at=now() - timedelta(minutes=3), acted_at=None
    )
    assign_role(incident, by=responder, role="commander", person=responder, note="Mine now.")
    held = RoleAssignment.objects.active().filter(incident=incident, person=responder)
    assert [one.role for one in held] == ["commander"]


@pytest.fixture
def alone(incident: Incident, commander: User, responder: User, outsider: User) -> Card:
    """A risky card in Now without a pair, let pass since it is a SEV3; three people are there."""
    join(incident, by=outsider)
    change_incident(incident, by=commander, severity="sev3")
    return start(ready(incident, responder, "Alone", risk="risky"), responder)


def marks(card: Card) -> list[str]:
    return list(Card.objects.get(pk=card.pk).marks)


def test_p15_what_passed_with_a_mark_is_asked_for_when_severity_rises(
    incident: Incident, commander: User, responder: User, outsider: User, alone: Card
) -> None:
    assign_role(incident, by=commander, role="commander", person=outsider, note="Yours.")
    change_incident(incident, by=commander, severity="sev1")
    assert marks(alone) == ["warn:pair_required", "ask:pair_required"]
    assert Card.objects.get(pk=alone.pk).column == "now"
    assert last_words(incident, "missing_asked") == [
        "SEV1 asks for what is missing: “Alone”. What runs goes on"
    ]
    assert ("asked for: a pair", "bad") in card_tags(Card.objects.get(pk=alone.pk))
    # Whoever raised it sees it; nobody is told twice.
    assert not Delivery.objects.filter(kind="missing_asked").exists()


def test_p15_the_commander_hears_what_a_higher_severity_asks_for(
    incident: Incident, commander: User, responder: User, other_responder: User, alone: Card
) -> None:
    assign_role(incident, by=commander, role="deputy", person=other_responder)
    RoleAssignment.objects.filter(person=commander).update(
        asked_at=now() - timedelta(minutes=3), acted_at=None
    )
    change_incident(incident, by=other_responder, severity="sev2")
    RoleAssignment.objects.filter(person=commander).update(acted_at=now())
    change_incident(incident, by=commander, severity="sev3")
    assert marks(alone) == ["warn:pair_required"]
    told = Delivery.objects.filter(kind="missing_asked", channel="in_app")
    assert [why_stale(one) for one in told] == ["Nothing is missing any more."] * len(told)


def test_p15_a_named_pair_answers_what_is_asked(
    incident: Incident, commander: User, responder: User, outsider: User, alone: Card
) -> None:
    change_incident(incident, by=commander, severity="sev1")
    card = Card.objects.get(pk=alone.pk)
    change_card(card.pk, by=responder, version=card.version, pair=outsider)
    assert marks(alone) == []


def test_p10_the_commander_is_no_pair_of_a_running_card_unmarked(
    commander: User, responder: User, outsider: User, alone: Card
) -> None:
    card = Card.objects.get(pk=alone.pk)
    paired = change_card(card.pk, by=responder, version=card.version, pair=commander)
    assert paired.marks == ["warn:commander_cannot_own_work", "warn:pair_required"]
    freed = change_card(card.pk, by=responder, version=paired.version, pair=outsider)
    assert freed.marks == []


def test_p10_who_takes_command_and_works_in_now_is_marked_on_the_card(
    incident: Incident, commander: User, responder: User, alone: Card
) -> None:
    offer = assign_role(incident, by=commander, role="commander", person=responder, note="Yours.")
    accept_role(offer.pk, by=responder)
    assert marks(alone) == ["warn:pair_required", "warn:commander_cannot_own_work"]


def test_an_escalation_is_owed_by_whoever_leads_now(
    incident: Incident, commander: User, responder: User, outsider: User
) -> None:
    escalate(incident, by=outsider, text="The replica lags.")
    offer = assign_role(incident, by=commander, role="commander", person=responder, note="Yours.")
    accept_role(offer.pk, by=responder)
    assert Deadline.objects.open().get(kind="escalation").owner == responder


def test_reopening_brings_the_people_of_the_running_cards_back(
    incident: Incident, commander: User, responder: User, alone: Card
) -> None:
    change_status(
        incident,
        by=commander,
        to="resolved",
        all_clear=AllClear("It works.", statement="Calls failed."),
        override_reason="The vendor says so.",
    )
    change_status(incident, by=commander, to="identified", reason="It came back.")
    held = RoleAssignment.objects.active().filter(incident=incident)
    assert {(one.person, one.role) for one in held} == {
        (commander, "commander"),
        (responder, "responder"),
    }


def test_an_offer_of_command_makes_nobody_the_facilitator(
    incident: Incident, commander: User, responder: User
) -> None:
    assign_role(incident, by=commander, role="commander", person=responder, note="Yours.")
    assert last_holder(incident, "commander") == commander
