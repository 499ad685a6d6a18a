"""The OpenAPI document is true: schemathesis sends what it allows and what it does not.

25 examples an operation; ``SCHEMATHESIS_EXAMPLES=200`` is the full bar of RELIABILITY.md E.
"""

import json
import os
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, settings
from schemathesis.checks import load_all_checks, CHECKS
from schemathesis.config import SchemathesisConfig

from config.api import api
from tests.api.conftest import Programs
from wire.rendering import Encoder

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
schema = schemathesis.openapi.from_dict(DOCUMENT, config=SchemathesisConfig())
schema.app = get_wsgi_application()


@pytest.fixture
def places(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A real value for every name in an address."""
    return {}


@schema.parametrize()
@settings(
    max_examples=int(os.environ.get("SCHEMATHESIS_EXAMPLES", "25")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_call_answers_as_documented(case: Any, program: Programs, admin: Any) -> None:
    secret = program(admin).secret

    case.call_and_validate(headers={"Authorization": f"Bearer {secret}"}, checks=CONFORM)
