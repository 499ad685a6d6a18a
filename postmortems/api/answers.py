"""What the review's calls answer: every thing as JSON, built in one place."""

from datetime import date, datetime
from typing import Annotated, Any

from incidents.api.answers import EntryAnswer, email_of, entry_answer
from incidents.models import Severity
from people.api import person_answer
from postmortems.actions.review import meets_late
from postmortems.models import (
    ActionItem,
    ItemState,
    ItemType,
    Postmortem,
    Priority,
    ReviewState,
    Safeguard,
    Thanks,
    Why,
)
from postmortems.queries.facts import timeline_of
from postmortems.queries.figures import Figures, figures_of
from postmortems.queries.findings import open_findings
from postmortems.queries.missing import what_is_open
from wire.schema import Answer, OneOf, Person


class WhyAnswer(Answer):
    """One why; ``depth`` counts from the first question of its branch."""

    id: int
    parent: int | None
    depth: int
    question: str
    answer: str
    evidence: str
    systemic: bool
    because: str
    safeguard: Annotated[str, OneOf(Safeguard)] | None
    version: int


class ItemAnswer(Answer):
    """An action item; ``overdue`` is derived now."""

    id: int
    incident: str
    title: str
    type: Annotated[str, OneOf(ItemType)]
    owner: str
    owner_person: Person
    due_at: datetime
    first_due_at: datetime
    priority: Annotated[str, OneOf(Priority)]
    success_criterion: str
    signal: int | None
    override_reason: str
    state: Annotated[str, OneOf(ItemState)]
    overdue: bool
    moved_count: int
    reopened_count: int
    created_at: datetime
    done_at: datetime | None
    done_note: str
    verify_due_at: datetime | None
    verified_at: datetime | None
    verified_by: str | None
    verify_note: str
    moving: bool | None
    declined_because: str
    version: int


class ThanksAnswer(Answer):
    """Somebody thanked by name."""

    id: int
    person: str
    email: str
    name: str
    text: str
    by: str | None
    at: datetime


class ImpactFigureAnswer(Answer):
    """Who was blocked, in the end."""

    journey: str
    blocked: str
    total: float
    unit: str
    at_least: bool


class FiguresAnswer(Answer):
    """Lengths in seconds, ``null`` where a stamp is unknown, with the formula of each."""

    mttd_s: int | None
    mtta_s: int | None
    time_to_mitigate_s: int | None
    mttr_s: int | None
    formulas: dict[str, str]
    impact: list[ImpactFigureAnswer]
    caused_by_change: bool | None
    promises_kept: int
    promises_missed: int


class FindingAnswer(Answer):
    """A place that points at a person, in code points; ``id`` names it for ``keep``."""

    id: str
    place: str
    start: int
    end: int
    text: str
    kind: str
    advice: str


class OpenAnswer(Answer):
    """Something that publication waits for."""

    kind: str
    text: str


class PostmortemAnswer(Answer):
    """The whole review."""

    incident: str
    title: str
    state: Annotated[str, OneOf(ReviewState)]
    required: bool
    facilitator: str | None
    facilitator_person: Person | None
    meeting_at: datetime | None
    meeting_length_min: int
    meeting_held_at: datetime | None
    meets_late: bool
    due_at: datetime | None
    publish_due_at: datetime | None
    facts_agreed_at: datetime | None
    published_at: datetime | None
    published_by: str | None
    no_actions_because: str
    list_due_at: datetime | None
    list_looked_at: datetime | None
    summary: str
    analysis: str
    analysis_html: str
    timeline: list[EntryAnswer]
    whys: list[WhyAnswer]
    grid: dict[str, dict[str, list[str]]]
    actions: list[ItemAnswer]
    thanks: list[ThanksAnswer]
    figures: FiguresAnswer
    findings: list[FindingAnswer]
    open: list[OpenAnswer]
    versions: dict[str, int]
    version: int


class PostmortemLine(Answer):
    """A review in the library."""

    incident: str
    title: str
    severity: Annotated[str, OneOf(Severity)]
    state: Annotated[str, OneOf(ReviewState)]
    summary: str
    published_at: datetime | None


class SpreadAnswer(Answer):
    """Lengths in seconds; nothing is ``null``, never 0."""

    n: int
    median_s: int | None
    mean_s: int | None
    p90_s: int | None


class ShareAnswer(Answer):
    """``part`` of ``n``, in percent; of none it is ``null``."""

    part: int
    n: int
    percent: int | None


class MonthAnswer(Answer):
    """The figures of one month, or of the whole period."""

    start: date
    incidents: int
    mttd: SpreadAnswer
    mttr: SpreadAnswer
    promises: ShareAnswer
    on_time: ShareAnswer
    verified: ShareAnswer
    change_failure_rate: ShareAnswer


class InsightsAnswer(Answer):
    """Is it getting better? By month and over the whole period."""

    since: datetime
    until: datetime
    service: str | None
    formulas: dict[str, str]
    months: list[MonthAnswer]
    total: MonthAnswer


def why_answer(why: Why) -> WhyAnswer:
    """A why."""
    return WhyAnswer(
        id=why.pk,
        parent=why.parent_id,
        depth=why.depth,
        question=why.question,
        answer=why.answer,
        evidence=why.evidence,
        systemic=why.systemic,
        because=why.because,
        safeguard=why.safeguard or None,
        version=why.version,
    )


def item_answer(item: ActionItem, moment: datetime) -> ItemAnswer:
    """An action item; owner, verifier, review and incident are loaded."""
    return ItemAnswer(
        id=item.pk,
        incident=item.postmortem.incident.ref,
        title=item.title,
        type=item.type,
        owner=item.owner.email,
        owner_person=Person(email=item.owner.email, name=item.owner.name),
        due_at=item.due_at,
        first_due_at=item.first_due_at,
        priority=item.priority,
        success_criterion=item.success_criterion,
        signal=item.signal_id,
        override_reason=item.override_reason,
        state=item.state,
        overdue=item.is_overdue_at(moment),
        moved_count=item.moved_count,
        reopened_count=item.reopened_count,
        created_at=item.created_at,
        done_at=item.done_at,
        done_note=item.done_note,
        verify_due_at=item.verify_due_at,
        verified_at=item.verified_at,
        verified_by=email_of(item.verified_by),
        verify_note=item.verify_note,
        moving=item.is_moving,
        declined_because=item.declined_because,
        version=item.version,
    )


def thanks_answer(thanks: Thanks) -> ThanksAnswer:
    """Thanks; both people are loaded."""
    return ThanksAnswer(
        id=thanks.pk,
        person=thanks.person.email,
        email=thanks.person.email,
        name=thanks.person.name,
        text=thanks.text,
        by=email_of(thanks.by),
        at=thanks.at,
    )


def figures_answer(figures: Figures) -> FiguresAnswer:
    """The figures of one incident."""
    spans: dict[str, Any] = {f"{span.name}_s": span.seconds for span in figures.spans}
    return FiguresAnswer(
        **spans,
        formulas={f"{span.name}_s": span.formula for span in figures.spans},
        impact=[
            ImpactFigureAnswer(
                journey=one.journey,
                blocked=one.blocked,
                total=float(one.total),
                unit=one.unit,
                at_least=one.at_least,
            )
            for one in figures.impact
        ],
        caused_by_change=figures.caused_by_change,
        promises_kept=figures.promises_kept,
        promises_missed=figures.promises_missed,
    )


def postmortem_answer(postmortem: Postmortem, moment: datetime) -> PostmortemAnswer:
    """The whole review in a constant number of queries; incident and people are loaded."""
    incident = postmortem.incident
    items = postmortem.action_items.select_related("owner", "verified_by")
    found = list(items)
    for item in found:
        item.postmortem = postmortem
    return PostmortemAnswer(
        incident=incident.ref,
        title=incident.title,
        state=postmortem.state,
        required=postmortem.is_required,
        facilitator=email_of(postmortem.facilitator),
        facilitator_person=person_answer(postmortem.facilitator),
        meeting_at=postmortem.meeting_at,
        meeting_length_min=postmortem.meeting_length_min,
        meeting_held_at=postmortem.meeting_held_at,
        meets_late=meets_late(postmortem, incident),
        due_at=postmortem.due_at,
        publish_due_at=postmortem.publish_due_at,
        facts_agreed_at=postmortem.facts_agreed_at,
        published_at=postmortem.published_at,
        published_by=email_of(postmortem.published_by),
        no_actions_because=postmortem.no_actions_because,
        list_due_at=postmortem.list_due_at,
        list_looked_at=postmortem.list_looked_at,
        summary=postmortem.summary,
        analysis=postmortem.analysis,
        analysis_html=postmortem.analysis_html,
        timeline=[entry_answer(entry) for entry in timeline_of(postmortem)],
        whys=[why_answer(why) for why in postmortem.whys.all()],
        grid=postmortem.grid,
        actions=[item_answer(item, moment) for item in found],
        thanks=[thanks_answer(one) for one in postmortem.thanks.select_related("person", "by")],
        figures=figures_answer(figures_of(incident, moment)),
        findings=[FindingAnswer(**one.as_fact()) for one in open_findings(postmortem)],  # type: ignore[arg-type]
        open=[]
        if postmortem.is_published
        else [OpenAnswer(**one) for one in what_is_open(postmortem)],
        versions={name: int(count) for name, count in postmortem.versions.items()},
        version=postmortem.version,
    )
