"""What every call of the API can answer besides its success, added to the OpenAPI document."""

from typing import Any

from ninja.openapi.schema import OpenAPISchema

from api.idempotency import HEADER
from api.problems import GENERAL, PROBLEM_TYPE

PROBLEM = {
    "title": "Problem",
    "description": "RFC 9457. Rules add members, such as `missing`, `current` or `errors`.",
    "type": "object",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                "required": ["field", "message"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "code"],
}
NAMED_IN_THE_BODY = ("/subscriptions",)
"""Addresses whose body says which incident is meant."""
KEY_PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "The same key and body within 24 hours answer the first result again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


def complete(document: OpenAPISchema) -> OpenAPISchema:
    """Add problem responses to every operation and the idempotency key to every POST."""
    document["components"]["schemas"]["Problem"] = PROBLEM
    for address, operations in document["paths"].items():
        for method, operation in operations.items():
            for status in _refusals_of(address, method, operation):
                operation["responses"].setdefault(status, _problem(status))
            if method == "post":
                operation["parameters"] = [*operation["parameters"], KEY_PARAMETER]
    return document


def _refusals_of(address: str, method: str, operation: dict[str, Any]) -> list[int]:
    statuses = [422, 503]
    # Tools post with a key in the address, and some sign: a wrong signature is no sign-in either.
    statuses += [401, 403, 429] if "security" in operation else [401]
    if "{" in address or address.endswith(NAMED_IN_THE_BODY):
        statuses.append(404)
    if method != "get":
        statuses += [400, 409, 413]
    return sorted(statuses)


def _problem(status: int) -> dict[str, Any]:
    titles = {general: title for general, title, _ in GENERAL.values()}
    return {
        "description": titles.get(status, "A rule says no; `code` names it"),
        "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
