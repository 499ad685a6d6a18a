"""What a sentence of the table says beside the state of a thing: each tries it on a world."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.test import Client

from clock.queries import now
from config.jinja import iso
from deadlines.models import Deadline
from incidents.agents.actions import confirm_note
from incidents.agents.models import AgentNote, Draft
from incidents.board.actions import move_card
from incidents.cards.models import Card
from incidents.deployments.actions import report_deployment
from incidents.deployments.queries import recent_changes
from notifications.models import Delivery
from people.models import User
from tests.matrix.world import World


def told(kind: str, *names: str) -> Callable[[World], bool]:
    """Whether just these people have a message of that kind in their inbox."""

    def proof(world: World) -> bool:
        rows = Delivery.objects.filter(kind=kind, channel="in_app")
        found = set(rows.values_list("person", flat=True))
        return found == {world.who(name).pk for name in names}

    return proof


def left_for_subscribers(step: str) -> Callable[[World], bool]:
    def proof(world: World) -> bool:
        rows = Delivery.objects.filter(channel="fan_out", step=step, incident_id=world.incident.pk)
        return rows.latest("created_at").state == "pending"

    return proof


def about(moment: datetime | None, minutes: int) -> bool:
    """Whether that is so many minutes from now; time goes on while a test runs."""
    aim = now() + timedelta(minutes=minutes)
    return moment is not None and abs(moment - aim) < timedelta(minutes=2)


def promised_in(minutes: int) -> Callable[[World], bool]:
    def proof(world: World) -> bool:
        return about(world.fresh.next_update_at, minutes)

    return proof


def what_runs_may_finish(world: World) -> bool:
    card = Card.objects.get(pk=world.cards["now"].pk)
    done = move_card(
        card.pk, by=world.who("digger"), to="done", proof="5 % at 03:10", version=card.version
    )
    return done.column == "done"


def time_box_from_now(world: World) -> bool:
    card = Card.objects.get(pk=world.cards["now"].pk)
    return about(card.time_box_ends_at, 15)


def meeting_owed(world: World) -> bool:
    owed = Deadline.objects.open().get(kind="review", incident_id=world.incident.pk)
    review = world.incident.postmortem
    review.refresh_from_db()
    return review.meeting_at is not None and owed.due_at == review.due_at


def overdue_on_the_record(world: World) -> bool:
    missed = world.incident.entries.filter(kind__in=["update_overdue", "deadline_missed"])
    return missed.exists() and Delivery.objects.filter(kind="update").exists()


def fix_owner_asked(world: World) -> bool:
    owed = Deadline.objects.open().get(kind="fix_owner", incident_id=world.incident.pk)
    return about(owed.due_at, 20)


def chosen_in(minutes: int) -> Callable[[World], bool]:
    def proof(world: World) -> bool:
        return about(world.fresh.triage_until, minutes)

    return proof


def window_on_the_record(world: World) -> bool:
    ended = world.incident.entries.filter(kind="triage_ended").count() == 1
    return ended and told("triage", "commander")(world)


def page(person: User, path: str) -> str:
    client = Client()
    client.force_login(person)
    return client.get(path).content.decode()


def room(world: World) -> str:
    return page(world.who("commander"), f"/incidents/{world.incident.ref}/")


def shown_as_passed(world: World) -> bool:
    at = world.fresh.expected_back_at
    shown = page(world.who("asker"), f"/stakeholders/{world.incident.ref}/")
    return at is not None and f'data-shows-from="{iso(at)}"' in shown


def told_with_the_update(world: World) -> bool:
    said, expected = world.incident.updates.latest("number"), world.fresh.expected
    return expected is not None and said.facts["expected_back"] == expected.as_dict


def nothing_later_is_a_cause(world: World) -> bool:
    # Longer than the axis reaches beyond the end of what was short.
    world.clock.advance(minutes=10)
    later, _ = report_deployment(by=world.who("digger"), service="export", version="v119")
    return later.pk not in {one.id for one in recent_changes(world.fresh).deployments}


def no_way_back_is_offered(world: World) -> bool:
    return "Roll it back" not in room(world)


def still_confirmed(world: World) -> bool:
    note = AgentNote.objects.get()
    return confirm_note(world.incident, note.seq, by=world.who("digger")).is_confirmed is True


def still_in_the_composer(world: World) -> bool:
    path = f"/incidents/{world.incident.ref}/updates/?draft={Draft.objects.get().pk}"
    return "Reads are back." in page(world.who("commander"), path)


def not_in_the_composer(world: World) -> bool:
    return not still_in_the_composer(world)


def shows_the_end(world: World) -> bool:
    page = Client().get(world.link).content.decode()
    return any(said in page for said in ("All clear", "It was a false alarm.", "It is part of"))


def runs_there(world: World) -> bool:
    return world.moved_to is not None and world.moved_to.obligations.count() == 1


def came(world: World) -> bool:
    held = world.incident.roles.active().filter(person=world.who("invited"))
    return list(held.values_list("role", flat=True)) == ["responder"]
