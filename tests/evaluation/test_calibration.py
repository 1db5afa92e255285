"""Temperature scaling finds the temperature it was given, and the bins hold what falls into them."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from sklearn.calibration import calibration_curve

from sketch_classifier.evaluation.calibration import TEMPERATURES, calibration, curve, fit_temperature
from sketch_classifier.evaluation.outcomes import answers


def drawn_from(logits, rng):
    """Labels drawn from the softmax of the logits: with these it is perfectly calibrated."""
    noise = rng.gumbel(size=logits.shape)
    return (logits + noise).argmax(axis=1)


@pytest.mark.parametrize("num_classes", [2, 10])
@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_finds_the_temperature_that_made_the_logits(num_classes, temperature):
    rng = np.random.default_rng(num_classes)
    calibrated = rng.normal(scale=2, size=(30_000, num_classes))
    labels = drawn_from(calibrated, rng)
    found = fit_temperature((calibrated * temperature).astype(np.float32), labels)
    assert found == pytest.approx(temperature, rel=0.04)


def test_no_other_temperature_has_a_lower_log_loss(random_logits):
    logits, labels = random_logits(count=5000, strength=3)

    def loss(temperature):
        scaled = torch.from_numpy(logits.astype(np.float64)) / temperature
        return torch.nn.functional.cross_entropy(scaled, torch.from_numpy(labels)).item()

    peer = minimize_scalar(loss, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-9})
    assert fit_temperature(logits, labels) == pytest.approx(peer.x, abs=2e-6)


def test_ends_where_there_is_no_best_temperature():
    logits = np.tile(np.array([[3.0, 0.0, 0.0]], np.float32), (5, 1))
    assert fit_temperature(logits, np.zeros(5, int)) == TEMPERATURES[0]  # all right
    assert fit_temperature(logits, np.ones(5, int)) == TEMPERATURES[1]  # all wrong
    assert fit_temperature(np.zeros((5, 3), np.float32), np.ones(5, int)) == TEMPERATURES[1]  # says nothing
    assert fit_temperature(logits[:0], np.zeros(0, int)) is None


def test_the_bins_are_those_of_scikit_learn(random_logits):
    logits, labels = random_logits(count=2000, strength=3)
    before, after = answers(logits, labels), answers(logits, labels, 0.5)
    table = calibration(before, after)
    assert list(table.columns) == ["scaling", "bin_low", "bin_high", "count", "confidence", "accuracy"]
    assert table["scaling"].tolist() == ["before"] * 15 + ["after"] * 15
    np.testing.assert_allclose(table["bin_low"], np.tile(np.arange(15) / 15, 2), atol=1e-6)
    np.testing.assert_allclose(table["bin_high"], np.tile(np.arange(1, 16) / 15, 2), atol=1e-6)
    for scaling, temperature in (("before", 1), ("after", 0.5)):
        probabilities = (torch.from_numpy(logits.astype(np.float64)) / temperature).softmax(dim=1).numpy()
        confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
        accuracies, confidences = calibration_curve(right, confidence, n_bins=15)
        part = table[table["scaling"] == scaling]
        assert part["count"].sum() == 2000
        filled = part[part["count"] > 0]
        np.testing.assert_allclose(filled["accuracy"], accuracies, atol=1e-6)
        np.testing.assert_allclose(filled["confidence"], confidences, atol=1e-6)
        assert part.loc[part["count"] == 0, ["confidence", "accuracy"]].isna().all(axis=None)
        counts = [((confidence > low / 15) & (confidence <= (low + 1) / 15)).sum() for low in range(15)]
        assert part["count"].tolist() == counts


def test_the_edge_of_two_bins_belongs_to_the_lower_and_without_scaling_there_is_no_after():
    logits = np.log(np.array([[0.4, 0.3, 0.3], [1.0, 1e-300, 1e-300]]))  # 0.4 is 6/15
    table = calibration(answers(logits, np.array([0, 1])), None)
    assert set(table["scaling"]) == {"before"}
    filled = table[table["count"] > 0]
    assert filled["bin_high"].tolist() == [0.4, 1.0]
    assert filled["accuracy"].tolist() == [1.0, 0.0]
    assert filled["confidence"].tolist() == pytest.approx([0.4, 1.0])


def test_each_curve_has_a_point_for_each_bin_of_its_own_with_drawings():
    logits = np.array([[0.1, 0.0, 0.0], [0.2, 0.0, 0.0], [0.1, 0.0, 0.0]])  # all in one bin; scaled, in two
    table = calibration(answers(logits, np.array([0, 1, 0])), answers(logits, np.array([0, 1, 0]), 0.05))
    for scaling, points in (("before", 1), ("after", 2)):
        found = curve(table, scaling)
        assert len(found) == points and not found.isna().any(axis=None)
        assert found["ideal"].equals(found["confidence"])
    assert curve(table, "before")["accuracy"].tolist() == [pytest.approx(2 / 3, abs=1e-6)]
    assert curve(table, "after")["accuracy"].tolist() == [1.0, 0.0]
