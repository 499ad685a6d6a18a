"""What the API answers about insights."""

from datetime import date, datetime

from api.schema import Answer


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
    zone: str
    formulas: dict[str, str]
    months: list[MonthAnswer]
    total: MonthAnswer
