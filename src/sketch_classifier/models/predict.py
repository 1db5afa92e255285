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
FORGET = BATCH_SIZE * 512  # rows after which the pages of a memory-mapped file that were read are given back


def rows_to_test(dataset: Dataset, about: About, model: str | Path) -> np.ndarray:
    """(n,) int64, n at least 1: the test drawings to measure the model on that lies in the folder `model`.

    Raises UserError if the model was trained on other categories, and where there is no test drawing.
    """
    if about.categories != dataset.categories:
        raise UserError(f"{model}: trained on other categories than {dataset.folder} holds; run `dvc repro train`")
    rows = dataset.rows("test")
    if not len(rows):
        cure = "raise the dataset's `limit` or `split.test`"
        raise UserError(f"{dataset.folder}: no drawing falls in the test split; {cure}")
    return rows


def require_numbers(outputs: np.ndarray, model: str | Path) -> np.ndarray:
    """The outputs of the network in the folder `model`. Raises UserError if they are not finite numbers."""
    if not np.isfinite(outputs).all():
        raise UserError(f"{model}: the network's outputs are not numbers: training diverged; try a lower learning rate")
    return outputs


def predict_logits(
    network: Network,
    stored: np.ndarray | Rasters | Sequences,
    rows: np.ndarray | None = None,
    batch_size: int = BATCH_SIZE,
    device: str | torch.device | None = None,
) -> np.ndarray:
    """(n, num_outputs) float32: the logits of `rows`, (n,) int, of `stored`, all of them where rows is None.

    `stored` is what `Dataset.inputs` gives: images, (N, H, W) or (N, 3, H, W) uint8, or sequences, (N, L, 3) uint8.
    Only a batch of them is in memory at a time, so they may be memory-mapped. The network runs in evaluation mode on
    `device` (a GPU if there is one), and is given back as it came.
    """
    num, logits = len(stored) if rows is None else len(rows), None
    for part, batch in _batches(network, network.forward, stored, rows, batch_size, device):
        if logits is None:  # in one piece: small ones between a network's large temporary ones would leave holes
            logits = np.empty((num, batch.shape[1]), np.float32)
        logits[part] = batch
    assert logits is not None  # there is one batch at least
    return logits


def logit_blocks(
    network: Network,
    stored: np.ndarray | Rasters | Sequences,
    rows: np.ndarray,
    block_size: int,
    device: str | torch.device | None = None,
) -> Iterator[tuple[slice, np.ndarray]]:
    """The same logits in blocks of block_size rows, none of which is kept: which of `rows`, and (b, num_outputs).

    There is at least one block, which is empty if there are no rows.
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
    """The inputs of the classifier, of any width, (b, num_features) float32, batch by batch.

    Each comes with the slice of its rows. The arguments are those of `predict_logits`. There is at least one batch,
    which is empty if there are no rows.
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
        # Once at least, so that no rows give (0, num_outputs).
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
PERIOD = 4093  # a prime: after so many features the signs begin again, at another place within a sum
POSITIVE = torch.from_numpy(np.random.default_rng(0).random(PERIOD) < 0.5)  # few: an exported model carries them


def hashed(features: torch.Tensor) -> torch.Tensor:
    """(B, num_features) float → (B, at most MOST_FEATURES): as they are, or hashed where they are more.

    Neighbours are added up, each with a sign that is drawn once. So inner products keep their expected value, and
    squared distances, too, with a relative standard deviation of about √(2 / k) where k of the sums differ.

    Weinberger et al., Feature Hashing for Large Scale Multitask Learning, ICML 2009.
    """
    num_features = features.shape[1]
    if num_features <= MOST_FEATURES:
        return features
    share = ceil(num_features / MOST_FEATURES)  # that are added up
    periods = ceil(MOST_FEATURES * share / PERIOD)
    padded = functional.pad(features, (0, periods * PERIOD - num_features)).reshape(-1, periods, PERIOD)
    signed = torch.where(POSITIVE.to(features.device), padded, -padded).reshape(-1, periods * PERIOD)
    return signed[:, : MOST_FEATURES * share].reshape(-1, MOST_FEATURES, share).sum(dim=2)
