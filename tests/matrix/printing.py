"""The section of ``docs/security.md`` that is printed from the table of who may."""

from incidents.roster.permissions import RIGHTS, WHOSE, Who, Whose, may
from running.places import ROOT

SECURITY = ROOT / "docs" / "security.md"
BEGINS, ENDS = "### Act by act\n", "\n## Signing in\n"


def who_may() -> str:
    """The table act × who, as ``docs/security.md`` shows it."""
    lines = [
        BEGINS,
        "Printed from `incidents/roster/permissions.py` by `.venv/bin/python -m tests.matrix`.",
        "Each cell is tried through the API. With nobody in the commander's seat, and no deputy,",
        "what is the commander's is the roster's.",
        "",
        "| act | " + " | ".join(Who) + " |",
        "|---|" + "---|" * len(Who),
    ]
    rights = {right.words: right for right in RIGHTS.values()}
    for whose in Whose:
        for words in WHOSE[whose]:
            right = rights.get(words)
            admins = right is not None and right.admins
            tokens = right is None or right.tokens
            said = [may(who, whose, words=words, admins=admins, tokens=tokens) for who in Who]
            lines.append(f"| {words} | " + " | ".join(said) + " |")
    return "\n".join(lines) + "\n"


def write_who_may() -> None:
    """Write it as the table says it now."""
    text = SECURITY.read_text()
    before, after = text.split(ENDS, 1)
    before = before.split(BEGINS, 1)[0].rstrip() + "\n\n"
    SECURITY.write_text(before + who_may() + ENDS + after)
