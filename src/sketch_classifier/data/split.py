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
    """How the drawings of a data set are divided: by the source's own division as far as it has one, else by a hash.

    own    the splits that the source has of its own; empty: the hash decides on all drawings
    split  the shares, and the folds
    """

    split: Split
    own: frozenset[str]

    @classmethod
    def of(cls, split: Split, own: Set[str | None]) -> Division:
        """The division of a source with these splits of its own (None: drawings that are in none).

        Raises UserError if they cannot be divided in this way.
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
        """The same splits of all N drawings, but none without a drawing that has a share, which few drawings may give.

        `fractions` are the drawings' `hash_fractions`, (N,). An empty split takes the drawings, one and its
        copies, whose hash comes nearest to its part of all hashes. Where the source has a division of its own, where
        there are folds, or fewer than three different drawings, nothing changes.
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
        """The split of each drawing, (N,) int8 index into SPLITS, of a part that is this split in the source.

        Of the source's training drawings, those become validation and test that it has none of, in these shares.
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

    Equal bitmaps always share a split, whatever their category, format or place in a file, so no copy can straddle two;
    adding or removing drawings moves no other. Test takes the lowest hashes and validation the next, so a change of
    `validation` leaves the test drawings as they are.

    With `folds` above 0 the hashes are cut in so many equal parts instead, whatever `test` is: part `fold` (from 0) is
    test, so each drawing is test in exactly one fold. Of the rest, the share validation / (1 − test) that comes next
    (after the last part, the first) is validation.
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
    """(N,) float64 in [0, 1): the BLAKE2b hash of each drawing's bytes as a fraction of all hashes."""
    digests = b"".join(blake2b(row, digest_size=8).digest() for row in np.ascontiguousarray(bitmaps))
    return (np.frombuffer(digests, "<u8") >> np.uint64(11)) / float(1 << 53)
