"""What every architecture has in common: a backbone that gives features, and a classifier on top of them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from sketch_classifier.params import Input


class Network(nn.Module):
    """`forward(x)` is `classifier(features(x))`; x is what `models.input.prepare` gives for `input`.

    architecture    its name: the name of the file that builds it
    input           what it takes: size, channels, mean and std
    backbone        (B, channels, size, size) float32 → (B, num_features)
    classifier      (B, num_features) → logits (B, num_outputs)
    imagenet        gives the state dict of torchvision's whole network with ImageNet weights; None where there is none
    adapt           picks the backbone's entries, under the backbone's names, out of a state dict of torchvision's whole
                    network; raises RuntimeError where the state dict is not one
    """

    def __init__(
        self,
        architecture: str,
        input: Input,
        backbone: nn.Module,
        classifier: nn.Module,
        imagenet: Callable[[], dict[str, torch.Tensor]] | None = None,
        adapt: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]] | None = None,
    ):
        super().__init__()
        self.architecture = architecture
        self.input = input
        self.backbone = backbone
        self.classifier = classifier
        self.imagenet = imagenet
        self.adapt = adapt
        self.frozen = False

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """(B, channels, size, size) float32 → (B, num_features): what the classifier sees."""
        return self.backbone(x)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, channels, size, size) float32 → logits (B, num_outputs)."""
        return self.classifier(self.features(x))

    def freeze(self) -> None:
        """From now on only the classifier learns; the backbone stays as it is, its batch statistics and dropout too."""
        self.backbone.requires_grad_(False)
        self.frozen = True
        self.train(self.training)

    def train(self, mode: bool = True) -> Network:
        super().train(mode)
        if self.frozen:
            self.backbone.eval()
        return self
