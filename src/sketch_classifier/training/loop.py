"""The training loop: epochs over the training split, each followed by an evaluation on the validation split.

It implements gradient accumulation and clipping, learning rate schedules, weight averaging, early stopping, checkpoints
and, with Accelerate, several processes and mixed precision.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import chain
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import broadcast
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau
from tqdm import tqdm

from sketch_classifier.errors import UserError
from sketch_classifier.models.network import global_rows, predicted, summed_loss
from sketch_classifier.params import ModelPreset
from sketch_classifier.training.batch_norm import synchronized
from sketch_classifier.training.batches import Noise, Samples, batches, derived_seed
from sketch_classifier.training.checkpoint import Checkpoint, Part, Row
from sketch_classifier.training.depthwise import depthwise_in_float32
from sketch_classifier.training.losses import Teach, training_loss
from sketch_classifier.training.mixing import mixed_batch
from sketch_classifier.training.optimizers import Best, build_optimizer, build_schedule, moving_average
from sketch_classifier.training.streaming import Requests

MOST_SUMMANDS = 2**14  # batch losses to keep before they are summed


def fit(
    module: nn.Module,
    train: Samples,
    validation: Samples,
    preset: ModelPreset,
    seed: int,
    accelerator: Accelerator,
    checkpoint: Checkpoint,
    on_epoch: Callable[[Row, bool], None],
    teach: Teach | None = None,
) -> tuple[list[Row], int]:
    """Train `module` (inputs of the samples → logits) in place; returns one row per epoch, and the epoch that was kept.

    A row has epoch, train_loss, validation_loss, train_accuracy and validation_accuracy. Training metrics are averages
    over the epoch, in training mode (with dropout and augmentation); validation metrics are computed after the epoch,
    with the weights that would be saved (the moving average, if there is one). `on_epoch` is called with each row and
    whether it is new: a resumed run first reports the rows of its checkpoint. All randomness in an epoch is derived
    from (seed, epoch). Several processes split the same global batches and compute the same result as one. `teach`
    returns the logits of the preset's teachers, if it has any.
    """
    if accelerator.num_processes > 1:
        module = synchronized(module)
    if accelerator.mixed_precision == "bf16":
        module = depthwise_in_float32(module)
    module.to(accelerator.device).to(memory_format=torch.channels_last)  # faster convolutions, CPU or GPU
    run = _Run(module, train, preset, accelerator, teach)
    history = _loaded(checkpoint, run, accelerator)
    run.prepare()
    if history and accelerator.is_main_process:
        print(f"resuming after epoch {len(history)} of {preset.epochs} from {checkpoint.path}", file=sys.stderr)
    for row in history:
        on_epoch(row, False)

    for epoch in range(len(history) + 1, preset.epochs + 1):
        if run.stops_early(epoch):
            break
        train_loss, train_accuracy = _train_epoch(run, epoch, seed)
        validation_loss, validation_accuracy = evaluate(run.kept, validation, preset, accelerator)
        row = {
            "epoch": epoch,
            "train_loss": train_loss,
            "validation_loss": validation_loss,
            "train_accuracy": train_accuracy,
            "validation_accuracy": validation_accuracy,
        }
        if not (math.isfinite(train_loss) and math.isfinite(validation_loss)):
            raise UserError(
                f"epoch {epoch}: the loss is not finite: training diverged; "
                f"try a lower optimizer.lr than {preset.optimizer.lr:g}"
            )
        run.end_epoch(row)
        history.append(row)
        if accelerator.is_main_process:
            checkpoint.save(run.parts, history)
        on_epoch(row, True)
    return history, run.finish(len(history))


def evaluate(module: nn.Module, samples: Samples, preset: ModelPreset, accelerator: Accelerator) -> tuple[float, float]:
    """Loss and accuracy of the module, in evaluation mode, over all samples."""
    module.eval()
    totals = _Totals(preset.task, accelerator.device)
    own = batches(torch.arange(len(samples)), preset.batch_size)[_share(accelerator)]  # complete batches
    requests = ((int(indices[0]) // samples.shuffle.window, indices) for indices in own)
    with samples.reading(requests), torch.inference_mode(), accelerator.autocast():
        for indices in own:
            inputs, targets = samples.batch(indices)
            logits = module(inputs).float()
            totals.add(summed_loss(logits, targets, preset.task), logits, targets)
    return totals.mean(len(samples), accelerator)


@contextmanager
def reproducible() -> Iterator[None]:
    """Use deterministic algorithms where torch has them, and restore the random state at the end of the block."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # required for deterministic cuBLAS
    enabled = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    deterministic: Any = torch.utils.deterministic  # replaced by an object at run time; type checkers see the module
    fill = deterministic.fill_uninitialized_memory
    torch.use_deterministic_algorithms(True, warn_only=True)
    deterministic.fill_uninitialized_memory = False  # no code here reads uninitialised memory
    try:
        with torch.random.fork_rng():
            yield
    finally:
        torch.use_deterministic_algorithms(enabled, warn_only=warn_only)
        deterministic.fill_uninitialized_memory = fill


def progress(total: int, label: str, accelerator: Accelerator) -> tqdm:
    """A progress bar on stderr that counts drawings and disappears at the end; none if stderr is not a terminal."""
    hidden = None if accelerator.is_main_process else True
    return tqdm(total=total, desc=label, unit=" drawings", unit_scale=True, leave=False, disable=hidden)


def _loaded(checkpoint: Checkpoint, run: _Run, accelerator: Accelerator) -> list[Row]:
    """Restore the run from its checkpoint. Only the main process reads the file; other machines may not have it."""
    content, warning, history = b"", None, []
    try:
        content = checkpoint.read() if accelerator.is_main_process else b""
    except UserError as error:
        warning = error
    try:
        history = checkpoint.restore(_broadcast_bytes(content, accelerator), run.parts)
    except UserError as error:
        warning = error
    if accelerator.is_main_process:
        if warning is not None:
            print(f"WARNING: training starts from the beginning: {warning}", file=sys.stderr)
        checkpoint.prepare()
    return history


def _broadcast_bytes(content: bytes, accelerator: Accelerator) -> bytes:
    """The main process's `content`, in every process."""
    if accelerator.num_processes == 1:
        return content
    size = int(broadcast(torch.tensor(len(content), device=accelerator.device)))
    sent = np.frombuffer(content, np.uint8) if accelerator.is_main_process else np.empty(size, np.uint8)
    return broadcast(torch.tensor(sent, device=accelerator.device)).cpu().numpy().tobytes()


class _Run:
    """The mutable state of training.

    parts  everything that is saved in a checkpoint
    kept   the module that is validated: the moving average, or the network itself
    """

    def __init__(
        self,
        module: nn.Module,
        train: Samples,
        preset: ModelPreset,
        accelerator: Accelerator,
        teach: Teach | None = None,
    ):
        self.module, self.train, self.preset, self.accelerator, self.teach = module, train, preset, accelerator, teach
        self.optimizer = build_optimizer(preset.optimizer, module)
        num_steps = preset.epochs * len(self.steps(torch.arange(len(train))))
        self.schedule = build_schedule(preset.schedule, self.optimizer, num_steps, preset.epochs)
        self.average = moving_average(module, preset.ema) if preset.ema else None
        self.best = None if preset.keep == "last" else Best(preset.keep)
        self.kept = module if self.average is None else self.average.module
        parts: dict[str, Part | None] = {
            "module": module,
            "optimizer": self.optimizer,
            "schedule": self.schedule,
            "average": self.average,
            "best": self.best,
        }
        self.parts = {name: part for name, part in parts.items() if part is not None}

    def prepare(self) -> None:
        """Wrap module and optimizer for mixed precision and several processes."""
        self.prepared, self.optimizer = self.accelerator.prepare(self.module, self.optimizer)

    def steps(self, order: torch.Tensor) -> list[torch.Tensor]:
        """The samples of each optimizer step."""
        preset, least = self.preset, max(2, self.accelerator.num_processes)
        return batches(order, preset.batch_size * preset.accumulate, least)

    def batches(self, step: torch.Tensor) -> list[torch.Tensor]:
        """The samples of each mini-batch of a step."""
        return batches(step, self.preset.batch_size, max(2, self.accelerator.num_processes))

    def step(self) -> None:
        """Take an optimizer step with the accumulated gradients."""
        if self.preset.clip_norm is not None:
            self.accelerator.clip_grad_norm_(self.module.parameters(), self.preset.clip_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        if self.average is not None:
            self.average.update_parameters(self.module)
        if self.schedule is not None and self.preset.schedule.every == "step":
            self.schedule.step()

    def end_epoch(self, row: Row) -> None:
        if self.best is not None:
            self.best.see(row, self.kept)
        if isinstance(self.schedule, ReduceLROnPlateau):
            self.schedule.step(row["validation_loss"])
        elif self.schedule is not None and self.preset.schedule.every == "epoch":
            self.schedule.step()

    def stops_early(self, epoch: int) -> bool:
        """Whether the last `patience` epochs before `epoch` brought no improvement."""
        if self.preset.patience is None or self.best is None:
            return False
        return epoch - 1 - self.best.epoch >= self.preset.patience

    def finish(self, last_epoch: int) -> int:
        """Load the final weights (the best, the averaged or the last ones) into the module; returns their epoch."""
        if self.best is not None:
            self.module.load_state_dict(self.best.weights)
            return self.best.epoch
        self.module.load_state_dict(self.kept.state_dict())
        return last_epoch


def _train_epoch(run: _Run, epoch: int, seed: int) -> tuple[float, float]:
    preset, accelerator, samples = run.preset, run.accelerator, run.train
    share, device = _share(accelerator), accelerator.device
    torch.manual_seed(derived_seed(seed, "dropout", epoch))
    noise_seeds = (derived_seed(seed, "augmentation", epoch, number) for number in range(len(samples)))
    run.prepared.train()
    totals = _Totals(preset.task, device)
    order, ends = samples.shuffle.order(len(samples), seed, epoch)
    bar = progress(len(samples), f"epoch {epoch}/{preset.epochs}", accelerator)
    with bar, samples.reading(_requests(run, order, ends)):
        for step in run.steps(order):
            parts = run.batches(step)
            for number, indices in enumerate(parts, 1):
                noise = Noise(next(noise_seeds), len(indices), share, device)
                inputs, targets = mixed_batch(samples, indices, noise, preset.augmentation)
                taught = None if run.teach is None else run.teach(indices, noise, inputs, targets)
                with nullcontext() if number == len(parts) else accelerator.no_sync(run.prepared):
                    with global_rows(len(indices), share):
                        logits = run.prepared(inputs)
                    loss = training_loss(logits, targets, preset, taught)
                    # Mean over the samples of the step; times num_processes because gradients are averaged over them.
                    accelerator.backward(loss * (accelerator.num_processes / len(step)))
                totals.add(loss.detach(), logits.detach(), targets.labels)
                bar.update(len(indices))
            run.step()
    return totals.mean(len(samples), accelerator)


def _requests(run: _Run, order: torch.Tensor, ends: np.ndarray) -> Requests:
    """For each batch: the number of the window in which it starts, and the samples that this process needs of it."""
    share, partners, mixes = _share(run.accelerator), run.train.shuffle.partners, run.preset.augmentation.mixes
    start = 0
    for indices in chain.from_iterable(map(run.batches, run.steps(order))):
        own = torch.cat([indices[share], partners(indices)[share]]) if mixes else indices[share]
        yield int(np.searchsorted(ends, start, side="right")), own
        start += len(indices)


def _share(accelerator: Accelerator) -> slice:
    """The slice of a global batch's rows (or of a list of batches) that this process handles."""
    return slice(accelerator.process_index, None, accelerator.num_processes)


class _Totals:
    """Running sums of the loss and of the correct predictions, kept on the device to avoid a synchronisation per step.

    The sums of the batches are copied into one preallocated block. Keeping a small tensor per batch, each allocated
    between that batch's activations, would fragment memory, so that its use would grow with the number of batches.
    """

    def __init__(self, task: str, device: torch.device):
        self.task = task
        self.losses = torch.zeros(MOST_SUMMANDS, device=device)
        self.correct = torch.zeros(MOST_SUMMANDS, dtype=torch.int64, device=device)
        self.number = 1

    def add(self, loss: torch.Tensor, logits: torch.Tensor, targets: torch.Tensor) -> None:
        self.losses[self.number] = loss
        self.correct[self.number] = (predicted(logits, self.task) == targets).sum()
        self.number += 1
        if self.number == MOST_SUMMANDS:
            for sums in (self.losses, self.correct):
                sums[0] = sums.sum()
            self.number = 1

    def mean(self, num_samples: int, accelerator: Accelerator) -> tuple[float, float]:
        sums = torch.stack([values[: self.number].float().sum() for values in (self.losses, self.correct)])
        loss, correct = accelerator.reduce(sums, reduction="sum").tolist()
        return round(loss / num_samples, 6), round(correct / num_samples, 6)
