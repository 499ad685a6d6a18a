"""Everything one review's page shows, in a constant number of queries."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, prefetch_related_objects
from markupsafe import Markup

from clock.queries import now
from incidents.hypotheses.queries import HypothesisView, hypotheses_of
from incidents.obligations.queries import ObligationView, obligations_of
from incidents.updates.told import Told, told_updates
from pages.markdown import stored_html
from people.models import User
from postmortems.ideas.models import Idea
from postmortems.items.models import OPEN_STATES, ActionItem
from postmortems.items.queries import DateMove, moves_of
from postmortems.marks.queries import Mark, marks_of
from postmortems.publication.findings import PlacedFinding, open_findings
from postmortems.publication.missing import what_is_open
from postmortems.publication.overrides import Override, overrides_of
from postmortems.review.facts import Fact, facts_of
from postmortems.review.figures import Figures, figures_of
from postmortems.review.models import KeptFinding, Postmortem, Thanks
from postmortems.review.spoke_up import SpokeUp, who_spoke_up
from postmortems.whys.queries import Branch, all_branches, why_tree


@dataclass(frozen=True)
class Document:
    """One review at one moment."""

    postmortem: Postmortem
    at: datetime
    facts: list[Fact]
    said: list[Told]
    """Every update, the first one first."""
    hypotheses: list[HypothesisView]
    """All of them, the ruled-out too, which teach as much."""
    obligations: list[ObligationView]
    whys: list[Branch]
    items: list[ActionItem]
    moves: dict[int, list[DateMove]]
    """By item, how its date moved and why."""
    ideas: list[Idea]
    """What nobody has promised, and those that became a commitment."""
    thanks: list[Thanks]
    spoke_up: list[SpokeUp]
    figures: Figures
    findings: list[PlacedFinding]
    marks: list[Mark]
    """What was marked during the incident, and what became of it."""
    overrides: list[Override]
    kept: list[KeptFinding]
    not_people: list[str]
    open: list[dict[str, str]]

    @property
    def timeline(self) -> list[Fact]:
        """The factual timeline."""
        return [fact for fact in self.facts if fact.included]

    @property
    def left_out(self) -> list[Fact]:
        """What could be taken in."""
        return [fact for fact in self.facts if not fact.included]

    @property
    def analysis(self) -> Markup:
        """The analysis as it was rendered when written."""
        return stored_html(self.postmortem.analysis_html)

    @property
    def unlooked(self) -> list[ActionItem]:
        """The items that have no end yet and that nobody looked at with the list."""
        return [
            item
            for item in self.items
            if item.state in OPEN_STATES and getattr(item, "look", None) is None
        ]

    @property
    def loose_ideas(self) -> list[Idea]:
        """The ideas that stand apart: the open ones first, then what was dropped."""
        left = [idea for idea in self.ideas if idea.item_id is None]
        return sorted(left, key=lambda idea: not idea.is_open)

    def findings_at(self, place: str) -> list[PlacedFinding]:
        """The open findings of one place, such as ``analysis`` or ``why:12``."""
        return [
            one for one in self.findings if one.place == place or one.place.startswith(f"{place}:")
        ]


def load_document(postmortem: Postmortem) -> Document:
    """Gather it; incident and people of ``postmortem`` are loaded. Twenty-five queries."""
    moment = now()
    incident = postmortem.incident
    _read_parts(postmortem)
    kept = list(postmortem.kept_findings.all())
    items = list(postmortem.action_items.all())
    marks = marks_of(postmortem)
    for item in items:
        item.postmortem = postmortem
    thanks = list(Thanks.objects.filter(incident=incident).select_related("person", "by"))
    return Document(
        postmortem=postmortem,
        at=moment,
        facts=facts_of(postmortem),
        said=told_updates(postmortem.incident)[::-1],
        hypotheses=hypotheses_of(incident),
        obligations=obligations_of(incident),
        whys=all_branches(why_tree(postmortem)),
        items=items,
        moves=moves_of(postmortem),
        ideas=list(postmortem.ideas.all()),
        thanks=thanks,
        spoke_up=who_spoke_up(incident, {one.person_id for one in thanks}),
        figures=figures_of(incident, moment),
        findings=[] if postmortem.is_published else open_findings(postmortem),
        marks=marks,
        overrides=overrides_of(incident),
        not_people=[one.text for one in kept if one.word],
        kept=[one for one in kept if one.key],
        open=[] if postmortem.is_published else what_is_open(postmortem, marks=marks),
    )


def _read_parts(postmortem: Postmortem) -> None:
    """Read once, fresh, what several questions about the document look at. Five queries."""
    postmortem.__dict__.pop("_prefetched_objects_cache", None)
    items = ActionItem.objects.select_related(
        "owner", "verified_by", "signal", "look", "look__by", "idea__by"
    )
    parts = (
        "whys",
        Prefetch("action_items", items),
        Prefetch("ideas", Idea.objects.select_related("by", "dropped_by")),
        Prefetch("kept_findings", KeptFinding.objects.select_related("by")),
        "settled_marks",
    )
    prefetch_related_objects([postmortem], *parts)


def may_edit(user: User, postmortem: Postmortem) -> bool:
    """Whether the page offers editing to this person; the actions decide again."""
    return user.is_responder and not postmortem.is_published
