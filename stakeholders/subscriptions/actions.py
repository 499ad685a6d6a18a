"""Subscribing, confirming and ending (P48)."""

from collections.abc import Sequence
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from clock.queries import now
from incidents.record.catalogue import find_service
from incidents.record.models import Incident, Kind
from incidents.record.visibility import get_incident, helps, who_sees
from notifications.fan_out import leave_word
from notifications.models import Endpoint
from pages.numbers import whole
from pages.texts import read_line
from people.models import User
from refusals.errors import Forbidden, Invalid, NotVisible, TooMany
from stakeholders.subscriptions.links import CONFIRM_WITHIN
from stakeholders.subscriptions.messages import ConfirmSubscription
from stakeholders.subscriptions.models import Every, Subscription, To, Way, key_of

MOST_UNCONFIRMED = 20
_HOUR = timedelta(hours=1)
_FOR_THE_ROOM = (
    "The file holds what the war room shows: by e-mail, to oneself, for who may enter it."
)
_PRIVATE = "A private incident is told to nobody outside its roster."


@transaction.atomic
def subscribe(
    *,
    by: User,
    to: str,
    way: str,
    ref: str = "",
    service: str = "",
    target: str = "",
    every: str = Every.UPDATE,
    snapshot: bool | None = None,
) -> tuple[Subscription, bool]:
    """Hear of an incident (``ref``), a ``service`` or everything; answers whether it is new.

    By ``email`` one's own address, or ``target``, that of somebody without an account, who is
    asked first (20 an hour, ``TooMany``); by ``webhook`` or ``chat`` a channel outside that
    managers made, by its id or name, which is for responders to decide; by ``feed`` one's own.
    Again the same changes how often. An address that agreed to the same thing, whoever entered it,
    is not asked again, nor one whose question still waits. With ``snapshot`` the all-clear's mail
    brings the whole incident along as a file, to oneself and to who may enter the war room. Refuses
    what one may not see (``NotVisible``) and to tell anybody outside of a private incident
    (``Invalid``).
    """
    incident = get_incident(by, ref) if to == To.INCIDENT else None
    about = find_service(service, field="service") if to == To.SERVICE else None
    target = target.strip()
    endpoint = _endpoint(by, way, target) if way in (Way.WEBHOOK, Way.CHAT) else None
    address = _address(by, target) if way == Way.EMAIL else ""
    if incident is not None and incident.private and (address or endpoint is not None):
        raise Invalid({"channel": _PRIVATE})
    if incident is not None and incident.kind == Kind.DRILL and (address or endpoint is not None):
        raise Invalid({"channel": "A drill is told to nobody outside."})
    if snapshot and (way != Way.EMAIL or address or not _may_enter(by, incident)):
        raise Invalid({"snapshot": _FOR_THE_ROOM})
    moment = now()
    thing = incident.pk if incident is not None else about.pk if about is not None else None
    key = key_of(to=to, thing=thing, way=way, person=by, address=address, endpoint=endpoint)
    row, is_new = Subscription.objects.get_or_create(
        key=key,
        defaults={
            "person": by,
            "to": to,
            "incident": incident,
            "service": about,
            "way": way,
            "every": every,
            "address": address,
            "endpoint": endpoint,
            "created_at": moment,
            "confirmed_at": None if address else moment,
            "snapshot": bool(snapshot),
        },
    )
    wanted = row.snapshot if snapshot is None else snapshot
    if not is_new and (row.every, row.snapshot) != (every, wanted):
        row.every, row.snapshot = every, wanted
        row.save(update_fields=["every", "snapshot"])
    if is_new and address:
        _ask_unless_asked(row, by)
    return row, is_new


def _may_enter(by: User, incident: Incident | None) -> bool:
    return by.is_responder or (incident is not None and helps(by, incident.pk))


def _endpoint(by: User, way: str, target: str) -> Endpoint:
    if not by.is_responder:
        raise Forbidden("Responders decide what a channel is told.")
    number = whole(target)
    found = Endpoint.objects.filter(pk=number) if number else Endpoint.objects.none()
    endpoint = found.first() or Endpoint.objects.filter(name__iexact=target).first()
    if endpoint is None or endpoint.channel != way:
        said = f"There is no {way} of that id or name; administrators make them."
        raise Invalid({"target": said})
    return endpoint


def _address(by: User, target: str) -> str:
    """Nothing for one's own address, else the one that is to be asked."""
    address = read_line("target", target, 254)
    if not address or address.lower() == by.email.lower():
        return ""
    try:
        validate_email(address)
    except ValidationError:
        raise Invalid({"target": "This is no e-mail address."}) from None
    return address


def _ask_unless_asked(row: Subscription, by: User) -> None:
    others = Subscription.objects.beside(row).exclude(pk=row.pk)
    if others.confirmed().exists():
        row.confirmed_at = row.created_at
        row.save(update_fields=["confirmed_at"])
    elif not others.filter(created_at__gt=row.created_at - CONFIRM_WITHIN).exists():
        _ask(row, by)


def _ask(row: Subscription, by: User) -> None:
    since = row.created_at - _HOUR
    asked = Subscription.objects.filter(person=by, confirmed_at=None, created_at__gt=since)
    if asked.count() > MOST_UNCONFIRMED:
        raise TooMany("You had many addresses asked in a short time.", _HOUR.total_seconds())
    _leave_question(row)


def _leave_question(row: Subscription) -> None:
    leave_word(
        None,
        ConfirmSubscription.name,
        "An address is asked whether it subscribes",
        key=f"subscription:{row.pk}/confirm",
        step="confirm",
        subscription=row.pk,
    )


@transaction.atomic
def confirm_subscription(pk: int) -> Subscription:
    """Note that an address agreed; twice is once. ``NotVisible`` where it was ended meanwhile.

    It agrees to what everybody entered it for who wants it to hear of the same.
    """
    row = Subscription.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        raise NotVisible
    if row.confirmed_at is None:
        row.confirmed_at = now()
        Subscription.objects.beside(row).filter(confirmed_at=None).update(
            confirmed_at=row.confirmed_at
        )
    return row


@transaction.atomic
def end_subscription(pk: int, *, by: User) -> None:
    """End one of mine; a manager ends anybody's. Else it looks like none (``NotVisible``).

    Where its address was asked and has not answered, it is asked for whoever entered it as well.
    """
    rows = Subscription.objects.filter(pk=pk)
    if not by.is_admin:
        rows = rows.filter(person=by)
    row = rows.first()
    if row is None:
        raise NotVisible
    rows.delete()
    if row.address and row.confirmed_at is None:
        waiting = Subscription.objects.beside(row).filter(confirmed_at=None).order_by("pk").first()
        if waiting is not None:
            _leave_question(waiting)


@transaction.atomic
def end_by_link(subscriptions: Sequence[int]) -> None:
    """End what a mail's link names. Twice is once."""
    Subscription.objects.filter(pk__in=subscriptions).delete()


def end_hidden(incident: Incident) -> int:
    """End the subscriptions to an incident that turned private of whoever may not see it.

    Addresses and channels outside are among them. In the caller's transaction; answers how many.
    """
    rows = Subscription.objects.filter(incident=incident).select_related("person")
    found = list(rows)
    seeing = who_sees([row.person for row in found], incident)
    hidden = [row.pk for row in found if not row.is_of_account or row.person_id not in seeing]
    Subscription.objects.filter(pk__in=hidden).delete()
    return len(hidden)
