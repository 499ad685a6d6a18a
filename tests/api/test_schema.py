"""The OpenAPI document is true: schemathesis sends what it allows and what it does not.

10 examples an operation; ``SCHEMATHESIS_EXAMPLES=200`` is the full bar.
"""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig

from api.rendering import Encoder
from config.api import api
from incidents.lifecycle.declaring import declare_incident
from people.models import User
from tests.programs import Programs, parts_of

load_all_checks()
DOCUMENT = json.loads(json.dumps(api.get_openapi_schema(), cls=Encoder))
CONFORM = [
    CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    )
]
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "10"))
#: The full bar also walks every boundary of every field.
CONFIG = SchemathesisConfig.from_dict({"phases": {"coverage": {"enabled": EXAMPLES > 25}}})
schema = schemathesis.openapi.from_dict(DOCUMENT, config=CONFIG)
schema.app = get_wsgi_application()


@pytest.fixture
def one_connection(db: None) -> Iterator[None]:
    """Keep the test's connection open between requests, as Django's own test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def world(program: Programs, admin: User, one_connection: None) -> tuple[str, dict[str, Any]]:
    """An admin's token, and an incident that has one part of every kind."""
    incident = declare_incident(by=admin, title="Calls fail", severity="sev1")
    return program(admin).secret, parts_of(incident)


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_call_answers_as_documented(case: Any, world: tuple[str, dict[str, Any]]) -> None:
    secret, known = world
    case.path_parameters = {
        name: known.get(name, value) for name, value in (case.path_parameters or {}).items()
    }

    with transaction.atomic():
        # The client of this test reads no compressed answers.
        headers = {"Authorization": f"Bearer {secret}", "Accept-Encoding": "identity"}
        case.call_and_validate(headers=headers, checks=CONFORM)
        transaction.set_rollback(True)
