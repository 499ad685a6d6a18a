"""What can break, as managers keep it: who owns it, whom to invite, and what it depends on."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from catalogue.ownership import change_service_owner, check_may_own
from incidents.record.catalogue import find_services
from incidents.record.models import Service
from pages.texts import read_address, read_line, read_link, read_text
from people.models import User
from refusals.errors import Forbidden, Invalid

READS: dict[str, Callable[[str | None], str]] = {
    "description": lambda value: read_text("description", value, 2000),
    "chat_url": lambda value: read_link("chat_url", value),
    "call_url": lambda value: read_link("call_url", value),
    "runbook_url": lambda value: read_address("runbook_url", value),
}


@transaction.atomic
def keep_service(called: str, /, *, by: User, **fields: Any) -> tuple[Service, bool]:
    """Change the service ``called`` so, or add it; answers it, and whether it is new.

    ``called`` is a slug or a name. ``fields`` are any of ``name, description, owner, people,
    chat_url, call_url, runbook_url, depends_on`` (services by slug or name); what is not given
    stays. An owner who loses or gets it hears of it. Only an administrator may (``Forbidden``).
    Refuses (``Invalid``) an owner who does not take part in incidents, and a service that depends
    on itself.
    """
    if not by.is_admin:
        raise Forbidden("Administrators keep the list of services.")
    wanted = read_line("name", called, 120, required="Name the service.")
    services = Service.objects.select_for_update()
    found = services.filter(slug=wanted).first() or services.filter(name__iexact=wanted).first()
    service = found or Service(name=wanted, slug=slugify(wanted)[:60])
    if "name" in fields:
        service.name = read_line("name", fields["name"], 120, required="Name the service.")
    if not service.slug:
        raise Invalid({"name": "A name needs a letter or a digit."})
    for field, read in READS.items():
        if field in fields:
            setattr(service, field, read(fields[field]))
    if "owner" in fields:
        check_may_own(fields["owner"])
    taken = Service.objects.exclude(pk=service.pk)
    if taken.filter(name=service.name).exists() or taken.filter(slug=service.slug).exists():
        raise Invalid({"name": "Another service is called so."})
    service.save()
    if "owner" in fields:
        change_service_owner(service, by=by, to=fields["owner"])
    if "people" in fields:
        for one in fields["people"]:
            _check_takes_part(one)
        service.people.set(fields["people"])
    if "depends_on" in fields:
        service.depends_on.set(needed_by(service, find_services(fields["depends_on"])))
    return service, found is None


def needed_by(service: Service, needed: Iterable[Service]) -> list[Service]:
    """What ``service`` may depend on; a circle of several is what it is, itself is a mistake.

    Raises ``Invalid``.
    """
    found = list(needed)
    if service in found:
        raise Invalid({"depends_on": f"{service.name} cannot depend on itself."})
    return found


def _check_takes_part(person: User) -> None:
    if not person.is_responder:
        raise Invalid({"people": f"{person.name} does not take part in incidents here."})
