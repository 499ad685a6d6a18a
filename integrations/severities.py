"""Makes a severity of ours out of the words of tools."""

from collections.abc import Iterable

from incidents.record.models import Severity
from integrations.models import HookKey

#: The usual words. A key's own come first; what neither lists is the key's ``severity``.
USUAL = {
    **dict.fromkeys(("critical", "fatal", "emergency", "disaster", "p1", "p0"), Severity.SEV1),
    **dict.fromkeys(("error", "high", "major", "page", "p2"), Severity.SEV2),
    **dict.fromkeys(("warning", "warn", "medium", "minor", "p3"), Severity.SEV3),
    **dict.fromkeys(("info", "low", "notice", "none", "ticket", "p4", "p5"), Severity.SEV4),
    **{one.value: one for one in Severity},
}


def severity_of(key: HookKey, words: Iterable[str]) -> str:
    """The highest severity among the words of alerts; the key's own where none says anything."""
    own = {word.casefold(): ours for word, ours in key.severities.items()}
    known = {**{word: ours.value for word, ours in USUAL.items()}, **own}
    found = [known.get(word.casefold(), key.severity) for word in words if word]
    return min(found, default=key.severity)
