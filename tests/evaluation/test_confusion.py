"""The confusion matrix, the table by class and the pairs, against scikit-learn and against counting."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import classification_report

from sketch_classifier.evaluation.confusion import classes_to_show, confusion_matrix, most_confused, per_class, wilson

NAMES = tuple(f"class {number}" for number in range(6))
ANSWERS = st.integers(1, 40).flatmap(
    lambda count: arrays(np.int64, (2, count), elements=st.integers(0, len(NAMES) - 1))
)


@settings(deadline=None)
@given(ANSWERS)
def test_the_confusion_matrix_counts(made):
    labels, predicted = made
    confusion = confusion_matrix(labels, predicted, NAMES)
    assert list(confusion.index) == list(confusion.columns) == list(NAMES)
    counted = Counter(zip(labels.tolist(), predicted.tolist(), strict=True))
    for i, actual in enumerate(NAMES):
        for j, said in enumerate(NAMES):
            assert confusion.loc[actual, said] == counted[i, j]


def test_rows_of_the_confusion_matrix_are_what_was_drawn():
    confusion = confusion_matrix(np.array([0, 0, 1]), np.array([1, 1, 1]), ("cat", "dog"))
    assert confusion.loc["cat", "dog"] == 2
    assert confusion.loc["dog", "cat"] == 0


@settings(deadline=None)
@given(ANSWERS)
def test_the_table_by_class_is_the_report_of_scikit_learn(made):
    labels, predicted = made
    table = per_class(labels, predicted, NAMES).set_index("class")
    report = classification_report(
        labels, predicted, labels=range(len(NAMES)), target_names=NAMES, output_dict=True, zero_division=0
    )
    for number, name in enumerate(NAMES):
        drawn, said = (labels == number).any(), (predicted == number).any()
        for figure, peer, known in (("precision", "precision", said), ("recall", "recall", drawn), ("f1", "f1-score", drawn or said)):  # fmt: skip
            value = table.loc[name, figure]
            assert value == pytest.approx(report[name][peer], abs=1e-6) if known else np.isnan(value)
        assert table.loc[name, "support"] == (labels == number).sum()


@settings(deadline=None)
@given(ANSWERS)
def test_the_pairs_hold_every_confusion_in_both_directions(made):
    labels, predicted = made
    table = most_confused(confusion_matrix(labels, predicted, NAMES))
    assert list(table.columns) == ["actual", "predicted", "count", "share", "pair_count"]
    counted = Counter((NAMES[i], NAMES[j]) for i, j in zip(labels, predicted, strict=True) if i != j)
    drawn = Counter(NAMES[i] for i in labels)
    expected = {pair for a, b in counted for pair in ((a, b), (b, a))}
    assert len(table) == len(expected)
    assert set(zip(table["actual"], table["predicted"], strict=True)) == expected
    for row in table.itertuples():
        assert row.count == counted[row.actual, row.predicted]
        assert row.pair_count == row.count + counted[row.predicted, row.actual]
        known = drawn[row.actual] > 0
        assert row.share == pytest.approx(row.count / drawn[row.actual], abs=1e-6) if known else np.isnan(row.share)
    # The most confused pair first, both its directions together and the commoner one on top.
    assert table["pair_count"].is_monotonic_decreasing
    for i in range(0, len(table), 2):
        one, other = table.iloc[i], table.iloc[i + 1]
        assert (one["actual"], one["predicted"]) == (other["predicted"], other["actual"])
        assert one["count"] >= other["count"]


def test_pairs_by_hand():
    labels, predicted = np.array([0, 0, 0, 1, 2, 2, 1]), np.array([1, 1, 0, 0, 1, 2, 1])
    table = most_confused(confusion_matrix(labels, predicted, ("cat", "dog", "cow")))
    assert table.values.tolist() == [
        ["cat", "dog", 2, 0.666667, 3],
        ["dog", "cat", 1, 0.5, 3],
        ["cow", "dog", 1, 0.5, 1],
        ["dog", "cow", 0, 0.0, 1],
    ]


@given(st.integers(1, 500), st.data())
def test_wilsons_interval_holds_the_shares_that_a_score_test_does_not_refuse(total, data):
    right = data.draw(st.integers(0, total))
    for end in wilson(right, total):
        spread = 1.959963984540054 * np.sqrt(end * (1 - end) / total)
        assert abs(end - right / total) == pytest.approx(spread, abs=1e-7)


@given(st.integers(2, 90), st.integers(0, 5), st.integers(0, 10**6))
def test_a_figure_shows_all_of_few_classes_and_those_with_the_most_mistakes_of_many(size, most, seed):
    counts = np.random.default_rng(seed).integers(0, most + 1, (size, size))
    shown = classes_to_show(pd.DataFrame(counts)).tolist()
    mistakes = [sum(counts[i, j] + counts[j, i] for j in range(size) if j != i) for i in range(size)]
    assert shown == sorted(set(shown))
    assert len(shown) == (size if size <= 60 else 30)
    left_out = [mistakes[i] for i in range(size) if i not in shown]
    assert min(mistakes[i] for i in shown) >= max(left_out, default=0)
