"""Fields that a choice asks for are folded away until it is chosen, and none stays folded."""

from collections.abc import Iterator
from pathlib import Path

from django.contrib.staticfiles import finders
from django.urls import get_resolver

from pages.forms import EditForm


def every(kind: type[EditForm]) -> Iterator[type[EditForm]]:
    for one in kind.__subclasses__():
        yield one
        yield from every(one)


def test_the_sheet_unfolds_what_each_choice_asks_for() -> None:
    assert get_resolver().url_patterns  # every page, and so every form, is loaded
    asked = {
        word for form in every(EditForm) for words in form.whens.values() for word in words.split()
    }
    sheet = Path(str(finders.find("css/field.css"))).read_text()
    assert {"filed", "widen", "resolved"} <= asked
    assert [word for word in sorted(asked) if f'[data-when~="{word}"]' not in sheet] == []
