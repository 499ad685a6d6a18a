"""What the API answers about the library."""

from datetime import datetime
from typing import Annotated

from api.schema import Answer, OneOf
from incidents.record.models import Severity
from postmortems.review.models import ReviewState


class PostmortemLine(Answer):
    """A review in the library."""

    incident: str
    title: str
    severity: Annotated[str, OneOf(Severity)]
    state: Annotated[str, OneOf(ReviewState)]
    summary: str
    published_at: datetime | None
