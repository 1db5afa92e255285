"""What every architecture has in common: a backbone that gives features, and a classifier on top of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import nn

from sketch_classifier.params import Input

State = dict[str, torch.Tensor]


class Network(nn.Module):
    """`forward(x)` is `classifier(features(x))`; x is what `models.input.prepare` gives for `input`.

    architecture    its name: the name of the file that builds it
    input           what it takes
    backbone        (B, channels, size, size) or, of strokes, (B, 3, max_points) float32 → (B, num_features)
    classifier      (B, num_features) → logits (B, num_outputs)
    pretrained      by name, what gives a state dict of the backbone or of the library's whole network; it raises
                    OSError or RuntimeError where it must be fetched and cannot be
    adapt           picks the backbone's entries, under the backbone's names, out of a state dict of the library's whole
                    network; raises RuntimeError or KeyError where the state dict is not one
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

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """What `prepare` gives → (B, num_features) float32: what the classifier sees."""
        return self.backbone(x)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """What `prepare` gives → logits (B, num_outputs) float32."""
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
