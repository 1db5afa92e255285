"""Paired comparison of two classifiers on the same drawings: confidence interval and McNemar's test. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.stats import binomtest

from sketch_classifier.evaluation.confusion import wilson


@dataclass(frozen=True)
class Paired:
    """The comparison of two classifiers, a and b, on the same n drawings.

    n01, n10    the number of drawings that only b, and only a, classifies correctly
    difference  accuracy of b minus accuracy of a, with the 95% interval from low to high
    p_value     of McNemar's exact test: the probability of a split of n01 + n10 at least as uneven if both are equally
                good
    """

    num_shared: int
    accuracy_a: float
    accuracy_b: float
    n01: int
    n10: int
    difference: float
    low: float
    high: float
    p_value: float


def compare_paired(right_a: np.ndarray, right_b: np.ndarray) -> Paired:
    """Compare two classifiers; right_a and right_b, both (n,) bool, say which of n ≥ 1 drawings each gets right.

    Uses the exact binomial version of McNemar's test (McNemar, Psychometrika 12, 1947), which is valid for any number
    of discordant pairs, and interval method 10 of Newcombe, Statistics in Medicine 17, 1998, pages 2635–2650.
    """
    right_a, right_b = np.asarray(right_a, bool), np.asarray(right_b, bool)
    total = len(right_a)
    both, n10, n01 = int((right_a & right_b).sum()), int((right_a & ~right_b).sum()), int((~right_a & right_b).sum())
    low, high = paired_interval(both, n10, n01, total - both - n10 - n01)
    return Paired(
        num_shared=total,
        accuracy_a=(both + n10) / total,
        accuracy_b=(both + n01) / total,
        n01=n01,
        n10=n10,
        difference=(n01 - n10) / total,
        low=low,
        high=high,
        p_value=float(binomtest(n01, n01 + n10).pvalue) if n01 + n10 else 1.0,
    )


def paired_interval(both: int, only_a: int, only_b: int, neither: int) -> tuple[float, float]:
    """The 95% interval of accuracy b − accuracy a, from the numbers of drawings that both, one or none get right."""
    total = both + only_a + only_b + neither
    a, b = (both + only_a) / total, (both + only_b) / total
    (low_a, high_a), (low_b, high_b) = wilson(both + only_a, total), wilson(both + only_b, total)
    margins = (both + only_a) * (only_b + neither) * (both + only_b) * (only_a + neither)
    excess: float = both * neither - only_a * only_b
    if excess > 0:
        excess = max(excess - total / 2, 0)
    correlation = excess / sqrt(margins) if margins else 0.0
    below = _hypotenuse(b - low_b, high_a - a, correlation)
    above = _hypotenuse(high_b - b, a - low_a, correlation)
    return b - a - below, b - a + above


def holm(p_values: np.ndarray) -> np.ndarray:
    """(m,) p values, adjusted for m multiple tests (Holm, Scandinavian Journal of Statistics 6, 1979)."""
    p_values = np.asarray(p_values, float)
    order = np.argsort(p_values, kind="stable")
    factors = len(p_values) - np.arange(len(p_values))
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1)
    return corrected


def _hypotenuse(first: float, second: float, correlation: float) -> float:
    return sqrt(max(first**2 - 2 * correlation * first * second + second**2, 0.0))
