"""Says a message in the words of a Discord webhook, which calls nobody and shows no previews."""

from typing import Any

from notifications.channels.mattermost import escaped
from notifications.channels.wording import cut, first_line

LIMIT = 2_000
_NO_PREVIEWS = 1 << 2


def body(text: str, url: str) -> dict[str, Any]:
    """The first line bold, then the rest, then the link, in what Discord takes at once."""
    link = f"\n<{url}>" if url else ""
    first, rest = first_line(escaped(text))
    said = f"**{cut(first, 400)}**\n{rest}" if first else rest
    return {
        "content": cut(said, LIMIT - len(link)) + link,
        "allowed_mentions": {"parse": []},
        "flags": _NO_PREVIEWS,
    }
