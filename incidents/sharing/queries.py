"""Which links an incident has, and which incident a link opens."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from incidents.sharing.models import ShareLink
from refusals.errors import NotVisible

SHOWN = 20


@dataclass(frozen=True)
class LinkView:
    """A link as the war room lists it."""

    id: int
    by: str
    created_at: datetime
    expires_at: datetime


def link_columns() -> dict[str, Any]:
    """What a query of incidents is annotated with so that ``links_in`` reads it."""
    opening = ShareLink.objects.opening().filter(incident=OuterRef("pk")).order_by("-pk")
    row = JSONObject(id="pk", by="by__name", created_at="created_at", expires_at="expires_at")
    return {"link_rows": ArraySubquery(opening.values(row=row)[:SHOWN])}


def links_in(incident: Any) -> list[LinkView]:
    """The links that open an incident read with ``link_columns``, the newest first. No query."""
    return [
        LinkView(
            id=row["id"],
            by=row["by"],
            created_at=datetime.fromisoformat(row["created_at"]),
            expires_at=datetime.fromisoformat(row["expires_at"]),
        )
        for row in incident.link_rows
    ]


def link_by(secret: str) -> ShareLink:
    """The link with that secret, if it opens; looking changes nothing. One query.

    Wrong, revoked, out of time and of an incident that is not shown any more look alike
    (``NotVisible``).
    """
    found = links_by([secret])
    if secret not in found:
        raise NotVisible
    return found[secret]


def links_by(secrets: Collection[str]) -> dict[str, ShareLink]:
    """By secret: the links that open. One query."""
    digests = {ShareLink.digest_of(one): one for one in secrets}
    opening = ShareLink.objects.opening().filter(digest__in=list(digests))
    return {digests[link.digest]: link for link in opening}


def which_open(incident_id: int, ids: Collection[int]) -> set[int]:
    """Those of these links that open that incident now. One query."""
    found = ShareLink.objects.opening().filter(incident=incident_id, pk__in=ids)
    return set(found.values_list("pk", flat=True))
