"""Everybody who may stand before an address."""

import pytest

from people.models import User
from tests.matrix.addresses import Cast


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
