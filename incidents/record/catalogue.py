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
    service = service_called(wanted)
    if service is None:
        raise Invalid({field: f"No service is called “{wanted}”."})
    return service


def service_called(wanted: str) -> Service | None:
    """The service with that slug, else with that name, if there is one. At most two queries."""
    services = Service.objects.all()
    return services.filter(slug=wanted).first() or services.filter(name__called=wanted).first()
