"""docs/api.md and the served documentation say what the code does."""

import re
from pathlib import Path

from django.test import Client

from api.problems import GENERAL
from config.api import api
from refusals.codes import CODES

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()


def test_every_call_is_documented_and_no_other() -> None:
    paths = api.get_openapi_schema(path_prefix="")["paths"]
    calls = {f"{method.upper()} {path}" for path, found in paths.items() for method in found}

    assert set(re.findall(r"^\| `([A-Z]+ /[^`]*)`", PAGE, re.MULTILINE)) == calls


def test_every_code_is_documented_and_no_other() -> None:
    tables = PAGE.split("## Codes of rules", 1)[1]

    assert set(re.findall(r"^\| `(\w+)` \|", tables, re.MULTILINE)) == set(CODES) | set(GENERAL)


def test_every_operation_says_what_it_refuses() -> None:
    document = api.get_openapi_schema()

    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            asked = {401, 422, 503} | ({403} if "security" in operation else set())
            assert asked <= set(operation["responses"]), (method, path)
            names = [one["name"] for one in operation["parameters"]]
            assert ("Idempotency-Key" in names) == (method == "post")
            assert operation["description"], (method, path)


def test_the_documentation_is_served_without_anything_from_elsewhere(db: None) -> None:
    page = Client().get("/api/v1/docs")

    assert page.status_code == 200
    assert set(re.findall(rb'(?:src|href)="([^"]+)"', page.content)) == {
        b"/static/ninja/swagger-ui.css",
        b"/static/ninja/favicon.svg",
        b"/static/ninja/favicon.png",
        b"/static/ninja/swagger-ui-bundle.js",
        b"/static/ninja/swagger-ui-init.js",
    }
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    document = Client().get("/api/v1/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert set(document["components"]["securitySchemes"]) == {"BearerToken", "SessionCookie"}


def test_every_problem_type_leads_to_its_words(db: None) -> None:
    page = Client().get("/api/v1/docs/errors").content.decode()

    for code in [*CODES, *GENERAL]:
        assert f'id="{code}"' in page
