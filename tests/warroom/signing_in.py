"""A browser with a person signed in, and the addresses of an incident's pages."""

from django.test import Client
from django.urls import reverse

from incidents.record.models import Incident
from people.models import User


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def at(incident: Incident, name: str, *ids: int) -> str:
    return reverse(f"warroom:{name}", args=[incident.ref, *ids])
