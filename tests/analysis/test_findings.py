"""The sentences of the report say what the tables hold."""

import numpy as np
import pandas as pd
import pytest

from sketch_classifier.analysis.findings import calibration_text, countries_text, labels_text, pairs_text, quality_text
from sketch_classifier.analysis.look_alikes import confused_pairs


def calibration(scaling="before", confidence=(0.5, 0.9), accuracy=(0.6, 0.8), count=(10, 30)):
    return pd.DataFrame({"scaling": scaling, "confidence": confidence, "accuracy": accuracy, "count": count})


@pytest.mark.parametrize(("temperature", "word"), [(1.25, "overconfident"), (0.8, "underconfident")])
@pytest.mark.parametrize(("error", "error_word"), [(0.05, "better"), (0.2, "worse"), (0.10004, "unchanged")])
@pytest.mark.parametrize(("loss", "loss_word"), [(0.4, "better"), (0.6, "worse")])
def test_temperature_scaling_is_said_to_be_better_or_worse_on_the_test_set(
    temperature, word, error, error_word, loss, loss_word
):
    names = ["expected_calibration_error", "expected_calibration_error_scaled", "log_loss", "log_loss_scaled"]
    intervals = pd.DataFrame({"figure": names, "value": [0.1, error, 0.5, loss]})
    text = calibration_text({"temperature": temperature}, intervals, calibration())
    assert f"validation set is {temperature:.3f}, which means that the network is {word} there." in text
    assert f"expected calibration error from 10.00% to {error:.2%} ({error_word})" in text
    assert f"log loss from 0.5000 to {loss:.4f} ({loss_word})" in text
    assert "On the test set the mean confidence is 80.0% and the accuracy 75.0%" in text


def test_without_a_temperature_nothing_is_said_of_scaling():
    text = calibration_text({}, pd.DataFrame({"figure": [], "value": []}), calibration())
    assert "no validation drawings" in text and "scaling" not in text


def test_pairs():
    names = list("abcd")
    counts = pd.DataFrame(np.diag([50] * 4), index=names, columns=names)
    assert "No pair of classes meets this criterion." in pairs_text(counts, confused_pairs(counts))
    counts.loc["a", "c"], counts.loc["c", "a"], counts.loc["b", "d"] = 20, 10, 3  # three mistakes are too few
    text = pairs_text(counts, confused_pairs(counts))
    assert "1 pair does; the most frequent, a and c, accounts for 30 of 33 errors." in text
    two = counts.loc[["a", "b"], ["a", "b"]]
    assert pairs_text(two, confused_pairs(two)) == ""


def test_quality_and_countries_of_a_dataset_that_has_none():
    assert quality_text(pd.DataFrame({"quality": [], "group": []})) == ""
    assert countries_text(pd.DataFrame({"country": []})) == ""


@pytest.mark.parametrize(
    ("count", "verdict"),
    [(500, "differ significantly (chi-squared test, p < 0.001)"), (20, "do not differ significantly")],
)
def test_countries(count, verdict):
    table = pd.DataFrame({"country": ["US", "JP", "other"], "accuracy": [0.8, 0.6, 0.1], "count": count})
    text = countries_text(table)
    assert text.startswith("Accuracy by country ranges from 60.0% (JP) to 80.0% (US). The 2 countries ")
    assert verdict in text


def test_the_extremes_of_many_equal_countries_are_not_taken_for_a_difference():
    correct = np.random.default_rng(0).binomial(40, 0.5, 100)
    table = pd.DataFrame({"country": [f"c{i}" for i in range(100)], "count": 40, "accuracy": correct / 40})
    assert np.ptp(correct) > 12  # the extremes alone would look like a difference
    assert "do not differ significantly" in countries_text(table)
    assert "(chi-squared test, p = 1.000)" in countries_text(table.assign(accuracy=1.0))


def test_quality():
    table = pd.DataFrame(
        {"quality": "recognized", "group": ["True", "False"], "count": [90, 10], "accuracy": [0.9, 0.1]}
    )
    assert quality_text(table) == (
        "Accuracy is 90.0% on drawings that the game recognized and 10.0% on the others, "
        "which are 10.0% of the test set and 50.0% of the errors."
    )


def test_labels():
    assert labels_text(pd.DataFrame({"issue": [True, False, True]}), 50).startswith(
        "Confident learning flags 2 of 50 labels as likely errors (4.0%). 3 drawings"
    )
