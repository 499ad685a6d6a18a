"""Everybody who may stand before an address, and an incident that is hidden from most of them."""

import pytest

from people.models import User
from tests.matrix.addresses import Cast
from tests.matrix.hidden import Hidden, a_hidden_incident


@pytest.fixture
def cast(stakeholder: User, outsider: User, responder: User, commander: User, admin: User) -> Cast:
    """One person of each role, by the names of ``addresses.ROLES``."""
    return Cast(
        {
            "stakeholder": stakeholder,
            "outsider": outsider,
            "responder": responder,
            "commander": commander,
            "admin": admin,
        }
    )


@pytest.fixture
def hidden(db: None) -> Hidden:
    """Public still."""
    return a_hidden_incident()
