"""Reads what somebody brings: which kind of file it is, by its bytes, and what is kept of it.

Nothing here asks who brings it; reading takes a while, so it happens before any lock is taken.
"""

import codecs
import hashlib
import json
import re
from dataclasses import dataclass
from unicodedata import normalize

from incidents.attachments.models import MediaType
from incidents.attachments.pictures import begins_as_picture, read_picture
from pages.invisible import on_one_line, trimmed
from refusals.errors import UnsupportedFile

LARGEST = 10 * 2**20
NAME_LIMIT = 200
TAKEN = "PNG, JPEG, GIF, WebP, PDF, plain text, CSV and JSON"
PICTURE_ENDINGS = {"png", "jpg", "jpeg", "jfif", "gif", "webp"}
TEXT_ENDINGS = {
    "csv": MediaType.CSV,
    "json": MediaType.JSON,
    **dict.fromkeys(
        (
            *("txt", "text", "log", "out", "err", "md", "rst", "tsv", "diff", "patch", "sql"),
            *("conf", "cfg", "cnf", "ini", "env", "toml", "yaml", "yml", "properties"),
        ),
        MediaType.TEXT,
    ),
}
_ENDING = re.compile(r"\.([^\s.]{1,12})$")
_NUMBERS = re.compile(r"(?:\.[0-9]+)+$")
#: What no text of people or programs holds; tabs, line ends, form feeds and colours may stand.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")


@dataclass(frozen=True)
class ReadFile:
    """A file as it is kept: ``small`` is what pages show of a picture."""

    name: str
    media_type: str
    content: bytes
    small: bytes | None = None

    @property
    def digest(self) -> str:
        """The SHA-256 of what is kept, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


def read_file(name: str, content: bytes) -> ReadFile:
    """What is kept of a file: a picture written anew, anything else to the byte.

    Refuses (``unsupported_file``) an empty one, other kinds, names that end as something else, text
    that is not UTF-8, and JSON that does not parse. What the sender says it is counts for nothing.
    """
    name = read_name(name)
    ending = _ending_of(name)
    if not content:
        raise UnsupportedFile("The file is empty.")
    if begins_as_picture(content):
        _check_ending(ending, PICTURE_ENDINGS)
        picture = read_picture(content)
        return _bounded(ReadFile(name, picture.media_type, picture.whole, picture.small))
    if content.startswith(b"%PDF-"):
        _check_ending(ending, {"pdf"})
        return ReadFile(name, MediaType.PDF, content)
    return _bounded(ReadFile(name, _kind_of_text(content, ending), content))


def read_name(name: str) -> str:
    """The name on one line, without a path, cut in its middle where it is longer than 200."""
    name = normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    name = "".join(letter for letter in on_one_line(name) if letter.isprintable())
    name = trimmed(name) or "file"
    if len(name) <= NAME_LIMIT:
        return name
    ending = _ENDING.search(name)
    end = ending[0] if ending else ""
    return name[: NAME_LIMIT - len(end)] + end


def _ending_of(name: str) -> str:
    """What a name ends in, in small letters; numbers, as of rotated logs, are none."""
    found = _ENDING.search(_NUMBERS.sub("", name))
    return found[1].lower() if found else ""


def _check_ending(ending: str, fitting: set[str]) -> None:
    if ending and ending not in fitting:
        raise UnsupportedFile(
            f"Its name ends in .{ending}, which is not what it holds. Name it as what it is.",
        )


def _kind_of_text(content: bytes, ending: str) -> str:
    kind = TEXT_ENDINGS.get(ending, MediaType.TEXT if not ending else None)
    if kind is None:
        raise UnsupportedFile(f"Files are {TAKEN}. Save it as one of these, or link to it.")
    try:
        text = content.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError:
        text = "\0"
    if _CONTROL.search(text):
        raise UnsupportedFile(f"It is no plain text in UTF-8. Files are {TAKEN}; save it as one.")
    if kind == MediaType.JSON:
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            raise UnsupportedFile(
                "It is named JSON and is none. Name it .txt to send it as text."
            ) from None
    return kind


def _bounded(file: ReadFile) -> ReadFile:
    if len(file.content) > LARGEST:
        raise UnsupportedFile(
            f"It takes over {LARGEST // 2**20} MB as it is kept. Send a smaller one.",
        )
    return file
