"""Writing down what we think, and what speaks for or against it (P16)."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from clock.queries import now
from incidents.attachments.actions import use_attachments
from incidents.attachments.queries import as_said, counted
from incidents.endstate.models import Signal
from incidents.endstate.queries import signal_as_dict, signal_with_state
from incidents.hypotheses.models import Evidence, Hypothesis, HypothesisState
from incidents.hypotheses.uses import ruled_out, taken_up
from incidents.record.models import Incident
from incidents.record.timeline import record
from incidents.record.visibility import is_visible
from incidents.roster.presence import enter, enter_part
from pages.texts import read_address, read_line, read_text
from people.models import User
from refusals.errors import AgentMayNot, Invalid

TEXT_LIMIT, EVIDENCE_LIMIT = 300, 1000
SAID = {
    HypothesisState.OPEN: ("hypothesis_opened", "opened again"),
    HypothesisState.SUPPORTED: ("hypothesis_supported", "supported"),
    HypothesisState.RULED_OUT: ("hypothesis_ruled_out", "ruled out"),
}


@transaction.atomic
def add_hypothesis(
    incident: Incident, *, by: User, text: str, owner: User | None = None
) -> Hypothesis:
    """Write down what may cause it; ``owner`` (default: who writes it) looks into it.

    The same sentence again is once; an agent's is marked as its suggestion (P37). Refuses
    (``Invalid``) an empty one and an owner who cannot
    work here.
    """
    if by.agent is not None and owner is not None:
        raise AgentMayNot("people take its hypotheses themselves")
    return keep_hypothesis(enter(incident, by=by, agents=True), by=by, text=text, owner=owner)


def keep_hypothesis(
    incident: Incident, *, by: User, text: str, owner: User | None = None
) -> Hypothesis:
    """The same within another action; the caller holds the incident's lock."""
    text = read_line("text", text, TEXT_LIMIT, required="Say in a sentence what may cause it.")
    owner = _able(owner, incident)
    standing = Hypothesis.objects.filter(incident=incident, text=text).first()
    if standing is not None:
        return standing
    holder = owner or (None if by.is_program else by)
    made = Hypothesis.objects.create(
        incident=incident,
        text=text,
        owner=holder,
        ai_tool=by.agent.name if by.agent else "",
        by=by,
        at=now(),
    )
    record(
        incident,
        "hypothesis_added",
        by=by,
        text=f"thinks: {text}",
        hypothesis=made.pk,
        owner=made.owner_id,
    )
    return made


@transaction.atomic
def take_hypothesis(hypothesis_id: int, *, by: User, owner: User | None = None) -> Hypothesis:
    """Let ``owner`` (default: who says it) look into a hypothesis, whoever had it before.

    The same again is nothing. Refuses (``Invalid``) an owner who cannot work here, and to take
    one for a program, which owns nothing.
    """
    hypothesis, incident = enter_part(Hypothesis.objects.all(), hypothesis_id, by=by)
    owner = _able(owner or (None if by.is_program else by), incident)
    if owner is None:
        raise Invalid({"owner": "Name who looks into it; a program does not."})
    if owner.pk == hypothesis.owner_id:
        return hypothesis
    hypothesis.owner = owner
    hypothesis.save(update_fields=["owner"])
    who = "looks" if owner == by else f"asked {owner.name} to look"
    record(
        incident,
        "hypothesis_taken",
        by=by,
        text=f"{who} into “{hypothesis.text}”",
        hypothesis=hypothesis.pk,
        owner=owner.pk,
    )
    return hypothesis


def _able(owner: User | None, incident: Incident) -> User | None:
    if owner is not None and not (owner.is_responder and is_visible(owner, incident.pk)):
        raise Invalid({"owner": f"{owner.name} cannot work on this incident. Name a responder."})
    return owner


@transaction.atomic
def add_evidence(
    hypothesis_id: int,
    *,
    by: User,
    state: str | None = None,
    text: str = "",
    url: str = "",
    signal: int | None = None,
    card: int | None = None,
    attachments: Sequence[int] = (),
) -> Evidence:
    """Put evidence beside a hypothesis, and say what it shows.

    ``state`` is what the hypothesis is now, unchanged where it is left out. ``signal`` freezes what
    that signal measures, ``card`` (an id of this incident's) points at a step,
    ``attachments`` (ids) at pictures and files. Ruling one out lets everything that rests on it
    fall. Refuses (``Invalid``) evidence that is nothing.
    """
    hypothesis, incident = enter_part(Hypothesis.objects.all(), hypothesis_id, by=by)
    if state is not None and state not in HypothesisState.values:
        raise Invalid({"state": f"One of {', '.join(HypothesisState.values)}."})
    text = read_text("text", text, EVIDENCE_LIMIT)
    url = read_address("url", url)
    measured = _signal_of(incident, signal)
    found = None
    if card is not None:
        found = incident.cards.filter(pk=card).first()
        if found is None:
            raise Invalid({"card": "This incident has no such card."})
    files = use_attachments(incident, attachments, by=by)
    if not (text or url or measured or found or files):
        raise Invalid(
            {"text": "Say in a line what shows it: a sentence, a link, a signal or a picture."}
        )
    return keep_evidence(
        incident,
        hypothesis,
        by=by,
        state=state,
        text=text,
        url=url,
        signal=measured,
        card_id=found.pk if found else None,
        files=files,
    )


def keep_evidence(
    incident: Incident,
    hypothesis: Hypothesis,
    *,
    by: User | None,
    state: str | None = None,
    text: str = "",
    url: str = "",
    signal: Signal | None = None,
    card_id: int | None = None,
    change_id: int | None = None,
    files: Sequence[dict[str, Any]] = (),
) -> Evidence:
    """The same for what an action found out; the caller holds the incident's lock."""
    moment = now()
    before = hypothesis.state
    hypothesis.state = HypothesisState(state or before)
    evidence = Evidence.objects.create(
        hypothesis=hypothesis,
        state=hypothesis.state,
        text=text[:EVIDENCE_LIMIT],
        url=url,
        signal=signal,
        measured=signal_as_dict(signal_with_state(signal, moment)) if signal else None,
        card_id=card_id,
        change_id=change_id,
        files=[*files],
        by=by,
        at=moment,
    )
    if hypothesis.state != before:
        hypothesis.save(update_fields=["state"])
    kind, words = SAID[HypothesisState(hypothesis.state)]
    shown = text or url or (str(signal) if signal else "") or counted([*files]) or "a card"
    data: dict[str, Any] = {
        "hypothesis": hypothesis.pk,
        "evidence": evidence.pk,
        "state": hypothesis.state,
        "card": card_id,
        "change": change_id,
        "signal": signal.pk if signal else None,
        **as_said(files),
    }
    if hypothesis.state == before:
        said = f"found about “{hypothesis.text}”: {shown}"
        record(incident, "evidence_added", by=by, text=said, **data)
    else:
        record(incident, kind, by=by, text=f"{words} “{hypothesis.text}”: {shown}", **data)
        if hypothesis.is_ruled_out:
            ruled_out(incident, hypothesis)
        elif before == HypothesisState.RULED_OUT:
            taken_up(incident, hypothesis)
    return evidence


def _signal_of(incident: Incident, signal_id: int | None) -> Signal | None:
    if signal_id is None:
        return None
    signal = Signal.objects.standing().filter(incident=incident, pk=signal_id).first()
    if signal is None:
        raise Invalid({"signal": "This incident has no such signal."})
    return signal
