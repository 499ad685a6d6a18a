"""Reading what somebody wants to write on a card: limits, choices, and who may own one."""

from typing import Any

from incidents.cards.models import Card, Column, Risk, Source
from incidents.endstate.models import Signal
from incidents.gates.rules import LONGEST_WITH_REASON_MIN, SHORTEST_MIN
from incidents.hypotheses.models import Hypothesis
from incidents.record.models import Incident
from incidents.record.visibility import helps, is_visible
from pages.numbers import whole
from pages.texts import read_line, read_text
from people.models import User
from refusals.errors import Invalid

TEXTS = {
    "title": 200,
    "time_box_reason": 300,
    "expected_proof": 500,
    "ai_tool": 80,
    "proof": 2000,
    "undoes": 300,
}
FIELDS = {
    *("title", "owner", "pair", "time_box_min", "time_box_reason", "serves"),
    *("expected_proof", "risk", "source", "ai_tool", "tests", "by_when", "rolls_back", "undoes"),
}


def write_on(card: Card, incident: Incident, fields: dict[str, Any]) -> list[str]:
    """Put the given fields on the card, unsaved, and answer the names of those that differ.

    Raises ``Invalid`` with one message per field that cannot be taken. At most one query per
    person and signal named.
    """
    errors: dict[str, str] = {}
    changed: list[str] = []
    for name, value in fields.items():
        if name not in FIELDS:
            raise TypeError(f"a card has no field {name!r} to change")
        if _stands(card, name, value):
            continue
        try:
            taken = _take(name, value, incident)
        except Invalid as invalid:
            errors |= invalid.errors
            continue
        except ValueError as error:
            errors[name] = str(error)
            continue
        if name == "serves":
            if _set_serves(card, taken):
                changed.append(name)
        elif getattr(card, name) != taken:
            setattr(card, name, taken)
            changed.append(name)
    if not card.title and "title" not in errors:
        errors["title"] = "Say in a few words what is done."
    if card.pair_id is not None and card.pair_id == card.owner_id:
        errors["pair"] = "A pair is a second person. Choose somebody else than the owner."
    if card.rolls_back_id is not None and card.undoes:
        errors["rolls_back"] = "Name the change that it undoes, or say what else; not both."
    if card.source == Source.AI and not card.ai_tool:
        errors["ai_tool"] = "Name the tool that suggested it."
    if errors:
        raise Invalid(errors)
    return changed


def read_card_line(name: str, value: object) -> str:
    """A line of a card, as ``read_line`` reads it; raises ``Invalid``."""
    return read_line(name, str(value or ""), TEXTS[name])


def read_proof(value: object) -> str:
    """The proof, as ``read_text`` reads it; raises ``Invalid``."""
    return read_text("proof", str(value or ""), TEXTS["proof"])


def read_column(value: str) -> str:
    """A column by its name; raises ``Invalid``."""
    if value not in Column.values:
        raise Invalid({"column": f"A column is one of {', '.join(Column.values)}."})
    return str(value)


def _stands(card: Card, name: str, value: Any) -> bool:
    """Whether a person or what is served is there already: said again, it is not judged anew.

    Whoever did it may have left since, and a signal may have been removed.
    """
    value = getattr(value, "pk", value)
    if name == "serves":
        number = None if isinstance(value, bool) else whole(value)
        return (value or None if number is None else number) == card.serves
    return name in ("owner", "pair") and value == getattr(card, f"{name}_id")


def _take(name: str, value: Any, incident: Incident) -> Any:
    match name:
        case "owner" | "pair":
            return _read_person(value, incident)
        case "time_box_min":
            return _read_minutes(value)
        case "serves":
            return _read_serves(value, incident)
        case "risk":
            if value and value not in Risk.values:
                raise ValueError(f"Risk is one of {', '.join(Risk.values)}.")
            return value or ""
        case "source":
            if value and value not in Source.values:
                raise ValueError(f"Source is one of {', '.join(Source.values)}.")
            return value or Source.HUMAN.value
        case "tests":
            return _read_hypothesis(value, incident)
        case "rolls_back":
            return _read_undone(value, incident)
        case "by_when":
            return value or None
    return read_card_line(name, value)


def _read_person(value: User | None, incident: Incident) -> User | None:
    if value is None:
        return None
    may_see = is_visible(value, incident.pk)
    if not may_see or not (value.is_responder or helps(value, incident.pk)):
        raise ValueError(
            f"{value.name} cannot work on this incident. Name a responder, or invite a helper."
        )
    return value


def _read_minutes(value: Any) -> int | None:
    if value is None or value == "":
        return None
    minutes = int(value)
    if not SHORTEST_MIN <= minutes <= LONGEST_WITH_REASON_MIN:
        raise ValueError("A time box has 5 to 60 minutes; longer ones, with a reason, up to 1440.")
    return minutes


def _read_serves(value: Any, incident: Incident) -> Signal | str | None:
    if value is None or value in ("", "end_state"):
        return value or None
    if isinstance(value, Signal):
        value = value.pk
    signals = Signal.objects.standing().filter(incident=incident)
    number = whole(value)
    signal = None if number is None else signals.filter(pk=number).first()
    if signal is None:
        raise ValueError("This incident has no such signal.")
    return signal


def _read_hypothesis(value: Any, incident: Incident) -> Hypothesis | None:
    if value is None or value == "":
        return None
    number = value.pk if isinstance(value, Hypothesis) else whole(value)
    found = None if number is None else incident.hypotheses.filter(pk=number).first()
    if found is None:
        raise ValueError("This incident has no such hypothesis.")
    return found


def _read_undone(value: Any, incident: Incident) -> Any:
    """The change that is undone: one of this incident that has run, or runs."""
    if value is None or value == "":
        return None
    number = whole(getattr(value, "pk", value))
    ran = incident.changes.filter(state__in=["running", "finished"])
    found = None if number is None else ran.filter(pk=number).first()
    if found is None:
        raise ValueError("This incident has no such change that ran. Say in words what it undoes.")
    return found


def _set_serves(card: Card, taken: Signal | str | None) -> bool:
    before = card.serves
    card.serves_end_state = taken == "end_state"
    card.serves_signal = taken if isinstance(taken, Signal) else None
    return card.serves != before
