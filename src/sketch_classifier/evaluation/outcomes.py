"""Reduces the logits of each drawing to the few numbers from which all metrics are computed. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

ROWS = 4096  # to process at a time, which limits the memory of float64 copies of (n, C) logits


@dataclass(frozen=True)
class Answers:
    """The predictions for n drawings of C classes.

    num_classes  C
    labels       (n,) int64: the true class
    predicted    (n,) int64: the class with the largest logit, the first in case of a tie
    rank         (n,) int64: how many classes are ranked before the true one; 0 is a correct prediction
    confidence   (n,) float64, 1/C–1: the probability of the predicted class
    loss         (n,) float64: the negative natural logarithm of the probability of the true class
    """

    num_classes: int
    labels: np.ndarray
    predicted: np.ndarray
    rank: np.ndarray
    confidence: np.ndarray
    loss: np.ndarray


def answers(logits: np.ndarray, labels: np.ndarray, temperature: float = 1.0) -> Answers:
    """The `Answers` for logits (n, C), finite floats, and labels (n,) int.

    The probabilities are the softmax of logits / temperature. The temperature does not affect predictions and ranks.
    The loss is computed from the logits, so it is finite even where the probability underflows to 0.
    """
    parts = ((rows, logits[rows]) for rows in blocks(len(labels)))
    return streamed_answers(parts, labels, logits.shape[1], (temperature,))[0]


def streamed_answers(
    parts: Iterable[tuple[slice, np.ndarray]], labels: np.ndarray, num_classes: int, temperatures: Sequence[float]
) -> list[Answers]:
    """The `Answers` at each temperature, from logits that are processed in parts and not kept.

    parts  (slice of the drawings, their logits (b, C))
    """
    labels = np.asarray(labels, np.int64)
    size = len(labels)
    predicted, rank = np.empty(size, np.int64), np.empty(size, np.int64)
    found = [Answers(num_classes, labels, predicted, rank, np.empty(size), np.empty(size)) for _ in temperatures]
    for rows, raw in parts:
        right = labels[rows]
        predicted[rows], rank[rows] = raw.argmax(axis=1), ranks(raw, right)
        for temperature, each in zip(temperatures, found, strict=True):
            scaled = raw.astype(np.float64) / temperature
            largest = scaled.max(axis=1)
            total = np.exp(scaled - largest[:, None]).sum(axis=1)
            each.confidence[rows] = 1 / total
            each.loss[rows] = np.log(total) + (largest - scaled[np.arange(len(right)), right])
    return found


def class_logits(outputs: np.ndarray, task: str) -> np.ndarray:
    """(n, num_outputs) → (n, C): a network's outputs as one logit per class; the z of a binary task becomes [0, z].

    The softmax of [0, z] / T is [1 − p, p], where p is the sigmoid of z / T.
    """
    return np.concatenate([np.zeros_like(outputs), outputs], axis=1) if task == "binary" else outputs


def ranks(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(n,) int: how many classes the model ranks before the true one; 0 is a correct prediction.

    Counted rather than sorted, so that rank 0 agrees with `argmax` in case of ties, too.
    """
    own = np.take_along_axis(logits, labels[:, None], axis=1)
    before = np.arange(logits.shape[1]) < labels[:, None]
    return ((logits > own) | ((logits == own) & before)).sum(axis=1)


def blocks(size: int) -> Iterator[slice]:
    """Split `size` rows into slices of at most ROWS rows."""
    return (slice(start, min(start + ROWS, size)) for start in range(0, size, ROWS))
