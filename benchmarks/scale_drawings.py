"""Many made-up drawings in the bucket's layout: synthetic ones, and mirrored, turned and jittered copies of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from checkout import ROOT  # noqa: F401  the package of this folder

from sketch_classifier import synthetic
from sketch_classifier.drawings.formats import write_ndjson
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.synthetic.templates import categories

NUM_CATEGORIES = 345
EACH = 40  # drawings of each synthetic category that copies are made of
BLOCK = 4096  # drawings made at a time
FIRST_KEY = 1 << 52


def make_drawings(folder: Path, count: int, seed: int = 0) -> None:
    """Write `count` simplified drawings to `folder`/simplified/category 000.ndjson … category 344.ndjson."""
    base = _base(seed)
    rng = np.random.default_rng(seed)
    (folder / "simplified").mkdir(parents=True)
    bounds = np.linspace(0, count, NUM_CATEGORIES + 1).astype(int)
    for number in range(NUM_CATEGORIES):
        name = f"category {number:03}"
        with (folder / f"simplified/{name}.ndjson").open("wb") as file:
            for start in range(bounds[number], bounds[number + 1], BLOCK):
                stop = min(start + BLOCK, bounds[number + 1])
                write_ndjson(file, _copies(base, np.arange(start, stop), name, rng))


@cache
def _base(seed: int) -> Drawings:
    return simplify(Drawings.concatenate([synthetic.generate(name, EACH, seed)[0] for name in categories()]))


def _copies(base: Drawings, numbers: np.ndarray, word: str, rng: np.random.Generator) -> Drawings:
    """Copies with these numbers, each of a drawing chosen at random."""
    count = len(numbers)
    chosen = base[rng.integers(0, len(base), count)]
    bounds = chosen.stroke_offsets[chosen.drawing_offsets]
    of_point = np.repeat(np.arange(count), np.diff(bounds))
    points = chosen.points.astype(np.int16)
    turned = rng.random(count) < 0.5
    points = np.where(turned[of_point, None], points[:, ::-1], points)
    largest = np.maximum.reduceat(points, bounds[:-1])
    mirrored = rng.random((count, 2)) < 0.5
    points = np.where(mirrored[of_point], largest[of_point] - points, points)
    points = np.clip(points + rng.integers(-1, 2, points.shape), 0, 255).astype(np.uint8)
    return Drawings(
        points,
        chosen.stroke_offsets,
        chosen.drawing_offsets,
        key_id=(FIRST_KEY + numbers).astype(np.uint64),
        word=np.full(count, word),
        countrycode=chosen.countrycode,
        recognized=chosen.recognized,
        timestamp=chosen.timestamp,
    )
