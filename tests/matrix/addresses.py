"""Every address of the product, read from ``urlpatterns`` and filled with things that exist."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from allauth.account.utils import user_pk_to_url_str
from django.apps import apps
from django.test import Client
from django.urls import URLResolver, get_resolver

from incidents.lifecycle.declaring import declare_incident
from incidents.record.models import Incident, Severity
from incidents.roster.actions import assign_role
from people.actions import issue_token
from people.models import User
from postmortems.review.facts import agree_facts
from postmortems.whys.actions import add_why
from tests.programs import parts_of

ROLES = ("anonymous", "stakeholder", "outsider", "responder", "commander", "admin")
PAGES_OF_THE_API = ("api:openapi-json", "api:openapi-view")
"""The API's operations are walked by ``tests.api.test_access``, what describes them here."""


@dataclass(frozen=True)
class Address:
    """One address: its name with its namespaces, and its pattern."""

    name: str
    pattern: str

    @property
    def words(self) -> list[str]:
        """The names of what stands in its blanks."""
        return re.findall(r"<(?:\w+:)?(\w+)>", self.pattern)

    def filled(self, world: dict[str, Any]) -> str:
        """The path with what ``world`` holds in its blanks; ``KeyError`` names what it lacks."""
        path = re.sub(r"\(\?P(<\w+>)(?:[^()]|\[[^]]*\])*\)", r"\1", self.pattern)
        path = re.sub(r"[\^$]", "", path)
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(world[found[1]]), path)


def addresses() -> list[Address]:
    """All of them but those of the API and of redirects; the admin's catch-all has no name."""
    found = [one for one in _walk(get_resolver()) if not one.name.endswith("None")]
    return [one for one in found if one.name.partition(":")[0] != "api" or _is_page(one)]


def _is_page(address: Address) -> bool:
    return address.name in PAGES_OF_THE_API


def _walk(
    resolver: URLResolver, prefix: str = "", spaces: tuple[str, ...] = ()
) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inside = (*spaces, entry.namespace) if entry.namespace else spaces
            yield from _walk(entry, pattern, inside)
        else:
            yield Address(":".join([*spaces, str(entry.name)]), pattern)


def world_of(incident: Incident, *, by: User) -> dict[str, Any]:
    """Give an incident a part of every kind; what stands in the blanks of its addresses."""
    world = parts_of(incident)
    review = incident.postmortem
    fact = incident.entries.earliest("seq")
    agree_facts(review, by=by)
    why = add_why(review, by=by, answer="An export read every row.")
    token, _ = issue_token(by, name="wall")
    return {
        **world,
        "entry_id": fact.pk,
        "why_id": why.pk,
        "key": "no-such-finding",
        "token_id": token.pk,
        "uidb36": user_pk_to_url_str(by),
        "channel": "email",
        "notification_id": UUID(int=0),
        "pk": 1,
        "provider_id": "nobody",
        "app_label": "incidents",
        "url": "nowhere",
        "secret": "no-such-invitation",
        "slug": "no-such-service",
        "content_type_id": 1,
    }


def an_object_of(address: Address) -> object | None:
    """The key of some object that an address of the admin may show."""
    app, _, rest = address.name.removeprefix("admin:").partition("_")
    model = apps.get_model(app, rest.partition("_")[0])
    key: object | None = model._default_manager.values_list("pk", flat=True).first()
    return key


def pages_for(person: User, world: dict[str, Any], below: str = "/") -> dict[str, str]:
    """By address below a path, each page that answers ``person``; ``world`` fills the addresses."""
    client, found = Client(), {}
    client.force_login(person)
    for address in addresses():
        if "logout" in address.name:
            continue
        if "object_id" in address.words and "content_type_id" not in address.words:
            world["object_id"] = an_object_of(address) or 0
        path = address.filled({"object_id": 0, **world})
        if path.startswith(below):
            answer = client.get(path)
            text = b"" if answer.streaming else answer.content
            if answer.status_code == 200 and b"<main" in text:
                found[path] = text.decode()
    return found


@dataclass(frozen=True)
class Cast:
    """Everybody who may stand before an address, by role; ``anonymous`` is nobody."""

    people: dict[str, User]

    def browser(self, role: str, **how: Any) -> Client:
        """A browser in which ``role`` is signed in."""
        client = Client(**how)
        if role in self.people:
            client.force_login(self.people[role])
        return client

    def incident(self, *, private: bool) -> Incident:
        """One that commander and responder are on, with a part of every kind."""
        commander, responder = self.people["commander"], self.people["responder"]
        incident = declare_incident(
            by=commander, title="API calls fail", severity=Severity.SEV1, private=private
        )
        assign_role(incident, by=commander, role="responder", person=responder)
        return incident
