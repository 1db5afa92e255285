"""Parses and validates one line of .ndjson, with an error message for everything that is not accepted."""

from __future__ import annotations

import re

import numpy as np
import orjson

MAX_WORD = 200  # characters; words are stored with a fixed width
MAX_FLOAT32 = float(np.finfo(np.float32).max)  # for times, which are float32, and coordinates
TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,6})?)(?: UTC)?", re.ASCII)
DEFAULTS = {  # in the order of the dataset's own lines
    "word": "",
    "countrycode": "",
    "timestamp": "1970-01-01 00:00:00 UTC",
    "recognized": True,
    "key_id": "0",
}


class Malformed(ValueError):
    """A record is malformed; the message says why."""


def parse_line(line: bytes) -> tuple[list, dict]:
    """The drawing in a line as nested lists of numbers, and its metadata columns.

    `drawing` is required: a list of strokes, all [xs, ys] or all [xs, ys, ts], each with at least one point, with
    numbers in the range of float32. The other keys may be missing or null; their defaults are word "", countrycode "",
    key_id 0, recognized true, timestamp 1970-01-01. Unknown keys are ignored. Raises Malformed.
    """
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"not JSON ({error})") from None
    if not isinstance(record, dict):
        raise Malformed(f"expected an object with the key 'drawing', found {_kind(record)}")
    if "drawing" not in record:
        raise Malformed("the key 'drawing' is missing")
    drawing = record["drawing"]
    check_drawing(drawing)
    columns = {}
    for name, parse in PARSERS.items():
        value = record.get(name)
        columns[name] = parse(DEFAULTS[name] if value is None else value)
    return drawing, columns


def canonical_line(line: bytes) -> bytes:
    """The line in the dataset's own layout, which is parsed much faster; unchanged if that is impossible.

    `parse_line` gives the same result, or the same error, for both.
    """
    try:
        record = orjson.loads(line)
        if not isinstance(record, dict) or "drawing" not in record:
            return line
        kept = {name: DEFAULTS[name] if record.get(name) is None else record[name] for name in DEFAULTS}
        if type(kept["key_id"]) is int:
            kept["key_id"] = str(kept["key_id"])
        return orjson.dumps(kept | {"drawing": record["drawing"]})
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return line


def is_whole(drawing: list) -> bool:
    """Whether all coordinates of a checked drawing are whole numbers in 0–255."""
    return all(
        0 <= value <= 255 and value == int(value) for stroke in drawing for values in stroke[:2] for value in values
    )


def check_drawing(drawing) -> None:
    """Raise Malformed if this is not a drawing: see `parse_line`."""
    if not isinstance(drawing, list):
        raise Malformed(f"'drawing' is {_kind(drawing)}, expected a list of strokes [[x, …], [y, …]]")
    if not drawing:
        raise Malformed("'drawing' has no strokes")
    num_lists = None
    for number, stroke in enumerate(drawing, 1):
        where = f"stroke {number}"
        if not isinstance(stroke, list) or not all(isinstance(values, list) for values in stroke):
            raise Malformed(f"{where} is not [[x, …], [y, …]]")
        if len(stroke) not in (2, 3):
            raise Malformed(f"{where} has {len(stroke)} lists, expected 2 (x, y) or 3 (x, y, t)")
        if num_lists not in (None, len(stroke)):
            raise Malformed(f"{where} has {len(stroke)} lists, stroke 1 has {num_lists}")
        num_lists = len(stroke)
        lengths = [len(values) for values in stroke]
        if len(set(lengths)) > 1:
            named = ", ".join(f"{length} {axis}" for length, axis in zip(lengths, "xyt", strict=False))
            raise Malformed(f"{where} has lists of different lengths: {named}")
        if not lengths[0]:
            raise Malformed(f"{where} has no points")
        for values in stroke:
            for value in values:
                if type(value) not in (int, float):
                    raise Malformed(f"{where} contains {_kind(value)}, expected numbers")
                if not abs(value) <= MAX_FLOAT32:
                    raise Malformed(f"{where} contains {value}, which is too large")


def _word(value) -> str:
    if not isinstance(value, str):
        raise Malformed(f"'word' is {_kind(value)}, expected a string")
    if len(value) > MAX_WORD:
        raise Malformed(f"'word' has {len(value)} characters, at most {MAX_WORD} are accepted")
    return value


def _countrycode(value) -> bytes:
    if not (isinstance(value, str) and len(value) <= 2 and value.isascii()):
        raise Malformed(f"'countrycode' is {_shown(value)}, expected two letters")
    return value.encode("ascii")


def _recognized(value) -> bool:
    if not isinstance(value, bool):
        raise Malformed(f"'recognized' is {_shown(value)}, expected true or false")
    return value


def _key_id(value) -> int:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 20:
        value = int(value)
    if type(value) is not int or not 0 <= value < 2**64:
        raise Malformed(f"'key_id' is {_shown(value)}, expected a string of digits below 2^64")
    return value


def _timestamp(value) -> np.datetime64:
    match = TIMESTAMP.fullmatch(value) if isinstance(value, str) else None
    try:
        if match:
            return np.datetime64("T".join(match.groups()), "us")
    except ValueError:
        pass
    raise Malformed(f"'timestamp' is {_shown(value)}, expected '2017-03-02 23:25:10.07453 UTC'")


PARSERS = {
    "key_id": _key_id,
    "word": _word,
    "countrycode": _countrycode,
    "recognized": _recognized,
    "timestamp": _timestamp,
}

KINDS = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", int: "a number", float: "a number"}


def _kind(value) -> str:
    return KINDS.get(type(value), "null")


def _shown(value) -> str:
    """The value if it is short enough for a message, otherwise its kind."""
    shown = repr(value) if type(value) in (str, bool, int, float) else _kind(value)
    return shown if len(shown) <= 60 else _kind(value)
