"""Files that people take along: a cell never runs, and Markdown shows words as they are."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.cells import safe_cell
from pages.invisible import on_one_line
from pages.markdown import as_plain, render_markdown


@pytest.mark.parametrize(
    "cell",
    ["=1+1", " =1+1", "+1", "-1+1", "@x", "\t=1", "\r=1", "\n=1", "\u200b=1", "\u00a0=1", "＝1"],
)
def test_no_cell_starts_a_formula(cell: str) -> None:
    assert safe_cell(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["a=1", "5", "", "INC-2", "x -1"])
def test_what_starts_no_formula_stays_as_it_is(cell: str) -> None:
    assert safe_cell(cell) == cell


def test_a_cell_of_nothing_is_empty() -> None:
    assert (safe_cell(None), safe_cell(7)) == ("", "7")


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40))
def test_markdown_shows_plain_words_letter_for_letter(text: str) -> None:
    shown = render_markdown(f"- {as_plain(text)}")
    words = html.unescape(re.sub(r"<[^>]+>", "", shown)).strip()
    assert words.split() == on_one_line(text).split()


def test_only_what_would_act_is_escaped() -> None:
    assert as_plain("INC-2 is over. See a_b!") == r"INC-2 is over. See a\_b!"
    assert as_plain("1. First") == r"1\. First"
