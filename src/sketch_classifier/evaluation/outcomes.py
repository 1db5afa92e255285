"""The outcome of each prediction as a few numbers, instead of one number for each class. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

ROWS = 4096  # at a time, so that float64 copies of (n, C) logits never fill the memory


@dataclass(frozen=True)
class Answers:
    """The answers to n drawings of C classes.

    num_classes  C
    labels       (n,) int64: what was drawn
    predicted    (n,) int64: the class of the largest logit, the first of equal ones
    rank         (n,) int64: how many classes stand before the right one; 0 is a hit
    confidence   (n,) float64, 1/C–1: the probability of the predicted class
    loss         (n,) float64: minus the natural logarithm of the probability of the right class
    """

    num_classes: int
    labels: np.ndarray
    predicted: np.ndarray
    rank: np.ndarray
    confidence: np.ndarray
    loss: np.ndarray


def answers(logits: np.ndarray, labels: np.ndarray, temperature: float = 1.0) -> Answers:
    """From the logits of each class, (n, C) float with finite numbers, and labels (n,) int to the answers.

    The probabilities are the softmax of logits / temperature. The temperature changes no prediction and no rank. The
    loss comes from the logits, so it is finite where the probability itself would underflow to 0.
    """
    parts = ((rows, logits[rows]) for rows in blocks(len(labels)))
    return streamed_answers(parts, labels, logits.shape[1], (temperature,))[0]


def streamed_answers(
    parts: Iterable[tuple[slice, np.ndarray]], labels: np.ndarray, num_classes: int, temperatures: Sequence[float]
) -> list[Answers]:
    """The `answers` at each temperature, from logits that come a part at a time and need not be kept.

    parts  which drawings, and their logits (b, C)
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
    """(n, num_outputs) → (n, C): a network's outputs as one logit a class; a binary task's z becomes [0, z].

    The softmax of [0, z] is [1 − p, p] where p is the sigmoid of z, and of z / T where both are divided by T.
    """
    return np.concatenate([np.zeros_like(outputs), outputs], axis=1) if task == "binary" else outputs


def ranks(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(n,) int: how many classes the model puts before the right one. 0 is a hit.

    Counted rather than sorted, so that rank 0 is the same as `argmax` also where logits are equal.
    """
    own = np.take_along_axis(logits, labels[:, None], axis=1)
    before = np.arange(logits.shape[1]) < labels[:, None]
    return ((logits > own) | ((logits == own) & before)).sum(axis=1)


def blocks(size: int) -> Iterator[slice]:
    """The slices of at most ROWS rows that together are all `size` rows."""
    return (slice(start, min(start + ROWS, size)) for start in range(0, size, ROWS))
