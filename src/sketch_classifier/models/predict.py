"""Computes logits, probabilities and features of stored drawings, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from sketch_classifier.data.dataset import Dataset
from sketch_classifier.drawings.rasters import Rasters
from sketch_classifier.drawings.sequences import Sequences
from sketch_classifier.errors import UserError
from sketch_classifier.models.allocator import keep_freed_memory
from sketch_classifier.models.input import prepare
from sketch_classifier.models.network import Network, class_probabilities
from sketch_classifier.models.pages import forget_pages
from sketch_classifier.models.saved import About

BATCH_SIZE = 128
FORGET = BATCH_SIZE * 512  # rows after which the pages of a memory-mapped file are released


def rows_to_test(dataset: Dataset, about: About, model: str | Path) -> np.ndarray:
    """(n,) int64, n at least 1: the rows of the test drawings, on which to evaluate the model in the folder `model`.

    Raises UserError if the model was trained on other categories, or if there are no test drawings.
    """
    if about.categories != dataset.categories:
        raise UserError(f"{model}: trained on other categories than {dataset.folder} holds; run `dvc repro train`")
    rows = dataset.rows("test")
    if not len(rows):
        cure = "raise the dataset's `limit` or `split.test`"
        raise UserError(f"{dataset.folder}: the test split is empty; {cure}")
    return rows


def require_numbers(outputs: np.ndarray, model: str | Path) -> np.ndarray:
    """Return `outputs`, of the network in the folder `model`. Raises UserError if they are not all finite."""
    if not np.isfinite(outputs).all():
        raise UserError(f"{model}: the network's outputs are not finite: training diverged; try a lower learning rate")
    return outputs


def predict_logits(
    network: Network,
    stored: np.ndarray | Rasters | Sequences,
    rows: np.ndarray | None = None,
    batch_size: int = BATCH_SIZE,
    device: str | torch.device | None = None,
) -> np.ndarray:
    """(n, num_outputs) float32: the logits for the rows `rows`, (n,) int, of `stored`; for all rows if it is None.

    `stored` comes from `Dataset.inputs`: images, (N, H, W) or (N, 3, H, W) uint8, or sequences, (N, L, 3) uint8. It may
    be memory-mapped, as only one batch is in memory at a time. The network runs in evaluation mode on `device` (by
    default a GPU if there is one); its device and mode are restored afterwards.
    """
    num, logits = len(stored) if rows is None else len(rows), None
    for part, batch in _batches(network, network.forward, stored, rows, batch_size, device):
        if logits is None:  # preallocated: small arrays between the network's large temporaries would fragment memory
            logits = np.empty((num, batch.shape[1]), np.float32)
        logits[part] = batch
    assert logits is not None  # there is at least one batch
    return logits


def logit_blocks(
    network: Network,
    stored: np.ndarray | Rasters | Sequences,
    rows: np.ndarray,
    block_size: int,
    device: str | torch.device | None = None,
) -> Iterator[tuple[slice, np.ndarray]]:
    """The logits of `predict_logits` in blocks of about block_size rows, as (slice of `rows`, (b, num_outputs)).

    Yields at least one block, which is empty if there are no rows.
    """
    start, batches = 0, []
    for part, batch in _batches(network, network.forward, stored, rows, BATCH_SIZE, device):
        batches.append(batch)
        if part.stop - start >= block_size or part.stop == len(rows):
            yield slice(start, part.stop), np.concatenate(batches)
            start, batches = part.stop, []


def feature_batches(
    network: Network,
    stored: np.ndarray | Rasters | Sequences,
    rows: np.ndarray | None = None,
    batch_size: int = BATCH_SIZE,
    device: str | torch.device | None = None,
) -> Iterator[tuple[slice, np.ndarray]]:
    """The features, i.e. the inputs of the classifier, in batches: (slice of `rows`, (b, num_features) float32).

    The arguments are those of `predict_logits`. Yields at least one batch, which is empty if there are no rows.
    """
    return _batches(network, network.features, stored, rows, batch_size, device)


def probabilities(logits: np.ndarray, task: str) -> np.ndarray:
    """(n, num_outputs) → (n, num_classes) float32, rows that sum to 1; for a binary task the columns are [1 − p, p]."""
    return class_probabilities(torch.from_numpy(logits), task).numpy()


def _batches(
    network: Network,
    function: Callable[[torch.Tensor], torch.Tensor],
    stored: np.ndarray | Rasters | Sequences,
    rows: np.ndarray | None,
    batch_size: int,
    device: str | torch.device | None,
) -> Iterator[tuple[slice, np.ndarray]]:
    keep_freed_memory()
    rows = np.arange(len(stored)) if rows is None else np.asarray(rows, np.int64)
    before, training = next(network.parameters()).device, network.training
    device = torch.device(device or ("cuda" if torch.cuda.is_available() else before))
    network.to(device).to(memory_format=torch.channels_last).eval()
    try:
        # At least one batch, so that the result for no rows is (0, num_outputs).
        for start in range(0, max(len(rows), 1), batch_size):
            part = slice(start, min(start + batch_size, len(rows)))
            batch = torch.from_numpy(np.ascontiguousarray(stored[rows[part]])).to(device)
            with torch.inference_mode():
                outputs = function(prepare(batch, network.input)).float().cpu()
            if start % FORGET == 0:
                forget_pages(stored)
            yield part, outputs.numpy()
    finally:
        network.to(before).train(training)


MOST_FEATURES = 2048
PERIOD = 4093  # of the signs; a prime, so that each repetition starts at another position within a bucket
POSITIVE = torch.from_numpy(np.random.default_rng(0).random(PERIOD) < 0.5)  # short, because exported models contain it


def hashed(features: torch.Tensor) -> torch.Tensor:
    """(B, num_features) float → (B, at most MOST_FEATURES): unchanged, or hashed if there are more.

    Adjacent features are added up with random, fixed signs. This preserves the expected value of inner products and of
    squared distances; the relative standard deviation of the latter is about √(2 / k) if k of the sums differ.

    Weinberger et al., Feature Hashing for Large Scale Multitask Learning, ICML 2009.
    """
    num_features = features.shape[1]
    if num_features <= MOST_FEATURES:
        return features
    share = ceil(num_features / MOST_FEATURES)  # features per sum
    periods = ceil(MOST_FEATURES * share / PERIOD)
    padded = functional.pad(features, (0, periods * PERIOD - num_features)).reshape(-1, periods, PERIOD)
    signed = torch.where(POSITIVE.to(features.device), padded, -padded).reshape(-1, periods * PERIOD)
    return signed[:, : MOST_FEATURES * share].reshape(-1, MOST_FEATURES, share).sum(dim=2)
