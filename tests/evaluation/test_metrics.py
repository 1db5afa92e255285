"""Each figure against a computation of another kind, and what must hold whatever the predictions are."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics as peer

from sketch_classifier.evaluation.metrics import (
    confusion_matrix,
    expected_calibration_error,
    metrics,
    per_class,
    ranks,
)

ORDER = [
    "accuracy", "balanced_accuracy", "macro_f1", "top3_accuracy", "top5_accuracy", "map3", "log_loss",
    "expected_calibration_error", "num_test",
]  # fmt: skip


def random_predictions(num_classes=7, count=400, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(num_classes, size=count)
    logits = rng.normal(size=(count, num_classes)) + 1.5 * (labels[:, None] == np.arange(num_classes))
    values = np.exp(logits)
    return (values / values.sum(axis=1, keepdims=True)).astype(np.float32), labels


@st.composite
def any_predictions(draw):
    """Probabilities with many ties and zeros, and labels that leave classes out."""
    count, num_classes = draw(st.integers(1, 12)), draw(st.integers(2, 8))
    values = draw(arrays(np.int8, (count, num_classes), elements=st.integers(0, 3))).astype(np.float32)
    values[values.sum(axis=1) == 0] = 1
    labels = draw(arrays(np.int64, count, elements=st.integers(0, num_classes - 1)))
    return values / values.sum(axis=1, keepdims=True), labels


def test_by_hand():
    probabilities = np.array(
        [
            [0.70, 0.20, 0.06, 0.04],  # right
            [0.40, 0.35, 0.15, 0.10],  # the right one is second
            [0.10, 0.20, 0.30, 0.40],  # third
            [0.40, 0.30, 0.25, 0.05],  # last
        ]
    )
    found = metrics(probabilities, np.array([0, 1, 1, 3]))
    assert found["accuracy"] == 1 / 4
    assert found["balanced_accuracy"] == pytest.approx((1 + 0 + 0) / 3, abs=1e-6)  # nobody drew class 2
    # Class 0: precision 1/3, recall 1, F1 1/2; classes 1 and 3: 0; class 2 occurs nowhere.
    assert found["macro_f1"] == pytest.approx((1 / 2 + 0 + 0) / 3, abs=1e-6)
    assert found["top3_accuracy"] == 3 / 4
    assert found["top5_accuracy"] == 1
    assert found["map3"] == pytest.approx((1 + 1 / 2 + 1 / 3 + 0) / 4, abs=1e-6)
    assert found["log_loss"] == pytest.approx(-sum(map(math.log, [0.70, 0.35, 0.20, 0.05])) / 4, abs=1e-6)
    # 0.4 is the edge of bin (1/3, 2/5]: three drawings with confidence 0.4, none right; one with 0.7, right.
    assert found["expected_calibration_error"] == pytest.approx((3 * 0.4 + 0.3) / 4, abs=1e-6)
    assert found["num_test"] == 4
    assert list(found) == ORDER


def test_against_scikit_learn():
    probabilities, labels = random_predictions()
    found, predicted, every = metrics(probabilities, labels), probabilities.argmax(axis=1), np.arange(7)
    exact = probabilities / probabilities.sum(axis=1, keepdims=True, dtype=np.float64)
    expected = {
        "accuracy": peer.accuracy_score(labels, predicted),
        "balanced_accuracy": peer.balanced_accuracy_score(labels, predicted),
        "macro_f1": peer.f1_score(labels, predicted, average="macro"),
        "top3_accuracy": peer.top_k_accuracy_score(labels, probabilities, k=3, labels=every),
        "top5_accuracy": peer.top_k_accuracy_score(labels, probabilities, k=5, labels=every),
        "map3": np.mean([1 / (1 + list(np.argsort(-p)[:3]).index(y)) if y in np.argsort(-p)[:3] else 0
                         for p, y in zip(probabilities, labels, strict=True)]),
        "log_loss": peer.log_loss(labels, exact, labels=every),
    }  # fmt: skip
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=2e-6)


def test_calibration_error_one_drawing_at_a_time():
    rng = np.random.default_rng(0)
    confidence, correct = rng.uniform(size=500), rng.uniform(size=500) < 0.6
    total = 0.0
    for low in range(15):
        inside = [i for i in range(500) if low / 15 < confidence[i] <= (low + 1) / 15]
        if inside:
            total += len(inside) / 500 * abs(np.mean(correct[inside]) - np.mean(confidence[inside]))
    assert expected_calibration_error(confidence, correct) == pytest.approx(total)


def test_calibration_of_certainty():
    assert expected_calibration_error(np.ones(4), np.array([True, True, True, True])) == 0
    assert expected_calibration_error(np.ones(4), np.array([True, True, False, False])) == 0.5


def test_certain_and_wrong_is_finite():
    found = metrics(np.array([[1.0, 0.0], [1.0, 0.0]], np.float32), np.array([1, 1]))
    assert found["log_loss"] == pytest.approx(-math.log(np.finfo(float).eps), abs=1e-5)
    assert found["accuracy"] == 0


def test_certain_and_right_has_no_negative_zero():
    found = metrics(np.eye(3, dtype=np.float32), np.arange(3))
    assert json.dumps(found["log_loss"]) == "0.0"


@given(any_predictions())
def test_what_always_holds(given_predictions):
    probabilities, labels = given_predictions
    found = metrics(probabilities, labels)
    num_classes = probabilities.shape[1]
    assert found["accuracy"] <= found["top3_accuracy"] <= found["top5_accuracy"] <= 1
    assert found["accuracy"] <= found["map3"] <= found["top3_accuracy"]
    assert found["accuracy"] == pytest.approx(np.mean(probabilities.argmax(axis=1) == labels), abs=1e-6)
    assert num_classes > 3 or found["top3_accuracy"] == 1
    assert num_classes > 5 or found["top5_accuracy"] == 1
    assert 0 <= found["balanced_accuracy"] <= 1 and 0 <= found["macro_f1"] <= 1
    assert 0 <= found["expected_calibration_error"] <= 1 and found["log_loss"] >= 0
    json.dumps(found, allow_nan=False)


@given(any_predictions())
def test_ranks_are_those_of_a_stable_sort(given_predictions):
    probabilities, labels = given_predictions
    order = [sorted(range(len(row)), key=lambda c, row=row: (-row[c], c)) for row in probabilities]
    assert ranks(probabilities, labels).tolist() == [o.index(y) for o, y in zip(order, labels, strict=True)]


@given(any_predictions())
def test_tables_add_up(given_predictions):
    probabilities, labels = given_predictions
    names = tuple(f"class {number}" for number in range(probabilities.shape[1]))
    predicted = probabilities.argmax(axis=1)
    confusion, classes = confusion_matrix(labels, predicted, names), per_class(labels, predicted, names)
    assert list(confusion.index) == list(confusion.columns) == list(classes["class"]) == list(names)
    assert confusion.sum(axis=1).tolist() == np.bincount(labels, minlength=len(names)).tolist()
    assert confusion.sum(axis=0).tolist() == np.bincount(predicted, minlength=len(names)).tolist()
    assert classes["support"].tolist() == confusion.sum(axis=1).tolist()
    hits = np.diag(confusion)
    assert classes["recall"].to_numpy() == pytest.approx(hits / np.maximum(confusion.sum(axis=1), 1), abs=1e-6)
    assert classes["precision"].to_numpy() == pytest.approx(hits / np.maximum(confusion.sum(axis=0), 1), abs=1e-6)


def test_rows_of_the_confusion_matrix_are_what_was_drawn():
    confusion = confusion_matrix(np.array([0, 0, 1]), np.array([1, 1, 1]), ("cat", "dog"))
    assert confusion.loc["cat", "dog"] == 2
    assert confusion.loc["dog", "cat"] == 0
