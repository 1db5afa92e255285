"""Validates the strokes sent by a browser, simplifies them, and writes them as a line of .ndjson."""

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
MAX_POINTS = 20_000  # per drawing: three minutes at 120 points per second
MAX_COORDINATE = 1e5  # absolute value; the canvas has 1000 units per side
FIRST_KEY = 1 << 52  # the dataset's key_ids have 16 digits


def checked_strokes(value: object) -> list[list[list[float]]]:
    """`value` as [[xs, ys], …], non-empty lists of floats of equal length per stroke; [] if nothing is drawn yet.

    `value` is untrusted input from a client: anything but lists of finite numbers within the limits raises UserError,
    with a message that can be shown to the user.
    """
    if not isinstance(value, list):
        raise UserError("Not a drawing: expected a list of strokes.")
    if len(value) > MAX_STROKES:
        raise UserError(f"More than {MAX_STROKES} strokes: clear the canvas and draw again.")
    strokes, room = [], MAX_POINTS
    for stroke in value:
        if not (isinstance(stroke, list) and len(stroke) == 2 and all(isinstance(axis, list) for axis in stroke)):
            raise UserError("Not a drawing: each stroke must be a list of x and a list of y coordinates.")
        xs, ys = stroke
        if len(xs) != len(ys) or not xs:
            raise UserError("Not a drawing: a stroke must have as many x as y coordinates, and at least one.")
        room -= len(xs)
        if room < 0:
            raise UserError(f"More than {MAX_POINTS:,} points: clear the canvas and draw again.")
        strokes.append([[_coordinate(number) for number in axis] for axis in stroke])
    return strokes


def simplified(strokes: list[list[list[float]]]) -> Drawings:
    """One drawing simplified by the four steps of the dataset, as Drawings of length 1 with uint8 points."""
    return simplify([strokes])


def ndjson_line(drawing: Drawings, *, word: str, recognized: bool, now: datetime | None = None) -> bytes:
    """A simplified drawing as one line of the dataset's simplified .ndjson files, newline included.

    The country is ZZ, the code for an unknown country, and key_id is random.
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
