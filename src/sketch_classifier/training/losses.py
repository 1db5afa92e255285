"""The training loss: cross-entropy variants for hard or mixed labels, and the distillation loss."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn import functional

from sketch_classifier.models.network import summed_loss
from sketch_classifier.params import ModelPreset
from sketch_classifier.training.batches import Noise
from sketch_classifier.training.mixing import Targets

Teach = Callable[[torch.Tensor, Noise, torch.Tensor, Targets], torch.Tensor]
"""Maps the indices of a global batch, (B,) int64 on the CPU, its augmentation noise, and the student's inputs and
targets for the rows of the noise's share to the teacher's logits for these rows, (b, num_classes) float32."""

Q = 0.7  # of the generalized cross-entropy, the value that Zhang & Sabuncu use in all experiments


def training_loss(
    logits: torch.Tensor, targets: Targets, preset: ModelPreset, teacher: torch.Tensor | None = None
) -> torch.Tensor:
    """The preset's loss for logits (B, num_outputs), summed over the batch.

    `teacher`, (B, num_classes) float32, are a teacher's logits for the same drawings, augmented and mixed in the same
    way. If given, the loss is (1 − weight) × the loss on the labels + weight × `divergence`.
    """
    loss = _of_labels(logits, targets.labels, preset, targets.shares)
    if targets.others is not None and targets.shares is not None:
        loss = loss + _of_labels(logits, targets.others, preset, 1 - targets.shares)
    if teacher is None:
        return loss
    settings = preset.distillation
    taught = divergence(class_logits(logits, preset.task), teacher, settings.temperature)
    return (1 - settings.weight) * loss + settings.weight * taught


def divergence(student: torch.Tensor, teacher: torch.Tensor, temperature: float) -> torch.Tensor:
    """T² × KL(teacher ‖ student) for logits (B, num_classes) divided by the temperature T, summed over the batch.

    The factor T² keeps the gradients at about the same scale for all temperatures (Hinton et al. 2015, "Distilling the
    Knowledge in a Neural Network").
    """
    log_student, log_teacher = ((logits / temperature).log_softmax(dim=1) for logits in (student, teacher))
    return temperature**2 * functional.kl_div(log_student, log_teacher, reduction="sum", log_target=True)


def generalized_cross_entropy(
    logits: torch.Tensor,
    targets: torch.Tensor,
    task: str,
    label_smoothing: float = 0.0,
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """(1 − p^q) / q, where p is the target's probability and q = 0.7; the arguments are those of `summed_loss`.

    Lies between cross-entropy (q → 0) and 1 − p (q = 1), and is less sensitive to wrong labels than cross-entropy
    (Zhang & Sabuncu 2018, "Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels").
    """
    # As exp(q log p), because the gradient of p^q is infinite where p underflows to 0.
    losses = (1 - (Q * class_logits(logits, task).log_softmax(dim=1)).exp()) / Q
    own = losses.gather(1, targets[:, None])[:, 0]
    rows = torch.lerp(own, losses.mean(dim=1), label_smoothing)
    return rows.sum() if weights is None else rows @ weights


def class_logits(logits: torch.Tensor, task: str) -> torch.Tensor:
    """(B, num_outputs) → (B, num_classes): for a binary task [0, z], whose softmax is [1 − p, p]."""
    return functional.pad(logits, (1, 0)) if task == "binary" else logits


def _of_labels(
    logits: torch.Tensor, labels: torch.Tensor, preset: ModelPreset, weights: torch.Tensor | None
) -> torch.Tensor:
    loss = summed_loss if preset.loss == "cross_entropy" else generalized_cross_entropy
    return loss(logits, labels, preset.task, preset.label_smoothing, weights)
