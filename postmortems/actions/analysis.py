"""Writing the review: summary, analysis, grid, whys, thanks, and findings that are kept."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from clock.queries import now
from incidents.markdown import render_markdown
from incidents.models import Incident
from incidents.queries.incidents import is_visible
from incidents.texts import read_line, read_text
from incidents.timeline import record
from notifications.actions import queue_delivery
from people.models import User
from postmortems.actions.entering import (
    check_agreed,
    check_version,
    enter_review,
    refuse_when_published,
)
from postmortems.language import fold
from postmortems.models import (
    GRID_COLUMNS,
    GRID_ROWS,
    KeptFinding,
    Postmortem,
    Safeguard,
    Thanks,
    Why,
)
from postmortems.permissions import check_facilitates
from postmortems.queries.findings import PlacedFinding, open_findings
from postmortems.queries.whys import ENOUGH, question_at
from refusals.errors import Invalid, NotVisible, Refused

DEEPEST = 10
LINES = 20
SECTIONS = {"summary": 5000, "analysis": 20000}

Grid = Mapping[str, Mapping[str, Sequence[str]]]


@transaction.atomic
def write_section(
    postmortem: Postmortem | int, *, by: User, section: str, text: str, version: int | None = None
) -> Postmortem:
    """Write the ``summary`` (any time) or the ``analysis`` (Markdown, once the facts are agreed).

    Refuses ``facts_not_agreed``, and an old ``version`` of the section as ``stale`` with
    ``current``: what stands there now. The same text changes nothing.
    """
    incident, postmortem = enter_review(postmortem, by=by)
    text = read_text(section, text, SECTIONS[section])
    before = getattr(postmortem, section)
    if text == before:
        return postmortem
    refuse_when_published(postmortem)
    if section == "analysis":
        check_agreed(postmortem)
    shown = {"section": section, section: before}
    check_version(version, postmortem.version_of(section), shown)
    setattr(postmortem, section, text)
    if section == "analysis":
        postmortem.analysis_html = render_markdown(text)
    _save_section(incident, postmortem, section, by)
    return postmortem


@transaction.atomic
def write_grid(
    postmortem: Postmortem | int, *, by: User, grid: Grid, version: int | None = None
) -> Postmortem:
    """Replace the cells that ``grid`` names, each a list of lines; the other cells stay.

    Rows are ``worked did_not lucky change_next``, columns ``people process tooling``. Refuses
    ``facts_not_agreed``, ``stale`` and unknown names (``Invalid``).
    """
    incident, postmortem = enter_review(postmortem, by=by)
    wanted = _read_grid(grid)
    merged = {
        row: {
            column: wanted.get(row, {}).get(column, postmortem.grid.get(row, {}).get(column, []))
            for column in GRID_COLUMNS
        }
        for row in GRID_ROWS
    }
    if merged == {**_empty_grid(), **postmortem.grid}:
        return postmortem
    refuse_when_published(postmortem)
    check_agreed(postmortem)
    shown = {"section": "grid", "grid": postmortem.grid}
    check_version(version, postmortem.version_of("grid"), shown)
    postmortem.grid = merged
    _save_section(incident, postmortem, "grid", by)
    return postmortem


def _empty_grid() -> dict[str, dict[str, list[str]]]:
    return {row: {column: [] for column in GRID_COLUMNS} for row in GRID_ROWS}


def _read_grid(grid: Grid) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for row, cells in grid.items():
        if row not in GRID_ROWS:
            raise Invalid({"grid": f"{row} is none of {', '.join(GRID_ROWS)}."})
        for column, lines in cells.items():
            if column not in GRID_COLUMNS:
                raise Invalid({"grid": f"{column} is none of {', '.join(GRID_COLUMNS)}."})
            read = [read_line("grid", line, 500) for line in lines]
            kept = [line for line in read if line]
            if len(kept) > LINES:
                raise Invalid({"grid": f"At most {LINES} lines in one cell."})
            found.setdefault(row, {})[column] = kept
    return found


def _save_section(incident: Incident, postmortem: Postmortem, section: str, by: User) -> None:
    postmortem.versions[section] = postmortem.version_of(section) + 1
    postmortem.save()
    record(
        incident,
        "postmortem_changed",
        by=by,
        text=f"edited the post-mortem's {section}",
        section=section,
        section_version=postmortem.version_of(section),
    )


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
) -> Why:
    """Answer the next why, below ``parent`` or as a first one; several below one are branches.

    Without a ``question`` the slot's own is taken; the fifth asks for the absent safeguard. Calling
    an answer ``systemic`` before the fifth needs ``because`` (``reason_required``). Refuses
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
    _fill(why, question, answer, evidence, systemic=systemic, because=because, safeguard=safeguard)
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
    names = ("question", "answer", "evidence", "systemic", "because", "safeguard")
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
) -> None:
    why.question = read_line("question", question, 500) or question_at(why.depth)
    why.answer = read_text("answer", answer, 2000, required="What is the answer?")
    why.evidence = read_text("evidence", evidence, 2000)
    why.because = read_line("because", because, 500)
    why.systemic = systemic or bool(why.because)
    if safeguard and safeguard not in Safeguard.values:
        raise Invalid({"safeguard": f"One of {', '.join(Safeguard.values)}."})
    why.safeguard = safeguard
    if why.systemic and why.depth < ENOUGH and not why.because:
        raise Refused(
            "reason_required",
            "Stopping before the fifth why needs its reason: “this is systemic because…”.",
        )


@transaction.atomic
def thank(postmortem: Postmortem | int, *, by: User, person: User, text: str) -> Thanks:
    """Thank ``person`` by name, also after publication; it reaches them. Twice the same is once.

    Refuses (``Invalid``) thanking oneself and people who may not see the incident.
    """
    incident, postmortem = enter_review(postmortem, by=by)
    text = read_line("text", text, 500, required="Say what for.")
    if person == by:
        raise Invalid({"person": "Thank somebody else; others will thank you."})
    if not is_visible(person, incident.pk):
        raise Invalid({"person": f"{person.name} cannot see this incident."})
    found = postmortem.thanks.filter(person=person, by=by, text=text).first()
    if found is not None:
        return found
    thanks = Thanks.objects.create(postmortem=postmortem, person=person, text=text, by=by, at=now())
    record(
        incident,
        "thanked",
        by=by,
        text=f"thanked {person.name}: {text}",
        person=person.pk,
        thanks=text,
    )
    readable = person.is_responder or postmortem.is_published
    queue_delivery(
        key=f"thanks:{thanks.pk}",
        kind="thanks",
        person=person,
        subject_line=f"{by.name} thanks you for {incident.ref}",
        text=text,
        url=postmortem.get_absolute_url() if readable else "",
        incident_id=incident.pk,
        incident_ref=incident.ref,
    )
    return thanks


@transaction.atomic
def keep_finding(
    postmortem: Postmortem | int, *, by: User, finding: str, reason: str
) -> KeptFinding:
    """Let a finding of the language check stand, with a reason; only the facilitator does that.

    ``finding`` is its key or the words it flags. Refuses ``Forbidden``, ``reason_required`` and
    (``Invalid``) what is not flagged. Twice is once.
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
    """Say that ``word`` is no person in this document (Will, Mark, Grace). Twice is once."""
    incident, postmortem = enter_review(postmortem, by=by)
    folded = " ".join(fold(read_line("word", word, 200, required="Which word?")).split())
    found = postmortem.kept_findings.filter(word=folded).first()
    if found is not None:
        return found
    refuse_when_published(postmortem)
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
