"""What the war room shows, gathered once for everybody: the same for the page and for the stream.

Nothing here knows who looks; what a person may do stands in the actions.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from zlib import crc32

from alerts.queries import Alerts, alerts_in
from incidents.cadence.intervals import interval_by
from incidents.cadence.soon import soon_at
from incidents.cards.models import Card, Column
from incidents.changes.shown import Changes, changes_in
from incidents.deployments.queries import RecentChanges, recent_in
from incidents.endstate.endings import ended_at, ending_of
from incidents.endstate.models import Signal
from incidents.endstate.sparklines import SignalView, measured, signal_views
from incidents.impact.queries import impacts_in
from incidents.record.blockers import BlockerSaid, blockers_in
from incidents.record.gate import SOLO
from incidents.record.models import (
    Incident,
    RoleAssignment,
    RosterRole,
    SeverityPolicy,
    TimelineEntry,
)
from incidents.sharing.queries import LinkView, links_in
from incidents.state.attention import (
    Attention,
    attention_in,
    with_attention,
    with_changes,
)
from incidents.updates.models import Question
from incidents.updates.told import Told, told
from people.models import User
from refusals.errors import NotVisible
from warroom import own_row
from warroom.card_views import CardView, card_view
from warroom.change_views import ChangeFace, change_faces
from warroom.enforcement import Watch, watch_in
from warroom.impact_views import ImpactView, impact_views
from warroom.kept import Kept
from warroom.over import Over, over_of
from warroom.rows import (
    cards_of,
    entries_of,
    introduce,
    join,
    last_update,
    questions_of,
    seats_ever,
    seats_of,
    updates_of,
)
from warroom.seats import UNASSIGNED, Seat, seats

T = TypeVar("T")

#: No region shows them, and each write changes them.
UNSEEN = ("version", "last_seq", "last_hash")
SHOWN_COLUMNS = [one.attname for one in Incident._meta.concrete_fields if one.attname not in UNSEEN]
DONE_SHOWN = 12
LINK_WITHIN = timedelta(minutes=2)
#: So many cards that nobody has are offered to who is on nothing.
TOP = 3


@dataclass(frozen=True)
class Room:
    """One incident's war room at one moment."""

    incident: Incident
    at: datetime
    policy: SeverityPolicy | None
    interval_min: int
    roster: list[Seat]
    commander: User | None
    fix_owner: User | None
    speaker: User | None
    columns: Mapping[str, list[CardView]]
    done_before: int
    signals: list[SignalView]
    signal_rows: list[Signal]
    impacts: list[ImpactView]
    last_update: Told | None
    newest_number: int
    """Of its updates; 0 before the first."""
    questions: list[Question]
    entries: list[TimelineEntry]
    services: list[dict[str, str]]
    attention: Attention
    changes: Changes
    solo_card: Card | None
    offered: list[RoleAssignment]
    watch: Watch
    blockers: list[BlockerSaid]
    recent: RecentChanges
    alerts: Alerts
    undone: set[str]
    over: Over | None
    links: list[LinkView]
    kept: Kept
    agreed_ids: list[int] = field(default_factory=list)

    @property
    def offer(self) -> RoleAssignment | None:
        """Command, offered and not answered yet."""
        return next((one for one in self.offered if one.role == RosterRole.COMMANDER), None)

    @property
    def next_number(self) -> int:
        """The number the next update gets."""
        return self.newest_number + 1

    @property
    def composer_mark(self) -> str:
        """What the composer was filled from, as a short text: another mark, another composer.

        Empty where nothing is to be written.
        """
        if not self.incident.makes_promises:
            return ""
        seen = (
            self.next_number,
            [
                (card.id, card.title, card.by_when)
                for name in ("now", "next")
                for card in self.columns[name][:6]
            ],
            [question.pk for question in self.questions],
            self.incident.statement_confirmed_at is None,
            self.incident.cadence_zone,
            self.interval_min,
            self.likely_causes,
        )
        return f"{self.next_number}-{crc32(repr(seen).encode()):x}"

    @property
    def quick_mark(self) -> str:
        """What the line for a new card was filled from: another mark, another line.

        Empty where none is to be written.
        """
        if not self.incident.is_open:
            return ""
        offered = [(signal.pk, signal.name) for signal in self.signal_rows]
        unmet = [view.id for view in self.signals if view.tone not in ("good", "warn")][:1]
        return f"{crc32(repr((offered, unmet, bool(self.incident.end_state))).encode()):x}"

    @property
    def version(self) -> int:
        """Grows with every recorded change and every batch of samples."""
        return self.incident.version + sum(signal.batches for signal in self.signal_rows)

    @property
    def shown_of_incident(self) -> dict[str, Any]:
        """The incident's own columns, but for those that grow with every write and show nowhere."""
        columns = vars(self.incident)
        return {name: columns[name] for name in SHOWN_COLUMNS}

    @property
    def next_change_at(self) -> datetime | None:
        """When the room looks different by time alone: a late update, a signal, silence."""
        moments = [signal.next_change_after(self.at) for signal in self.signal_rows]
        if self.incident.makes_promises:
            moments.append(self.incident.next_update_at)
            moments.append(self.incident.triage_until)
        if self.offer is not None:
            moments.append(self.offer.answer_by)
        return min((one for one in moments if one and one > self.at), default=None)

    @property
    def unlinked_at(self) -> datetime | None:
        """When two minutes without a chat or call link are over; of what nobody joined never."""
        if self.incident.linked_at or self.incident.unattended:
            return None
        return self.incident.declared_at + LINK_WITHIN

    @property
    def unserving(self) -> list[CardView]:
        """P23: the cards in Now and Next that an end state asks what they move."""
        if not self.incident.end_state or not self.incident.is_open:
            return []
        return [
            view
            for column in ("now", "next")
            for view in self.columns[column]
            if view.serves_nothing
        ]

    @property
    def likely_causes(self) -> list[str]:
        """What an update says it may be: what evidence supports, else what nobody ruled out."""
        standing = [one for one in self.attention.hypotheses if not one.is_ruled_out]
        supported = [one.text for one in standing if one.state == "supported"]
        return supported or [one.text for one in standing]

    @property
    def tested(self) -> dict[int, int]:
        """By hypothesis, how many cards in Now and Next test it."""
        standing = [view.tests for name in ("now", "next") for view in self.columns[name]]
        return Counter(one for one in standing if one is not None)

    @property
    def context(self) -> dict[str, Any]:
        """What the regions' templates name."""
        incident = self.incident
        ids = {seat.person.pk for seat in self.roster if not seat.is_guest}
        linked = incident.linked_at
        return {
            "room": self,
            "incident": incident,
            "commander": self.commander,
            "fix_owner": self.fix_owner,
            "speaker": self.speaker,
            "roster": self.roster,
            "roster_size": len(ids),
            "idle": [seat.person.pk for seat in self.roster if seat.on == UNASSIGNED],
            "unowned": [view for view in self.columns["next"] if not view.people][:TOP],
            "agreed": len(ids & set(self.agreed_ids)),
            "agreed_ids": sorted(self.agreed_ids),
            "columns": self.columns,
            "mine": [
                view for view in self.columns["now"] if view.owner and view.is_finished_by_proof
            ],
            "unserving": self.unserving,
            "done_before": self.done_before,
            "signals": self.signals,
            "impacts": self.impacts,
            "last_update": self.last_update,
            "update_count": self.newest_number,
            "questions": self.questions,
            "blockers": self.blockers,
            "composer_mark": self.composer_mark,
            "quick_mark": self.quick_mark,
            "entries": self.entries,
            "entry_total": incident.last_seq,
            "services": self.services,
            "recent": self.recent,
            "alerts": self.alerts,
            "undone": self.undone,
            "links": self.links,
            "thoughts": {one.id: one for one in self.attention.hypotheses},
            "unconfirmed": self.attention.unconfirmed,
            "drafts": self.attention.drafts,
            "stop": self.attention.stop,
            "criteria": self.attention.criteria,
            "escalations": self.attention.escalations,
            "paused": self.attention.waiting,
            "obligations": self.attention.obligations,
            "at": self.at,
            "hypotheses": self.attention.hypotheses,
            "tested": self.tested,
            "surprise": self.changes.surprise,
            "asked": self.changes.asked,
            "solo_card": self.solo_card if len(ids) > 1 else None,
            "offer": self.offer,
            "offer_unanswered": self.offer is not None and self.offer.is_away_at(self.at),
            "invited": [one for one in self.offered if one.role != RosterRole.COMMANDER],
            "overdue": incident.update_overdue_at(self.at),
            "soon_at": soon_at(incident),
            "triage_ended": bool(incident.triage_until and incident.triage_until <= self.at),
            "ended_at": ended_at(incident),
            "over": self.over,
            "ending": ending_of(incident),
            "unlinked_at": self.unlinked_at,
            "linked_after_s": (linked - incident.declared_at).total_seconds() if linked else None,
        }


def load_room(incident_id: int, older: Room | None = None) -> Room | None:
    """The war room of one incident, or nothing when it is gone. Nine queries.

    With an ``older`` one what did not change since is kept from it: two queries and one for each
    part that did.
    """
    before = older.kept if older is not None and older.kept.is_young else None
    incident = (own_row.whole if before is None else own_row.alone).first(incident_id)
    if incident is None:
        return None
    kept = Kept.of(incident, before)
    at = incident.moment  # type: ignore[attr-defined]

    def part(name: str, read: Callable[[int], T]) -> T:
        return kept.part(name, lambda: read(incident_id))

    signals = part("signals", measured)
    cards = part("cards", cards_of)
    end = ended_at(incident)
    ever = [] if incident.is_open else part("ever", seats_ever)
    roles = part("seats", seats_of) if incident.is_open else []
    rows = part("last_update", last_update) if incident.is_open else part("updates", updates_of)
    every = [told(update) for update in rows]
    said = every[0] if every else None
    questions = part("questions", questions_of)
    entries = entries_of(incident_id)
    join(incident, cards, signals)
    people = introduce(
        *((card, ("owner", "pair")) for card in cards),
        *((role, ("person", "assigned_by")) for role in ever or roles),
        *((question, ("by",)) for question in questions),
        *((entry, ("actor",)) for entry in entries),
        known=kept.part("people", dict),
    )
    kept.found["people"] = (kept.key("people"), people)
    offered = [one for one in roles if one.accepted_at is None]
    roles = [one for one in roles if one.accepted_at is not None]
    holders = {seat.role: seat.person for seat in roles}
    done = sorted(
        (card for card in cards if card.column == Column.DONE),
        key=lambda card: card.done_at or card.created_at,
        reverse=True,
    )
    # What an ended incident shows is how it stood when it ended.
    shown = signal_views(signals, end or at)
    source = incident if before is None else None
    changes = kept.part("changes", lambda: changes_in(source or with_changes(incident_id)[0]))
    attention = kept.by(
        "attention",
        (incident.is_open, *kept.key("attention")),
        lambda: attention_in(source or with_attention(incident_id)[0]),
    )
    columns = kept.by(
        "columns",
        (kept.key("cards", "changes", "attention"), shown),
        lambda: _columns(cards, done, change_faces(changes, attention.hypotheses, shown)),
    )
    commander = holders.get(RosterRole.COMMANDER)
    policy = own_row.policy_in(incident)
    impacts = part("impacts", impacts_in)
    kept.done()
    return Room(
        incident=incident,
        at=at,
        policy=policy,
        interval_min=int(interval_by(incident, policy).total_seconds() // 60),
        roster=seats(roles, cards, at),
        commander=commander,
        fix_owner=holders.get(RosterRole.FIX_OWNER),
        speaker=holders.get(RosterRole.COMMUNICATIONS) or commander,
        columns=columns,
        done_before=max(0, len(done) - DONE_SHOWN),
        signals=shown,
        signal_rows=signals,
        impacts=impact_views(incident, impacts),
        last_update=said,
        newest_number=rows[0].newest if rows else 0,  # type: ignore[attr-defined]
        questions=questions,
        entries=entries,
        services=incident.service_rows,  # type: ignore[attr-defined]
        attention=attention,
        changes=changes,
        solo_card=next((card for card in cards if _is_solo_work(card, commander)), None),
        offered=offered,
        watch=watch_in(incident),
        blockers=blockers_in(incident),
        recent=recent_in(incident),
        alerts=alerts_in(incident),
        undone={card.undoes for card in cards},
        over=None if incident.is_open else over_of(incident, ever, every, end),
        links=links_in(incident),
        kept=kept,
        agreed_ids=incident.agreed_ids,  # type: ignore[attr-defined]
    )


def room_of(incident: Incident) -> Room:
    """The incident's room, which is there since the incident is."""
    room = load_room(incident.pk)
    if room is None:
        raise NotVisible
    return room


def _columns(
    cards: list[Card], done: list[Card], faces: Mapping[int, ChangeFace]
) -> dict[str, list[CardView]]:
    columns = {
        column.value: [
            card_view(card, faces.get(card.pk)) for card in cards if card.column == column
        ]
        for column in Column
        if column != Column.DONE
    }
    columns[Column.DONE.value] = [card_view(card, faces.get(card.pk)) for card in done[:DONE_SHOWN]]
    return columns


def _is_solo_work(card: Card, commander: User | None) -> bool:
    """P10: whether the commander started it alone and still works on it."""
    is_theirs = commander is not None and card.owner_id == commander.pk
    return is_theirs and card.column == Column.NOW and SOLO in card.marks
