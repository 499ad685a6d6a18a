"""Making and revoking share links, and saying whether they show money (P48)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from clock.queries import now
from clock.written import written
from incidents.record.models import Incident, Kind
from incidents.record.timeline import record
from incidents.roster.presence import enter, enter_part
from incidents.sharing.models import AFTER_THE_END, ShareLink
from people.models import User
from refusals.errors import Forbidden, Invalid

GOOD_FOR = timedelta(days=14)
AT_MOST = timedelta(days=90)


@dataclass(frozen=True)
class Shared:
    """A new link with its address, which nobody can read again."""

    link: ShareLink
    url: str


@transaction.atomic
def share_incident(incident: Incident, *, by: User, expires_at: datetime | None = None) -> Shared:
    """Make a link to the stakeholder page for people without an account.

    It opens for 14 days, or until ``expires_at``, at most 90 days ahead (``Invalid``); it stops
    when the incident turns private and 14 days after it is closed. Refuses (``Forbidden``) a
    private incident and a drill, which outsiders are never shown, and one that is over for longer.
    """
    incident = enter(incident, by=by)
    moment = now()
    _check_may_be_shown(incident, moment)
    until = expires_at or moment + GOOD_FOR
    if until <= moment:
        raise Invalid({"expires_at": "Say a time that is still to come."})
    if until > moment + AT_MOST:
        raise Invalid({"expires_at": f"A link opens for {AT_MOST.days} days at most."})
    secret = ShareLink.new_secret()
    link = ShareLink.objects.create(
        incident=incident,
        digest=ShareLink.digest_of(secret),
        by=by,
        created_at=moment,
        expires_at=until,
    )
    record(
        incident,
        "link_shared",
        by=by,
        text=f"made a share link, good until {written(until)}",
        link=link.pk,
    )
    return Shared(link, settings.BASE_URL + reverse("stakeholders:guest", args=[secret]))


def _check_may_be_shown(incident: Incident, moment: datetime) -> None:
    if incident.private:
        raise Forbidden("A private incident is shown to its roster only; no link leads to it.")
    if incident.kind == Kind.DRILL:
        raise Forbidden("A drill is shown to nobody outside; no link leads to it.")
    ended = [one for one in (incident.closed_at, incident.ended_at) if one is not None]
    if any(one + AFTER_THE_END <= moment for one in ended):
        raise Forbidden("It is over for two weeks; its links have ended. Share its review.")


@transaction.atomic
def revoke_link(link_id: int, *, by: User) -> ShareLink:
    """Let a link open nothing any more; streams that came by it end within seconds.

    Twice is once. Anybody on the roster may, whoever made it.
    """
    link, incident = enter_part(ShareLink.objects.all(), link_id, by=by)
    if link.revoked_at is None:
        _revoke(incident, [link])
        record(incident, "link_revoked", by=by, text="revoked a share link", link=link.pk)
    return link


def end_links(incident: Incident, *, by: User | None) -> None:
    """Let every link to ``incident`` end for good; the caller holds its lock. Twice is once."""
    standing = list(ShareLink.objects.standing().filter(incident=incident))
    if standing:
        _revoke(incident, standing)
        words = "a share link" if len(standing) == 1 else f"{len(standing)} share links"
        text = f"ended {words}: it is private"
        record(incident, "link_revoked", by=by, text=text, links=[one.pk for one in standing])


def share_money(incident: Incident, by: User, value: bool) -> None:
    """Say whether links show impact that is money; the caller holds the lock. Same: nothing."""
    if bool(value) == incident.money_shared:
        return
    incident.money_shared = bool(value)
    incident.save(update_fields=["money_shared"])
    said = "let share links show money" if value else "keeps money off share links"
    record(incident, "money_shared", by=by, text=said, after=incident.money_shared)


def _revoke(incident: Incident, links: list[ShareLink]) -> None:
    moment = now()
    for link in links:
        link.revoked_at = moment
    ShareLink.objects.bulk_update(links, ["revoked_at"])
