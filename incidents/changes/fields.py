"""Reading what somebody wants to write on a change: limits, choices, what it may name."""

from typing import Any

from incidents.cards.models import Card, Source
from incidents.changes.models import Change, ChangeState
from incidents.hypotheses.actions import keep_hypothesis
from incidents.hypotheses.models import Hypothesis
from incidents.record.models import Incident
from pages.numbers import whole
from pages.texts import read_line
from people.models import User
from refusals.errors import Forbidden, Invalid, Refused

TEXTS = {"expectation": 500, "rollback": 500, "risk": 500, "ai_tool": 80}
FIELDS = {*TEXTS, "hypothesis", "reversible", "rolls_back", "quick_fix", "source"}


def put_on(change: Change, incident: Incident, fields: dict[str, Any], *, by: User) -> list[str]:
    """Put what was given on the change, unsaved; the names of what differs."""
    if unknown := set(fields) - FIELDS:
        raise TypeError(f"a change has no field {sorted(unknown)}")
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, given in fields.items():
        try:
            values |= _take(name, given, incident, by=by)
        except Invalid as invalid:
            errors |= invalid.errors
    source, tool = values.get("source", change.source), values.get("ai_tool", change.ai_tool)
    if source == Source.AI and not tool:
        errors["ai_tool"] = "Name the tool that suggested it."
    if values.get("rolls_back") is not None and values["rolls_back"].pk == change.pk:
        errors["rolls_back"] = "A change does not undo itself."
    if errors:
        raise Invalid(errors)
    changed = [name for name, value in values.items() if getattr(change, name) != value]
    if change.state == ChangeState.RUNNING:
        filled = [name for name in changed if getattr(change, name) not in ("", None)]
        if filled:
            raise Refused(
                "invalid_transition",
                "It runs. What was written stays as it was; finish it, or roll it back.",
            )
    if change.pk is not None and by.token is not None and {"source", "ai_tool"} & {*changed}:
        raise Forbidden("No token changes who suggested a change. A person at a page does.")
    for name in changed:
        setattr(change, name, values[name])
    return changed


def _take(name: str, value: Any, incident: Incident, *, by: User) -> dict[str, Any]:
    match name:
        case "hypothesis":
            return {"hypothesis": _hypothesis(value, incident, by=by)}
        case "rolls_back":
            return _undone(value, incident)
        case "reversible":
            return {"reversible": None if value is None else bool(value)}
        case "quick_fix":
            return {"quick_fix": bool(value)}
        case "source":
            if value and value not in Source.values:
                raise Invalid({"source": f"One of {', '.join(Source.values)}."})
            return {"source": value or Source.HUMAN.value}
    return {name: read_line(name, str(value or ""), TEXTS[name])}


def _hypothesis(value: Any, incident: Incident, *, by: User) -> Hypothesis | None:
    if value is None or value == "":
        return None
    if isinstance(value, Hypothesis):
        value = value.pk
    number = whole(value) if not isinstance(value, bool) else None
    if number is not None:
        found = Hypothesis.objects.filter(incident=incident, pk=number).first()
        if found is None:
            raise Invalid({"hypothesis": "This incident has no such hypothesis."})
        return found
    try:
        return keep_hypothesis(incident, by=by, text=str(value))
    except Invalid as invalid:
        raise Invalid({"hypothesis": next(iter(invalid.errors.values()))}) from invalid


def _undone(value: Any, incident: Incident) -> dict[str, Any]:
    if value is None or value == "":
        return {"rolls_back": None, "undoes": ""}
    number = value.pk if isinstance(value, Change) else whole(value)
    if number is None:
        return {"rolls_back": None, "undoes": read_line("rolls_back", str(value), 300)}
    ran = Change.objects.filter(
        incident=incident, state__in=[ChangeState.RUNNING, ChangeState.FINISHED]
    )
    found = ran.filter(pk=number).first()
    if found is None:
        raise Invalid(
            {
                "rolls_back": "This incident has no such change that ran. Say in words what it "
                "undoes."
            }
        )
    return {"rolls_back": found, "undoes": ""}


def mark_card(card: Card, change: Change) -> None:
    """Make the card of a change that says what it undoes the way back."""
    if (card.rolls_back_id, card.undoes) != (change.rolls_back_id, change.undoes):
        card.rolls_back_id, card.undoes = change.rolls_back_id, change.undoes
        card.version += 1
        card.save(update_fields=["rolls_back", "undoes", "version"])
