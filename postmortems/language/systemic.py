"""Whether an action item changes a system or only asks people to be different (P56).

The words stand in ``systemic_words``; who may override the answer stands in ``items.actions``.
"""

from postmortems.language.checking import fold
from postmortems.language.systemic_words import EXAMPLES, MACHINE_BEFORE, MACHINE_DOES, NOT_SYSTEMIC


def what_is_not_systemic(text: str) -> str | None:
    """The words of a title or criterion that ask people to be different, or ``None``.

    What software or a step of the process does is systemic, also when it does it to people: the
    machine is named before the words, or is the one who does it.
    """
    folded = " ".join(fold(text).split())
    if MACHINE_DOES.search(folded):
        return None
    for pattern in NOT_SYSTEMIC:
        match = pattern.search(folded)
        if match and not MACHINE_BEFORE.search(folded, 0, match.start()):
            return match[0].strip()
    return None


def advice(words: str) -> str:
    """The sentence that refuses ``words`` and shows what a systemic fix looks like."""
    return (
        f"“{words}” asks people to be different; whoever is on duty next time will not know. "
        f"Change the system instead: {', '.join(EXAMPLES[:4])}."
    )
