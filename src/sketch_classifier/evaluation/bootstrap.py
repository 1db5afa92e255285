"""Metrics with their 95 % bootstrap intervals over the test drawings. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Container

import numpy as np
import pandas as pd

from sketch_classifier.evaluation.confusion import DIGITS, wilson

RESAMPLES = 1000
SEED = 0  # a constant: two models are measured on the same resamples of the same test drawings
ROUNDING = 1e-12  # by so much the sums over equal resamples may differ
CELLS = 2**21  # of the counts that are in memory at a time
SINGLE, NUM_GROUPS = 2**17, 2**14  # drawings up to which they are resampled one by one; groups of more


def groups_of(size: int) -> np.ndarray | None:
    """(size,) int: the group of each drawing, equally large and drawn at random; None up to SINGLE drawings.

    Groups are resampled instead of drawings where these are so many that 1,000 samples of them would take minutes. As
    the drawings of a group were drawn at random, the interval is the same but for its own error: the standard deviation
    of G groups is right within √(1 / 2G), 0.6 %.
    """
    if size <= SINGLE:
        return None
    return (np.random.default_rng(SEED).permutation(size) % NUM_GROUPS).astype(np.int32)


def intervals(
    figures: Callable[[np.ndarray], dict[str, np.ndarray]],
    size: int,
    inflated: Container[str] = (),
    num_resamples: int = RESAMPLES,
    seed: int = SEED,
    shares: Container[str] = (),
    groups: np.ndarray | None = None,
) -> pd.DataFrame:
    """One row a figure: figure, value, and the ends low and high of its 95 % interval, rounded to DIGITS.

    figures  from counts (size, R) float64, how often drawing i is in sample r, to name → (R,) float64
    size     how many drawings there are, at least 1
    inflated names of figures, at least 0, that chance makes larger, as it does the calibration error
    shares   names of figures that are the share of all the drawings for which something holds
    groups   of the drawings, as `groups_of` gives them: then `figures` takes counts of the groups, (G, R)

    The percentile bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13): the 2.5 and
    97.5 % quantiles over samples of `size` drawings with replacement. It is about the choice of the test drawings, not
    about training again. A sample in which a figure is undefined (NaN) is left out; where the figure of the drawings
    themselves is undefined, so is its interval. So it is, too, where no resample differs, as where every drawing is
    right: that says nothing of other drawings. A share then has Wilson's interval (Journal of the American Statistical
    Association 22, 1927).

    An inflated figure is larger in a resample than in the drawings, and there larger than in all drawings there could
    be: the quantiles would miss the truth twice over. Its interval is the basic bootstrap's (Davison and Hinkley,
    Bootstrap Methods and their Application, 1997, section 5.2), which turns the quantiles about the value, cut off
    at 0. The value itself may lie above it.
    """
    num_units = size if groups is None else NUM_GROUPS
    values = {name: float(value[0]) for name, value in figures(np.ones((num_units, 1))).items()}
    rng = np.random.default_rng(seed)
    at_once = max(1, CELLS // num_units)
    found: dict[str, list[np.ndarray]] = {name: [] for name in values}
    for start in range(0, num_resamples, at_once):
        for name, resamples in figures(_counts(rng, num_units, min(at_once, num_resamples - start))).items():
            found[name].append(resamples)
    rows = []
    for name, value in values.items():
        resampled = np.concatenate(found[name])
        resampled = resampled[~np.isnan(resampled)]
        known = not np.isnan(value) and len(resampled) and np.ptp(resampled) > ROUNDING
        low, high = np.quantile(resampled, (0.025, 0.975)) if known else (np.nan, np.nan)
        if name in inflated and known:
            low, high = np.maximum((2 * value - high, 2 * value - low), 0)
        if name in shares and not known:
            low, high = wilson(round(value * size), size)
        rows.append({"figure": name, "value": value, "low": low, "high": high})
    return pd.DataFrame(rows, columns=["figure", "value", "low", "high"]).round(DIGITS)


def _counts(rng: np.random.Generator, size: int, num: int) -> np.ndarray:
    """(size, num) float64: how often each drawing is in each of `num` samples of `size` drawings."""
    counts = [np.bincount(rng.integers(size, size=size), minlength=size) for _ in range(num)]
    return np.stack(counts, axis=1).astype(np.float64)
