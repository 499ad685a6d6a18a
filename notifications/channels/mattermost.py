"""Says a message in the words of a Mattermost incoming webhook, which are Markdown."""

import re
from typing import Any

from notifications.channels.wording import cut, first_line, harmless

LIMIT = 12_000
_SIGNS = re.compile(r"([\\`*_~\[\]()<>#|!])")


def body(text: str, url: str) -> dict[str, Any]:
    """The first line bold, then the rest, then the link; calling nobody."""
    first, rest = first_line(escaped(cut(text, LIMIT)))
    parts = [f"**{first}**" if first else "", rest, f"[Open in Endstate](<{url}>)" if url else ""]
    return {"text": "\n\n".join(part for part in parts if part)}


def escaped(text: str) -> str:
    """``text`` so that Markdown shows it as it is."""
    return _SIGNS.sub(r"\\\1", harmless(text))
