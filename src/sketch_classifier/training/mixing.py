"""Mixup and CutMix, applied to a batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from sketch_classifier.params import Augmentation
from sketch_classifier.training.augmentation import rectangles
from sketch_classifier.training.batches import Noise, Samples


@dataclass(frozen=True)
class Targets:
    """The targets of a batch of B drawings.

    labels  (B,) int64
    others  (B,) int64, the label of the second drawing in each mixture; None without mixing
    shares  (B,) float32, the weight of `labels` in each mixture, at least one half; None without mixing
    """

    labels: torch.Tensor
    others: torch.Tensor | None = None
    shares: torch.Tensor | None = None


def mixed_batch(
    samples: Samples, indices: torch.Tensor, noise: Noise, settings: Augmentation
) -> tuple[torch.Tensor, Targets]:
    """Network inputs and targets for the noise's share of the samples `indices`, (B,) int64 on the CPU.

    They are augmented and, if enabled in `settings`, each is mixed with another sample of the batch.
    """
    inputs, labels = samples.batch(indices[noise.share], noise)
    if not settings.mixes:
        return inputs, Targets(labels)
    others, other_labels = samples.batch(samples.shuffle.partners(indices)[noise.share], noise)
    inputs, shares = mix(inputs, others, settings, noise)
    return inputs, Targets(labels, other_labels, shares)


def mix(
    images: torch.Tensor, others: torch.Tensor, settings: Augmentation, noise: Noise
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mix images with others, both (B, C, H, W) float32; returns the mixtures and each image's share, (B,) float32.

    The target of a mixture is share × the image's target + (1 − share) × the other's; a share is at least one half.

    mixup   share × image + (1 − share) × other (Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization")
    cutmix  a rectangle of the image is replaced by that of the other; the share is the fraction of pixels that are kept
            (Yun et al. 2019, "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features")

    Shares are drawn from Beta(α, α), with α = `settings.mixup` or `settings.cutmix`. If both are above 0, one of the
    two is chosen for each mixture with equal probability.
    """
    height, width = images.shape[-2:]
    uniform = noise.uniform(3)
    is_cut = uniform[:, 0] < (0.5 if settings.mixup else 1.0) if settings.cutmix else None
    if is_cut is None or settings.mixup:
        share = _at_least_half(noise.beta(settings.mixup)).to(images.dtype)
        blended = torch.lerp(others, images, share.view(-1, 1, 1, 1))
        if is_cut is None:
            return blended, share
    inside = _rectangles(_at_least_half(noise.beta(settings.cutmix)), uniform[:, 1:], height, width)
    cut = torch.where(inside[:, None], others, images)
    cut_share = 1 - inside.to(images.dtype).mean(dim=(1, 2))
    if not settings.mixup:
        return cut, cut_share
    return torch.where(is_cut.view(-1, 1, 1, 1), cut, blended), torch.where(is_cut, cut_share, share)


def _at_least_half(share: torch.Tensor) -> torch.Tensor:
    """The larger of share and 1 − share. As pairs are random, this does not change the distribution of mixtures."""
    return torch.maximum(share, 1 - share)


def _rectangles(share: torch.Tensor, place: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """(B, height, width) bool: a rectangle at `place`, (B, 2) in 0–1, that leaves `share`, (B,), of the image."""
    sides = torch.tensor([height, width], device=share.device)
    extents = ((1 - share).sqrt()[:, None] * sides).floor()  # rounded up, they could exceed half of a small image
    starts = (place * (sides - extents + 1)).floor()
    return rectangles(starts / sides, extents / sides, height, width)
