"""What the API answers about the end state and its signals."""

from datetime import datetime
from typing import Annotated

from api.schema import Answer, OneOf
from incidents.endstate.models import Comparator, SignalState
from incidents.endstate.queries import SignalNow, signals_with_state
from incidents.record.models import Incident


class AgreementAnswer(Answer):
    """Somebody on the roster who agrees to the end state as it is worded now."""

    person: str
    email: str
    name: str
    at: datetime


class NoDataAnswer(Answer):
    """Since when what is asked for a signal answers nothing, and why."""

    since: datetime
    because: str


class SignalAnswer(Answer):
    """A signal with its newest value and the state that follows from its samples now."""

    id: int
    incident: str
    name: str
    unit: str
    comparator: Annotated[str, OneOf(Comparator)]
    target: float
    hold_s: int
    stale_after_s: int
    required: bool
    query: str
    value: float | None
    at: datetime | None
    state: Annotated[str, OneOf(SignalState)]
    held_s: int
    no_data: NoDataAnswer | None


class EndStateAnswer(Answer):
    """What good looks like, who agrees, and the signals that prove it."""

    text: str
    written_at: datetime | None
    agreed: list[AgreementAnswer]
    signals: list[SignalAnswer]


def end_state_answer(incident: Incident, moment: datetime) -> EndStateAnswer:
    """The end state, who agrees, and its signals with their states at ``moment``."""
    agreements = incident.agreements.select_related("person").order_by("at", "id")
    return EndStateAnswer(
        text=incident.end_state,
        written_at=incident.end_state_at,
        agreed=[
            AgreementAnswer(
                person=agreement.person.email,
                email=agreement.person.email,
                name=agreement.person.name,
                at=agreement.at,
            )
            for agreement in agreements
        ],
        signals=[
            signal_answer(found, incident.ref) for found in signals_with_state(incident, moment)
        ],
    )


def signal_answer(found: SignalNow, ref: str) -> SignalAnswer:
    """A signal with its newest value and the state it had when asked."""
    signal = found.signal
    return SignalAnswer.of(
        signal,
        incident=ref,
        value=found.value,
        at=found.at,
        state=found.state,
        held_s=found.held_s,
        no_data=(
            NoDataAnswer(since=signal.no_data_since, because=signal.no_data_because)
            if signal.no_data_since
            else None
        ),
    )
