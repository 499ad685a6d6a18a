"""Takes in what tools told: an alert opens an incident, or joins the open one of its group."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from alerts.comparing import Differences, differences, told_at
from alerts.messages import ReopeningOffered
from alerts.models import Alert, AlertGroup
from alerts.reports import Heard, Report
from alerts.silence import ask_again, ask_whether_false
from clock.queries import now
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import raise_unattended
from incidents.record.afterwards import LONGEST
from incidents.record.locking import lock_incident
from incidents.record.models import Incident, Service, Status
from incidents.record.timeline import record
from incidents.roster.presence import enter_part
from live.announcing import announce
from people.models import User

SAID_SINGLY = 16
"""So many alerts are said one by one; of more only when their number has doubled or halved."""
FLAPS_FROM = 3
"""Whoever fires as often flaps: that is said once, and each further time no more."""
NAMED = 3


@transaction.atomic
def take_alerts(service: Service, report: Report, *, source: str) -> Incident | None:
    """Take in what a tool told of one group of alerts; answers the incident it is on.

    The first that fires opens an incident of ``service`` that nobody has declared; more of the same
    group join it while it is open, however many arrive at once. What is known already changes
    nothing, and the end of what never fired opens nothing. One that fires on a resolved incident is
    kept there and offers to reopen it; after any other end it opens a new one. A merged one is
    followed to where it went, between public incidents. Worse alerts raise the severity until
    somebody joined; from then on they only say so. ``source`` names the way it came by, for
    what is opened by one way in a short time. Locks the group, then the incident.
    """
    moment = now()
    known_on = _as_it_stands(service, report, moment)
    if known_on is not None:
        return known_on
    group = _group(service, report)
    if group is None:
        return None
    incident = _incident_of(group)
    found = _compared(group, incident, report, moment)
    if found.is_nothing:
        return incident
    if incident is None or (found.fires and not _takes_more(incident)):
        if not found.fires:
            return incident
        return _open(service, group, report, found, source, moment)
    _keep(incident, group, report, found, moment)
    return incident


def _as_it_stands(service: Service, report: Report, moment: datetime) -> Incident | None:
    """The incident of a group that says nothing new, without any lock. Three queries."""
    groups = AlertGroup.objects.filter(service=service, tool=report.tool, digest=report.digest)
    group = groups.select_related("incident").first()
    if group is None or group.incident is None or group.incident.status == Status.MERGED:
        return None
    found = _compared(group, group.incident, report, moment)
    return group.incident if found.is_nothing else None


def _group(service: Service, report: Report) -> AlertGroup | None:
    """The row of the group, locked; a new one only where something fires.

    A tool that calls a group anew (its settings changed) goes on in the incident where the same
    alerts fire.
    """
    rows = AlertGroup.objects.select_for_update(no_key=True, of=("self",))
    called = {"service": service, "tool": report.tool, "digest": report.digest}
    found = rows.filter(**called).first()
    if found is not None or not any(one.begins for one in report.alerts):
        return found
    with connection.cursor() as cursor:
        # Two that are new at once wait for each other: they may be the same alerts.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext(%s))",
            [f"alerts:{service.pk}:{report.tool}"],
        )
    found = rows.filter(**called).first()
    if found is not None:
        return found
    return AlertGroup.objects.create(
        **called, name=report.title[:200], incident_id=_where_they_fire(service, report)
    )


def _where_they_fire(service: Service, report: Report) -> int | None:
    firing = Alert.objects.firing().filter(
        tool=report.tool,
        group__service=service,
        fingerprint__in=[one.fingerprint for one in report.alerts if one.is_firing],
    )
    standing = firing.filter(incident__in=Incident.objects.open().values("pk"))
    return standing.order_by("-incident").values_list("incident", flat=True).first()


def _incident_of(group: AlertGroup) -> Incident | None:
    """The incident of a group, locked; of a merged one where it went, with the group's alerts."""
    if group.incident_id is None:
        return None
    incident = lock_incident(group.incident_id)
    before = incident.pk
    while (
        incident.status == Status.MERGED
        and incident.merged_into_id is not None
        and not incident.private
    ):
        target = Incident.objects.get(pk=incident.merged_into_id)
        if target.private:
            break
        incident = lock_incident(target.pk)
    if incident.pk != before:
        known = Alert.objects.filter(incident=incident, tool=group.tool)
        moved = Alert.objects.filter(incident=before, group=group)
        moved.exclude(fingerprint__in=known.values("fingerprint")).update(incident=incident)
        group.incident = incident
        group.save(update_fields=["incident"])
    return incident


def _compared(
    group: AlertGroup, incident: Incident | None, report: Report, moment: datetime
) -> Differences:
    """What the report changes of the incident's alerts. One query."""
    alerts = Alert.objects.filter(incident=incident, tool=report.tool) if incident else ()
    known = {one.fingerprint: one for one in alerts}
    of_group = [alert for alert in known.values() if alert.group_id == group.pk]
    return differences(report, known, of_group, moment)


def _takes_more(incident: Incident) -> bool:
    return incident.is_open or incident.status == Status.RESOLVED


def _open(
    service: Service,
    group: AlertGroup,
    report: Report,
    found: Differences,
    source: str,
    moment: datetime,
) -> Incident:
    """Declare an incident by these alerts; it is detected when the first of them began."""
    heard = [*found.new, *(one for _, one in found.again)]
    began = [told_at(one, moment) for one in heard]
    incident = declare_incident(
        by=None,
        title=report.title,
        severity=report.severity,
        services=[service],
        detected_at=max(min(began), moment - LONGEST),
    )
    group.incident, group.source, group.opened_at = incident, source, moment
    group.save(update_fields=["incident", "source", "opened_at"])
    _add(incident, group, heard, moment)
    _say_fired(incident, report, [one.name for one in heard], len(heard))
    return incident


def _keep(
    incident: Incident, group: AlertGroup, report: Report, found: Differences, moment: datetime
) -> None:
    """Let the alerts of a standing incident fire or be over, and say so as far as it says much."""
    before = Alert.objects.firing().filter(incident=incident).count()
    _add(incident, group, found.new, moment)
    flapping = [alert for alert, heard in found.again if _fire_again(alert, group, heard, moment)]
    for alert, heard in found.over:
        alert.ended_at = moment if heard is None else max(told_at(heard, moment), alert.started_at)
    for alert in found.acknowledged:
        alert.acknowledged_at = moment
    changed = [alert for alert, _ in [*found.again, *found.over]] + found.acknowledged
    Alert.objects.bulk_update(
        changed, ["group", "started_at", "ended_at", "fired", "flapping_at", "acknowledged_at"]
    )
    fired = [one.name for one in found.new]
    fired += [alert.name for alert, _ in found.again if alert.flapping_at is None]
    over = [alert.name for alert, _ in found.over if alert.flapping_at is None]
    after = before + len(found.new) + len(found.again) - len(found.over)
    version = incident.version
    rose = found.fires and raise_unattended(incident, report.severity)
    if fired and (rose or _says_much(before, before + len(found.new) + len(found.again))):
        _say_fired(incident, report, fired, after)
    for alert in flapping:
        record(
            incident,
            "alert_flapping",
            by=None,
            text=f"{alert.name} flaps: it fired {alert.fired} times. From here on its list counts",
            alert=alert.pk,
        )
    for alert in found.acknowledged:
        record(
            incident,
            "alert_acknowledged",
            by=None,
            text=f"{alert.name} was acknowledged where it came from",
            alert=alert.pk,
        )
    if over and _says_much(after, before):
        _say_over(incident, report, over, after)
    if incident.version == version:
        # Not worth a line of the record; the list of alerts has changed.
        incident.version += 1
        incident.save(update_fields=["version"])
        announce(incident.topic)
    if incident.unattended:
        (ask_again if after else ask_whether_false)(incident)
    if found.fires and incident.status == Status.RESOLVED:
        _offer_reopening(incident, [*fired, *(alert.name for alert in flapping)])


def _add(incident: Incident, group: AlertGroup, heard: list[Heard], moment: datetime) -> None:
    Alert.objects.bulk_create(
        Alert(
            incident=incident,
            group=group,
            tool=group.tool,
            fingerprint=one.fingerprint,
            name=one.name,
            summary=one.summary,
            url=one.url,
            severity=one.severity,
            labels=one.labels,
            started_at=told_at(one, moment),
            received_at=moment,
            acknowledged_at=moment if one.is_acknowledged else None,
        )
        for one in heard
    )


def _fire_again(alert: Alert, group: AlertGroup, heard: Heard, moment: datetime) -> bool:
    """Let a known alert fire again; whether it flaps from now on."""
    alert.group = group
    alert.started_at, alert.ended_at = told_at(heard, moment), None
    alert.fired += 1
    if alert.fired < FLAPS_FROM or alert.flapping_at is not None:
        return False
    alert.flapping_at = moment
    return True


def _says_much(fewer: int, more: int) -> bool:
    """Whether a number of alerts is worth a line of the record: small, or doubled, or halved."""
    return fewer < SAID_SINGLY or fewer.bit_length() != more.bit_length()


def _say_fired(incident: Incident, report: Report, names: list[str], firing: int) -> None:
    _say(incident, "alert_fired", report, names, "fires" if len(names) == 1 else "fire", firing)


def _say_over(incident: Incident, report: Report, names: list[str], firing: int) -> None:
    _say(
        incident, "alert_over", report, names, "is over" if len(names) == 1 else "are over", firing
    )


def _say(
    incident: Incident, kind: str, report: Report, names: list[str], verb: str, firing: int
) -> None:
    more: dict[str, Any] = {"left_out": report.left_out} if report.left_out else {}
    text = f"{_list(names)} {verb} ({report.tool}); {firing or 'none'} firing now"
    if report.left_out:
        text += f", and {report.left_out} more that were not listed"
    if kind == "alert_fired" and report.severity < incident.severity:
        text += f". {report.severity.upper()} by what it says there"
    record(
        incident,
        kind,
        by=None,
        text=text,
        tool=report.tool,
        alerts=names[:NAMED],
        count=len(names),
        firing=firing,
        **more,
    )


def _list(names: list[str]) -> str:
    shown = list(dict.fromkeys(names))[:NAMED]
    left = len(names) - len(shown)
    return ", ".join(shown) + (f" and {left} more" if left else "")


def _offer_reopening(incident: Incident, names: list[str]) -> None:
    """Say that it fires again, and ask whoever ended it; nothing reopens by itself."""
    what = _list(names) if names else "An alert"
    record(
        incident,
        "reopening_offered",
        by=None,
        text=f"{what} after it was resolved. Reopen it, or say that it is something else",
        alerts=names[:NAMED],
    )
    ReopeningOffered.tell(incident, what)


@transaction.atomic
def mark_noise(alert_id: int, *, by: User, is_noise: bool = True) -> Alert:
    """Say that an alert was only noise, or take that back; twice is once (P56).

    The review asks what becomes of each: an item, or a written no. Possible after the end too.
    """
    alert, incident = enter_part(Alert.objects.all(), alert_id, by=by)
    if alert.is_noise == is_noise:
        return alert
    alert.noise_at, alert.noise_by = (now(), by) if is_noise else (None, None)
    alert.save(update_fields=["noise_at", "noise_by"])
    words = "marked as noise" if is_noise else "takes back that it is noise:"
    record(
        incident,
        "alert_noise",
        by=by,
        text=f"{words} {alert.name}",
        alert=alert.pk,
        is_noise=is_noise,
    )
    return alert
