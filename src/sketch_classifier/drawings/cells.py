"""Texts in CSV files that a spreadsheet would take for formulas: classes and countries come from anyone's files."""

from __future__ import annotations

import re

FORMULA = re.compile("'*[=+\\-@\t\r＝＋－＠]")  # how a text begins that a spreadsheet would compute


def as_cell(text: str) -> str:
    """The text, after an apostrophe if a spreadsheet would compute it: it begins with =, +, -, @, a tab or a carriage
    return. So that `from_cell` gives it back, apostrophes may already be before these.

    >>> as_cell("=1+1"), as_cell("it's"), as_cell("'-'")
    ("'=1+1", "it's", "''-'")
    """
    return f"'{text}" if FORMULA.match(text) else text


def from_cell(text: str) -> str:
    """What `as_cell` was given."""
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text
