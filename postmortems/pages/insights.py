"""Is it getting better? The first page of insights: pictures first, the table behind, CSV out."""

import csv
from dataclasses import dataclass
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from incidents.record.models import Service
from pages.cells import safe_cell
from people.requests import PersonRequest
from postmortems.insights.queries import (
    FORMULAS,
    ZONE,
    Insights,
    Month,
    Share,
    Spread,
    load_insights,
)
from postmortems.pages.answering import signed_in

WIDTH, HEIGHT, BASE = 100.0, 46.0, 44.0
CHANGES = "change_failure_rate"
TITLES = {
    "mttr": "Time to resolve",
    "mttd": "Time to detect",
    "promises": "Promises kept",
    "on_time": "Action items on time",
    "verified": "Action items verified",
    CHANGES: "Change failure rate",
}


@dataclass(frozen=True)
class Bar:
    """One month of a picture, in the units of its box. Unknown has no height and says so."""

    label: str
    x: float
    y: float
    width: float
    height: float
    value: str
    n: int


@dataclass(frozen=True)
class Chart:
    """One figure over the months: title, formula, the value over all, n, and its bars."""

    name: str
    title: str
    formula: str
    total: str
    beside: str
    n: int
    bars: list[Bar]

    @property
    def words(self) -> str:
        """The picture for who cannot see it."""
        months = ", ".join(f"{bar.label} {bar.value}" for bar in self.bars)
        return f"{self.title} by month: {months}"


@signed_in("GET", "HEAD")
def insights(request: HttpRequest) -> HttpResponse:
    """The figures by month; ``?as=csv`` takes them along, ``?service=`` narrows them."""
    person = cast(PersonRequest, request)
    service = Service.objects.filter(slug=request.GET.get("service", "")[:60]).first()
    found = load_insights(person.user, service=service)
    if request.GET.get("as") == "csv":
        return as_csv(found)
    facts = {
        "insights": found,
        "charts": charts_of(found),
        "zone": ZONE,
        "services": list(Service.objects.all()),
        "box": (WIDTH, HEIGHT),
    }
    return render(request, "insights/insights.html", facts, using="jinja2")


def charts_of(found: Insights) -> list[Chart]:
    """Every picture of the page."""
    return [_chart(name, found) for name in TITLES]


def _chart(name: str, found: Insights) -> Chart:
    values = [getattr(month, name) for month in found.months]
    numbers = [_number(value) for value in values]
    # Promises stop at 100 %; one deployment can cause two incidents.
    known = [n for n in numbers if n]
    top = max([100, *known]) if isinstance(values[0], Share) else max(known, default=1)
    step = WIDTH / len(values)
    bars = []
    for index, (month, value, number) in enumerate(zip(found.months, values, numbers, strict=True)):
        height = max(0.8, (BASE - 4) * number / top) if number and number > 0 else 0.0
        bars.append(
            Bar(
                label=f"{month.start:%b}",
                x=round(index * step + step * 0.14, 2),
                y=round(BASE - height, 2),
                width=round(step * 0.72, 2),
                height=round(height, 2),
                value=_words(value),
                n=value.n,
            )
        )
    total = getattr(found.total, name)
    return Chart(
        name=name,
        title=TITLES[name],
        formula=FORMULAS[name],
        total=_words(total),
        beside=_beside_changes(total) if name == CHANGES else beside(total),
        n=total.n,
        bars=bars,
    )


def _number(value: Spread | Share) -> int | None:
    return value.percent if isinstance(value, Share) else value.median_s


def _words(value: Spread | Share) -> str:
    if isinstance(value, Share):
        return "unknown" if value.percent is None else f"{value.percent} %"
    return "unknown" if value.median_s is None else length(value.median_s)


def beside(value: Spread | Share) -> str:
    """What stands beside the median or share: how it is spread, or of how many."""
    if isinstance(value, Share):
        return f"{value.part} of {value.n}"
    if value.mean_s is None or value.p90_s is None:
        return "no incident with both times"
    if value.points_s:
        return f"of {', '.join(length(point) for point in value.points_s)}"
    return f"mean {length(value.mean_s)}, P90 {length(value.p90_s)}"


def _beside_changes(value: Share) -> str:
    incidents = f"{value.part} incident{'' if value.part == 1 else 's'} caused by a change"
    if not value.n:
        return f"no deployments reported; {incidents}"
    return f"{incidents}, {value.n} deployment{'' if value.n == 1 else 's'} reported"


def length(seconds: int) -> str:
    """Seconds as people say them."""
    sign = "−" if seconds < 0 else ""
    minutes = round(abs(seconds) / 60)
    hours, rest = divmod(minutes, 60)
    return f"{sign}{hours} h {rest:02} min" if hours else f"{sign}{rest} min"


def as_csv(found: Insights) -> HttpResponse:
    """The table behind the pictures."""
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="insights-{ZONE.lower()}.csv"'
    writer = csv.writer(answer)
    head = ["month", "incidents"]
    for name in ("mttd", "mttr"):
        head += [f"{name}_n", f"{name}_median_s", f"{name}_mean_s", f"{name}_p90_s"]
    for name in ("promises", "on_time", "verified", CHANGES):
        head += [f"{name}_part", f"{name}_n", f"{name}_percent"]
    writer.writerow(head)
    for month in found.months:
        writer.writerow(_row(month))
    return answer


def _row(month: Month) -> list[str]:
    cells: list[object] = [month.start.isoformat(), month.incidents]
    for spread in (month.mttd, month.mttr):
        cells += [spread.n, spread.median_s, spread.mean_s, spread.p90_s]
    for share in (month.promises, month.on_time, month.verified, month.change_failure_rate):
        cells += [share.part, share.n, share.percent]
    return [safe_cell(cell) for cell in cells]
