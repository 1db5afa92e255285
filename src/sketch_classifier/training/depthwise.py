"""Depthwise convolutions under mixed precision on a CPU."""

from __future__ import annotations

import torch
from torch import nn


def depthwise_in_float32(module: nn.Module) -> nn.Module:
    """`module` with depthwise convolutions that compute in float32 while they are trained under autocast on a CPU.

    torch's gradients of depthwise convolutions in bfloat16 are so slow on a CPU that mixed precision would gain nothing
    (benchmarks/README.md). Layers change, names and values do not: a state dict fits before and after. Without
    gradients, without autocast and on other devices the layers work as before.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d) and layer.groups == layer.in_channels > 1 and not isinstance(layer, _Float32):
            layer.__class__ = type(f"Float32{type(layer).__name__}", (_Float32, type(layer)), {})
    return module


class _Float32(nn.Conv2d):
    """Before a convolution among the bases: under autocast, float32 inside and the input's type outside."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not (x.device.type == "cpu" and torch.is_autocast_enabled("cpu") and torch.is_grad_enabled()):
            return super().forward(x)
        with torch.autocast("cpu", enabled=False):
            return super().forward(x.float()).to(x.dtype)
