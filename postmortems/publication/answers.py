"""What the API answers about a post-mortem as a whole."""

from datetime import datetime
from typing import Annotated

from api.schema import Answer, OneOf, Person
from incidents.attachments.answers import FileAnswer, file_answers
from incidents.attachments.queries import files_in
from incidents.record.answers import EntryAnswer, entry_answer
from people.answers import email_of, person_answer
from postmortems.ideas.answers import IdeaAnswer, idea_answer
from postmortems.items.answers import ItemAnswer, item_answer
from postmortems.items.queries import with_moves
from postmortems.marks.queries import Kind, marks_of
from postmortems.publication.findings import open_findings
from postmortems.publication.missing import what_is_open
from postmortems.publication.overrides import overrides_of
from postmortems.review.actions import meets_late
from postmortems.review.answers import FiguresAnswer, ThanksAnswer, figures_answer, thanks_answer
from postmortems.review.facts import timeline_of
from postmortems.review.figures import figures_of
from postmortems.review.models import Postmortem, ReviewState, Thanks
from postmortems.whys.answers import WhyAnswer, why_answer


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


class OverrideAnswer(Answer):
    """Why somebody resolved it although the end state was not met."""

    reason: str
    by: str | None
    at: datetime


class MarkAnswer(Answer):
    """A quick fix or a noisy alert, and the item it became or why it becomes none."""

    mark: str
    kind: Kind
    text: str
    item: int | None
    because: str


class KeptAnswer(Answer):
    """Words that stand on purpose."""

    text: str
    reason: str
    by: str | None


class PostmortemAnswer(Answer):
    """The whole review."""

    incident: str
    title: str
    state: Annotated[str, OneOf(ReviewState)]
    required: bool
    facilitator: str | None
    facilitator_person: Person | None
    facilitates_alone: bool
    meeting_at: datetime | None
    meeting_length_min: int
    meeting_held_at: datetime | None
    meets_late: bool
    due_at: datetime | None
    publish_due_at: datetime | None
    facts_agreed_at: datetime | None
    published_at: datetime | None
    published_by: str | None
    look_again_since: datetime | None
    looked_again_at: datetime | None
    looked_again_note: str
    overrides: list[OverrideAnswer]
    no_actions_because: str
    list_due_at: datetime | None
    list_looked_at: datetime | None
    summary: str
    analysis: str
    analysis_html: str
    attachments: list[FileAnswer]
    timeline: list[EntryAnswer]
    whys: list[WhyAnswer]
    grid: dict[str, dict[str, list[str]]]
    actions: list[ItemAnswer]
    ideas: list[IdeaAnswer]
    thanks: list[ThanksAnswer]
    figures: FiguresAnswer
    marks: list[MarkAnswer]
    findings: list[FindingAnswer]
    kept: list[KeptAnswer]
    not_people: list[str]
    open: list[OpenAnswer]
    versions: dict[str, int]
    version: int


def postmortem_answer(postmortem: Postmortem, moment: datetime) -> PostmortemAnswer:
    """The whole review in a constant number of queries; incident and people are loaded."""
    incident = postmortem.incident
    items = with_moves(postmortem.action_items.all()).select_related(
        "owner", "verified_by", "done_by", "look", "look__by", "idea"
    )
    found = list(items)
    kept = list(postmortem.kept_findings.select_related("by"))
    words = [one for one in kept if one.key]
    marks = marks_of(postmortem)
    thanks = Thanks.objects.filter(incident=incident).select_related("person", "by")
    ideas = list(postmortem.ideas.select_related("by", "dropped_by"))
    for item in found:
        item.postmortem = postmortem
    for idea in ideas:
        idea.postmortem = postmortem
    return PostmortemAnswer(
        incident=incident.ref,
        title=incident.title,
        state=postmortem.state,
        required=postmortem.is_required,
        facilitator=email_of(postmortem.facilitator),
        facilitator_person=person_answer(postmortem.facilitator),
        facilitates_alone=postmortem.facilitates_alone,
        meeting_at=postmortem.meeting_at,
        meeting_length_min=postmortem.meeting_length_min,
        meeting_held_at=postmortem.meeting_held_at,
        meets_late=meets_late(postmortem, incident),
        due_at=postmortem.due_at,
        publish_due_at=postmortem.publish_due_at,
        facts_agreed_at=postmortem.facts_agreed_at,
        published_at=postmortem.published_at,
        published_by=email_of(postmortem.published_by),
        look_again_since=postmortem.look_again_since,
        looked_again_at=postmortem.looked_again_at,
        looked_again_note=postmortem.looked_again_note,
        overrides=[
            OverrideAnswer(reason=one.reason, by=email_of(one.by), at=one.at)
            for one in overrides_of(incident)
        ],
        no_actions_because=postmortem.no_actions_because,
        list_due_at=postmortem.list_due_at,
        list_looked_at=postmortem.list_looked_at,
        summary=postmortem.summary,
        analysis=postmortem.analysis,
        analysis_html=postmortem.analysis_html,
        attachments=file_answers(files_in(postmortem.files)),
        timeline=[entry_answer(entry) for entry in timeline_of(postmortem)],
        whys=[why_answer(why) for why in postmortem.whys.all()],
        grid=postmortem.grid,
        actions=[item_answer(item, moment) for item in found],
        ideas=[idea_answer(idea) for idea in ideas],
        thanks=[thanks_answer(one) for one in thanks],
        figures=figures_answer(figures_of(incident, moment)),
        marks=[
            MarkAnswer(
                mark=one.key,
                kind=one.kind,
                text=one.text,
                item=one.item.pk if one.item is not None else None,
                because=one.because,
            )
            for one in marks
        ],
        findings=[FindingAnswer(**one.as_fact()) for one in open_findings(postmortem)],  # type: ignore[arg-type]
        kept=[KeptAnswer(text=one.text, reason=one.reason, by=email_of(one.by)) for one in words],
        not_people=[one.text for one in kept if one.word],
        open=[]
        if postmortem.is_published
        else [OpenAnswer(**one) for one in what_is_open(postmortem, marks=marks)],
        versions={name: int(count) for name, count in postmortem.versions.items()},
        version=postmortem.version,
    )
