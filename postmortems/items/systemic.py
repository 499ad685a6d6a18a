"""Whether an action item changes a system or only asks people to be different (P56).

The words stand in ``words``; who may override the answer stands in ``actions.items``.
"""

from postmortems.items.words import AUTOMATED, EXAMPLES, NOT_SYSTEMIC
from postmortems.language.checking import fold


def what_is_not_systemic(title: str) -> str | None:
    """The words of ``title`` that ask people to be different, or ``None`` when it is systemic."""
    folded = " ".join(fold(title).split())
    for pattern in NOT_SYSTEMIC:
        if (match := pattern.search(folded)) and not AUTOMATED.search(folded):
            return match[0].strip()
    return None


def is_systemic(title: str) -> bool:
    """Whether nothing in ``title`` merely asks people to be more careful."""
    return what_is_not_systemic(title) is None


def advice(words: str) -> str:
    """The sentence that refuses ``words`` and shows what a systemic fix looks like."""
    return (
        f"“{words}” asks people to be different; whoever is on duty next time will not know. "
        f"Change the system instead: {', '.join(EXAMPLES[:4])}."
    )
