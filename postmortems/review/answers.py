"""What the API answers about thanks and figures."""

from datetime import datetime
from typing import Any

from api.schema import Answer
from people.answers import email_of
from postmortems.review.figures import Figures
from postmortems.review.models import Thanks


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
    currency: str
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
                currency=one.currency,
                at_least=one.at_least,
            )
            for one in figures.impact
        ],
        caused_by_change=figures.caused_by_change,
        promises_kept=figures.promises_kept,
        promises_missed=figures.promises_missed,
    )
