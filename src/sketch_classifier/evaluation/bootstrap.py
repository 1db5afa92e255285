"""Bootstrap 95 % confidence intervals of metrics over the test drawings. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Container

import numpy as np
import pandas as pd

from sketch_classifier.evaluation.confusion import DIGITS, wilson

RESAMPLES = 1000
SEED = 0  # constant, so that two models are evaluated on the same resamples of the same test drawings
ROUNDING = 1e-12  # rounding error of the sums over equal resamples
CELLS = 2**21  # of the matrix of counts that is in memory at a time
SINGLE, NUM_GROUPS = 2**17, 2**14  # drawings up to which each is resampled by itself; number of groups beyond that


def groups_of(size: int) -> np.ndarray | None:
    """(size,) int: the group of each drawing, where groups are random and of equal size; None up to SINGLE drawings.

    For large test sets, groups are resampled instead of drawings, because 1,000 resamples of all drawings would take
    minutes. As the groups are random, the interval is the same up to sampling error: with G groups, the relative error
    of the standard deviation is about √(1 / 2G), 0.6 %.
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
    """One row per metric: figure (its name), value, and the 95 % interval from low to high, rounded to DIGITS.

    figures   maps counts (size, R) float64, how often drawing i is in resample r, to name → (R,) float64
    size      the number of drawings, at least 1
    inflated  names of non-negative metrics that are biased upwards on small samples, such as the calibration error
    shares    names of metrics that are a proportion of all drawings
    groups    the result of `groups_of`; if not None, `figures` takes counts of the groups, (G, R)

    Uses the percentile bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13): the 2.5
    and 97.5 % quantiles over resamples of `size` drawings with replacement. The interval reflects the choice of the
    test drawings, not the randomness of training. Resamples in which a metric is undefined (NaN) are left out; if the
    metric is undefined on the test set itself, so is its interval. The interval is also undefined if all resamples have
    the same value, for example if every prediction is correct, because the bootstrap then cannot estimate the variance.
    Proportions then get Wilson's interval (Journal of the American Statistical Association 22, 1927).

    A metric that is biased upwards is higher on a resample than on the test set, where it is already higher than the
    true value, so the percentile interval would be biased twice. It gets the basic bootstrap interval (Davison and
    Hinkley, Bootstrap Methods and their Application, 1997, section 5.2), in which the quantiles are reflected around
    the value, clipped at 0. The value itself may lie above the interval.
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
    """(size, num) float64: how often each drawing is in each of `num` resamples of `size` drawings."""
    counts = [np.bincount(rng.integers(size, size=size), minlength=size) for _ in range(num)]
    return np.stack(counts, axis=1).astype(np.float64)
