"""Which weights a run ends with: their moving average, and those of the best epoch."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from sketch_classifier.training.checkpoint import Row


def moving_average(module: nn.Module, decay: float) -> AveragedModel:
    """An exponential moving average of the weights and batch statistics; `update_parameters` after every step.

    The decay grows to `decay` as (1 + n) / (10 + n) over the first n steps, so that the first weights, which know
    nothing, are soon forgotten (as in TensorFlow's ExponentialMovingAverage).
    """

    @torch.no_grad()
    def update(averages: list[torch.Tensor], values: list[torch.Tensor], num_averaged: torch.Tensor | int) -> None:
        if averages[0].is_floating_point():
            number = float(num_averaged)
            torch._foreach_lerp_(averages, values, 1 - min(decay, (1 + number) / (10 + number)))
        else:  # counters
            torch._foreach_copy_(averages, values)

    return AveragedModel(module, multi_avg_fn=update, use_buffers=True)


class Best:
    """The weights of the epoch with the best figure on the validation split so far.

    keep    best_loss or best_accuracy: what is compared; of equal epochs the first one counts
    epoch   the best one, 0 before the first
    weights of that epoch, a state dict on the CPU
    """

    def __init__(self, keep: str):
        self.keep = keep
        self.epoch = 0
        self.figure = float("-inf")
        self.weights: dict[str, torch.Tensor] = {}

    def see(self, row: Row, module: nn.Module) -> None:
        """Look at an epoch's row and the weights that it was validated with."""
        figure = row["validation_accuracy"] if self.keep == "best_accuracy" else -row["validation_loss"]
        if figure > self.figure:
            self.figure, self.epoch = figure, int(row["epoch"])
            self.weights = {name: value.detach().cpu().clone() for name, value in module.state_dict().items()}

    def state_dict(self) -> dict[str, Any]:
        return {"epoch": self.epoch, "figure": self.figure, "weights": copy.copy(self.weights)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.epoch, self.figure, self.weights = state["epoch"], state["figure"], state["weights"]
