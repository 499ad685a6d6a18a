"""A service that breaks, and a key by which tools tell about it."""

import pytest

from incidents.record.models import Service
from integrations.keys import make_key
from people.models import User


@pytest.fixture
def shop(responder: User) -> Service:
    """What breaks."""
    return Service.objects.create(name="Shop", slug="shop", owner=responder)


@pytest.fixture
def key(shop: Service, admin: User) -> str:
    """The words of a key for it."""
    return make_key(shop, by=admin, name="Monitoring")[1]
