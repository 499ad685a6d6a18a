"""Asking why, answering, and taking back (P52)."""

from typing import Any

from django.db import transaction

from incidents.record.models import Incident
from incidents.record.timeline import record
from pages.texts import read_line, read_text, says_something
from people.models import User
from postmortems.review.access import (
    check_agreed,
    check_version,
    enter_review,
    refuse_when_published,
)
from postmortems.review.models import Postmortem
from postmortems.whys.models import Safeguard, Sure, Why
from postmortems.whys.queries import ENOUGH, question_at
from refusals.errors import Invalid, NotVisible, Refused

DEEPEST = 10


@transaction.atomic
def add_why(
    postmortem: Postmortem | int,
    *,
    by: User,
    answer: str,
    question: str = "",
    parent: int | None = None,
    evidence: str = "",
    systemic: bool = False,
    because: str = "",
    safeguard: str = "",
    sure: str = "",
) -> Why:
    """Answer the next why, below ``parent`` or as a first one; several below one are branches.

    Without a ``question`` the slot's own is taken; the fifth asks for the absent safeguard. Calling
    an answer ``systemic`` before the fifth needs a ``because`` that says something
    (``reason_required``). Refuses
    ``facts_not_agreed``. Words that point at a person are flagged and refused at publication.
    """
    incident, postmortem = enter_review(postmortem, by=by)
    refuse_when_published(postmortem)
    check_agreed(postmortem)
    above = None
    if parent is not None:
        above = postmortem.whys.filter(pk=parent).first()
        if above is None:
            raise Invalid({"parent": "There is no such why in this review."})
    depth = above.depth + 1 if above else 1
    if depth > DEEPEST:
        raise Invalid({"parent": f"{DEEPEST} whys are enough. Say why this one is systemic."})
    why = Why(postmortem=postmortem, parent=above, depth=depth, by=by)
    _fill(
        why,
        question,
        answer,
        evidence,
        systemic=systemic,
        because=because,
        safeguard=safeguard,
        sure=sure,
    )
    why.save()
    record(incident, "postmortem_changed", by=by, text="answered a why", section="whys", why=why.pk)
    return why


@transaction.atomic
def change_why(why_id: int, *, by: User, version: int | None = None, **fields: Any) -> Why:
    """Change fields of a why; the same values change nothing. Refuses what ``add_why`` refuses,
    and an old ``version`` (``stale``)."""
    why, incident = _enter_why(why_id, by)
    given = {**_fields_of(why), **fields}
    if given == _fields_of(why):
        return why
    refuse_when_published(why.postmortem)
    check_agreed(why.postmortem)
    check_version(version, why.version, _fields_of(why))
    _fill(why, **given)
    why.version += 1
    why.save()
    record(incident, "postmortem_changed", by=by, text="reworded a why", section="whys", why=why.pk)
    return why


@transaction.atomic
def remove_why(why_id: int, *, by: User) -> None:
    """Take a why and all that was asked about its answer out of the review."""
    why, incident = _enter_why(why_id, by)
    refuse_when_published(why.postmortem)
    record(
        incident,
        "postmortem_changed",
        by=by,
        text=f"took out the why “{why.question[:120]}”",
        section="whys",
        why=why.pk,
    )
    why.delete()


def _enter_why(why_id: int, by: User) -> tuple[Why, Incident]:
    found = Why.objects.filter(pk=why_id).values_list("postmortem_id", flat=True).first()
    if found is None:
        raise NotVisible
    incident, postmortem = enter_review(found, by=by)
    why = postmortem.whys.filter(pk=why_id).first()
    if why is None:
        raise NotVisible
    why.postmortem = postmortem
    return why, incident


def _fields_of(why: Why) -> dict[str, Any]:
    names = ("question", "answer", "evidence", "systemic", "because", "safeguard", "sure")
    return {name: getattr(why, name) for name in names}


def _fill(
    why: Why,
    question: str,
    answer: str,
    evidence: str,
    *,
    systemic: bool,
    because: str,
    safeguard: str,
    sure: str,
) -> None:
    why.question = read_line("question", question, 500) or question_at(why.depth)
    why.answer = read_text("answer", answer, 2000, required="What is the answer?")
    why.evidence = read_text("evidence", evidence, 2000)
    why.because = read_line("because", because, 500)
    why.systemic = systemic or bool(why.because)
    if safeguard and safeguard not in Safeguard.values:
        raise Invalid({"safeguard": f"One of {', '.join(Safeguard.values)}."})
    if sure and sure not in Sure.values:
        raise Invalid({"sure": f"One of {', '.join(Sure.values)}."})
    why.safeguard, why.sure = safeguard, sure
    if why.because and not says_something(why.because):
        raise Refused(
            "reason_required",
            "Finish the sentence “this is systemic because…”, so that somebody who was not there "
            "understands it.",
        )
    if why.systemic and why.depth < ENOUGH and not why.because:
        raise Refused(
            "reason_required",
            "Stopping before the fifth why needs its reason: “this is systemic because…”.",
        )
