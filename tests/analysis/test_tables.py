"""The tables of the analysis are those of plain loops over the same drawings."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from sketch_classifier.analysis.centroids import centroid_distances, centroids, choose_per_class
from sketch_classifier.analysis.label_issues import audited, label_issues, named, out_of_sample, votes
from sketch_classifier.analysis.look_alikes import confused_pairs, confusion_rates, merges
from sketch_classifier.analysis.subgroups import quality
from sketch_classifier.data.dataset import SPLITS

NAMES = ("cat", "dog", "sea cow")


def table_of(correct, recognized=""):
    return pd.DataFrame({"row": np.arange(len(correct)) * 2, "correct": correct, "recognized": recognized})


def test_centroid_distances_are_those_of_a_loop():
    rng = np.random.default_rng(0)
    train, labels = rng.normal(size=(40, 5)).astype(np.float32), np.arange(40) % 3
    wrong = pd.DataFrame(
        {
            "row": [3, 8, 11], "key_id": ["", "", ""], "actual": ["cat", "dog", "cat"],
            "predicted": ["dog", "sea cow", "sea cow"], "confidence": [0.4, 0.9, 0.6],
        }
    )  # fmt: skip
    features = rng.normal(size=(3, 5)).astype(np.float32)
    batches = [(slice(7), train[:7]), (slice(7, 40), train[7:])]
    table = centroid_distances(wrong, [(slice(3), features)], centroids(batches, labels, 3), NAMES)
    assert table["confidence"].tolist() == [0.9, 0.6, 0.4]
    for row in table.itertuples():
        own = features[wrong["row"].tolist().index(row.row)]
        found = {}
        for which, name in (("actual", row.actual), ("predicted", row.predicted)):
            members = [train[i] for i in range(40) if NAMES[labels[i]] == name]
            centre = [sum(float(member[k]) for member in members) / len(members) for k in range(5)]
            found[which] = sum((float(own[k]) - centre[k]) ** 2 for k in range(5)) ** 0.5
        assert (row.distance_actual, row.distance_predicted) == pytest.approx(
            (found["actual"], found["predicted"]), abs=1e-5
        )
        assert row.nearer_to == min(found, key=found.get)


def test_a_class_without_training_drawings_has_no_centroid():
    centres = centroids([(slice(2), np.ones((2, 4), np.float32))], np.array([0, 0]), 2)
    assert (centres[0] == 1).all() and np.isnan(centres[1]).all()


def test_no_error_gives_an_empty_table_with_all_columns():
    empty = pd.DataFrame({name: [] for name in ("row", "key_id", "actual", "predicted", "confidence")})
    table = centroid_distances(empty, [(slice(0), np.empty((0, 4), np.float32))], np.zeros((3, 4)), NAMES)
    assert len(table) == 0 and {"distance_actual", "distance_predicted", "nearer_to"} <= set(table)


def test_as_many_of_each_class_as_asked_for():
    labels = np.repeat([0, 1, 2], [50, 3, 20])
    chosen = choose_per_class(np.arange(73), labels, 5, seed=0)
    assert np.bincount(labels[chosen]).tolist() == [5, 3, 5]
    assert (np.diff(chosen) > 0).all()
    assert chosen.tolist() == choose_per_class(np.arange(73), labels, 5, seed=0).tolist()
    assert chosen.tolist() != choose_per_class(np.arange(73), labels, 5, seed=1).tolist()


def test_quality_counts_every_drawing_once_and_as_a_loop_would():
    rng = np.random.default_rng(0)
    count = 500
    index = pd.DataFrame({"num_strokes": rng.poisson(4, 1000) + 1, "num_points": rng.integers(2, 300, 1000)})
    predictions = table_of(rng.random(count) < 0.8, rng.random(count) < 0.9)
    table = quality(predictions, index.iloc[predictions["row"]])
    assert table["quality"].unique().tolist() == ["recognized", "num_strokes", "num_points"]
    for name, part in table.groupby("quality"):
        assert part["count"].sum() == count
        for row in part.itertuples():
            if name == "recognized":
                own = predictions["recognized"].astype(str) == row.group
            else:
                low, _, high = row.group.partition("–")
                own = index[name].to_numpy()[predictions["row"]]
                own = (own >= int(low)) & (own <= int(high or low))
            right = int(predictions["correct"][own].sum())
            assert part.loc[row.Index, "count"] == own.sum()
            assert row.accuracy == pytest.approx(right / own.sum(), abs=1e-6)
            interval = binomtest(right, int(own.sum())).proportion_ci(0.95, "wilson")
            assert (row.low, row.high) == pytest.approx((interval.low, interval.high), abs=1e-6)


def test_a_dataset_without_strokes_has_no_quality():
    table = quality(table_of(np.array([True, False])), pd.DataFrame({"label": [0] * 2}))
    assert table.empty and list(table) == ["quality", "group", "count", "accuracy", "low", "high"]


def test_look_alikes_join_by_their_mean_confusion():
    counts = pd.DataFrame([[90, 10, 0], [20, 80, 0], [1, 1, 98]], columns=NAMES)
    rates = confusion_rates(counts)
    assert rates[0, 1] == rates[1, 0] == pytest.approx((0.1 + 0.2) / 2)
    tree = merges(rates)
    assert set(tree[0, :2]) == {0, 1}
    assert 1 - tree[0, 2] == pytest.approx(0.15)
    assert 1 - tree[1, 2] == pytest.approx((0.005 + 0.005) / 2)  # the mean of both pairs with the third


@given(
    arrays(np.int64, st.integers(2, 7).map(lambda size: (size, size)), elements=st.integers(0, 40)),
)
def test_pairs_are_confused_by_the_rule_that_is_stated(counts):
    """At least 5 mistakes, and more than an even spread of both classes' errors explains, for all pairs at once."""
    size = len(counts)
    found = confused_pairs(pd.DataFrame(counts))
    errors = [sum(counts[i][j] for j in range(size) if j != i) for i in range(size)]
    for i in range(size):
        for j in range(size):
            mistakes = int(counts[i][j] + counts[j][i])
            expected = i != j and size > 2 and mistakes >= 5
            if expected:
                test = binomtest(mistakes, int(errors[i] + errors[j]), 1 / (size - 1), alternative="greater")
                expected = test.pvalue * (size * (size - 1) / 2) <= 0.05
            assert found[i, j] == expected


@pytest.mark.parametrize(("num_classes", "errors"), [(12, 600), (345, 20_000), (345, 2_000_000)])
def test_errors_at_random_make_no_pair(num_classes, errors):
    rng = np.random.default_rng(num_classes)
    actual = rng.integers(num_classes, size=errors)
    predicted = (actual + rng.integers(1, num_classes, errors)) % num_classes
    counts = np.bincount(actual * num_classes + predicted, minlength=num_classes**2).reshape(num_classes, -1)
    assert confused_pairs(pd.DataFrame(counts)).sum() <= 2


def test_a_drawing_s_own_label_has_no_part_in_its_prediction():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 30)
    directions = np.array([[1.0, 0.1], [0.1, 1.0]])[labels]
    features = (directions * rng.uniform(1, 9, (60, 1)) + rng.normal(scale=0.01, size=(60, 2))).astype(np.float32)
    before = out_of_sample(features, labels, 2, seed=0)
    assert (before.argmax(axis=1) == labels).all() and before.sum(axis=1) == pytest.approx(np.ones(60))
    swapped = labels.copy()
    swapped[7] = 1
    assert (votes(features, swapped, 2)[7] == votes(features, labels, 2)[7]).all()
    assert out_of_sample(features, swapped, 2, seed=0)[7].argmax() == 0


def test_rare_and_absent_classes_have_predictions():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(40, 4)).astype(np.float32)
    labels = np.array([0] * 20 + [2] * 19 + [3])
    found = out_of_sample(features, labels, 5, seed=0)
    assert found.shape == (40, 5) and found.sum(axis=1) == pytest.approx(np.ones(40))
    assert (found[:, [1, 4]] == 0).all() and found[39, 3] == 0
    few = out_of_sample(features[18:22], labels[18:22], 5, seed=0)
    assert (few == votes(features[18:22], labels[18:22], 5)).all()


def test_predictions_are_the_mean_of_votes_and_a_regression_on_the_other_folds():
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3
    features = (rng.normal(size=(60, 4)) + labels[:, None]).astype(np.float32)
    learnt = 2 * out_of_sample(features, labels, 3, seed=5) - votes(features, labels, 3)
    for train, test in StratifiedKFold(5, shuffle=True, random_state=5).split(features, labels):
        mean, std = features[train].mean(axis=0), features[train].std(axis=0)
        model = LogisticRegression(C=0.01, max_iter=1000, tol=1e-8).fit((features[train] - mean) / std, labels[train])
        expected = model.predict_proba((features[test] - mean) / std)
        assert learnt[test] == pytest.approx(expected, abs=1e-3)


def test_votes_are_those_of_a_loop():
    rng = np.random.default_rng(1)
    features, labels = rng.normal(size=(50, 4)).astype(np.float32), rng.integers(0, 3, 50)
    found = votes(features, labels, 3)
    for i in range(50):
        cosines = [
            (-1 if i == j else features[i] @ features[j] / np.linalg.norm(features[i]) / np.linalg.norm(features[j]), j)
            for j in range(50)
        ]
        nearest = [labels[j] for _, j in sorted(cosines, reverse=True)[:20]]
        assert found[i] == pytest.approx([nearest.count(c) / 20 for c in range(3)])


def test_planted_labels_come_first_and_unrecognised_drawings_last():
    truth = np.arange(300) % 3
    labels = truth.copy()
    labels[:12] = (truth[:12] + 1) % 3  # planted
    probabilities = np.full((300, 3), 0.05)
    probabilities[np.arange(300), truth] = 0.9
    unsure = np.arange(290, 300)  # drawings that look like something else by half
    probabilities[unsure] = 0.25
    probabilities[unsure, (truth[unsure] + 1) % 3] = 0.5
    recognized = np.ones(300, bool)
    recognized[:3] = False
    table = label_issues(probabilities, labels, recognized)
    assert set(table["place"]) == {*range(12), *unsure}
    assert set(table["place"][:9]) == set(range(3, 12)) and set(table["place"][-3:]) == {0, 1, 2}
    assert (
        table["suggested"] == np.where(table["place"] < 12, truth[table["place"]], (truth[table["place"]] + 1) % 3)
    ).all()
    for row in table.itertuples():
        p = probabilities[row.place]
        assert row.quality == pytest.approx(p[row.label] / (p[row.label] + p[row.suggested]), abs=1e-6)
    assert table["issue"][:9].all()
    unknown = label_issues(probabilities, labels, None)
    assert set(unknown["place"][:12]) == set(range(12))


def test_test_drawings_are_looked_at_first():
    split = np.repeat([0, 1, 2], [70, 10, 20])
    assert (split[audited(split, 20, 0)] == 2).all()
    assert np.bincount(split[audited(split, 25, 0)], minlength=3).tolist() == [0, 5, 20]
    assert audited(split, 1000, 0).tolist() == list(range(100))


def test_the_table_names_rows_of_the_dataset(make_dataset):
    dataset = make_dataset()
    rows = dataset.rows("test")
    labels = dataset.labels[rows]
    probabilities = np.full((len(rows), 3), 0.1)
    probabilities[np.arange(len(rows)), (labels + np.isin(np.arange(len(rows)), [2, 5])) % 3] = 0.8
    keys = pd.DataFrame({"key_id": rows * 10})
    table = named(label_issues(probabilities, labels, None), rows, dataset, keys, dataset.categories)
    assert table["key_id"].tolist() == (table["row"] * 10).tolist()
    assert table["row"].tolist() == [rows[2], rows[5]] and table["rank"].tolist() == [1, 2]
    for row in table.itertuples():
        assert row.label == dataset.categories[dataset.labels[row.row]]
        assert row.split == SPLITS[dataset.split[row.row]] == "test"
        assert row.suggested == dataset.categories[(dataset.labels[row.row] + 1) % 3]
