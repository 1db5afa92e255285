"""Each figure against a computation of another kind, of the drawings and of samples of them."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics as peer

from sketch_classifier.evaluation.metrics import class_figures, probability_figures
from sketch_classifier.evaluation.outcomes import answers


def of_all(logits, labels):
    """The figures of the drawings themselves."""
    found = class_figures(answers(logits, labels), np.ones((len(labels), 1)))
    return {name: float(value[0]) for name, value in found.items()}


def average_precision_at_3(logits, labels):
    """Kaggle's definition: the sum over the first three guesses of precision at the guess where it is right."""
    scores = []
    for row, label in zip(logits, labels, strict=True):
        guesses = sorted(range(len(row)), key=lambda c, row=row: -row[c])[:3]
        scores.append(sum((guess == label) / place for place, guess in enumerate(guesses, 1)))
    return sum(scores) / len(scores)


def calibration_error(logits, labels):
    """One bin after another, one drawing after another."""
    exact = np.exp(logits.astype(np.float64))
    exact /= exact.sum(axis=1, keepdims=True)
    confidence, right = exact.max(axis=1), exact.argmax(axis=1) == labels
    total = 0.0
    for low in range(15):
        inside = [i for i in range(len(labels)) if low / 15 < confidence[i] <= (low + 1) / 15]
        if inside:
            total += len(inside) / len(labels) * abs(np.mean(right[inside]) - np.mean(confidence[inside]))
    return total


def independent(logits, labels):
    """All figures from scikit-learn and from loops."""
    predicted, every = logits.argmax(axis=1), np.arange(logits.shape[1])
    exact = np.exp(logits.astype(np.float64))
    exact /= exact.sum(axis=1, keepdims=True)
    recalls = [np.mean(predicted[labels == label] == label) for label in set(labels.tolist())]
    return {
        "accuracy": peer.accuracy_score(labels, predicted),
        "balanced_accuracy": np.mean(recalls),
        "macro_f1": peer.f1_score(labels, predicted, average="macro", zero_division=0),
        "top3_accuracy": peer.top_k_accuracy_score(labels, logits, k=3, labels=every),
        "top5_accuracy": peer.top_k_accuracy_score(labels, logits, k=5, labels=every),
        "map3": average_precision_at_3(logits, labels),
        "log_loss": peer.log_loss(labels, exact, labels=every),
        "expected_calibration_error": calibration_error(logits, labels),
    }


def test_by_hand():
    probabilities = np.array(
        [
            [0.70, 0.20, 0.06, 0.04],  # right
            [0.40, 0.35, 0.15, 0.10],  # the right one is second
            [0.10, 0.20, 0.30, 0.40],  # third
            [0.40, 0.30, 0.25, 0.05],  # last
        ]
    )
    found = of_all(np.log(probabilities), np.array([0, 1, 1, 3]))
    expected = {
        "accuracy": 1 / 4,
        "balanced_accuracy": (1 + 0 + 0) / 3,  # nobody drew class 2
        "macro_f1": (1 / 2 + 0 + 0) / 3,  # class 0: precision 1/3, recall 1; classes 1 and 3: 0; class 2 occurs nowhere
        "top3_accuracy": 3 / 4,
        "map3": (1 + 1 / 2 + 1 / 3 + 0) / 4,
        "log_loss": -sum(map(math.log, [0.70, 0.35, 0.20, 0.05])) / 4,
        "expected_calibration_error": (3 * 0.4 + 0.3) / 4,  # 0.4 three times, never right; 0.7 once, right
    }
    assert found == pytest.approx(expected)
    assert list(found) == list(expected)


@pytest.mark.parametrize("num_classes", [6, 7, 40])
def test_against_other_computations(random_logits, num_classes):
    logits, labels = random_logits(num_classes)
    assert of_all(logits, labels) == pytest.approx(independent(logits, labels), abs=1e-9)


def test_a_sample_is_measured_as_if_its_drawings_lay_there(random_logits):
    """With few drawings of many classes, so that samples lack classes."""
    logits, labels = random_logits(12, count=40)
    rng = np.random.default_rng(1)
    chosen = rng.integers(40, size=(40, 25))
    counts = np.stack([np.bincount(column, minlength=40) for column in chosen.T], axis=1).astype(float)
    found = class_figures(answers(logits, labels), counts)
    for number, rows in enumerate(chosen.T):
        figures = {name: value[number] for name, value in found.items()}
        assert figures == pytest.approx(independent(logits[rows], labels[rows]), abs=1e-9)


def test_figures_after_scaling_are_those_of_the_scaled_logits(random_logits):
    logits, labels = random_logits()
    found = probability_figures(answers(logits, labels, 2.5), np.ones((len(labels), 1)), "_scaled")
    expected = independent(logits / np.float32(2.5), labels)
    assert {name: value[0] for name, value in found.items()} == pytest.approx(
        {f"{name}_scaled": expected[name] for name in ("log_loss", "expected_calibration_error")}, abs=1e-6
    )


@pytest.mark.parametrize(
    ("num_classes", "left_out"),
    [
        (2, {"top3_accuracy", "top5_accuracy", "map3"}),
        (3, {"top3_accuracy", "top5_accuracy"}),
        (4, {"top5_accuracy"}),
        (5, {"top5_accuracy"}),
        (6, set()),
    ],
)
def test_figures_that_say_nothing_with_so_few_classes_are_left_out(random_logits, num_classes, left_out):
    every = set(of_all(*random_logits(9)))
    assert every - set(of_all(*random_logits(num_classes))) == left_out


@st.composite
def any_logits(draw):
    """Logits with many ties, and labels that leave classes out."""
    count, num_classes = draw(st.integers(1, 12)), draw(st.integers(2, 8))
    values = draw(arrays(np.int8, (count, num_classes), elements=st.integers(-3, 3))).astype(np.float32)
    return values, draw(arrays(np.int64, count, elements=st.integers(0, num_classes - 1)))


@settings(deadline=None)
@given(any_logits())
def test_what_always_holds(made):
    logits, labels = made
    found = {"top3_accuracy": 1.0, "top5_accuracy": 1.0, **of_all(logits, labels)}
    found.setdefault("map3", found["accuracy"])
    assert found["accuracy"] <= found["top3_accuracy"] <= found["top5_accuracy"] <= 1
    assert found["accuracy"] <= found["map3"] + 1e-12 and found["map3"] <= found["top3_accuracy"] + 1e-12
    assert found["accuracy"] == pytest.approx(np.mean(logits.argmax(axis=1) == labels))
    assert 0 <= found["balanced_accuracy"] <= 1 and 0 <= found["macro_f1"] <= 1
    assert 0 <= found["expected_calibration_error"] <= 1 and found["log_loss"] >= 0
    json.dumps(found, allow_nan=False)
