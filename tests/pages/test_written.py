"""A moment stands in a stored sentence in one form, and is read by the clock of its reader."""

from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from django.template import engines
from django.template.backends.jinja2 import Jinja2

from clock.written import in_zone, parts_of, written
from config.jinja import moments

AT = datetime(2026, 11, 27, 22, 5, 7, tzinfo=UTC)
SENTENCE = f"next at {written(AT)}; asked <b>"


def test_a_moment_is_written_once_and_read_in_every_zone() -> None:
    assert written(AT.astimezone(ZoneInfo("Asia/Kolkata"))) == "27 Nov 2026 22:05 UTC"
    assert list(parts_of(SENTENCE)) == ["next at ", AT.replace(second=0), "; asked <b>"]
    assert in_zone(SENTENCE, ZoneInfo("Asia/Kolkata")) == "next at 28 Nov 2026 03:35 IST; asked <b>"
    assert in_zone(SENTENCE, UTC) == SENTENCE
    exact = written(AT, to_the_second=True)
    assert (
        in_zone(f"until {exact}.", ZoneInfo("Europe/Berlin")) == "until 27 Nov 2026 23:05:07 CET."
    )


def test_a_page_shows_it_as_a_time_and_everything_else_as_words() -> None:
    engine = cast(Jinja2, engines["jinja2"])
    parts: Any = engine.env.get_template("shared/_parts.html").module
    assert str(parts.sentence(SENTENCE)) == (
        'next at <time datetime="2026-11-27T22:05:00.000Z" title="27 Nov 2026 22:05:00 UTC" '
        'data-time="clock">27 Nov 2026 22:05 UTC</time>; asked &lt;b&gt;'
    )


@pytest.mark.parametrize(
    "text", ["", "at 22:05 UTC", "31 Feb 2026 22:05 UTC", "27 Nov 2026 25:00 UTC", "<UTC>"]
)
def test_what_is_no_moment_stays_as_it_is(text: str) -> None:
    assert in_zone(text, ZoneInfo("Asia/Kolkata")) == text
    assert "".join(str(part) for part in moments(text)) == text
