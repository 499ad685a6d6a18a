"""What a card carries of pictures and files, and what becomes of its proof."""

from collections.abc import Sequence

from incidents.attachments.actions import use_attachments
from incidents.cards.models import Card
from incidents.hypotheses.actions import keep_evidence
from incidents.record.models import Incident
from people.models import User


def carry(
    card: Card, incident: Incident, attachments: Sequence[int] | None, *, by: User
) -> list[str]:
    """Let the card carry these files, unsaved; answers what changed, as ``write_on`` does."""
    if attachments is None or [one["id"] for one in card.files] == [*attachments]:
        return []
    card.files = use_attachments(incident, attachments, by=by, standing=card.files)
    return ["attachments"]


def keep_as_evidence(card: Card, incident: Incident, *, by: User) -> None:
    """P16: what a card proves is evidence for or against the hypothesis it tests."""
    if card.tests is None:
        return
    keep_evidence(
        incident,
        card.tests,
        by=by,
        text=card.proof,
        card_id=card.pk,
        files=card.proof_files,
    )
