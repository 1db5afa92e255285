"""Sums over bootstrap resamples of drawings or of groups of drawings. Pure functions.

R resamples of n drawings are given by `counts`, (n, R) float64: how often drawing i is in each of them. If `groups` is
not None, whole groups of drawings are resampled: it is (n,) int, the group of each drawing, and `counts` is (G, R).
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array


def total(counts: np.ndarray, groups: np.ndarray | None = None) -> np.ndarray:
    """(R,): the number of drawings in each resample."""
    return counts.sum(axis=0) if groups is None else np.bincount(groups, minlength=len(counts)) @ counts


def weighted(values: np.ndarray, counts: np.ndarray, groups: np.ndarray | None = None) -> np.ndarray:
    """(R,): the sum of values (n,) over each resample."""
    if groups is not None:
        values = np.bincount(groups, weights=values, minlength=len(counts))
    return values @ counts


def by_class(
    classes: np.ndarray,
    num_classes: int,
    counts: np.ndarray,
    values: np.ndarray | None = None,
    groups: np.ndarray | None = None,
) -> np.ndarray:
    """(num_classes, R): the sum of values (n,) over the drawings of each class in each resample.

    classes  (n,) int
    values   by default 1, which gives the number of drawings
    """
    if groups is not None:
        cells = classes * len(counts) + groups
        return np.bincount(cells, values, num_classes * len(counts)).reshape(num_classes, -1) @ counts
    values = np.ones(len(classes)) if values is None else values.astype(np.float64)
    one_hot = csr_array((values, (classes, np.arange(len(classes)))), shape=(num_classes, len(classes)))
    return one_hot @ counts
