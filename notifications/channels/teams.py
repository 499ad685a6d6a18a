"""Says a message as the card that a Teams workflow or incoming webhook takes."""

from typing import Any

from notifications.channels.mattermost import escaped
from notifications.channels.wording import cut, first_line

LIMIT = 12_000


def body(text: str, url: str) -> dict[str, Any]:
    """The first line large, the paragraphs under it, a button that opens the page."""
    first, rest = first_line(escaped(cut(text, LIMIT)))
    blocks: list[dict[str, Any]] = []
    if first:
        blocks.append(_block(first, size="Medium", weight="Bolder"))
    blocks += [_block(part.replace("\n", "\n\n")) for part in rest.split("\n\n") if part.strip()]
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": blocks,
    }
    if url:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open in Endstate", "url": url}]
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "content": card}]}


def _block(text: str, **looks: str) -> dict[str, Any]:
    return {"type": "TextBlock", "text": text, "wrap": True, **looks}
