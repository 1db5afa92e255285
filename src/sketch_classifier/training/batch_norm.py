"""Batch normalisation over the global batch, however many processes share it."""

from __future__ import annotations

from typing import Any

import torch
from torch import distributed, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm


def synchronized(module: nn.Module) -> nn.Module:
    """`module` with every batch normalisation's statistics taken over the batches of all processes together.

    Layers change, names and values do not: a state dict fits before and after. The processes' batches may differ in
    size; all together must have two values a channel. Layers in evaluation mode work as before.

    On a GPU they become torch's SyncBatchNorm. That refuses tensors on a CPU: there (where the module's parameters are
    now) they become layers of our own, which work on any device and do the same.
    """
    if any(parameter.is_cuda for parameter in module.parameters()):
        from timm.layers import convert_sync_batchnorm  # torch's own would drop the activations of timm's layers

        return convert_sync_batchnorm(module)
    for layer in module.modules():
        if isinstance(layer, _BatchNorm) and not isinstance(layer, (_Synchronized, nn.SyncBatchNorm)):
            layer.__class__ = type(f"Synchronized{type(layer).__name__}", (_Synchronized, type(layer)), {})
    return module


class _Synchronized(_BatchNorm):
    """Before a batch normalisation among the bases: in training mode the statistics of all processes' batches.

    The running mean and (unbiased) variance are those that one process would keep.
    """

    act: nn.Module
    drop: nn.Module

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not (self.training and distributed.is_initialized()):
            return super().forward(x)
        self._check_input_dim(x)
        mean, variance, count = _statistics(x.detach())
        if self.track_running_stats:
            self._keep(mean, variance, count)
        normal = _Normalise.apply(x, self.weight, self.bias, mean, variance, count, self.eps)
        if hasattr(self, "act"):  # timm's layers have an activation in them
            normal = self.act(self.drop(normal))
        return normal

    @torch.no_grad()
    def _keep(self, mean: torch.Tensor, variance: torch.Tensor, count: torch.Tensor) -> None:
        assert self.num_batches_tracked is not None and self.running_mean is not None and self.running_var is not None
        self.num_batches_tracked += 1
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), share)
        self.running_var.lerp_((variance * (count / (count - 1))).to(self.running_var.dtype), share)


class _Normalise(torch.autograd.Function):
    """(x − mean) / √(variance + eps) · weight + bias a channel, where mean and variance are those of all processes' x.

    Written out because the gradient runs through them: through every process to every other (Ioffe and Szegedy 2015,
    section 3, with the sums over all processes).
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        weight: torch.Tensor | None,
        bias: torch.Tensor | None,
        mean: torch.Tensor,
        variance: torch.Tensor,
        count: torch.Tensor,
        eps: float,
    ) -> torch.Tensor:
        ctx.save_for_backward(x, weight, mean, torch.rsqrt(variance + eps), count)
        return functional.batch_norm(x, mean, variance, weight, bias, training=False, eps=eps)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, weight, mean, scale, count = ctx.saved_tensors
        of_output = _precise(gradient)
        normal = (_precise(x) - _channels(mean, x)) * _channels(scale, x)
        of_bias, of_weight = of_output.sum(_others(x)), (of_output * normal).sum(_others(x))
        of_x = None
        if ctx.needs_input_grad[0]:
            of_mean, of_scale = _over_all(torch.stack([of_bias, of_weight])) / count
            of_x = of_output - _channels(of_mean, x) - normal * _channels(of_scale, x)
            of_x = (of_x * _channels(scale if weight is None else scale * weight, x)).to(x.dtype)
        return of_x, of_weight if weight is not None else None, of_bias if weight is not None else None, *[None] * 4


def _statistics(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Mean (C,) and biased variance (C,) of all processes' x, (B, C, …), and from how many values a channel, (1,)."""
    values = _precise(x)
    count = values.new_full((1,), values.numel() / values.shape[1])
    sums = _over_all(torch.cat([values.sum(_others(x)), count]))
    count = sums[-1:]
    mean = sums[:-1] / count
    # A second pass: the mean of the squares less the square of the mean loses what a large mean swallows.
    variance = _over_all((values - _channels(mean, x)).square_().sum(_others(x))) / count
    return mean, variance, count


def _over_all(values: torch.Tensor) -> torch.Tensor:
    """The sum of all processes' values, in place."""
    distributed.all_reduce(values)
    return values


def _precise(values: torch.Tensor) -> torch.Tensor:
    """In float32 at least."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def _others(x: torch.Tensor) -> list[int]:
    """All axes but that of the channels."""
    return [axis for axis in range(x.ndim) if axis != 1]


def _channels(values: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return values.view(1, -1, *(1 for _ in range(x.ndim - 2)))
