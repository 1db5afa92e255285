"""Checks the strokes sent by a browser, simplifies them, and writes them as a line of .ndjson."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from io import BytesIO
from math import isfinite

import numpy as np

from sketch_classifier.drawings.formats.ndjson import write_ndjson
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError

MAX_STROKES = 500
MAX_POINTS = 20_000  # of a drawing: three minutes at 120 a second
MAX_COORDINATE = 1e5  # either way from 0; the canvas has 1000 units a side
FIRST_KEY = 1 << 52  # the dataset's key_ids have 16 digits


def checked_strokes(value: object) -> list[list[list[float]]]:
    """`value` as [[xs, ys], …], lists of floats, as long as each other and not empty; an empty list is no drawing yet.

    Whatever a client can send may come in: anything but lists of finite numbers within the limits raises UserError,
    with a line that can be shown to whoever drew.
    """
    if not isinstance(value, list):
        raise UserError("Not a drawing: a list of strokes is expected.")
    if len(value) > MAX_STROKES:
        raise UserError(f"More than {MAX_STROKES} strokes: clear the canvas and draw again.")
    strokes, room = [], MAX_POINTS
    for stroke in value:
        if not (isinstance(stroke, list) and len(stroke) == 2 and all(isinstance(axis, list) for axis in stroke)):
            raise UserError("Not a drawing: each stroke must be a list of x and a list of y.")
        xs, ys = stroke
        if len(xs) != len(ys) or not xs:
            raise UserError("Not a drawing: a stroke must have as many x as y, and at least one.")
        room -= len(xs)
        if room < 0:
            raise UserError(f"More than {MAX_POINTS:,} points: clear the canvas and draw again.")
        strokes.append([[_coordinate(number) for number in axis] for axis in stroke])
    return strokes


def simplified(strokes: list[list[list[float]]]) -> Drawings:
    """One drawing as the dataset would have it, (1,) Drawings with points uint8: by the same four steps."""
    return simplify([strokes])


def ndjson_line(drawing: Drawings, *, word: str, recognized: bool, now: datetime | None = None) -> bytes:
    """A simplified drawing as one line of the dataset's simplified .ndjson files, newline included.

    Nobody asked where it was drawn, so the country is ZZ, which stands for an unknown one; key_id is drawn at random.
    """
    now = (now or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
    one = Drawings.from_lists(
        drawing.to_lists(),
        dtype=np.uint8,
        word=[word],
        countrycode=[b"ZZ"],
        recognized=[recognized],
        timestamp=[np.datetime64(now, "us")],
        key_id=[FIRST_KEY + secrets.randbelow(FIRST_KEY // 2)],
    )
    file = BytesIO()
    write_ndjson(file, one)
    return file.getvalue()


def _coordinate(number: object) -> float:
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise UserError("Not a drawing: coordinates must be numbers.")
    if not (abs(number) <= MAX_COORDINATE and isfinite(number)):
        raise UserError("Not a drawing: a coordinate is far outside the canvas.")
    return float(number)
