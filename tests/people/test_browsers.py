"""What a browser calls itself, in words."""

import pytest

from people.browsers import browser_named

GECKO = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
PHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) {WEBKIT} Safari/604.1"
MAC = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Chrome/141.0 Safari/537.36"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; x64) {WEBKIT} Chrome/141.0 Safari/537.36 Edg/141.0"
ANDROID = f"Mozilla/5.0 (Linux; Android 16) {WEBKIT} Chrome/141.0 Mobile Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (GECKO, "Firefox on Linux"),
        (PHONE, "Safari on an iPhone"),
        (MAC, "Chrome on a Mac"),
        (WINDOWS, "Edge on Windows"),
        (ANDROID, "Chrome on Android"),
        ("curl/8.14.1", "curl"),
        ("", "an unknown browser"),
    ],
)
def test_a_browser_is_named_as_people_would(agent: str, words: str) -> None:
    assert browser_named(agent) == words
