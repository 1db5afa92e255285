"""Escapes text in CSV files that a spreadsheet would evaluate as a formula (CSV injection)."""

from __future__ import annotations

import re

FORMULA = re.compile("'*[=+\\-@\t\r＝＋－＠]")  # prefixes of text that a spreadsheet would evaluate


def as_cell(text: str) -> str:
    """The text, prefixed with an apostrophe if a spreadsheet would evaluate it: if it begins with =, +, -, @, a tab or
    a carriage return, possibly after apostrophes, so that `from_cell` can restore the text.

    >>> as_cell("=1+1"), as_cell("it's"), as_cell("'-'")
    ("'=1+1", "it's", "''-'")
    """
    return f"'{text}" if FORMULA.match(text) else text


def from_cell(text: str) -> str:
    """The inverse of `as_cell`."""
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text
