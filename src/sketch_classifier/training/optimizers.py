"""Optimizers and learning rate schedules by their names in torch.optim, weight averaging and the best epoch."""

from __future__ import annotations

import copy
import inspect
from typing import Any

import torch
from torch import nn
from torch.optim import lr_scheduler
from torch.optim.lr_scheduler import LRScheduler
from torch.optim.swa_utils import AveragedModel

from sketch_classifier.errors import UserError, one_line, unknown_name
from sketch_classifier.params import Optimizer, Schedule
from sketch_classifier.training.checkpoint import Row

Tensors = tuple[torch.Tensor, ...] | list[torch.Tensor]

# LBFGS needs a closure and SparseAdam sparse gradients; the training loop provides neither.
UNFIT_OPTIMIZERS = {"Optimizer", "LBFGS", "SparseAdam"}
# These have a fused implementation on every device; with it a step of MobileNetV2 takes a fraction of the time.
FUSED = {"Adam", "AdamW", "SGD"}
IMPLEMENTATIONS = {"fused", "foreach", "differentiable"}  # mutually exclusive
# They take functions or other schedules as arguments, which params.yaml cannot express.
UNFIT_SCHEDULES = {"LRScheduler", "LambdaLR", "MultiplicativeLR", "SequentialLR", "ChainedScheduler"}


def build_optimizer(preset: Optimizer, module: nn.Module) -> torch.optim.Optimizer:
    """The optimizer for the trainable parameters of `module`.

    Weight decay applies to weights only, not to biases and normalisation parameters, which have one dimension (as in
    torchvision's reference scripts). Raises UserError for an unknown name or argument.
    """
    classes = _classes(torch.optim, torch.optim.Optimizer, UNFIT_OPTIMIZERS)
    if preset.name not in classes:
        raise UserError("optimizer.name: " + unknown_name("optimizer", preset.name, classes))
    build = classes[preset.name]
    learning = [parameter for parameter in module.parameters() if parameter.requires_grad]
    groups: list[dict[str, Any]] = [{"params": learning}]
    if preset.weight_decay:
        weights = [parameter for parameter in learning if parameter.ndim > 1]
        others = [parameter for parameter in learning if parameter.ndim <= 1]
        groups = [
            {"params": parameters, "weight_decay": decay}
            for parameters, decay in ((weights, preset.weight_decay), (others, 0.0))
            if parameters
        ]
    arguments = dict(preset.arguments)
    if "weight_decay" in inspect.signature(build).parameters:
        arguments["weight_decay"] = 0.0  # torch's default is above 0 for some optimizers
    elif preset.weight_decay:
        raise UserError(f"optimizer.weight_decay: {preset.name} has no weight decay; set it to 0")
    if preset.name in FUSED and not IMPLEMENTATIONS & arguments.keys():
        arguments["fused"] = True
    try:
        return build(groups, lr=preset.lr, **arguments)
    except (TypeError, ValueError, RuntimeError, LookupError) as error:
        raise UserError(f"optimizer.arguments: {preset.name}: {one_line(error)}") from None


def build_schedule(
    preset: Schedule, optimizer: torch.optim.Optimizer, num_steps: int, num_epochs: int
) -> LRScheduler | None:
    """The learning rate schedule for a run of that many steps and epochs; None for a constant rate.

    Unless set in `arguments`, total_steps, T_max and total_iters are the length of the run (in steps or epochs,
    depending on `every`) and max_lr is the optimizer's learning rate. Raises UserError for an unknown name or argument.
    """
    if preset.name == "none":
        return None
    classes = _classes(lr_scheduler, LRScheduler, UNFIT_SCHEDULES)
    if preset.name not in classes:
        raise UserError("schedule.name: " + unknown_name("schedule", preset.name, ["none", *classes]))
    build = classes[preset.name]
    if build is lr_scheduler.ReduceLROnPlateau and preset.every != "epoch":
        raise UserError("schedule.every: ReduceLROnPlateau uses the validation loss; set it to epoch")
    length = num_steps if preset.every == "step" else num_epochs
    known = {"total_steps": length, "T_max": length, "total_iters": length, "max_lr": optimizer.param_groups[0]["lr"]}
    takes = inspect.signature(build).parameters
    arguments = {name: value for name, value in known.items() if name in takes} | preset.arguments
    try:
        _try(build, optimizer, arguments, min(length - 1, 2))
        return build(optimizer, **arguments)
    except (TypeError, ValueError, RuntimeError, LookupError, ArithmeticError) as error:
        raise UserError(f"schedule.arguments: {preset.name}: {one_line(error)}") from None


def _try(build: type, optimizer: torch.optim.Optimizer, arguments: dict[str, Any], num_steps: int) -> None:
    """Step a throwaway schedule: some invalid arguments, such as a string for a number, fail only when it steps."""
    defaults = {name: value for name, value in optimizer.defaults.items() if name in ("lr", "betas", "momentum")}
    trial = type(optimizer)([nn.Parameter(torch.zeros(1, 1))], **defaults)
    schedule = build(trial, **arguments)
    for _ in range(num_steps):
        trial.step()
        schedule.step(*((0.0,) if build is lr_scheduler.ReduceLROnPlateau else ()))


def _classes(namespace, base: type, unfit: set[str]) -> dict[str, type]:
    return {
        name: value
        for name, value in sorted(vars(namespace).items())
        if isinstance(value, type) and issubclass(value, base) and not name.startswith("_") and name not in unfit
    }


def moving_average(module: nn.Module, decay: float) -> AveragedModel:
    """An exponential moving average of the weights and batch statistics; call `update_parameters` after every step.

    After n steps the decay is min(`decay`, (1 + n) / (10 + n)), so that the untrained initial weights quickly lose
    their influence (as in TensorFlow's ExponentialMovingAverage).
    """

    @torch.no_grad()
    def update(averages: Tensors, values: Tensors, num_averaged: torch.Tensor | int) -> None:
        if averages[0].is_floating_point():
            number = float(num_averaged)
            torch._foreach_lerp_(averages, values, 1 - min(decay, (1 + number) / (10 + number)))
        else:  # counters
            torch._foreach_copy_(averages, values)

    return AveragedModel(module, multi_avg_fn=update, use_buffers=True)


class Best:
    """The weights of the epoch with the best validation metric so far.

    keep     best_loss or best_accuracy: the metric; of equal epochs the first is kept
    epoch    the best epoch, 0 before the first
    weights  of that epoch, a state dict on the CPU
    """

    def __init__(self, keep: str):
        self.keep = keep
        self.epoch = 0
        self.figure = float("-inf")
        self.weights: dict[str, torch.Tensor] = {}

    def see(self, row: Row, module: nn.Module) -> None:
        """Update with the row of an epoch and the module whose weights were validated in it."""
        figure = row["validation_accuracy"] if self.keep == "best_accuracy" else -row["validation_loss"]
        if figure > self.figure:
            self.figure, self.epoch = figure, int(row["epoch"])
            self.weights = {name: value.detach().cpu().clone() for name, value in module.state_dict().items()}

    def state_dict(self) -> dict[str, Any]:
        return {"epoch": self.epoch, "figure": self.figure, "weights": copy.copy(self.weights)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.epoch, self.figure, self.weights = state["epoch"], state["figure"], state["weights"]
