"""The tree of whys, and where a branch ends too early (P52)."""

from dataclasses import dataclass, field

from postmortems.review.models import Postmortem
from postmortems.whys.models import Why

ENOUGH = 5
FIRST_QUESTION = "Why did this happen?"
NEXT_QUESTION = "Why was that so?"
LAST_QUESTION = "Which safeguard was absent: a confirmation, a review, a dry run, a test, a limit?"


@dataclass
class Branch:
    """A why with what was asked about its answer."""

    why: Why
    children: "list[Branch]" = field(default_factory=list)

    @property
    def ends(self) -> bool:
        """Whether nothing was asked after it."""
        return not self.children

    @property
    def ends_too_early(self) -> bool:
        """Whether it ends before the fifth why without saying why that is systemic."""
        return self.ends and self.why.depth < ENOUGH and not self.why.because

    @property
    def lacks_safeguard(self) -> bool:
        """Whether it is the last why of a branch and does not say which safeguard was absent."""
        return self.ends and not self.ends_too_early and not self.why.safeguard


def question_at(depth: int) -> str:
    """The proposed question of a slot; the fifth asks for the absent safeguard."""
    if depth <= 1:
        return FIRST_QUESTION
    return LAST_QUESTION if depth >= ENOUGH else NEXT_QUESTION


def why_tree(postmortem: Postmortem) -> list[Branch]:
    """Every branch from its first question, in the order they were asked. One query."""
    branches: dict[int, Branch] = {}
    roots = []
    for why in postmortem.whys.all():
        branch = branches[why.pk] = Branch(why)
        if why.parent_id is None:
            roots.append(branch)
        else:
            branches[why.parent_id].children.append(branch)
    return roots


def all_branches(roots: list[Branch]) -> list[Branch]:
    """The tree in reading order, parents first."""
    return [found for root in roots for found in (root, *all_branches(root.children))]
