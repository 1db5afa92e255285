"""The intervals are those of a plain loop, hold the truth 95 times in a hundred, and never change."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import bootstrap

from sketch_classifier.evaluation.binary import binary_figures
from sketch_classifier.evaluation.bootstrap import CELLS, intervals
from sketch_classifier.evaluation.metrics import class_figures
from sketch_classifier.evaluation.outcomes import answers

ERROR = "expected_calibration_error"


def mean_of(values):
    return lambda counts: {"mean": values @ counts / counts.sum(axis=0)}


def test_intervals_are_those_of_scipy():
    values = np.random.default_rng(0).exponential(size=300)
    row = intervals(mean_of(values), 300, num_resamples=20_000).iloc[0]
    peer = bootstrap((values,), np.mean, method="percentile", n_resamples=20_000, rng=1).confidence_interval
    assert row["value"] == pytest.approx(values.mean(), abs=1e-6)
    assert (row["low"], row["high"]) == pytest.approx((peer.low, peer.high), abs=0.004)
    turned = intervals(mean_of(values), 300, {"mean"}, num_resamples=20_000).iloc[0]
    peer = bootstrap((values,), np.mean, method="basic", n_resamples=20_000, rng=1).confidence_interval
    assert (turned["low"], turned["high"]) == pytest.approx((peer.low, peer.high), abs=0.004)


def test_every_resample_is_as_large_as_the_sample_and_resamples_differ():
    size, seen = CELLS // 3, []  # so that they come three at a time

    def figures(counts):
        assert counts.shape[0] == size and (counts.sum(axis=0) == size).all()
        seen.append(counts[:50].T.copy())
        return {"first": counts[0]}

    intervals(figures, size, num_resamples=7)
    resamples = np.concatenate(seen[1:])  # the first are the drawings themselves
    assert (seen[0] == 1).all() and len(resamples) == 7
    assert len(np.unique(resamples, axis=0)) == 7


def test_the_same_seed_gives_the_same_intervals(random_logits):
    made = answers(*random_logits())
    first, second = (intervals(lambda counts: class_figures(made, counts), 400) for _ in range(2))
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    other = intervals(lambda counts: class_figures(made, counts), 400, seed=1)
    assert (other["value"] == first["value"]).all() and (other["low"] != first["low"]).any()


def test_a_figure_that_is_undefined_in_resamples_or_altogether():
    """One positive drawing of four: more than a quarter of the resamples have none."""
    logits, labels = np.array([2.0, -1.0, -2.0, 3.0]), np.array([1, 0, 0, 0])
    table = intervals(lambda counts: binary_figures(logits, labels, None, counts), 4).set_index("figure")
    assert table.loc["recall", "value"] == 1 and table.loc["recall", ["low", "high"]].isna().all()
    assert table.loc["roc_auc", "value"] == pytest.approx(2 / 3, abs=1e-6)
    assert table.loc["roc_auc", ["low", "high"]].tolist() == [0, 1]
    none = intervals(lambda counts: binary_figures(logits, 0 * labels, None, counts), 4).set_index("figure")
    assert none.loc[["recall", "roc_auc"]].isna().all(axis=None)


@pytest.mark.parametrize(("right", "ends"), [(15, (0.796117, 1)), (0, (0, 0.203883))])
def test_where_no_resample_differs_a_share_has_wilsons_interval_and_other_figures_have_none(right, ends):
    logits = np.tile(np.array([5.0, 0.0, 0.0]), (15, 1))
    made = answers(logits, np.full(15, 0 if right else 1))
    table = intervals(lambda counts: class_figures(made, counts), 15, shares=["accuracy"]).set_index("figure")
    assert table.loc["accuracy"].tolist() == pytest.approx([right / 15, *ends], abs=1e-6)
    assert table.drop("accuracy")[["low", "high"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("seed", "num_classes", "unclear", "num_resamples", "large"),
    [
        pytest.param(0, 4, 1.0, 250, 300_000, marks=pytest.mark.slow),
        pytest.param(1, 2, 1.5, 1000, 1_000_000, marks=pytest.mark.slow),
    ],
)
def test_intervals_hold_the_truth_in_95_percent(seed, num_classes, unclear, num_resamples, large):
    """The truth is that of a very large sample. The calibration error is that of a model which is too sure."""
    rng = np.random.default_rng(seed)

    def sample(size):
        labels = rng.choice(
            num_classes, p=np.arange(1, num_classes + 1) / np.arange(1, num_classes + 1).sum(), size=size
        )
        logits = rng.normal(scale=unclear, size=(size, num_classes)) + (labels[:, None] == np.arange(num_classes))
        return 3 * logits, labels

    def figures_of(logits, labels):
        made = answers(logits, labels)
        positive = logits[:, 1] - logits[:, 0]

        def figures(counts):
            return class_figures(made, counts) | (
                binary_figures(positive, labels, 0.4, counts) if num_classes == 2 else {}
            )

        return figures

    truth = {name: value[0] for name, value in figures_of(*sample(large))(np.ones((large, 1))).items()}
    rounds, held = 300, dict.fromkeys(truth, 0)
    for number in range(rounds):
        table = intervals(figures_of(*sample(400)), 400, {ERROR}, num_resamples, number)
        for row in table.itertuples():
            held[row.figure] += row.low <= truth[row.figure] <= row.high
    shares = {name: count / rounds for name, count in held.items()}
    # 300 rounds at 95 % give 0.925 to 0.975 nineteen times in twenty.
    assert {name: share for name, share in shares.items() if not 0.91 <= share <= 0.985} == {}


def test_the_interval_of_a_small_calibration_error_reaches_down_to_it():
    """A well-calibrated model: quantiles of resamples alone would never hold its true error, which is almost 0."""
    rng = np.random.default_rng(0)
    lows, values = [], []
    for number in range(40):
        logits = rng.normal(scale=2, size=(1000, 5))
        labels = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
        made = answers(logits, labels)
        table = intervals(lambda counts, made=made: class_figures(made, counts), 1000, {ERROR}, 200, number)
        row = table.set_index("figure").loc[ERROR]
        lows.append(row["low"])
        values.append(row["value"])
        assert 0 <= row["low"] <= row["high"]
    assert np.mean(lows) < np.mean(values) / 3
