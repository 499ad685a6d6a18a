"""Says a message in the words of a Slack incoming webhook."""

from typing import Any

from notifications.channels.wording import cut, first_line, harmless

LIMIT = 12_000


def body(text: str, url: str) -> dict[str, Any]:
    """The first line bold, then the rest, then the link; calling nobody, unfurling nothing."""
    first, rest = first_line(escaped(cut(text, LIMIT)))
    parts = [
        f"*{first}*" if first else "",
        rest,
        f"<{escaped(url)}|Open in Endstate>" if url else "",
    ]
    return {
        "text": "\n".join(part for part in parts if part),
        "parse": "none",
        "link_names": 0,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def escaped(text: str) -> str:
    """``text`` so that Slack shows it as it is: ``<!channel>`` calls nobody."""
    return harmless(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
