"""What each drawing's logits come down to, against sorting and against torch."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sketch_classifier.evaluation.outcomes import ROWS, answers, class_logits, ranks
from sketch_classifier.models.predict import probabilities


@st.composite
def any_logits(draw):
    """Logits with many ties, and labels."""
    count, num_classes = draw(st.integers(1, 12)), draw(st.integers(2, 8))
    values = draw(arrays(np.int8, (count, num_classes), elements=st.integers(-3, 3))).astype(np.float32)
    return values, draw(arrays(np.int64, count, elements=st.integers(0, num_classes - 1)))


@settings(deadline=None)
@given(any_logits())
def test_ranks_are_those_of_a_stable_sort(made):
    logits, labels = made
    order = [sorted(range(len(row)), key=lambda c, row=row: (-row[c], c)) for row in logits]
    assert ranks(logits, labels).tolist() == [o.index(y) for o, y in zip(order, labels, strict=True)]
    assert answers(logits, labels).predicted.tolist() == [o[0] for o in order]


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_confidence_and_loss_are_those_of_torch(random_logits, temperature):
    logits, labels = random_logits(count=ROWS + 5)  # more than one block
    found = answers(logits, labels, temperature)
    scaled = torch.from_numpy(logits.astype(np.float64)) / temperature
    losses = torch.nn.functional.cross_entropy(scaled, torch.from_numpy(labels), reduction="none")
    np.testing.assert_allclose(found.loss, losses, rtol=1e-10)
    np.testing.assert_allclose(found.confidence, scaled.softmax(dim=1).amax(dim=1), rtol=1e-10)
    assert (found.predicted == logits.argmax(axis=1)).all()
    assert (found.labels == labels).all() and found.num_classes == 7


def test_certain_and_wrong_is_finite_and_certain_and_right_is_zero():
    found = answers(np.array([[1000.0, 0.0], [1000.0, 0.0]], np.float32), np.array([1, 0]))
    assert found.loss.tolist() == [1000.0, 0.0] and not math.copysign(1, found.loss[1]) < 0
    assert found.confidence.tolist() == [1.0, 1.0]
    assert found.rank.tolist() == [1, 0]


def test_one_output_of_a_binary_task_becomes_two():
    outputs = np.array([[-2.0], [0.0], [3.0]], np.float32)
    logits = class_logits(outputs, "binary")
    np.testing.assert_allclose(torch.from_numpy(logits).softmax(dim=1), probabilities(outputs, "binary"), rtol=1e-6)
    assert logits.argmax(axis=1).tolist() == [0, 0, 1]  # at exactly one half the negative class, which comes first
    assert class_logits(logits, "multiclass") is logits
