"""Looking at a change before it may run and after it ran: the sheets of approval and outcome."""

from typing import Any

from django.db import transaction
from django.http import HttpResponse

from clock.queries import now
from incidents.approvals.actions import approve_change, send_back
from incidents.attachments.forms import files_field
from incidents.board.actions import move_card
from incidents.cards.models import Column
from incidents.changes.actions import withdraw_change
from incidents.changes.models import Change
from incidents.changes.queries import running_changes
from incidents.changes.snapshots import signals_to_see
from incidents.endstate.sparklines import measured, signal_views
from incidents.outcomes.actions import finish_change, roll_back
from incidents.outcomes.rules import unseen
from incidents.record.models import Incident
from incidents.roster.queries import people_on
from incidents.state.attention import attention_of
from pages.editor import attempt
from people.models import User
from people.requests import PersonRequest
from refusals.errors import Refused
from warroom.answering import accepted, on_incident
from warroom.change_forms import ApprovalForm, OutcomeForm, SentBackForm
from warroom.change_views import rows_of
from warroom.finding import find_card, find_change
from warroom.sheets import focus, show, ways_out


@on_incident("GET", "POST")
def approval(request: PersonRequest, incident: Incident, change_id: int) -> HttpResponse:
    """What whoever approves sees in one look, and the click."""
    change = find_change(incident, change_id)
    form = _approval_form(incident, change, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        status = attempt(form, lambda values: approve_change(change.pk, by=request.user, **values))
        if not status:
            return accepted(request, incident, "Approved. It may start.")
        change = find_change(incident, change_id)
    else:
        status = 200
    return _show_approval(request, incident, change, form, SentBackForm(), status)


@on_incident("POST")
def sent_back(request: PersonRequest, incident: Incident, change_id: int) -> HttpResponse:
    """Send it back, with what has to be thought through again."""
    change = find_change(incident, change_id)
    form = SentBackForm(request.POST)
    status = attempt(form, lambda values: send_back(change.pk, by=request.user, **values))
    if not status:
        return accepted(request, incident, "Sent back.")
    return _show_approval(
        request, incident, change, _approval_form(incident, change, None), form, status
    )


def _approval_form(incident: Incident, change: Change, data: Any) -> ApprovalForm:
    form = ApprovalForm(data, people=people_on(incident), initial={"version": change.version})
    if change.reversible is False:
        focus(form, "confirm")
    return form


def _show_approval(
    request: PersonRequest,
    incident: Incident,
    change: Change,
    form: ApprovalForm,
    back: SentBackForm,
    status: int,
) -> HttpResponse:
    refusal = form.refusal
    back.initial["version"] = change.version
    return show(
        request,
        incident,
        "_approval.html",
        {
            "form": form,
            "back": back,
            "change": change,
            "before": words_before(incident, change),
            "signals": signal_views(measured(incident.pk), now()),
            "running": [one.card.title for one in running_changes(incident)],
            "ways": ways_out(incident, refusal.code, change.card_id)
            if isinstance(refusal, Refused)
            else [],
        },
        status=status,
    )


def words_before(incident: Incident, change: Change) -> dict[str, Any]:
    """What it said when it was approved before, where that differs; empty when it never was."""
    approvals = incident.entries.filter(kind="change_approved", data__change__id=change.pk)
    last = approvals.order_by("-seq").first()
    if last is None:
        return {}
    was = last.data["change"]
    present = {
        "expectation": change.expectation,
        "rollback": change.rollback,
        "risk": change.risk,
        "reversible": change.reversible,
        "hypothesis": change.hypothesis.text if change.hypothesis else None,
    }
    return {name: was[name] for name, words in present.items() if was[name] != words}


@on_incident("GET", "POST")
def outcome(request: PersonRequest, incident: Incident, change_id: int) -> HttpResponse:
    """How it went: the signals before and now, and the word for it."""
    change = find_change(incident, change_id)
    signals = measured(incident.pk)
    to_see = signals_to_see(change, signals)
    files = files_field(incident, request.user, is_folded=True)
    form = OutcomeForm(request.POST or None, signals=to_see, files=files)
    status = 200
    if request.method == "POST":
        status = attempt(form, lambda values: _finish(change, values, by=request.user))
        if not status:
            return accepted(request, incident, "The outcome is on the record.")
    _, changes = attention_of(incident)
    views = {view.id: view for view in changes.rows}
    present = {one.id: one for one in signal_views(signals, now())}
    since = change.started_at
    return show(
        request,
        incident,
        "_outcome.html",
        {
            "form": form,
            "change": change,
            "rows": rows_of(views[change.pk], present) if change.pk in views else (),
            "unseen": [one.pk for one in unseen(to_see, since)] if since else [],
        },
        status=status,
    )


@transaction.atomic
def _finish(change: Change, values: dict[str, Any], *, by: User) -> None:
    """Its outcome and, where that proves it, the card's end: both or neither."""
    finish_change(
        change.pk,
        by=by,
        outcome=values["outcome"],
        note=values["note"],
        no_data=[int(one) for one in values["no_data"]],
    )
    files = values["attachments"]
    if (values["proof"] or files) and values["outcome"] == "as_expected":
        card = find_card(change.incident, change.card_id)
        if card.column == Column.NOW:
            move_card(
                card.pk,
                by=by,
                to=Column.DONE,
                proof=values["proof"],
                attachments=files,
                version=card.version,
            )


@on_incident("POST")
def way_back(request: PersonRequest, incident: Incident, change_id: int) -> HttpResponse:
    """Undo what runs or ran, in one click, also while the line is stopped."""
    change = find_change(incident, change_id)
    roll_back(change.pk, by=request.user)
    return accepted(request, incident, f"Rolling back “{change.card.title}”.")


@on_incident("POST")
def withdrawn(request: PersonRequest, incident: Incident, change_id: int) -> HttpResponse:
    """Take back what does not run."""
    change = find_change(incident, change_id)
    withdraw_change(change.pk, by=request.user)
    return accepted(request, incident, "Withdrawn.")
