"""Makes a report of one alert, for tools that tell of each by itself."""

from alerts.reports import Heard, Report
from integrations.models import HookKey
from integrations.severities import severity_of


def report_of(alert: Heard, key: HookKey, *, tool: str) -> Report:
    """What ``tool`` told: a group of this one alert, known by its identity and called as it is."""
    return Report(
        tool=tool,
        key=alert.identity,
        title=alert.name,
        severity=severity_of(key, [alert.severity]),
        alerts=(alert,),
        is_over=not alert.is_firing,
    )
