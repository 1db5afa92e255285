"""Generates synthetic drawings, each a function of only (seed, category, number), with their ground truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate

import numpy as np

from sketch_classifier.drawings.strokes import Drawings, offsets_of
from sketch_classifier.errors import UserError, unknown_name
from sketch_classifier.synthetic.countries import SHARES
from sketch_classifier.synthetic.flaws import spoil
from sketch_classifier.synthetic.hand import Style, draw
from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import categories, templates_of

WRONG_LABEL_EVERY = 50  # exactly one of this many consecutive drawings shows another category: 2 %
BAD_SHARE = 0.08

_COUNTRIES = np.array(list(SHARES), "S2")
_SHARES = np.cumsum(list(SHARES.values())) / sum(SHARES.values())
_FIRST_KEY = 1 << 52  # the dataset's key_ids are between 2**52 and 1.5 * 2**52, so they have 16 digits
_KEY_BITS = 51


@dataclass(frozen=True, eq=False)
class Truth:
    """The ground truth that the dataset's files do not contain, for N drawings.

    drawn  (N,) str: the category actually drawn; it differs from the drawing's word for 2 %
    bad    (N,) bool: unfinished, scribbled over, squashed, scrawled, or with missing parts; never recognised
    """

    drawn: np.ndarray
    bad: np.ndarray


def generate(
    category: str, num: int, seed: int, *, start: int = 0, among: Sequence[str] | None = None
) -> tuple[Drawings, Truth]:
    """Raw drawings number `start` … `start + num - 1` of a category, with times, and their ground truth.

    A larger `num` begins with the same drawings. Mislabelled ones show another category of `among`, or any other if
    there is none. Raises UserError for a category without a template.
    """
    check(category)
    others = _others(category, among or ()) or _others(category, categories())
    code = int.from_bytes(sha256(category.encode()).digest()[:3], "big")
    points, lengths, times, num_strokes, drawn, bad, country, seconds = [], [], [], [], [], [], [], []
    for i in range(start, start + num):
        rng = np.random.default_rng([seed, code, i])
        u = rng.random(4)
        what = others[int(u[0] * len(others))] if i == _wrong(seed, code, i) else category
        where = int(np.searchsorted(_SHARES, u[1], side="right"))
        flawed = bool(u[2] < BAD_SHARE)
        xy, n, t = _drawing(what, _COUNTRIES[where].decode(), flawed, rng)
        points.append(xy)
        lengths.append(n)
        times.append(t)
        num_strokes.append(len(n))
        drawn.append(what)
        bad.append(flawed)
        country.append(where)
        seconds.append(u[3])
    numbers = np.arange(start, start + num)
    drawings = Drawings(
        points=np.concatenate([np.empty((0, 2)), *points]),
        stroke_offsets=offsets_of(np.concatenate(lengths) if lengths else []),
        drawing_offsets=offsets_of(num_strokes),
        times=np.concatenate(times) if times else np.empty(0, np.float32),
        key_id=_key_ids(seed, code, numbers),
        word=np.full(num, category),
        countrycode=_COUNTRIES[np.array(country, int)],
        recognized=~np.array(bad, bool),
        timestamp=_timestamps(np.array(seconds)),
        row=numbers,
    )
    return drawings, Truth(np.array(drawn, dtype=str), np.array(bad, bool))


def check(*names: str) -> None:
    """Raise UserError for the first of the names that has no template."""
    for name in names:
        if name not in categories():
            raise UserError(unknown_name("synthetic category", name, categories()))


def _others(category: str, among: Sequence[str]) -> list[str]:
    return [other for other in among if other != category]


def _drawing(category: str, country: str, flawed: bool, rng: np.random.Generator):
    style = Style.random(rng)
    pen = Pen(rng, patience=style.patience, split=style.split)
    weighted = templates_of(category, country)
    bounds = list(accumulate(weight for weight, _ in weighted))
    pick = pen.u(0, bounds[-1])
    next(function for bound, (_, function) in zip(bounds, weighted, strict=True) if pick < bound)(pen)
    if flawed:
        style = spoil(pen, style)
    return draw(pen, style, rng)


def _wrong(seed: int, code: int, i: int) -> int:
    """The number of the mislabelled drawing in the block of 50 that contains drawing i."""
    block = i // WRONG_LABEL_EVERY
    digest = sha256(f"{seed} {code} {block}".encode()).digest()
    return block * WRONG_LABEL_EVERY + int.from_bytes(digest[:8], "big") % WRONG_LABEL_EVERY


def _key_ids(seed: int, code: int, numbers: np.ndarray) -> np.ndarray:
    """Unique keys for each (category, number) of a seed: scrambled from 24 bits of category and 27 bits of number."""
    mask = (1 << _KEY_BITS) - 1
    offset = int.from_bytes(sha256(f"key {seed}".encode()).digest()[:8], "big") & mask
    scrambled = (numbers.astype(np.uint64) | np.uint64(code << 27)) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(offset)
    return (scrambled & np.uint64(mask)) + np.uint64(_FIRST_KEY)


def _timestamps(u: np.ndarray) -> np.ndarray:
    """Timestamps in the first quarter of 2017, in multiples of ten microseconds as in the dataset."""
    ticks = (u * 90 * 86_400 * 100_000).astype(np.int64)
    return np.datetime64("2017-01-01", "us") + (ticks * 10).astype("timedelta64[us]")
