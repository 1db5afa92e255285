"""Optimizers by their names in torch.optim."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from sketch_classifier.errors import UserError, unknown_name
from sketch_classifier.params import Optimizer

# LBFGS wants a closure, SparseAdam sparse gradients: the training loop gives neither.
UNFIT = {"Optimizer", "LBFGS", "SparseAdam"}


def build_optimizer(preset: Optimizer, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    """The optimizer over those of `parameters` that learn. Raises UserError for an unknown name or argument."""
    classes = {
        name: value
        for name, value in vars(torch.optim).items()
        if isinstance(value, type) and issubclass(value, torch.optim.Optimizer) and name not in UNFIT
    }
    if preset.name not in classes:
        raise UserError("optimizer.name: " + unknown_name("optimizer", preset.name, sorted(classes)))
    try:
        return classes[preset.name]([p for p in parameters if p.requires_grad], lr=preset.lr, **preset.arguments)
    except (TypeError, ValueError) as error:
        raise UserError(f"optimizer.arguments: {preset.name}: {error}") from None
