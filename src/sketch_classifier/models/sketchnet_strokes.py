"""A compact residual network for drawings whose three channels show the order of the strokes."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from sketch_classifier.errors import UserError
from sketch_classifier.models.network import Dropout, Network
from sketch_classifier.params import ImageInput

WIDTHS = (32, 64, 128, 192)
SMALLEST = 16


def build(input: ImageInput, num_outputs: int) -> Network:
    layers = [
        nn.Conv2d(input.channels, WIDTHS[0], 5, stride=2, padding=2, bias=False),
        nn.BatchNorm2d(WIDTHS[0]),
        nn.ReLU(),
    ]
    for before, width in zip(WIDTHS, WIDTHS[1:], strict=False):
        layers.append(Residual(before, width))
    backbone = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    classifier = nn.Sequential(Dropout(0.2), nn.Linear(WIDTHS[-1], num_outputs))
    return Network("sketchnet_strokes", input, backbone, classifier)


class Residual(nn.Module):
    def __init__(self, before: int, width: int):
        super().__init__()
        self.change = nn.Sequential(
            nn.Conv2d(before, width, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )
        self.squeeze = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(width, width // 8, 1), nn.ReLU(), nn.Conv2d(width // 8, width, 1), nn.Sigmoid()
        )
        self.shortcut = nn.Sequential(
            nn.AvgPool2d(2, ceil_mode=True), nn.Conv2d(before, width, 1, bias=False), nn.BatchNorm2d(width)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        change = self.change(x)
        return functional.relu(self.shortcut(x) + change * self.squeeze(change))
