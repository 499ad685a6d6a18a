"""Begins every action on an action item: locks, finds, asks who may."""

from incidents.record.locking import lock_incident
from incidents.record.models import Incident
from people.models import User
from postmortems.items.models import ActionItem
from postmortems.items.permissions import check_may_follow
from refusals.errors import NotVisible


def enter_item(item: ActionItem | int, *, by: User) -> tuple[Incident, ActionItem]:
    """Lock the incident of an action item and answer both fresh.

    Raises ``NotVisible``, and ``Forbidden`` for who neither responds nor owns it.
    """
    pk = item if isinstance(item, int) else item.pk
    found = ActionItem.objects.visible_to(by).filter(pk=pk)
    incident_id = found.values_list("postmortem__incident_id", flat=True).first()
    if incident_id is None:
        raise NotVisible
    incident = lock_incident(incident_id)
    # Asked again, since the lock may have waited for somebody who took the right away.
    fresh = found.select_related("owner", "postmortem__facilitator").first()
    if fresh is None:
        raise NotVisible
    fresh.postmortem.incident = incident
    check_may_follow(fresh, by)
    return incident, fresh
