"""What is said about an incident: title, control, blocker, links, severity, cadence."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction

from clock.queries import now
from deadlines.actions import keep_deadline
from incidents.agents.actions import switch_agents
from incidents.approvals.following import severity_rose
from incidents.cadence.actions import change_cadence
from incidents.cadence.promises import hurry_update
from incidents.deployments.cause import mark_cause
from incidents.gates.asking import ask_for_what_is_missing
from incidents.lifecycle.course import followers
from incidents.lifecycle.deadlines import WarRoomLink
from incidents.lifecycle.times import Correction, set_times
from incidents.record.catalogue import find_services
from incidents.record.models import Incident, Service, Severity
from incidents.record.timeline import record
from incidents.roster.owed import ask_for_fix_owner
from incidents.roster.permissions import Act, check_may
from incidents.roster.presence import enter
from incidents.sharing.actions import end_links, share_money
from incidents.updates.statement import confirm_statement
from pages.moments import span
from pages.texts import read_line, read_link, read_text
from people.models import User
from refusals.errors import Invalid


@transaction.atomic
def change_incident(
    incident: Incident, *, by: User, version: int | None = None, **fields: Any
) -> Incident:
    """Change any of the fields named below in one step: all of them or, refused, none.

    ``title, statement, in_our_control, beyond_our_control, blocker, chat_url, call_url, severity,
    caused_by_change, private, money_shared, agents, cadence, times, services``. A statement given
    here is confirmed (P02). Only the commander changes severity and cadence, where there is one
    (``only_commander``), commander or an administrator ``private`` and ``agents``; ``cadence`` is
    what ``change_cadence`` takes. ``times`` maps names to ``{at, reason}``. What stays
    the same is not recorded. ``version`` given and old is ``stale``.
    """
    if unknown := set(fields) - set(CHANGES):
        raise Invalid(dict.fromkeys(sorted(unknown), "No such field."))
    incident = enter(incident, by=by, version=version)
    for name, change in CHANGES.items():
        if name in fields:
            change(incident, by, fields[name])
    return incident


def _change_title(incident: Incident, by: User, value: str) -> None:
    title = read_line("title", value, 200, required="A few words say what broke.")
    if title != incident.title:
        before, incident.title = incident.title, title
        if incident.statement_confirmed_at is None and incident.statement == before:
            # Nobody has named the miss yet; it goes by the title (P02).
            incident.statement = title
        _save(incident, "title", "statement")
        words = f"renamed it: {title}"
        record(incident, "title_changed", by=by, text=words, before=before, after=title)


def _change_statement(incident: Incident, by: User, value: str) -> None:
    confirm_statement(incident, by=by, text=value)


def _change_control(name: str, words: str) -> Callable[[Incident, User, str], None]:
    def change(incident: Incident, by: User, value: str) -> None:
        text = read_text(name, value, 2000)
        before = getattr(incident, name)
        if text != before:
            setattr(incident, name, text)
            _save(incident, name)
            record(
                incident,
                "control_changed",
                by=by,
                text=f"wrote what is {words}: {text or 'nothing'}",
                field=name,
                before=before,
                after=text,
            )

    return change


def _change_blocker(incident: Incident, by: User, value: str) -> None:
    """P03: one sentence, and the timeline keeps its history."""
    blocker = read_line("blocker", value, 300)
    if blocker != incident.blocker:
        before, incident.blocker = incident.blocker, blocker
        _save(incident, "blocker")
        text = f"named the blocker: {blocker}" if blocker else "said that nothing blocks any more"
        record(incident, "blocker_changed", by=by, text=text, before=before, after=blocker)


def _change_link(name: str) -> Callable[[Incident, User, str], None]:
    def change(incident: Incident, by: User, value: str) -> None:
        address = read_link(name, value)
        before = getattr(incident, name)
        if address == before:
            return
        setattr(incident, name, address)
        _save(incident, name)
        took = ""
        if incident.linked_at is None and address:
            incident.linked_at = now()
            _save(incident, "linked_at")
            keep_deadline(WarRoomLink.name, incident, reason="The war room is linked.")
            seconds = (incident.linked_at - incident.declared_at).total_seconds()
            took = f" after {span(seconds)}" if seconds >= 1 else " at once"
        what = "chat" if name == "chat_url" else "call"
        text = f"linked the {what}{took}" if address else f"removed the link to the {what}"
        data = {"field": name, "before": before, "after": address}
        record(incident, "links_changed", by=by, text=text, **data)

    return change


def _change_severity(incident: Incident, by: User, value: str) -> None:
    """The promise counts anew from now, never later than it was promised (P40).

    What runs goes on; what only passed with a mark is asked for where the new severity enforces.
    """
    if value not in Severity.values:
        raise Invalid({"severity": f"One of {', '.join(Severity.values)}."})
    if value == incident.severity:
        return
    check_may(incident, by, Act.SEVERITY)
    before = incident.severity
    _set_severity(incident, by, value, f"changed severity from {before.upper()} to {value.upper()}")
    hurry_update(incident, at=now())
    ask_for_what_is_missing(incident, by=by)
    ask_for_fix_owner(incident, since=incident.declared_at)
    for one in followers():
        one.is_worse_or_better(incident)
    if value < before:
        severity_rose(incident)


def raise_unattended(incident: Incident, to: str) -> bool:
    """Raise the severity of an incident that nobody joined to what its alerts say now.

    Answers whether it did: a lower one changes nothing, and once somebody is there, people say how
    severe it is. The caller holds the incident's lock.
    """
    if not incident.unattended or to >= incident.severity:
        return False
    before = incident.severity
    text = f"severity rose from {before.upper()} to {to.upper()}, as its alerts say"
    _set_severity(incident, None, to, text)
    for one in followers():
        one.is_worse_or_better(incident)
    return True


def _set_severity(incident: Incident, by: User | None, value: str, text: str) -> None:
    before, incident.severity = incident.severity, value
    incident.highest_severity = min(incident.highest_severity, value)
    _save(incident, "severity", "highest_severity")
    record(incident, "severity_changed", by=by, text=text, before=before, after=value)


def _change_privacy(incident: Incident, by: User, value: bool) -> None:
    if bool(value) == incident.private:
        return
    check_may(incident, by, Act.PRIVATE)
    incident.private = bool(value)
    _save(incident, "private")
    if incident.private:
        end_links(incident, by=by)
    text = "made it private: only its roster sees it" if value else "opened it to everybody"
    record(incident, "privacy_changed", by=by, text=text, after=incident.private)


def _change_services(incident: Incident, by: User, value: Iterable[Service | str]) -> None:
    services = find_services(value)
    before = set(incident.services.values_list("slug", flat=True))
    after = {one.slug for one in services}
    if before == after:
        return
    incident.services.set(services)
    text = "named the services: " + (", ".join(sorted(one.name for one in services)) or "none")
    record(
        incident, "services_changed", by=by, text=text, before=sorted(before), after=sorted(after)
    )


def _change_times(incident: Incident, by: User, value: dict[str, dict[str, Any]]) -> None:
    corrections = {
        name: Correction(given.get("at"), given.get("reason") or "")
        for name, given in value.items()
    }
    set_times(incident, by=by, corrections=corrections)


def _save(incident: Incident, *names: str) -> None:
    incident.save(update_fields=list(names))


CHANGES: dict[str, Callable[[Incident, User, Any], None]] = {
    "title": _change_title,
    "statement": _change_statement,
    "in_our_control": _change_control("in_our_control", "in our control"),
    "beyond_our_control": _change_control("beyond_our_control", "beyond our control"),
    "blocker": _change_blocker,
    "chat_url": _change_link("chat_url"),
    "call_url": _change_link("call_url"),
    "services": _change_services,
    "severity": _change_severity,
    "cadence": change_cadence,
    "caused_by_change": mark_cause,
    "private": _change_privacy,
    "money_shared": share_money,
    "agents": switch_agents,
    "times": _change_times,
}
