"""Runs side by side."""

import statistics

import pandas as pd
import pytest
from scipy.stats import binomtest

from sketch_classifier.comparison.markdown import page
from sketch_classifier.comparison.shared_drawings import identified, only_one_right, pooled
from sketch_classifier.comparison.summary import changes, distances, pairs, repeats, summary


def test_changes_are_what_differs_in_what_a_run_uses(make_run):
    runs = [
        make_run("a", "c", "c"),
        make_run("b", "c", "c", lr=0.01, seed=3),
        make_run("c", "c", "c", model="tall", lr=0.1),
        make_run("d", "c", "c", limit=20),
    ]
    assert changes([run.params for run in runs]) == [
        "limit=10, optimizer.lr=0.001",
        "limit=10, optimizer.lr=0.01",
        "limit=10",
        "limit=20, optimizer.lr=0.001",
    ]
    assert changes([runs[0].params, make_run("e", "c", "c", seed=9).params]) == ["", ""]


def test_runs_that_differ_in_seed_or_fold_alone_are_repetitions(make_run):
    runs = [
        make_run("a", "cd", "cc", seed=0),
        make_run("b", "cd", "cd", seed=1),
        make_run("again", "cd", "cc", seed=0),
        make_run("c", "cd", "cc", seed=0, lr=0.1),
        make_run("d", "cd", "cc", folds=2, fold=0),
        make_run("e", "cd", "cc", folds=2, fold=1),
        make_run("f", "cd", "cc", folds=3, fold=1),
    ]
    groups = repeats(runs)
    assert [[run.name for run in group.runs] for group in groups] == [["a", "b"], ["d", "e"]]
    assert [group.is_cross_validation for group in groups] == [False, True]


def test_mean_and_standard_deviation_of_repeated_runs(make_run):
    losses, accuracies = [0.5, 0.7, 1.2], [0.5, 1.0, 0.75]
    said = ["cdcd", "ccdd", "ccdc"]
    runs = [
        make_run(f"run{i}", "ccdd", said[i], seed=i, figures={"log_loss": losses[i], "num_test": 4, "weights": "none"})
        for i in range(3)
    ]
    table = summary(runs, repeats(runs)).set_index("name")
    assert table.loc["run1", "accuracy"] == 1.0
    mean = table.loc["run0 … run2"]
    assert mean["num_runs"] == 3 and mean["seed"] == "0 1 2" and mean["num_test"] == 12
    assert mean["accuracy"] == pytest.approx(statistics.mean(accuracies))
    assert mean["accuracy_std"] == pytest.approx(statistics.stdev(accuracies))
    assert mean["log_loss"] == pytest.approx(statistics.mean(losses))
    assert mean["log_loss_std"] == pytest.approx(statistics.stdev(losses), abs=1e-6)


def test_the_figures_to_choose_by_come_first_and_those_of_the_test_set_after_them(make_run):
    """Also where some runs are older than the figures."""
    figures = [
        {"validation_accuracy": 0.5, "validation_loss": 1.5},
        {"validation_accuracy": 0.75, "validation_loss": 1},
        {},
    ]
    runs = [make_run(f"run{i}", "ccdd", "ccdc", lr=i, figures=found) for i, found in enumerate(figures)]
    runs += [
        make_run("again", "ccdd", "ccdc", lr=0, seed=1, figures={"validation_accuracy": 0.7, "validation_loss": 2})
    ]
    table = summary(runs, repeats(runs))
    names = list(table)
    assert names.index("validation_accuracy") < names.index("validation_loss") < names.index("accuracy")
    text = page(table, pairs({}), pd.Series(dtype=int), pd.DataFrame(), [])
    header, _, *rows = (line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|"))
    assert "accuracy" not in header, "it is not said of which drawings"
    place = header.index("validation accuracy")
    assert place < header.index("test accuracy (95%)")
    assert [row[place] for row in rows] == ["50.0%", "75.0%", "", "70.0%", "60.0% ± 14.1%"]
    assert "Choose a run by its validation accuracy" in text


def test_an_interval_that_evaluate_wrote_is_kept(make_run):
    written = make_run("a", "ccdd", "ccdc", figures={"accuracy": 0.75, "accuracy_low": 0.4, "accuracy_high": 0.9})
    counted = make_run("b", "ccdd", "ccdc", lr=1.0, figures={"accuracy": 0.75})
    table = summary([written, counted], [])
    assert table[["accuracy_low", "accuracy_high"]].iloc[0].tolist() == [0.4, 0.9]
    wilson = binomtest(3, 4).proportion_ci(method="wilson")
    assert table[["accuracy_low", "accuracy_high"]].iloc[1].tolist() == pytest.approx(
        [wilson.low, wilson.high], abs=1e-6
    )


def test_pairs_count_only_the_drawings_that_both_were_tested_on(make_run):
    a = make_run("a", "ccccdd", "cccddc", start=0)  # right on rows 0 1 2 4, keys 1000 …
    b = make_run("b", "ccddcc", "dcdddd", start=2)  # right on rows 3 4 5
    found = pairs({"a": identified(a), "b": identified(b)}).iloc[0]
    assert (found["num_shared"], found["n10"], found["n01"]) == (4, 1, 2)
    assert (found["accuracy_a"], found["accuracy_b"], found["difference"]) == (0.5, 0.75, 0.25)
    assert found["p_value"] == found["p_holm"] == 1.0


def test_pairs_say_why_two_cannot_be_compared(make_run):
    runs = {
        "a": make_run("a", "cc", "cc"),
        "far": make_run("far", "cc", "cc", start=50),
        "other classes": make_run("other classes", "oo", "oo"),
    }
    table = pairs({name: identified(run) for name, run in runs.items()}).set_index(["a", "b"])
    assert table.loc[("a", "far"), "note"] == "no shared test drawing"
    assert table.loc[("a", "other classes"), "note"] == "the classes are not the same"
    assert table["p_value"].isna().all()


def test_bitmaps_are_the_same_by_row_where_the_files_are_the_same(make_run):
    bitmaps = {"keys": ""}
    a = make_run("a", "cd", "cd", **bitmaps)
    same = make_run("b", "cd", "cc", lr=0.1, **bitmaps)
    other_files = make_run("c", "cd", "cc", data="another hash", **bitmaps)
    no_hash = make_run("d", "cd", "cc", data=None, **bitmaps)
    tables = [identified(run) for run in (a, same, other_files, no_hash)]
    assert pairs({"a": tables[0], "b": tables[1]})["num_shared"].item() == 2
    assert pairs({"a": tables[0], "c": tables[2]})["num_shared"].item() == 0
    assert pairs({"c": tables[2], "d": tables[3]})["num_shared"].item() == 0


def test_copies_with_one_key_are_each_compared_once(make_run):
    a, b = (make_run(name, "ccd", said, keys=["7", "7", "8"]) for name, said in (("a", "ccd"), ("b", "cdd")))
    found = pairs({"a": identified(a), "b": identified(b)}).iloc[0]
    assert (found["num_shared"], found["n10"], found["n01"]) == (3, 1, 0)


def test_a_key_that_stands_in_two_folds_is_two_drawings(make_run):
    folds = [
        make_run(str(fold), "cd", said, keys=["7", "8"], fold=fold, folds=2) for fold, said in enumerate(("cd", "cc"))
    ]
    everything = pooled([identified(run) for run in folds])
    found = pairs({"a": everything, "b": everything}).iloc[0]
    assert (found["num_shared"], found["accuracy_a"], found["p_value"]) == (4, 0.75, 1.0)


def test_drawings_that_only_one_gets_right(make_run):
    runs = {
        "a": make_run("a", "cccdd", "ccddc"),  # right on 0 1 3
        "b": make_run("b", "cccdd", "cddcc"),  # right on 0
        "c": make_run("c", "cdd", "ccc", start=2),  # right on 2
        "elsewhere": make_run("elsewhere", "c", "c", start=90),
    }
    alone = only_one_right({name: identified(run) for name, run in runs.items()})
    assert list(zip(alone["row"], alone["right"], strict=True)) == [(1, "a"), (3, "a"), (2, "c")]
    assert alone["a: predicted"].tolist() == ["cat", "dog", "dog"]
    assert alone["b: predicted"].tolist() == ["dog", "cat", "dog"]
    assert alone["c: predicted"].tolist() == ["", "cat", "cat"]
    assert alone["elsewhere: predicted"].tolist() == ["", "", ""]


def test_distances_side_by_side(make_run):
    table = pd.DataFrame({"row": [1, 2, 3], "distance_actual": [2.0, 4.0, 1.0], "distance_predicted": [1.0, 1.0, 3.0]})
    runs = [make_run("a", "c", "d", distances=table), make_run("b", "c", "d")]
    found = distances(runs)
    assert found["run"].tolist() == ["a"]
    row = found.iloc[0]
    assert row["num_misclassified"] == 3
    assert row["distance_actual"] == pytest.approx(7 / 3, abs=1e-6)
    assert row["distance_predicted"] == pytest.approx(5 / 3, abs=1e-6)
    assert row["ratio"] == pytest.approx((0.5 + 0.25 + 3) / 3, abs=1e-6)
    assert row["share_nearer_to_predicted"] == pytest.approx(2 / 3, abs=1e-6)
