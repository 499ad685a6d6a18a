"""What the cast's pipelines reported over the weeks of the demo, so that a rate has its n (P61).

A drill reports nothing: it would count as the organisation's own deployments.
"""

from datetime import datetime, timedelta

from drills.player import go_to
from drills.script import Stage
from incidents.deployments.actions import report_deployment

#: Service, what went live, how many days before the demo opens.
WEEKLY = (
    ("workflows", "2026.4", 44),
    ("partner-api", "export v112", 43),
    ("payments", "launch-1", 41),
    ("partner-api", "export v113", 36),
    ("workflows", "2026.5", 33),
    ("payments", "regions-2", 30),
    ("partner-api", "export v114", 29),
    ("workflows", "2026.6", 24),
    ("partner-api", "export v115", 22),
    ("payments", "regions-3", 20),
    ("partner-api", "export v116", 15),
    ("workflows", "2026.7.1", 12),
    ("partner-api", "export v117", 8),
    ("payments", "regions-4", 6),
    ("workflows", "2026.8", 4),
)
#: The upgrade that the customers of the green dashboards write about: 01:50, 17 minutes before.
UPGRADE = ("workflows", "2026.7", timedelta(minutes=17))
#: The release that Ravi finds: three minutes before the first error, which came two before Jo.
EXPORT = ("partner-api", "export v118", timedelta(minutes=5))


def report_history(green: Stage, running: Stage, *, present: datetime) -> None:
    """Report everything at its own time by a moved clock; the caller sets the clock right."""
    moments = [(service, version, present - timedelta(days=d)) for service, version, d in WEEKLY]
    for stage, (service, version, before) in ((green, UPGRADE), (running, EXPORT)):
        moments.append((service, version, stage.started_at - before))
    for service, version, at in moments:
        go_to(at)
        report_deployment(
            by=running.who("ravi"), service=running.services[service], version=version, at=at
        )
