"""The figures of the positive class against scikit-learn, and the threshold against trying them all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics as peer

from sketch_classifier.evaluation.binary import binary_figures, choose_threshold

LOGITS = st.integers(1, 30).flatmap(
    lambda count: st.tuples(
        arrays(np.float32, count, elements=st.integers(-4, 4).map(float)),  # with many ties
        arrays(np.int64, count, elements=st.integers(0, 1)),
    )
)


def independent(logits, labels, threshold):
    """All figures from scikit-learn."""
    probability = 1 / (1 + np.exp(-logits.astype(np.float64)))
    said = probability > threshold
    return {
        "precision": peer.precision_score(labels, probability > 0.5, zero_division=np.nan),
        "recall": peer.recall_score(labels, probability > 0.5, zero_division=np.nan),
        "roc_auc": peer.roc_auc_score(labels, probability) if len(set(labels.tolist())) == 2 else np.nan,
        "accuracy_at_threshold": peer.accuracy_score(labels, said),
        "balanced_accuracy_at_threshold": peer.balanced_accuracy_score(labels, said)
        if len(set(labels.tolist())) == 2 else np.nan,
        "precision_at_threshold": peer.precision_score(labels, said, zero_division=np.nan),
        "recall_at_threshold": peer.recall_score(labels, said, zero_division=np.nan),
    }  # fmt: skip


@settings(deadline=None)
@given(LOGITS, st.sampled_from([0.1, 0.4, 0.5, 0.93]), st.integers(0, 1000))
def test_against_scikit_learn_with_ties_and_of_samples(made, threshold, seed):
    logits, labels = made
    size = len(labels)
    chosen = np.stack([np.arange(size), np.random.default_rng(seed).integers(size, size=size)])
    counts = np.stack([np.bincount(rows, minlength=size) for rows in chosen], axis=1).astype(float)
    found = binary_figures(logits, labels, threshold, counts)
    for number, rows in enumerate(chosen):
        figures = {name: value[number] for name, value in found.items()}
        assert figures == pytest.approx(independent(logits[rows], labels[rows], threshold), nan_ok=True)


def test_without_a_threshold_there_are_no_figures_at_it():
    found = binary_figures(np.array([1.0, -1.0]), np.array([1, 0]), None, np.ones((2, 1)))
    assert list(found) == ["precision", "recall", "roc_auc"]


@settings(deadline=None)
@given(LOGITS)
def test_no_other_threshold_is_better_on_validation(made):
    logits, labels = made
    found = choose_threshold(logits, labels)
    if len(set(labels.tolist())) < 2:
        assert found is None
        return
    probability = 1 / (1 + np.exp(-logits.astype(np.float64)))

    def balanced(threshold):
        called = probability > threshold
        return (called[labels == 1].mean() + (~called[labels == 0]).mean()) / 2

    # Every cut that leaves drawings on both sides, if there is one.
    tried = [balanced(0.5), *(balanced(threshold) for threshold in sorted(set(probability))[:-1])]
    assert balanced(found) >= max(tried) - 1e-12
    assert balanced(found) > balanced(0.5) or found == 0.5
    assert found == round(found, 6)


def test_a_threshold_by_hand():
    """At 0.3 all positive drawings and 3 of 4 negative ones are called right; at 0.5 half of the positive ones."""
    probability = np.array([0.4, 0.9, 0.1, 0.1, 0.2, 0.8])
    labels = np.array([1, 1, 0, 0, 0, 0])
    assert choose_threshold(np.log(probability / (1 - probability)), labels) == pytest.approx(0.3)


def test_the_area_tells_apart_what_the_probability_no_longer_does():
    logits = np.array([90.0, 80.0], np.float32)  # both have a probability of 1 in floating point
    assert binary_figures(logits, np.array([1, 0]), None, np.ones((2, 1)))["roc_auc"][0] == 1
