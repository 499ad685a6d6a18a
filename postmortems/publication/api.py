"""The API's endpoints about one review."""

from typing import Annotated, Any

from ninja import Query, Router, Status
from pydantic import ConfigDict, Field

from api.paging import Cursor, Limit, page
from api.schema import Body, Email, Id, Moment, Nothing, OneOf, Page, Reason, Version
from clock.queries import now
from incidents.record.finding import incident_of, people_in
from incidents.record.models import TimelineEntry
from people.callers import ANYBODY, RESPONDERS, ApiRequest
from people.queries import person_by_email
from postmortems.ideas.actions import commit_idea, note_idea
from postmortems.ideas.answers import IdeaAnswer, idea_answer
from postmortems.ideas.queries import idea_of
from postmortems.items.actions import add_item
from postmortems.items.answers import ItemAnswer, item_answer
from postmortems.items.models import ItemType, Priority
from postmortems.library.answers import PostmortemLine
from postmortems.library.queries import search
from postmortems.marks.actions import decline_mark, make_item_of
from postmortems.publication.actions import Keep, look_again, publish_postmortem
from postmortems.publication.answers import PostmortemAnswer, postmortem_answer
from postmortems.publication.changing import change_postmortem
from postmortems.review.actions import open_review
from postmortems.review.answers import ThanksAnswer, thanks_answer
from postmortems.review.facts import agree_facts, choose_fact, reopen_facts
from postmortems.review.models import Postmortem
from postmortems.review.queries import get_postmortem
from postmortems.review.thanks import thank
from postmortems.whys.actions import add_why
from postmortems.whys.answers import WhyAnswer, why_answer
from postmortems.whys.models import Safeguard, Sure
from refusals.errors import Invalid, NotVisible

router = Router(auth=RESPONDERS, tags=["post-mortems"])

Line = Annotated[str, Field(max_length=500)]
Cells = dict[str, Annotated[list[Line], Field(max_length=50)]]


class PostmortemChange(Body):
    """Parts to change; what is not given stays. ``version`` is the whole document's."""

    version: Version | None = None
    summary: str | None = Field(None, max_length=5000)
    analysis: str | None = Field(None, max_length=20_000, description="Markdown.")
    grid: dict[str, Cells] | None = Field(
        None, description="Rows `worked did_not lucky change_next`, `people process tooling` each."
    )
    attachments: list[Id] | None = Field(None, max_length=10)
    facilitator: Email | None = None
    meeting_at: Moment | None = None
    meeting_length_min: int | None = Field(None, ge=5, le=60)
    meeting_held_at: Moment | None = None


class FactBody(Body):
    """One entry of the record, in or out of the factual timeline."""

    seq: Id
    included: bool


class FactsBody(Body):
    """Choosing facts, agreeing on them, or taking the agreement back with a reason."""

    choices: list[FactBody] | None = Field(None, max_length=1000)
    agree: bool | None = None
    reopen: Reason | None = None


class NewWhy(Body):
    """A question and its answer, below another one's."""

    question: str | None = Field(None, max_length=500)
    answer: str | None = Field(None, max_length=2000)
    parent: Id | None = None
    evidence: str | None = Field(None, max_length=2000)
    systemic: bool | None = None
    because: str | None = Field(None, max_length=500)
    safeguard: Annotated[str, OneOf(Safeguard)] | Nothing | None = None
    sure: Annotated[str, OneOf(Sure)] | Nothing | None = None


class NewItem(Body):
    """An owned, dated, systemic improvement."""

    title: str | None = Field(None, max_length=200)
    type: Annotated[str, OneOf(ItemType)] | None = None
    owner: Email | None = None
    due_at: Moment | None = None
    priority: Annotated[str, OneOf(Priority)] | None = None
    success_criterion: str | None = Field(None, max_length=500)
    signal: Id | None = None
    override_reason: Reason | None = None
    mark: str | None = Field(None, max_length=220, description="What it settles, as `marks` names.")
    idea: Id | None = Field(None, description="The idea that it commits to, of this review.")


class NewIdea(Body):
    """What could change, in a sentence."""

    text: str | None = Field(None, max_length=200)


class MarkBody(Body):
    """Why what was marked becomes no item."""

    mark: str = Field(max_length=220)
    because: str | None = Field(None, max_length=500)


class NewThanks(Body):
    """Whom, and what for."""

    person: Email
    text: str = Field(max_length=500)


class FindingBody(Body):
    """A finding as a refusal or the review gave it, sent back whole or by its ``id``."""

    model_config = ConfigDict(extra="ignore")

    id: str = Field(max_length=20)


class KeepBody(Body):
    """A finding that stands on purpose: its ``id``, its words, or as the refusal gave it."""

    finding: Annotated[str, Field(max_length=500)] | FindingBody
    reason: Reason | None = None


class Publication(Body):
    """What publication may need: why there is no action item, which findings stay."""

    no_actions_because: str | None = Field(None, max_length=1000)
    keep: list[KeepBody] | None = Field(None, max_length=200)


class LookAgain(Body):
    """What a reopening showed: the published review stands, or is to be revised."""

    note: str | None = Field(None, max_length=1000)
    revise: bool = False


def review_of(request: ApiRequest, ref: str) -> Postmortem:
    """The review, opened by hand where there is none yet."""
    return open_review(incident_of(request, ref), by=request.auth)


def answered(request: ApiRequest, ref: str) -> PostmortemAnswer:
    """The review as it stands now."""
    return postmortem_answer(get_postmortem(request.auth, ref), now())


@router.get("/postmortems", response=Page[PostmortemLine], auth=ANYBODY)
def library(
    request: ApiRequest,
    q: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[PostmortemLine]:
    """The library: what I may read, newest first, by the words in it."""
    return page(search(request.auth, q or ""), by=["-id"], limit=limit, cursor=cursor, answer=_line)


def _line(postmortem: Postmortem) -> PostmortemLine:
    incident = postmortem.incident
    return PostmortemLine(
        incident=incident.ref,
        title=incident.title,
        severity=incident.highest_severity,
        state=postmortem.state,
        summary=postmortem.summary,
        published_at=postmortem.published_at,
    )


@router.get("/incidents/{ref}/postmortem", response=PostmortemAnswer, auth=ANYBODY)
def postmortem(request: ApiRequest, ref: str) -> PostmortemAnswer:
    """The review; 404 until it was opened, and for stakeholders until it is published."""
    return answered(request, ref)


@router.post("/incidents/{ref}/postmortem", response={201: PostmortemAnswer})
def open_by_hand(request: ApiRequest, ref: str) -> Status[PostmortemAnswer]:
    """Open the review of any incident or near miss; an open one is answered as it is."""
    review_of(request, ref)
    return Status(201, answered(request, ref))


@router.patch("/incidents/{ref}/postmortem", response=PostmortemAnswer)
def patch_postmortem(request: ApiRequest, ref: str, body: PostmortemChange) -> PostmortemAnswer:
    """Change parts of the review; analysis and grid once the facts are agreed."""
    given = people_in(body.model_dump(exclude_none=True), "facilitator")
    change_postmortem(review_of(request, ref), by=request.auth, **given)
    return answered(request, ref)


@router.post("/incidents/{ref}/postmortem/facts", response=PostmortemAnswer)
def facts(request: ApiRequest, ref: str, body: FactsBody) -> PostmortemAnswer:
    """Choose the facts and agree on them, which opens whys, grid and analysis."""
    review = review_of(request, ref)
    if body.reopen is not None:
        reopen_facts(review, by=request.auth, reason=body.reopen)
    if body.choices:
        by_seq = dict(
            TimelineEntry.objects.filter(
                incident_id=review.incident_id, seq__in=[one.seq for one in body.choices]
            ).values_list("seq", "pk")
        )
        for one in body.choices:
            if one.seq not in by_seq:
                raise NotVisible
            choose_fact(review, by=request.auth, entry_id=by_seq[one.seq], included=one.included)
    if body.agree:
        agree_facts(review, by=request.auth)
    return answered(request, ref)


@router.post("/incidents/{ref}/postmortem/whys", response={201: WhyAnswer})
def new_why(request: ApiRequest, ref: str, body: NewWhy) -> Status[WhyAnswer]:
    """Answer the next why."""
    given: dict[str, Any] = body.model_dump(exclude_none=True)
    if not given.get("answer"):
        given["answer"] = ""
    return Status(201, why_answer(add_why(review_of(request, ref), by=request.auth, **given)))


@router.post("/incidents/{ref}/postmortem/actions", response={201: ItemAnswer})
def new_item(request: ApiRequest, ref: str, body: NewItem) -> Status[ItemAnswer]:
    """Add an action item; ``idea`` is what it commits to, and its words are the title."""
    given = people_in(body.model_dump(exclude_none=True), "owner")
    review = review_of(request, ref)
    if "mark" in given and "idea" in given:
        raise Invalid({"idea": "It settles a mark or an idea, not both in one call."})
    if "idea" in given:
        idea = idea_of(review, given.pop("idea"))
        if idea is None:
            raise Invalid({"idea": "This review has no such idea."})
        item = commit_idea(idea, by=request.auth, **given)
    elif "mark" in given:
        item = make_item_of(review, by=request.auth, key=given.pop("mark"), **given)
    else:
        item = add_item(review, by=request.auth, **given)
    return Status(201, item_answer(item, now()))


@router.post("/incidents/{ref}/postmortem/ideas", response={201: IdeaAnswer})
def new_idea(request: ApiRequest, ref: str, body: NewIdea) -> Status[IdeaAnswer]:
    """Note an idea, apart from what anybody commits to (P57)."""
    idea = note_idea(review_of(request, ref), by=request.auth, text=body.text or "")
    return Status(201, idea_answer(idea))


@router.post("/incidents/{ref}/postmortem/marks", response=PostmortemAnswer)
def settle_mark(request: ApiRequest, ref: str, body: MarkBody) -> PostmortemAnswer:
    """Say why a quick fix or a noisy alert becomes no item (P56)."""
    review = review_of(request, ref)
    decline_mark(review, by=request.auth, key=body.mark, because=body.because or "")
    return answered(request, ref)


@router.post("/incidents/{ref}/postmortem/thanks", response={201: ThanksAnswer})
def new_thanks(request: ApiRequest, ref: str, body: NewThanks) -> Status[ThanksAnswer]:
    """The same as ``POST /incidents/{ref}/thanks``."""
    return _thank(request, ref, body)


@router.post("/incidents/{ref}/postmortem/publish", response=PostmortemAnswer)
def publish(request: ApiRequest, ref: str, body: Publication) -> PostmortemAnswer:
    """Share the review with everybody."""
    keep = [
        Keep(
            finding=one.finding if isinstance(one.finding, str) else one.finding.id,
            reason=one.reason or "",
        )
        for one in body.keep or ()
    ]
    publish_postmortem(
        review_of(request, ref),
        by=request.auth,
        no_actions_because=body.no_actions_because or "",
        keep=keep,
    )
    return answered(request, ref)


@router.post("/incidents/{ref}/postmortem/look-again", response=PostmortemAnswer)
def again(request: ApiRequest, ref: str, body: LookAgain) -> PostmortemAnswer:
    """Look at a published review again after its incident was reopened."""
    look_again(review_of(request, ref), by=request.auth, note=body.note or "", revise=body.revise)
    return answered(request, ref)


@router.post("/incidents/{ref}/thanks", response={201: ThanksAnswer})
def new_thanks_at_any_time(request: ApiRequest, ref: str, body: NewThanks) -> Status[ThanksAnswer]:
    """Thank somebody by name, at any time; it reaches them and opens no review."""
    return _thank(request, ref, body)


def _thank(request: ApiRequest, ref: str, body: NewThanks) -> Status[ThanksAnswer]:
    person = person_by_email(body.person)
    incident = incident_of(request, ref)
    return Status(
        201, thanks_answer(thank(incident, by=request.auth, person=person, text=body.text))
    )
