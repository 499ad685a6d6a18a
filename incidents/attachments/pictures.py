"""Which files are pictures, and the one at a time that is written anew.

What a camera or a program notes in a picture (a place, a name, a thumbnail of what was cut away)
does not survive. One picture is decoded at a time, since each may need 160 MB.
"""

import threading
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from refusals.errors import TooMany

WAITS_S = 10.0
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Picture:
    """A picture written anew, and the small one that pages show."""

    media_type: str
    whole: bytes
    small: bytes


def begins_as_picture(content: bytes) -> bool:
    """Whether the bytes begin as one of the formats that are taken."""
    return content.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")) or (
        content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    )


def read_picture(content: bytes) -> Picture:
    """The picture turned as it is meant to be seen, without its metadata; of a moving one the first
    frame.

    Refuses (``unsupported_file``) what cannot be read whole and what has over 40 million dots,
    which the header says before anything is decoded. Raises ``TooMany`` after ten seconds behind
    others.
    """
    if not _one_at_a_time.acquire(timeout=WAITS_S):
        raise TooMany("Other pictures are being read. Send it again in a moment.", 5)
    try:
        # Pillow takes 5 MB of each process, and most never read a picture.
        return cast(Picture, import_module("incidents.attachments.redrawing").redraw(content))
    finally:
        _one_at_a_time.release()
