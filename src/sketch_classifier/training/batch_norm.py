"""Synchronised batch normalisation: statistics over the global batch of all processes, also on a CPU."""

from __future__ import annotations

from typing import Any

import torch
from torch import distributed, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm


def synchronized(module: nn.Module) -> nn.Module:
    """`module` with batch normalisation layers that compute their statistics over the batches of all processes.

    Only the layer types change: the state dict has the same names and values. The local batches may differ in size, but
    the global batch needs at least two values per channel. Evaluation mode is not affected.

    If the module is on a GPU, the layers become torch's SyncBatchNorm. This does not support CPU tensors, so a module
    on the CPU gets layers defined here, which work on any device and compute the same.
    """
    if any(parameter.is_cuda for parameter in module.parameters()):
        from timm.layers import convert_sync_batchnorm  # torch's converter would drop the activations of timm's layers

        return convert_sync_batchnorm(module)
    for layer in module.modules():
        if isinstance(layer, _BatchNorm) and not isinstance(layer, (_Synchronized, nn.SyncBatchNorm)):
            layer.__class__ = type(f"Synchronized{type(layer).__name__}", (_Synchronized, type(layer)), {})
    return module


class _Synchronized(_BatchNorm):
    """Mixin, placed before a batch normalisation class: in training mode, statistics over the batches of all processes.

    The running mean and the (unbiased) running variance are the same as in a single process.
    """

    act: nn.Module
    drop: nn.Module

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not (self.training and distributed.is_initialized()):
            return super().forward(x)
        self._check_input_dim(x)
        mean, variance, count = _statistics(x.detach())
        if self.track_running_stats:
            self._update_running_statistics(mean, variance, count)
        normal = _Normalise.apply(x, self.weight, self.bias, mean, variance, count, self.eps)
        if hasattr(self, "act"):  # timm's layers include an activation
            normal = self.act(self.drop(normal))
        return normal

    @torch.no_grad()
    def _update_running_statistics(self, mean: torch.Tensor, variance: torch.Tensor, count: torch.Tensor) -> None:
        assert self.num_batches_tracked is not None and self.running_mean is not None and self.running_var is not None
        self.num_batches_tracked += 1
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), share)
        self.running_var.lerp_((variance * (count / (count - 1))).to(self.running_var.dtype), share)


class _Normalise(torch.autograd.Function):
    """(x − mean) / √(variance + eps) · weight + bias per channel, with mean and variance over the x of all processes.

    The backward pass is written out because mean and variance depend on the inputs of all processes, and so do their
    gradients (Ioffe and Szegedy 2015, section 3, with the sums over all processes).
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
        of_output = _at_least_float32(gradient)
        normal = (_at_least_float32(x) - _channels(mean, x)) * _channels(scale, x)
        of_bias, of_weight = of_output.sum(_reduced_axes(x)), (of_output * normal).sum(_reduced_axes(x))
        of_x = None
        if ctx.needs_input_grad[0]:
            of_mean, of_scale = _all_reduce(torch.stack([of_bias, of_weight])) / count
            of_x = of_output - _channels(of_mean, x) - normal * _channels(of_scale, x)
            of_x = (of_x * _channels(scale if weight is None else scale * weight, x)).to(x.dtype)
        return of_x, of_weight if weight is not None else None, of_bias if weight is not None else None, *[None] * 4


def _statistics(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Mean (C,), biased variance (C,) and values per channel (1,) of x, (B, C, …), over all processes."""
    values = _at_least_float32(x)
    count = values.new_full((1,), values.numel() / values.shape[1])
    sums = _all_reduce(torch.cat([values.sum(_reduced_axes(x)), count]))
    count = sums[-1:]
    mean = sums[:-1] / count
    # Two passes: E[x²] − E[x]² loses precision to cancellation if the mean is large.
    variance = _all_reduce((values - _channels(mean, x)).square_().sum(_reduced_axes(x))) / count
    return mean, variance, count


def _all_reduce(values: torch.Tensor) -> torch.Tensor:
    """Sum the values over all processes, in place."""
    distributed.all_reduce(values)
    return values


def _at_least_float32(values: torch.Tensor) -> torch.Tensor:
    """The values in float32, or in their own type if it is wider."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def _reduced_axes(x: torch.Tensor) -> list[int]:
    """All axes except the channel axis."""
    return [axis for axis in range(x.ndim) if axis != 1]


def _channels(values: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return values.view(1, -1, *(1 for _ in range(x.ndim - 2)))
