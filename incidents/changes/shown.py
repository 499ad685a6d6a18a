"""The changes of an incident as the war room and the API read them: columns of the incident."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Case, F, JSONField, OuterRef, Value, When

from incidents.board.answers import CardChangeAnswer
from incidents.cards.models import Column
from incidents.changes.models import Change, ChangeState, Outcome, Snapshot
from incidents.changes.snapshots import Compared, compare
from incidents.record.columns import rows_of

#: How far back finished changes are shown on their cards.
SHOWN = 30
PEOPLE = ("asked_by", "approved_by", "approval_recorded_by", "started_by", "finished_by")
TIMES = ("asked_at", "approved_at", "started_at", "finished_at")


@dataclass(frozen=True)
class ChangeView:
    """One change in the words of the board; people by name, empty for nobody."""

    id: int
    card: int
    state: str
    title: str
    risk_level: str
    expectation: str
    rollback: str
    hypothesis: int | None
    hypothesis_text: str
    risk: str
    reversible: bool | None
    rolls_back: int | None
    undoes: str
    written_in_s: int | None
    look_again: str
    outcome: str
    note: str
    no_data: list[str]
    ran_beside: list[dict[str, Any]]
    marks: list[str]
    afterwards: bool
    version: int
    asked_by: str
    approved_by: str
    approval_recorded_by: str
    started_by: str
    finished_by: str
    asked_at: datetime | None
    approved_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    go: int | None
    compared: tuple[Compared, ...] = field(default=())

    @property
    def is_running(self) -> bool:
        """In flight."""
        return self.state == ChangeState.RUNNING

    @property
    def is_waiting(self) -> bool:
        """Written and not running yet."""
        return self.state in (ChangeState.DRAFT, ChangeState.ASKED, ChangeState.APPROVED)

    @property
    def is_surprise(self) -> bool:
        """Finished otherwise than expected, and nobody gave the go since."""
        is_over = self.state == ChangeState.FINISHED
        return is_over and self.outcome != Outcome.AS_EXPECTED and self.go is None

    @property
    def outcome_words(self) -> str:
        """How it went, as people read it."""
        return Outcome(self.outcome).label.lower() if self.outcome else ""


@dataclass(frozen=True)
class Changes:
    """The newest changes of one incident, the newest last, and the last one of each card."""

    rows: tuple[ChangeView, ...]
    of_cards: Mapping[int, CardChangeAnswer]

    def on(self, card: int) -> ChangeView | None:
        """The change that a card carries, or carried last; a withdrawn one counts as none."""
        standing = (one for one in reversed(self.rows) if one.card == card)
        return next((one for one in standing if one.state != ChangeState.WITHDRAWN), None)

    @property
    def surprise(self) -> ChangeView | None:
        """The last one that did not go as expected and that no go has answered."""
        return next((one for one in reversed(self.rows) if one.is_surprise), None)

    @property
    def running(self) -> list[ChangeView]:
        """What is in flight."""
        return [one for one in self.rows if one.is_running]

    @property
    def asked(self) -> list[ChangeView]:
        """What waits for an approval."""
        return [one for one in self.rows if one.state == ChangeState.ASKED]


def change_columns() -> dict[str, Any]:
    """What a query of incidents is annotated with so that ``changes_in`` reads it.

    Lines are drawn where somebody looks at them, on cards in Now; the rest comes without points.
    """
    snapshots = Snapshot.objects.filter(change=OuterRef("pk")).order_by("pk")
    changes = Change.objects.filter(incident=OuterRef("pk")).order_by("-pk")
    of_cards = Change.objects.filter(incident=OuterRef("pk")).order_by("card_id", "-pk")
    return {
        "card_change_rows": rows_of(of_cards.distinct("card_id"), "id", "state", card="card_id"),
        "change_rows": rows_of(
            changes,
            *("id", "state", "expectation", "rollback", "risk", "reversible", "undoes"),
            *("written_in_s", "look_again", "outcome", "note", "no_data", "ran_beside"),
            *("marks", "afterwards", "version", *TIMES),
            most=SHOWN,
            card="card_id",
            title="card__title",
            risk_level="card__risk",
            hypothesis="hypothesis_id",
            hypothesis_text="hypothesis__text",
            rolls_back="rolls_back_id",
            go="go_id",
            **{name: f"{name}__name" for name in PEOPLE},
            compared=rows_of(
                snapshots,
                *("moment", "name", "unit", "comparator", "target", "value", "state"),
                signal="signal_id",
                points=Case(
                    When(change__card__column=Column.NOW, then=F("points")),
                    default=Value(None),
                    output_field=JSONField(),
                ),
            ),
        ),
    }


def changes_in(incident: Any) -> Changes:
    """The changes of an incident that was read with ``change_columns``."""
    return Changes(
        rows=tuple(_view(row) for row in reversed(incident.change_rows)),
        of_cards={
            row["card"]: CardChangeAnswer(id=row["id"], state=row["state"])
            for row in incident.card_change_rows
        },
    )


def _view(row: dict[str, Any]) -> ChangeView:
    moments = {name: row[name] and datetime.fromisoformat(row[name]) for name in TIMES}
    people = {name: row[name] or "" for name in PEOPLE}
    return ChangeView(
        **{
            **row,
            **moments,
            **people,
            "hypothesis_text": row["hypothesis_text"] or "",
            "compared": tuple(compare(row["compared"])),
        }
    )
