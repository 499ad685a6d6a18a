"""A browser and the text of an answer, for the tests of pages."""

from typing import Any

from django.test import Client

from people.models import User


def browser(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def text_of(answer: Any) -> str:
    return str(answer.content.decode())
