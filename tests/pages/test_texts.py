"""What people wrote: nothing visible is nothing, and what cannot be read is refused."""

import contextlib
import sys
from unicodedata import category, normalize

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from pages.fields import LineField, LinkField
from pages.invisible import is_nothing, on_one_line, trimmed
from pages.texts import read_address, read_line, read_link, read_text
from refusals.errors import Invalid

#: Signs that show nothing, and others of their kind.
UNSEEN = (
    "\u200b\ufeff\u200e\u00ad\u3164\u2800\u2060\u034f\u115f\u1160\u17b4\u180e\u2028\u2029\u3000"
)
UNSEEN += "\u202e\u2066\ufe0f\uffa0\U000e0001\U000e0100\U0001d173\U000e0fff\u00a0\u061c"


def test_every_separator_and_format_character_of_unicode_shows_nothing() -> None:
    seen = [
        f"U+{code:04X}"
        for code in range(sys.maxunicode + 1)
        if category(chr(code)) in ("Cf", "Zs", "Zl", "Zp") and not is_nothing(chr(code))
    ]
    assert seen == []


@pytest.mark.parametrize("sign", UNSEEN, ids=lambda sign: f"U+{ord(sign):04X}")
def test_one_that_shows_nothing_is_no_text(sign: str) -> None:
    for read in (read_text, read_line):
        assert read("title", f" {sign}\n{sign}", 200) == ""
        with pytest.raises(Invalid) as caught:
            read("title", sign, 200, required="A few words.")
        assert caught.value.errors == {"title": "A few words."}
    with pytest.raises(forms.ValidationError):
        LineField().clean(sign)


@given(st.text(alphabet=UNSEEN + " \t\n", max_size=20))
def test_any_number_of_them_shows_nothing(text: str) -> None:
    assert is_nothing(text)
    assert read_text("text", text, 1000) == ""


@pytest.mark.parametrize("sign", ["\x1b", "\x07", "\x7f", "\x00", "\x0b", "\x85\x9f", "\ud800"])
def test_controls_are_refused(sign: str) -> None:
    for read in (read_text, read_line):
        with pytest.raises(Invalid):
            read("title", f"Orders{sign} fail", 200)


def test_lines_and_tabs_stay_in_a_paragraph_and_are_gaps_in_a_line() -> None:
    typed = " One\r\n\ttwo\u2028three "
    assert read_text("text", typed, 200) == "One\n\ttwo\nthree"
    assert read_line("text", typed, 200) == "One two three"


def test_a_name_stands_on_one_line() -> None:
    assert read_line("name", "Maya\nKöhler", 120) == "Maya Köhler"


def test_what_turns_the_rest_around_leaves_one_line_texts() -> None:
    assert read_line("title", "safe\u202etxt.exe\u202c \u2067now\u2069", 200) == "safetxt.exe now"
    assert read_line("title", "\u200fשלום\u200f", 200) == "שלום"


def test_signs_of_several_characters_stay_whole() -> None:
    for sign in ("❤️", "👨‍👩‍👧", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "می‌خواهم"):
        assert read_line("title", f" {sign} ", 200) == sign


def test_composed_and_decomposed_are_one() -> None:
    assert read_line("title", "cafe\u0301", 5) == read_text("title", "caf\u00e9", 4) == "café"


@given(st.text(max_size=60))
def test_what_was_read_once_is_read_the_same_again(text: str) -> None:
    for read in (read_text, read_line):
        try:
            once = read("text", text, 200)
        except Invalid:
            continue
        assert read("text", once, 200) == once == normalize("NFC", once)
        assert (once == "") == is_nothing(once)
    assert "\n" not in on_one_line(text)
    assert trimmed(trimmed(text)) == trimmed(text)


@pytest.mark.parametrize(
    "link",
    [
        "https://chat/x",
        "http://jitsi:8443/inc-42",
        "https://meet.example.com/a?b=c#d",
        "slack://channel?team=T1&id=C2",
        "msteams:/l/channel/19%3Aabc",
        "MSTEAMS://l/x",
        "zoommtg://zoom.us/join?confno=1",
        "tel:+49301234",
        "sip:ops@example.com",
        "webexteams://im?space=1",
        "mattermost://chat.intern/team/channels/inc-42",
        "matrix:r/incidents:example.org",
        "org.jitsi.meet://jitsi/inc-42",
        "facetime-audio:+49301234",
        "http://chat_server:8065/x",
        "https://b\u00fccher.intern/x",
        "https://[2001:db8::1]/x",
    ],
)
def test_a_chat_or_call_link_is_taken(link: str) -> None:
    assert read_link("chat_url", link) == link
    assert LinkField().clean(link) == link


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "https://",
        "https:///x",
        "slack:",
        "sms:",
        "ssh://host/",
        "ftp://host/x",
        "intent://x",
        "ms-msdt:/id",
        "search-ms:query=x",
        "view-source:https://a/",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "slack:\u200b",
        "//chat/x",
        "slack://a\u202eb",
        "slack://a b",
        "https://exam\u200bple.com/x",
        "https://example.com/a\u00adb",
        "msteams:/l/\u2060x",
        "https://a b",
        "https://a\u202eb/",
        "https://host:99999999/",
        "chat",
    ],
)
def test_what_opens_something_else_is_no_link(link: str) -> None:
    with pytest.raises(Invalid):
        read_link("chat_url", link)


def test_a_host_typed_alone_is_meant_with_https() -> None:
    assert LinkField().clean("chat/x") == "https://chat/x"


def test_a_web_address_is_no_chat_link() -> None:
    assert read_address("url", "https://ci/7") == "https://ci/7"
    with pytest.raises(Invalid):
        read_address("url", "slack://channel")


@given(st.text(max_size=40))
def test_no_text_breaks_the_readers_of_addresses(text: str) -> None:
    for read in (read_address, read_link):
        with contextlib.suppress(Invalid):
            assert len(read("url", text)) <= 500
