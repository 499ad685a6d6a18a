"""The people of the scenarios and the services they look after."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password

from incidents.record.models import Service
from people.models import Role, User

PASSWORD = "quiet-war-room-0247"  # noqa: S105 - published, and only ever set by the demo
"""What everybody of the demo signs in with. Only `demo` sets it, never a drill."""


@dataclass(frozen=True)
class Person:
    """One member of the cast; ``key`` is how scripts name them."""

    key: str
    name: str
    role: str
    time_zone: str = "Europe/Berlin"

    @property
    def email(self) -> str:
        """Addresses under a domain that never receives mail."""
        return f"{self.key}@endstate.example"


CAST = (
    Person("maya", "Maya Köhler", Role.RESPONDER),
    Person("tunde", "Tunde Okafor", Role.RESPONDER, "Africa/Lagos"),
    Person("lena", "Lena Sato", Role.RESPONDER),
    Person("ravi", "Ravi Patel", Role.RESPONDER, "Asia/Kolkata"),
    Person("jo", "Jo Dahl", Role.RESPONDER, "Europe/Oslo"),
    Person("ada", "Ada Quist", Role.ADMIN),
    Person("ingrid", "Ingrid Vale", Role.STAKEHOLDER),
    Person("sam", "Sam Ortiz", Role.STAKEHOLDER, "America/New_York"),
)

SERVICES = (
    ("partner-api", "Partner API", "Orders and exports for partner integrations.", "tunde"),
    ("payments", "Payments", "Charges, refunds and the launches that depend on them.", "jo"),
    ("workflows", "Workflow engine", "Runs customers' scheduled workflows.", "ravi"),
)


def gather(*, with_password: bool) -> dict[str, User]:
    """The cast as accounts by key, made where missing; with a password only for the demo.

    The password is hashed once and shared: it is the same for everybody and stands in the docs.
    """
    hashed = make_password(PASSWORD) if with_password else make_password(None)
    people = {}
    for person in CAST:
        user = User.objects.with_address(person.email).first()
        if user is None:
            user = User(email=person.email, password=hashed)
        user.name, user.role, user.time_zone = person.name, person.role, person.time_zone
        if with_password:
            user.password = hashed
        user.save()
        people[person.key] = user
    return people


def set_up_services(people: dict[str, User]) -> dict[str, Service]:
    """The scenarios' services by slug, made where missing."""
    services = {}
    for slug, name, description, owner in SERVICES:
        service, created = Service.objects.get_or_create(
            slug=slug,
            defaults={
                "name": name,
                "description": description,
                "owner": people[owner],
                "chat_url": f"https://chat.endstate.example/rooms/{slug}",
                "runbook_url": f"https://runbooks.endstate.example/{slug}",
            },
        )
        if created:
            service.people.set(responders(people.values()))
        services[slug] = service
    return services


def responders(people: Iterable[User]) -> list[User]:
    """Those of the cast who dig."""
    return [person for person in people if person.role == Role.RESPONDER]
