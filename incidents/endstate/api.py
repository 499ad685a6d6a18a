"""The API's endpoints about the end state and the signals that prove it."""

from typing import Annotated, Literal

from ninja import Router, Status
from pydantic import Field

from api.schema import Answer, Body, Moment, OneOf, Version
from clock.queries import now
from incidents.endstate.actions import agree_to_end_state, write_end_state
from incidents.endstate.answers import EndStateAnswer, SignalAnswer, end_state_answer, signal_answer
from incidents.endstate.models import Comparator, Signal
from incidents.endstate.queries import signal_with_state
from incidents.endstate.rules import MOST_SAMPLES
from incidents.endstate.signals import add_signal, change_signal, record_samples, remove_signal
from incidents.endstate.sources import try_query
from incidents.record.answers import current_incident
from incidents.record.finding import incident_of, part_of
from people.callers import INGEST, RESPONDERS, ApiRequest

router = Router(auth=RESPONDERS, tags=["end state"])

Number = Annotated[float, Field(allow_inf_nan=False)]
Seconds = Annotated[int, Field(ge=0, le=604_800)]


class EndStateText(Body):
    """One sentence that says what good looks like."""

    text: str = Field(max_length=500)
    version: Version | None = None


class NewSignal(Body):
    """A metric that proves the end state."""

    name: str = Field(max_length=120)
    unit: str | None = Field(None, max_length=30)
    comparator: Annotated[str, OneOf(Comparator)]
    target: Number
    hold_s: Seconds | None = None
    stale_after_s: Seconds | None = None
    required: bool | None = None
    query: str | None = Field(None, max_length=2000)


class SignalChange(Body):
    """Fields to change."""

    name: str | None = Field(None, max_length=120)
    unit: str | None = Field(None, max_length=30)
    comparator: Annotated[str, OneOf(Comparator)] | None = None
    target: Number | None = None
    hold_s: Seconds | None = None
    stale_after_s: Seconds | None = None
    required: bool | None = None
    query: str | None = Field(None, max_length=2000)


class NewSample(Body):
    """A measured value; ``at`` is now when missing."""

    value: float
    at: Moment | None = None


class NewSamples(Body):
    """Samples in any order; one signal and moment is one sample, however often it is sent."""

    samples: list[NewSample] = Field(max_length=MOST_SAMPLES)
    by_hand: bool = Field(False, description="A person read them off; that stands on the record.")


class QueryText(Body):
    """An expression of the operator's Prometheus."""

    query: str = Field(max_length=2000)


class TriedAnswer(Answer):
    """A value where the query is one number, how many series it finds, or in words why neither."""

    state: Literal["asking", "answered"]
    value: float | None
    series: int | None
    error: str | None


class Counted(Answer):
    """What became of a batch: sent again is accepted, a value that is no number is rejected.

    Of two values for one moment the last stands, and ``replaced`` counts the others, if any.
    """

    accepted: int
    rejected: int
    replaced: int | None = Field(
        None, description="Values that gave way to a later one of the same moment, if there are."
    )


@router.put("/incidents/{ref}/end-state", response=EndStateAnswer)
def put_end_state(request: ApiRequest, ref: str, body: EndStateText) -> EndStateAnswer:
    """Write the end state. Other words clear the agreements."""
    incident = incident_of(request, ref)
    with current_incident(incident):
        incident = write_end_state(incident, by=request.auth, text=body.text, version=body.version)
    return end_state_answer(incident, now())


@router.post("/incidents/{ref}/end-state/agree", response=EndStateAnswer)
def agree(request: ApiRequest, ref: str) -> EndStateAnswer:
    """Agree to the end state as it is worded now; twice is once."""
    incident = incident_of(request, ref)
    agree_to_end_state(incident, by=request.auth)
    return end_state_answer(incident, now())


@router.post("/incidents/{ref}/signals", response={201: SignalAnswer})
def create_signal(request: ApiRequest, ref: str, body: NewSignal) -> Status[SignalAnswer]:
    """Add a signal."""
    incident = incident_of(request, ref)
    signal = add_signal(incident, by=request.auth, **body.model_dump(exclude_none=True))
    return Status(201, signal_answer(signal_with_state(signal, now()), incident.ref))


@router.post("/incidents/{ref}/signals/try-query", response=TriedAnswer)
def try_a_query(request: ApiRequest, ref: str, body: QueryText) -> TriedAnswer:
    """What a query answers now, asked beside this call: while ``asking``, send it again."""
    incident_of(request, ref)
    tried = try_query(body.query)
    if tried is None:
        return TriedAnswer(state="asking", value=None, series=None, error=None)
    return TriedAnswer(
        state="answered", value=tried.value, series=tried.series, error=tried.error or None
    )


@router.patch("/signals/{int:signal_id}", response=SignalAnswer)
def patch_signal(request: ApiRequest, signal_id: int, body: SignalChange) -> SignalAnswer:
    """Change a signal."""
    signal = part_of(request, Signal.objects.standing, signal_id)
    given = body.model_dump(exclude_none=True)
    changed = change_signal(signal.pk, by=request.auth, **given)
    return signal_answer(signal_with_state(changed, now()), signal.incident.ref)


@router.delete("/signals/{int:signal_id}", response={204: None})
def delete_signal(request: ApiRequest, signal_id: int) -> Status[None]:
    """Remove a signal; refused ``in_use`` while a card serves it."""
    signal = part_of(request, Signal.objects.standing, signal_id)
    remove_signal(signal.pk, by=request.auth)
    return Status(204, None)


@router.post(
    "/signals/{int:signal_id}/samples", response={202: Counted}, auth=INGEST, exclude_none=True
)
def send_samples(request: ApiRequest, signal_id: int, body: NewSamples) -> Status[Counted]:
    """Send up to 10 000 samples; the scope ``ingest`` is enough."""
    signal = part_of(request, Signal.objects.standing, signal_id)
    taken = record_samples(
        signal.pk,
        by=request.auth,
        samples=[(one.value, one.at) for one in body.samples],
        by_hand=body.by_hand,
    )
    counted = Counted(
        accepted=taken.accepted, rejected=taken.rejected, replaced=taken.replaced or None
    )
    return Status(202, counted)
