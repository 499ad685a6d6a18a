"""What went live, as pipelines report it: what the change failure rate divides by (P55, P61)."""

from datetime import datetime

from django.db import transaction

from clock.moments import until_now
from clock.queries import now
from incidents.deployments.models import Deployment
from incidents.deployments.queries import incidents_reached_by
from incidents.record.afterwards import OLDEST
from incidents.record.catalogue import find_service
from incidents.record.models import Service
from live.announcing import announce
from pages.texts import read_address, read_line
from people.models import User
from refusals.errors import Forbidden, Invalid


@transaction.atomic
def report_deployment(
    *,
    by: User | None,
    service: Service | str,
    version: str,
    at: datetime | None = None,
    url: str = "",
    deployed_by: str = "",
    environment: str = "",
) -> tuple[Deployment, bool]:
    """A version of a service went live; answers its row, and whether that is new.

    One service, version and moment is one deployment, however often and by whom it is reported; two
    at once wait for each other. ``at`` is now when missing, so a report without it is new each
    time. ``by=None`` is a pipeline's webhook. Refuses (``Invalid``) unknown services, a moment
    without zone and one more than five minutes ahead; stakeholders (``Forbidden``). Touches no
    incident and takes no lock of one; the pages of open ones that it may have broken hear of it.
    """
    if by is not None and not by.is_responder:
        raise Forbidden("Responders and their programs report deployments.")
    moment = now()
    found = find_service(service, field="service")
    version = read_line("version", version, 120, required="Say which version went live.")
    if at is not None and at.tzinfo is None:
        raise Invalid({"at": "Give the time with its zone."})
    if at is not None and until_now(at, moment) is None:
        raise Invalid({"at": "That is in the future."})
    if at is not None and moment - at > OLDEST:
        raise Invalid({"at": "That is over twenty years ago."})
    deployment, is_new = Deployment.objects.get_or_create(
        service=found,
        version=version,
        at=at or moment,
        defaults={
            "reported_by": by,
            "created_at": moment,
            "url": read_address("url", url),
            "by": read_line("by", deployed_by, 120),
            "environment": read_line("environment", environment, 60),
        },
    )
    if is_new:
        for incident in incidents_reached_by(found):
            announce(incident.topic)
    return deployment, is_new
