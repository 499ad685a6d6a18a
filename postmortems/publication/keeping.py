"""Keeping a finding of the language check with a reason (P53)."""

from django.db import transaction

from clock.queries import now
from incidents.record.timeline import record
from pages.texts import read_line
from people.models import User
from postmortems.language.checking import fold, is_ambiguous
from postmortems.publication.findings import PlacedFinding, open_findings
from postmortems.review.access import enter_review, refuse_when_published
from postmortems.review.models import KeptFinding, Postmortem
from postmortems.review.permissions import check_facilitates
from postmortems.review.wording import check_reason
from refusals.errors import Invalid, Refused


@transaction.atomic
def keep_finding(
    postmortem: Postmortem | int, *, by: User, finding: str, reason: str
) -> KeptFinding:
    """Let a finding of the language check stand, with a reason; only the facilitator does that.

    ``finding`` is its key or the words it flags. Refuses ``Forbidden``, ``reason_required``, a
    reason that points at a person itself (``language_flagged``) and (``Invalid``) what is not
    flagged. Twice is once.
    """
    _, postmortem = enter_review(postmortem, by=by)
    return keep_now(postmortem, open_findings(postmortem), by=by, finding=finding, reason=reason)[0]


def keep_now(
    postmortem: Postmortem,
    flagged: list[PlacedFinding],
    *,
    by: User,
    finding: str,
    reason: str,
) -> list[KeptFinding]:
    """``keep_finding`` for a locked review whose open findings are known; all that fit."""
    already = list(postmortem.kept_findings.filter(key=finding)) if finding else []
    if already:
        return already
    refuse_when_published(postmortem)
    check_facilitates(postmortem, by, "keep the words")
    reason = read_line("reason", reason, 500)
    if not reason:
        raise Refused("reason_required", "Say why these words stand; readers see the reason.")
    check_reason("reason", reason, postmortem)
    meant = [one for one in flagged if finding in (one.key, one.finding.text)]
    if not meant:
        raise Invalid({"finding": "Nothing of that name is flagged now."})
    return [
        KeptFinding.objects.get_or_create(
            postmortem=postmortem,
            key=one.key,
            word="",
            defaults={"text": one.finding.text, "reason": reason, "by": by, "at": now()},
        )[0]
        for one in meant
    ]


@transaction.atomic
def is_no_person(postmortem: Postmortem | int, *, by: User, word: str) -> KeptFinding:
    """Say that ``word`` is no person in this document (Will, Mark, Grace). Twice is once.

    Only of a word that is an ordinary one too; a full name, and a name that is nothing else, the
    facilitator keeps with a reason (``reason_required``).
    """
    incident, postmortem = enter_review(postmortem, by=by)
    folded = " ".join(fold(read_line("word", word, 200, required="Which word?")).split())
    found = postmortem.kept_findings.filter(word=folded).first()
    if found is not None:
        return found
    refuse_when_published(postmortem)
    if not is_ambiguous(folded):
        raise Refused(
            "reason_required",
            f"“{word.strip()[:200]}” is a name and no ordinary word. If it stands, the facilitator "
            "keeps it, with a reason that readers see.",
        )
    kept = KeptFinding.objects.create(
        postmortem=postmortem, word=folded[:200], text=word.strip()[:500], by=by, at=now()
    )
    record(
        incident,
        "postmortem_changed",
        by=by,
        text=f"said that “{kept.text}” is not a person here",
        section="language",
    )
    return kept
