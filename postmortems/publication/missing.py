"""What a post-mortem still lacks before it can be published."""

from collections.abc import Sequence

from pages.texts import is_nothing
from postmortems.items.models import ItemState
from postmortems.marks.queries import Mark, marks_of
from postmortems.review.models import Postmortem
from postmortems.whys.queries import ENOUGH, all_branches, why_tree


def what_is_open(
    postmortem: Postmortem, *, no_actions_because: str = "", marks: Sequence[Mark] | None = None
) -> list[dict[str, str]]:
    """Every open point as ``{"kind", "text"}``, in the order one works them off. Six queries.

    ``marks`` are those of ``marks_of``, where they are at hand: three queries less.

    The findings of the language check are not among them; they have a code of their own.
    """
    found: list[tuple[str, str]] = []
    if not postmortem.has_agreed_facts:
        found.append(("facts", "The facts are not agreed yet."))
    branches = all_branches(why_tree(postmortem))
    if not branches and postmortem.is_required:
        found.append(("whys", "No why has been asked yet."))
    found.extend(
        (
            "whys",
            (
                f"A branch stops after {branch.why.depth} of {ENOUGH} whys: go on, or say why "
                f"“{branch.why.answer[:80]}” is systemic."
            ),
        )
        for branch in branches
        if branch.ends_too_early
    )
    found.extend(
        ("whys", f"Which safeguard was absent? The why “{branch.why.answer[:80]}” does not say.")
        for branch in branches
        if branch.lacks_safeguard
    )
    if marks is None:
        marks = marks_of(postmortem)
    found.extend((one.kind, one.question) for one in marks if not one.is_settled)
    if is_nothing(no_actions_because) and not has_items(postmortem):
        text = "There is no action item, and no reason for none."
        if any(idea.is_open for idea in postmortem.ideas.all()):
            text += " An idea counts once somebody commits to it."
        found.append(("actions", text))
    return [{"kind": kind, "text": text} for kind, text in found]


def has_items(postmortem: Postmortem) -> bool:
    """Whether something will change. One query."""
    return any(item.state != ItemState.DECLINED for item in postmortem.action_items.all())
