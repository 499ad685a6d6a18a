"""The API's calls about alerts: what came in, and what was only noise."""

from ninja import Router

from alerts.actions import mark_noise
from alerts.answers import AlertAnswer, alert_answer
from alerts.models import Alert
from alerts.queries import alerts_of
from api.paging import Cursor, Limit, page
from api.schema import Page
from incidents.record.finding import incident_of, part_of
from people.callers import RESPONDERS, ApiRequest

router = Router(auth=RESPONDERS, tags=["alerts"])


@router.get("/incidents/{ref}/alerts", response=Page[AlertAnswer])
def alerts(
    request: ApiRequest, ref: str, limit: Limit = 50, cursor: Cursor | None = None
) -> Page[AlertAnswer]:
    """What tools told of the incident, in the order in which it came."""
    incident = incident_of(request, ref)
    return page(
        alerts_of(incident),
        by=("id",),
        limit=limit,
        cursor=cursor,
        answer=lambda alert: alert_answer(alert, incident.ref),
    )


@router.post("/alerts/{int:alert_id}/noise", response=AlertAnswer)
def noise(request: ApiRequest, alert_id: int) -> AlertAnswer:
    """Say that it was only noise; the review asks what becomes of it (P56). Twice is once."""
    return _mark(request, alert_id, is_noise=True)


@router.delete("/alerts/{int:alert_id}/noise", response=AlertAnswer)
def no_noise(request: ApiRequest, alert_id: int) -> AlertAnswer:
    """Take that back."""
    return _mark(request, alert_id, is_noise=False)


def _mark(request: ApiRequest, alert_id: int, *, is_noise: bool) -> AlertAnswer:
    found = part_of(request, Alert.objects.all, alert_id)
    alert = mark_noise(found.pk, by=request.auth, is_noise=is_noise)
    return alert_answer(alert, found.incident.ref)
