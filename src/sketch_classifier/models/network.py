"""The base class of all networks: a backbone, which extracts features, and a classifier on top of it.

Also functions to build a network by the name of its architecture and to interpret its outputs for a task (multiclass or
binary), and a dropout layer whose result does not depend on the number of processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import torch
from torch import nn
from torch.nn import functional

from sketch_classifier.errors import UserError, unknown_name
from sketch_classifier.params import Input

State = dict[str, torch.Tensor]


class Network(nn.Module):
    """A backbone and a classifier: `forward(x)` is `classifier(features(x))`, with x from `models.input.prepare`.

    architecture    the name of the module that builds the network
    input           the input settings of the preset
    backbone        (B, channels, size, size) or, for strokes, (B, 3, max_points) float32 → (B, num_features)
    classifier      (B, num_features) → logits (B, num_outputs)
    pretrained      name → function that returns a state dict of the backbone or of the library's whole network; it
                    raises OSError or RuntimeError if a download fails
    flip_average    whether, in evaluation mode, features are averaged over an image and its mirror image
    adapt           converts a state dict of the library's whole network to one of the backbone; raises RuntimeError or
                    KeyError for any other state dict
    """

    def __init__(
        self,
        architecture: str,
        input: Input,
        backbone: nn.Module,
        classifier: nn.Module,
        pretrained: Mapping[str, Callable[[], State]] | None = None,
        adapt: Callable[[State], State] | None = None,
    ):
        super().__init__()
        self.architecture = architecture
        self.input = input
        self.backbone = backbone
        self.classifier = classifier
        self.pretrained = pretrained or {}
        self.adapt = adapt
        self.frozen = False
        self.flip_average = False

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """The output of `prepare` → (B, num_features) float32, the input of the classifier.

        In evaluation mode, with `flip_average` on: the mean of the features of the image and of its mirror image.
        """
        if self.flip_average and not self.training:
            return (self.backbone(x) + self.backbone(x.flip(-1))) / 2
        return self.backbone(x)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The output of `prepare` → logits (B, num_outputs) float32."""
        return self.classifier(self.features(x))

    def freeze(self) -> None:
        """Freeze the backbone, including its batch statistics and dropout: only the classifier is trained from now on.

        The backbone stays in evaluation mode.
        """
        self.backbone.requires_grad_(False)
        self.frozen = True
        self.train(self.training)

    def train(self, mode: bool = True) -> Network:
        super().train(mode)
        if self.frozen:
            self.backbone.eval()
        return self


def architectures() -> tuple[str, ...]:
    """The names of the architectures that `build_network` accepts."""
    modules = (module.name for module in iter_modules([str(Path(__file__).parent)]))
    return tuple(sorted(name for name in modules if hasattr(_module(name), "build")))


def build_network(architecture: str, input: Input, num_outputs: int, seed: int = 0) -> Network:
    """A network with initial weights that depend only on `seed`; the global random state is not changed.

    Raises UserError for an unknown architecture or an input that it does not support.
    """
    if architecture not in architectures():
        raise UserError(unknown_name("architecture", architecture, architectures()))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _module(architecture).build(input, num_outputs)


def _module(name: str):
    return import_module(f"{__package__}.{name}")


_rows: ContextVar[tuple[int, slice] | None] = ContextVar("rows of the global batch", default=None)


@contextmanager
def global_rows(num_samples: int, share: slice) -> Iterator[None]:
    """A context in which the network's inputs are the rows `share` of a global batch of num_samples rows."""
    token = _rows.set((num_samples, share))
    try:
        yield
    finally:
        _rows.reset(token)


class Dropout(nn.Dropout):
    """nn.Dropout that draws its mask for the whole global batch and applies the rows of this process.

    So processes with the same seed stay in sync and give the same result as a single one. Outside `global_rows`, the
    input is taken as the whole batch.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.p == 0:
            return x
        num_samples, share = _rows.get() or (len(x), slice(None))
        mask = torch.empty(num_samples, *x.shape[1:], dtype=x.dtype, device=x.device).bernoulli_(1 - self.p)[share]
        if self.p < 1:
            mask.div_(1 - self.p)
        return x.mul_(mask) if self.inplace else x * mask


def num_outputs(task: str, num_classes: int) -> int:
    """The number of outputs: one per class, or a single one for a binary task."""
    return 1 if task == "binary" else num_classes


def summed_loss(
    logits: torch.Tensor,
    targets: torch.Tensor,
    task: str,
    label_smoothing: float = 0.0,
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Cross-entropy of logits (B, num_outputs) and targets (B,) int64, summed over the batch.

    `weights`, (B,) float32, are optional factors of the losses of the rows.

    The softmax or sigmoid is included: CrossEntropyLoss, or BCEWithLogitsLoss for a binary task. A fraction
    `label_smoothing` of each target is distributed evenly over all classes (Szegedy et al. 2016).
    """
    if task == "binary":
        shares = targets.to(logits.dtype) * (1 - label_smoothing) + label_smoothing / 2
        return functional.binary_cross_entropy_with_logits(logits[:, 0], shares, weights, reduction="sum")
    if weights is None:
        return functional.cross_entropy(logits, targets, reduction="sum", label_smoothing=label_smoothing)
    return functional.cross_entropy(logits, targets, reduction="none", label_smoothing=label_smoothing) @ weights


def predicted(logits: torch.Tensor, task: str) -> torch.Tensor:
    """The most probable class, (B,) int64; for a binary task the positive class if its probability is above 0.5."""
    return (logits[:, 0] > 0).long() if task == "binary" else logits.argmax(dim=1)


def class_probabilities(logits: torch.Tensor, task: str) -> torch.Tensor:
    """(B, num_outputs) → (B, num_classes), rows that sum to 1; [1 − p, p] for a binary task."""
    if task == "binary":
        return torch.cat([-logits, logits], dim=1).sigmoid()
    return logits.softmax(dim=1)
