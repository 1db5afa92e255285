"""What follows from a task, multiclass or binary: the number of outputs, the loss, and what was predicted."""

from __future__ import annotations

import torch
from torch.nn import functional


def num_outputs(task: str, num_classes: int) -> int:
    """One output for each class; a single one for a binary task."""
    return 1 if task == "binary" else num_classes


def summed_loss(logits: torch.Tensor, targets: torch.Tensor, task: str, label_smoothing: float = 0.0) -> torch.Tensor:
    """Cross-entropy of logits (B, num_outputs) against targets (B,) int64, summed over the batch.

    The softmax or sigmoid is within: CrossEntropyLoss, or BCEWithLogitsLoss for a binary task. A share
    `label_smoothing` of each target is spread evenly over all classes (Szegedy et al. 2016).
    """
    if task == "binary":
        shares = targets.to(logits.dtype) * (1 - label_smoothing) + label_smoothing / 2
        return functional.binary_cross_entropy_with_logits(logits[:, 0], shares, reduction="sum")
    return functional.cross_entropy(logits, targets, reduction="sum", label_smoothing=label_smoothing)


def predicted(logits: torch.Tensor, task: str) -> torch.Tensor:
    """The class of highest probability, (B,) int64; at exactly one half, the negative one, which comes first."""
    return (logits[:, 0] > 0).long() if task == "binary" else logits.argmax(dim=1)


def class_probabilities(logits: torch.Tensor, task: str) -> torch.Tensor:
    """(B, num_outputs) → (B, num_classes), rows that sum to 1; [1 − p, p] for a binary task."""
    if task == "binary":
        return torch.cat([-logits, logits], dim=1).sigmoid()
    return logits.softmax(dim=1)
