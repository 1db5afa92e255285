"""Splits drawings into training, validation and test sets by a hash of each drawing."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from sketch_classifier.data.dataset import SPLITS
from sketch_classifier.errors import UserError
from sketch_classifier.params import Split


@dataclass(frozen=True)
class Division:
    """How the drawings of a dataset are split: by the source's own splits as far as it has any, otherwise by a hash.

    own    the splits that the source has; if empty, all drawings are split by hash
    split  fractions and folds
    """

    split: Split
    own: frozenset[str]

    @classmethod
    def of(cls, split: Split, own: Set[str | None]) -> Division:
        """The division of a source with these splits of its own (None: drawings that are in no split).

        Raises UserError if the settings do not fit the source.
        """
        named = frozenset(name for name in own if name)
        if split.protocol == "random" or named == {"train"} or "train" not in named:
            return cls(split, frozenset())
        if split.folds:
            raise UserError(
                "split.folds: the source has its own splits; set split.protocol to random to put its parts "
                "together, or split.folds to 0"
            )
        return cls(split, named)

    def filled(self, splits: np.ndarray, fractions: np.ndarray) -> np.ndarray:
        """The splits of all N drawings, changed so that no split with a non-zero fraction is empty.

        Small datasets may have empty splits by chance. `fractions` are the drawings' `hash_fractions`, (N,). An empty
        split receives the drawing, with its copies, whose hash is closest to the split's range of hashes. Nothing
        changes if the source has its own splits, with folds, or with fewer than three distinct drawings.
        """
        places = np.unique(fractions)
        if self.own or self.split.folds or len(places) < len(SPLITS):
            return splits
        splits = splits.copy()
        test, end = self.split.test, self.split.test + self.split.validation
        for name, start, stop in (("test", 0.0, test), ("validation", test, end), ("train", end, 1.0)):
            if getattr(self.split, name) and not (splits == SPLITS.index(name)).any():
                of_place = np.array([splits[fractions == place][0] for place in places])
                spare = places[np.bincount(of_place, minlength=len(SPLITS))[of_place] > 1]
                away = np.maximum(start - spare, spare - stop)
                splits[fractions == spare[away.argmin()]] = SPLITS.index(name)
        return splits

    def assign(self, bitmaps: np.ndarray, own: str | None) -> np.ndarray:
        """The split of each drawing, (N,) int8 index into SPLITS, for a part that belongs to split `own` in the source.

        Splits that the source lacks are taken from its training drawings, with the fractions of `split`.
        """
        split = self.split
        if not self.own:
            return assign_splits(bitmaps, split.validation, split.test, split.folds, split.fold)
        if own in ("validation", "test"):
            return np.full(len(bitmaps), SPLITS.index(own), np.int8)
        validation = 0.0 if "validation" in self.own else split.validation
        test = 0.0 if "test" in self.own else split.test
        rest = split.train + validation + test
        if not rest:
            return np.full(len(bitmaps), SPLITS.index("train"), np.int8)
        return assign_splits(bitmaps, validation / rest, test / rest)


def assign_splits(bitmaps: np.ndarray, validation: float, test: float, folds: int = 0, fold: int = 0) -> np.ndarray:
    """The split of each drawing, (N,) int8 index into SPLITS, from a hash of its 28×28 bitmap, (N, 28, 28) uint8.

    Equal bitmaps are always in the same split, whatever their category, format or position in a file, so duplicates
    never leak between splits; adding or removing drawings does not affect others. Test takes the lowest hashes and
    validation the next, so changing `validation` does not change the test set.

    With `folds` above 0, the range of hashes is divided into that many equal parts instead, whatever `test` is: part
    `fold` (from 0) is test, so each drawing is in the test set of exactly one fold. Of the rest, the fraction
    validation / (1 − test) that follows it (cyclically) is validation.
    """
    fraction = hash_fractions(bitmaps)
    if folds:
        place = fraction * folds
        part = np.minimum(place.astype(np.int64), folds - 1)  # the largest fractions round up to `folds`
        is_test = part == fold
        is_validation = ~is_test & ((place - fold - 1) % folds < validation / (1 - test) * (folds - 1))
    else:
        is_test = fraction < test
        is_validation = ~is_test & (fraction < test + validation)
    split = np.full(len(bitmaps), SPLITS.index("train"), np.int8)
    split[is_validation] = SPLITS.index("validation")
    split[is_test] = SPLITS.index("test")
    return split


def hash_fractions(bitmaps: np.ndarray) -> np.ndarray:
    """(N,) float64 in [0, 1): the BLAKE2b hash of each drawing's bytes, scaled to the unit interval."""
    digests = b"".join(blake2b(row, digest_size=8).digest() for row in np.ascontiguousarray(bitmaps))
    return (np.frombuffer(digests, "<u8") >> np.uint64(11)) / float(1 << 53)
