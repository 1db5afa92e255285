"""The training loop: epochs of forward, backward and step, each followed by a pass over the validation split."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from accelerate import Accelerator
from torch import nn
from tqdm import tqdm

from sketch_classifier.errors import UserError
from sketch_classifier.models.task import predicted, summed_loss
from sketch_classifier.params import ModelPreset
from sketch_classifier.training.checkpoint import Checkpoint, Row
from sketch_classifier.training.optimizers import build_optimizer
from sketch_classifier.training.samples import Samples, batches, derived_seed, epoch_order


def fit(
    module: nn.Module,
    train: Samples,
    validation: Samples,
    preset: ModelPreset,
    seed: int,
    accelerator: Accelerator,
    checkpoint: Checkpoint,
    on_epoch: Callable[[Row, bool], None],
) -> list[Row]:
    """Train `module` (the samples' inputs → logits) in place for preset.epochs; one row for each epoch.

    A row has epoch, train_loss, validation_loss, train_accuracy and validation_accuracy. The figures of the training
    split are those met on the way, dropout and all; those of the validation split come after the epoch. `on_epoch` is
    called with each row and whether it is new: those that a resumed run finds come first. Everything random in an epoch
    follows from (seed, epoch). With several processes, each takes its share of the same global batches.
    """
    module.to(accelerator.device, memory_format=torch.channels_last)  # faster convolutions, CPU or GPU
    optimizer = build_optimizer(preset.optimizer, module.parameters())
    history = checkpoint.load(module, optimizer)
    prepared, optimizer = accelerator.prepare(module, optimizer)
    if history and accelerator.is_main_process:
        print(f"going on after epoch {len(history)} of {preset.epochs}, from {checkpoint.path}", file=sys.stderr)
    for row in history:
        on_epoch(row, False)

    for epoch in range(len(history) + 1, preset.epochs + 1):
        torch.manual_seed(derived_seed(seed, "dropout", epoch, accelerator.process_index))
        order = epoch_order(len(train), seed, epoch)
        label = f"epoch {epoch}/{preset.epochs}"
        train_loss, train_accuracy = _train_epoch(prepared, train, order, preset, optimizer, accelerator, label)
        bare = accelerator.unwrap_model(prepared)
        validation_loss, validation_accuracy = evaluate(bare, validation, preset, accelerator)
        row = {
            "epoch": epoch,
            "train_loss": train_loss,
            "validation_loss": validation_loss,
            "train_accuracy": train_accuracy,
            "validation_accuracy": validation_accuracy,
        }
        if not (math.isfinite(train_loss) and math.isfinite(validation_loss)):
            raise UserError(
                f"epoch {epoch}: the loss is no longer a finite number: training diverged; "
                f"a lower optimizer.lr than {preset.optimizer.lr:g} is the usual remedy"
            )
        history.append(row)
        if accelerator.is_main_process:
            checkpoint.save(bare, optimizer, history)
        on_epoch(row, True)
    return history


def evaluate(module: nn.Module, samples: Samples, preset: ModelPreset, accelerator: Accelerator) -> tuple[float, float]:
    """Loss and accuracy of the module, in evaluation mode, over all samples."""
    module.eval()
    totals = _Totals(preset.task)
    with torch.inference_mode():
        for indices in batches(torch.arange(len(samples)), preset.batch_size):
            inputs, targets = samples.batch(_share(indices, accelerator))
            logits = module(inputs)
            totals.add(summed_loss(logits, targets, preset.task), logits, targets)
    return totals.mean(len(samples), accelerator)


@contextmanager
def reproducible() -> Iterator[None]:
    """Within: deterministic algorithms where torch has them, and a random state that does not leak out."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it cuBLAS may pick among kernels
    enabled = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    fill = torch.utils.deterministic.fill_uninitialized_memory
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # no code here reads memory that it has not written
    try:
        with torch.random.fork_rng():
            yield
    finally:
        torch.use_deterministic_algorithms(enabled, warn_only=warn_only)
        torch.utils.deterministic.fill_uninitialized_memory = fill


def _train_epoch(
    module: nn.Module,
    samples: Samples,
    order: torch.Tensor,
    preset: ModelPreset,
    optimizer: torch.optim.Optimizer,
    accelerator: Accelerator,
    label: str,
) -> tuple[float, float]:
    module.train()
    totals = _Totals(preset.task)
    with progress(len(samples), label, accelerator) as bar:
        for indices in batches(order, preset.batch_size):
            inputs, targets = samples.batch(_share(indices, accelerator))
            logits = module(inputs)
            loss = summed_loss(logits, targets, preset.task)
            # The mean over the global batch: gradients are averaged over the processes, not summed.
            accelerator.backward(loss * (accelerator.num_processes / len(indices)))
            optimizer.step()
            optimizer.zero_grad()
            totals.add(loss.detach(), logits.detach(), targets)
            bar.update(len(indices))
    return totals.mean(len(samples), accelerator)


def progress(total: int, label: str, accelerator: Accelerator) -> tqdm:
    """A bar on stderr that counts drawings and leaves nothing behind; none where stderr is no terminal."""
    hidden = None if accelerator.is_main_process else True
    return tqdm(total=total, desc=label, unit=" drawings", unit_scale=True, leave=False, disable=hidden)


def _share(indices: torch.Tensor, accelerator: Accelerator) -> torch.Tensor:
    return indices[accelerator.process_index :: accelerator.num_processes]


class _Totals:
    """Sums of loss and correct answers, kept on the device so that no step waits for a figure."""

    def __init__(self, task: str):
        self.task = task
        self.losses: list[torch.Tensor] = []
        self.correct: list[torch.Tensor] = []

    def add(self, loss: torch.Tensor, logits: torch.Tensor, targets: torch.Tensor) -> None:
        self.losses.append(loss)
        self.correct.append((predicted(logits, self.task) == targets).sum())

    def mean(self, num_samples: int, accelerator: Accelerator) -> tuple[float, float]:
        sums = torch.stack([torch.stack(self.losses).float().sum(), torch.stack(self.correct).float().sum()])
        loss, correct = accelerator.reduce(sums, reduction="sum").tolist()
        return round(loss / num_samples, 6), round(correct / num_samples, 6)
