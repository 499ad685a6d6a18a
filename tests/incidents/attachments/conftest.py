"""The program that the tests of pictures and files call with."""

import pytest

from people.models import User
from tests.programs import Program, Programs


@pytest.fixture
def api(program: Programs, commander: User) -> Program:
    """The commander's."""
    return program(commander)
