"""Who owns a service, and telling who loses or gets it."""

from django.db import transaction

from catalogue.messages import ServiceGiven
from incidents.record.models import Service
from people.models import User
from refusals.errors import Invalid


@transaction.atomic
def change_service_owner(service: Service, *, by: User, to: User | None) -> str:
    """Give the service to ``to``, or to nobody; both hear. Answers what changed in words.

    The same owner again changes nothing and answers no words. Refuses who could not act for it
    (``Invalid``): a service is owned by an active responder or admin.
    """
    before = (
        Service.objects.select_for_update(of=("self",))
        .select_related("owner")
        .get(pk=service.pk)
        .owner
    )
    if before == to:
        return ""
    check_may_own(to)
    service.owner = to
    service.save(update_fields=["owner"])
    ServiceGiven.tell(service, before=before, by=by)
    was, is_now = (one.name if one else "nobody" for one in (before, to))
    return f"owner from {was} to {is_now}"


def check_may_own(person: User | None) -> None:
    """Refuse (``Invalid``) an owner who could not act for a service."""
    if person is not None and not person.is_responder:
        raise Invalid(
            {"owner": f"{person.name} cannot: an active responder or admin owns a service."}
        )
