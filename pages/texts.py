"""Reading what people wrote: trimmed, bounded, and free of what no database or screen can take."""

import re
from unicodedata import east_asian_width, normalize
from urllib.parse import urlsplit

from pages.invisible import control_in, is_nothing, on_one_line, trimmed
from refusals.errors import Invalid

__all__ = [
    "as_sentence",
    "bare",
    "is_nothing",
    "read_address",
    "read_line",
    "read_link",
    "read_text",
    "says_something",
]

_ENDS = ".!?…:"
_LINE_ENDS = re.compile("\r\n?|[\u0085\u2028\u2029]")
_HOST = re.compile(r"(?:[^\s/?#@:\[\]]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
ADDRESS_LIMIT = 500
LONG_ENOUGH, WIDE_ENOUGH = 8, 4

#: Schemes of the chat and call tools that open from a link, beside the web's own.
TALKS_BY = frozenset(
    {
        *("slack", "msteams", "mattermost", "rocketchat", "discord", "zulip", "matrix", "element"),
        *("zoommtg", "zoomus", "webex", "wbx", "gotomeeting", "jitsi-meet", "bluejeans", "skype"),
        *("tel", "sip", "sips", "callto", "facetime", "xmpp", "irc", "ircs", "tg", "sgnl"),
        *("whatsapp", "lync", "lync15", "starleaf", "ringcentral", "dingtalk", "lark", "feishu"),
        *("webexteams", "ciscospark", "chime", "signal", "threema", "wire", "viber", "line", "sms"),
        *("wechat", "weixin", "wxwork", "kakaotalk", "flock", "twist", "mumble", "teamspeak"),
        *("ts3server", "jitsi", "org.jitsi.meet", "facetime-audio", "zoomphonecall", "webexphone"),
    }
)


def read_text(field: str, value: str | None, limit: int, *, required: str = "") -> str:
    """The text in composed characters, without anything unseen at its ends.

    ``required`` is what to say when nothing is left to be seen. Raises ``Invalid`` for more than
    ``limit`` characters, for control characters other than line ends and tabs, and for what cannot
    be stored.
    """
    text = normalize("NFC", _LINE_ENDS.sub("\n", value or ""))
    if (control := control_in(text)) is not None:
        raise Invalid({field: _unreadable(control)})
    text = trimmed(text)
    if len(text) > limit:
        raise Invalid({field: f"At most {limit} characters; this has {len(text)}."})
    if required and not text:
        raise Invalid({field: required})
    return text


def read_line(field: str, value: str | None, limit: int, *, required: str = "") -> str:
    """The same for one line: every gap is one space, and nothing turns what stands behind it."""
    line = on_one_line(_LINE_ENDS.sub("\n", value or ""))
    return read_text(field, line, limit, required=required)


def as_sentence(text: str) -> str:
    """``text`` ending as a sentence does: with a full stop, unless it ends by itself."""
    said = text.rstrip()
    return said if not said or said[-1] in _ENDS else f"{said}."


def bare(text: str) -> str:
    """``text`` without its full stop, for a place in the middle of a line."""
    said = text.rstrip()
    return said if said.endswith("..") else said.removesuffix(".")


def says_something(text: str) -> bool:
    """Whether a text can be the end of a sentence: two words and eight letters, at least.

    Scripts that write words without spaces need four letters.
    """
    letters = [letter for letter in text if letter.isalnum()]
    if any(east_asian_width(letter) in "WF" for letter in letters):
        return len(set(letters)) >= WIDE_ENOUGH
    words = [word for word in text.split() if any(letter.isalpha() for letter in word)]
    return len(set(words)) > 1 and len(letters) >= LONG_ENOUGH


def read_address(field: str, value: str | None) -> str:
    """A web address, also of a host inside one's network (``https://ci/7``), or nothing.

    Raises ``Invalid`` for anything but http and https.
    """
    text = read_text(field, value, ADDRESS_LIMIT)
    if text and not _is_web(text):
        raise Invalid({field: "A web address starts with https:// or http://."})
    return text


def read_link(field: str, value: str | None) -> str:
    """Where people talk: a web address, or a link that opens a known chat or call tool.

    Raises ``Invalid`` for other schemes, which could be a program's.
    """
    text = read_text(field, value, ADDRESS_LIMIT)
    scheme, _, rest = text.partition(":")
    known = scheme.lower() in TALKS_BY and rest.strip("/") and _is_visible(text)
    if text and not known and not _is_web(text):
        raise Invalid(
            {
                field: "A link starts with https:// or http://, or with the name of a chat or "
                "call tool, such as slack:// or msteams:."
            }
        )
    return text


def _is_visible(text: str) -> bool:
    """Whether an address holds neither gaps nor signs that nobody sees, which could lead astray."""
    return not any(is_nothing(sign) for sign in text)


def _is_web(text: str) -> bool:
    if not _is_visible(text):
        return False
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    host = parts.netloc.rpartition("@")[2]
    return parts.scheme in ("http", "https") and _HOST.fullmatch(host) is not None and port != 0


def _unreadable(control: str) -> str:
    if control == "\x00" or "\ud800" <= control <= "\udfff":
        return "It holds characters that cannot be stored. Type it again."
    return f"It holds a control character (U+{ord(control):04X}) that nobody can read. Remove it."
