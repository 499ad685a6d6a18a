"""Writes cells of CSV files so that a spreadsheet shows them and never runs them."""

import re

#: What starts a formula, or may after the spaces and invisible signs that spreadsheets skip.
_FORMULA = re.compile(r"[\s\u00a0\u200b-\u200f\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]")


def safe_cell(value: object) -> str:
    """A value as text, with an apostrophe before what a spreadsheet would take for a formula."""
    text = "" if value is None else str(value)
    risky = _FORMULA.match(text) or text.startswith(("\t", "\r", "\n"))
    return f"'{text}" if risky else text
