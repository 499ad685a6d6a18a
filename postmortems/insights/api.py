"""The API's figures over time."""

from typing import Annotated

from ninja import Query, Router

from api.schema import Moment
from people.callers import ANYBODY, ApiRequest
from postmortems.insights.answers import InsightsAnswer, MonthAnswer, ShareAnswer, SpreadAnswer
from postmortems.insights.queries import FORMULAS, ZONE, Month, Share, Spread, load_insights
from postmortems.library.queries import service_named
from refusals.errors import Invalid

router = Router(auth=ANYBODY, tags=["insights"])


@router.get("/insights", response=InsightsAnswer)
def insights(
    request: ApiRequest,
    since: Annotated[Moment | None, Query(alias="from")] = None,
    until: Annotated[Moment | None, Query(alias="to")] = None,
    service: Annotated[str | None, Query(max_length=120)] = None,
) -> InsightsAnswer:
    """Times, promises and action items by month; the last six months by default."""
    if since and until and since >= until:
        raise Invalid({"from": "It lies after the end."})
    found = load_insights(
        request.auth,
        since=since,
        until=until,
        service=service_named(service) if service else None,
    )
    return InsightsAnswer(
        since=found.since,
        until=found.until,
        service=found.service.slug if found.service else None,
        zone=ZONE,
        formulas=FORMULAS,
        months=[_month(month) for month in found.months],
        total=_month(found.total),
    )


def _month(month: Month) -> MonthAnswer:
    return MonthAnswer(
        start=month.start,
        incidents=month.incidents,
        mttd=_spread(month.mttd),
        mttr=_spread(month.mttr),
        promises=_share(month.promises),
        on_time=_share(month.on_time),
        verified=_share(month.verified),
        change_failure_rate=_share(month.change_failure_rate),
    )


def _spread(spread: Spread) -> SpreadAnswer:
    return SpreadAnswer(
        n=spread.n, median_s=spread.median_s, mean_s=spread.mean_s, p90_s=spread.p90_s
    )


def _share(share: Share) -> ShareAnswer:
    return ShareAnswer(part=share.part, n=share.n, percent=share.percent)
