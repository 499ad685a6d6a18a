"""Finding services by what people call them."""

from collections.abc import Iterable

from incidents.record.models import Service
from pages.texts import read_line
from refusals.errors import Invalid


def find_services(services: Iterable[Service | str]) -> list[Service]:
    """The services meant by objects, slugs or names; refuses (``Invalid``) what is none."""
    return [find_service(wanted, field="services") for wanted in services]


def find_service(wanted: Service | str, *, field: str) -> Service:
    """One of them; ``field`` is what to blame. At most two queries."""
    if isinstance(wanted, Service):
        return wanted
    wanted = read_line(field, wanted, 120, required="Name the service.")
    service = (
        Service.objects.filter(slug=wanted).first()
        or Service.objects.filter(name__called=wanted).first()
    )
    if service is None:
        raise Invalid({field: f"No service is called “{wanted}”."})
    return service


def needed_for(service: Service) -> list[Service]:
    """The service and everything it depends on, directly or not. A query for each step away."""
    found, step = {service.pk: service}, [service.pk]
    while step:
        further = Service.objects.filter(needed_by__in=step).exclude(pk__in=found)
        next_to_it = {one.pk: one for one in further.select_related("owner").order_by("name")}
        found |= next_to_it
        step = list(next_to_it)
    return list(found.values())
