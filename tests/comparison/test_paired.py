"""Intervals and McNemar's test against counting, simulation and SciPy."""

from fractions import Fraction
from functools import cache
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch_classifier.comparison import paired
from sketch_classifier.comparison.paired import compare_paired, holm, paired_interval

counts = st.integers(0, 60)


def answers(both: int, only_a: int, only_b: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """Two arrays of right and wrong, in an order that means nothing."""
    right = np.repeat(
        [[True, True], [True, False], [False, True], [False, False]], [both, only_a, only_b, neither], axis=0
    )
    np.random.default_rng(0).shuffle(right)
    return right[:, 0], right[:, 1]


@given(counts, counts, counts, counts)
def test_mcnemar_is_a_fair_coin_thrown_for_each_discordant_drawing(both, only_a, only_b, neither):
    if both + only_a + only_b + neither == 0:
        return
    found = compare_paired(*answers(both, only_a, only_b, neither))
    thrown, fewer = only_a + only_b, min(only_a, only_b)
    tail = Fraction(sum(comb(thrown, heads) for heads in range(fewer + 1)), 2**thrown)
    assert found.p_value == pytest.approx(float(min(2 * tail, 1)), rel=1e-9)
    assert (found.n01, found.n10) == (only_b, only_a)
    total = both + only_a + only_b + neither
    assert (found.num_shared, found.difference) == (total, pytest.approx((only_b - only_a) / total))
    assert (found.accuracy_a, found.accuracy_b) == ((both + only_a) / total, (both + only_b) / total)


@given(counts, counts, counts, counts)
def test_the_interval_holds_the_difference_and_turns_with_the_order(both, only_a, only_b, neither):
    if both + only_a + only_b + neither == 0:
        return
    low, high = paired_interval(both, only_a, only_b, neither)
    difference = (only_b - only_a) / (both + only_a + only_b + neither)
    assert -1 - 1e-9 <= low <= difference + 1e-9 and difference - 1e-9 <= high <= 1 + 1e-9
    assert paired_interval(both, only_b, only_a, neither) == pytest.approx((-high, -low))


def test_the_interval_of_many_drawings_is_that_of_a_bootstrap():
    drawn = np.array([3000, 240, 400, 360])
    samples = np.random.default_rng(0).multinomial(drawn.sum(), drawn / drawn.sum(), 40_000)
    bootstrap = np.percentile((samples[:, 2] - samples[:, 1]) / drawn.sum(), [2.5, 97.5])
    np.testing.assert_allclose(paired_interval(*drawn), bootstrap, atol=6e-4)


@pytest.mark.parametrize("shares", [(0.8, 0.04, 0.08, 0.08), (0.6, 0.1, 0.1, 0.2), (0.85, 0.03, 0.06, 0.06)])
def test_the_interval_of_few_drawings_holds_the_truth_in_95_percent(shares, monkeypatch):
    monkeypatch.setattr(paired, "wilson", cache(paired.wilson))  # of 100 drawings there are but 101 shares
    samples = np.random.default_rng(1).multinomial(100, shares, 4000)
    intervals = np.array([paired_interval(*sample) for sample in samples.tolist()])
    truth = shares[2] - shares[1]
    covered = np.mean((intervals[:, 0] <= truth) & (truth <= intervals[:, 1]))
    assert 0.94 <= covered <= 0.985


def test_holm():
    """Worked by hand: the smallest times 4, the next times 3, …, never less than one before, never above 1."""
    np.testing.assert_allclose(holm([0.04, 0.01, 0.03, 0.02]), [0.06, 0.04, 0.06, 0.06])
    np.testing.assert_allclose(holm([0.5, 0.9, 0.001]), [1.0, 1.0, 0.003])
    assert len(holm([])) == 0
