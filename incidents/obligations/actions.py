"""Starting legal clocks, and settling each by a filing or by *does not apply* (P66)."""

from datetime import datetime

from django.db import transaction

from clock.queries import now
from clock.written import written
from deadlines.actions import keep_deadline, owe, release_deadline
from incidents.obligations.deadlines import ObligationDue
from incidents.obligations.messages import ObligationGiven
from incidents.obligations.models import Obligation, ObligationTemplate
from incidents.record.models import Incident
from incidents.record.timeline import record
from incidents.record.visibility import is_visible
from incidents.roster.presence import enter, enter_part
from pages.moments import happened
from pages.texts import is_nothing, read_line
from people.models import User
from refusals.errors import Invalid, Refused


@transaction.atomic
def start_obligation(
    incident: Incident,
    *,
    by: User,
    aware_at: datetime | None,
    owner: User,
    name: str = "",
    template: ObligationTemplate | None = None,
    due_at: datetime | None = None,
) -> list[Obligation]:
    """Write down what has to be filed, since when it counts, and whose it is; the first due first.

    A ``template`` gives its due times, an obligation for each; ``due_at`` says one instead. The
    owner hears of it. Refuses (``Invalid``) no name without a template, no due time, one that is
    not after ``aware_at``, a moment of awareness that is to come, and an owner who may not see the
    incident or could not settle it (a stakeholder).
    """
    incident = enter(incident, by=by)
    name = read_line("name", name, 120)
    moment = now()
    aware = happened("aware_at", aware_at, moment)
    if aware is None:
        raise Invalid({"aware_at": "Say when you became aware: the clock counts from then."})
    check_may_owe(owner, incident)
    due = _due_times(name, template, aware, due_at)
    made = [
        Obligation.objects.create(
            incident=incident,
            name=words,
            template=template,
            aware_at=aware,
            due_at=at,
            owner=owner,
            by=by,
            created_at=moment,
        )
        for words, at in due
    ]
    for one in made:
        owe(incident, ObligationDue.name, one, one.due_at, owner)
        record(
            incident,
            "obligation_started",
            by=by,
            text=f"“{one.name}” is due at {written(one.due_at)}; {owner.name} files it",
            obligation=one.pk,
            owner=owner.pk,
        )
    ObligationGiven.tell(made, incident, by=by)
    return made


def _due_times(
    name: str, template: ObligationTemplate | None, aware_at: datetime, due_at: datetime | None
) -> list[tuple[str, datetime]]:
    """Each name with its due time."""
    if not name and template is None:
        raise Invalid({"name": "Name what has to be filed."})
    called = name or (template.name if template else "")
    if due_at is not None:
        if due_at <= aware_at:
            raise Invalid({"due_at": "It is due after somebody became aware of it."})
        return [(called, due_at)]
    steps = list(template.steps.all()) if template is not None else []
    if not steps:
        raise Invalid({"due_at": "Say when it is due, or choose a template that says it."})
    if len(steps) == 1:
        return [(called, steps[0].due_after(aware_at))]
    due = [(f"{called}: {step.name}", step.due_after(aware_at)) for step in steps]
    return sorted(due, key=lambda one: one[1])


def check_may_owe(owner: User, incident: Incident) -> None:
    """Raise ``Invalid`` for who may not see the incident, or could not settle anything in it."""
    if not is_visible(owner, incident.pk):
        raise Invalid({"owner": f"{owner.name} may not see this incident."})
    if not owner.is_responder:
        raise Invalid({"owner": f"{owner.name} reads along. Name a responder who files it."})


@transaction.atomic
def file_obligation(
    obligation_id: int, *, by: User, reference: str, at: datetime | None = None
) -> Obligation:
    """Say that it was filed ``at`` (now), with its reference as the proof. Filed twice is once.

    Refuses one without a reference (``proof_required``), a moment that is to come or before anybody
    was aware (``Invalid``), and one that was said not to apply (``invalid_transition``).
    """
    obligation, incident = _enter(obligation_id, by=by)
    reference = read_line("reference", reference, 300)
    if obligation.filed_at is not None:
        return obligation
    if obligation.declined_at is not None:
        raise Refused("invalid_transition", "It was said not to apply. Start it anew to file it.")
    if is_nothing(reference):
        raise Refused(
            "proof_required", "Write down the reference of the filing: it is the proof of it."
        )
    moment = now()
    filed_at = happened("at", at, moment) or moment
    if filed_at < obligation.aware_at:
        raise Invalid({"at": "That is before anybody was aware of it."})
    obligation.filed_at, obligation.reference, obligation.settled_by = filed_at, reference, by
    obligation.save(update_fields=["filed_at", "reference", "settled_by"])
    keep_deadline(ObligationDue.name, obligation, at=filed_at, reason="It was filed.")
    late = " after it was due" if filed_at > obligation.due_at else ""
    record(
        incident,
        "obligation_filed",
        by=by,
        text=f"filed “{obligation.name}”{late}: {reference}",
        at=at and filed_at,
        obligation=obligation.pk,
    )
    return obligation


@transaction.atomic
def decline_obligation(obligation_id: int, *, by: User, reason: str) -> Obligation:
    """Say that it does not apply, and why (``reason_required``). Twice is once.

    Refuses one that was filed (``invalid_transition``).
    """
    obligation, incident = _enter(obligation_id, by=by)
    reason = read_line("reason", reason, 500)
    if obligation.declined_at is not None:
        return obligation
    if obligation.filed_at is not None:
        raise Refused("invalid_transition", "It was filed; what was filed stays filed.")
    if is_nothing(reason):
        raise Refused("reason_required", "Say in a line why it does not apply.")
    obligation.declined_at, obligation.declined_because = now(), reason
    obligation.settled_by = by
    obligation.save(update_fields=["declined_at", "declined_because", "settled_by"])
    keep_deadline(ObligationDue.name, obligation, reason="It does not apply.")
    record(
        incident,
        "obligation_declined",
        by=by,
        text=f"said that “{obligation.name}” does not apply: {reason}",
        obligation=obligation.pk,
    )
    return obligation


def _enter(obligation_id: int, *, by: User) -> tuple[Obligation, Incident]:
    return enter_part(Obligation.objects.select_related("owner"), obligation_id, by=by)


def what_is_owed(incident: Incident) -> list[dict[str, str]]:
    """What stands between the incident and *closed*: obligations due by now and not settled."""
    due = Obligation.objects.owed().filter(incident=incident, due_at__lte=now())
    return [
        {"kind": ObligationDue.name, "text": f"Obligation: {one.name} ({one.owner.name})"}
        for one in due.select_related("owner")
    ]


def move_obligations(incident: Incident, target: Incident) -> None:
    """Let a merged incident's clocks run on in its target; the caller holds both locks."""
    for one in Obligation.objects.owed().filter(incident=incident).select_related("owner"):
        release_deadline(ObligationDue.name, one, reason="It runs on in the other incident.")
        one.incident = target
        one.save(update_fields=["incident"])
        owe(target, ObligationDue.name, one, one.due_at, one.owner)
        text = f"“{one.name}” runs on here; it began in {incident.ref}"
        record(target, "obligation_moved", by=None, text=text, obligation=one.pk)
