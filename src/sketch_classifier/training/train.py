"""From a dataset and a model preset to a trained model in a folder, with its learning curves."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from torch import nn

from sketch_classifier.data.dataset import Dataset
from sketch_classifier.data.files import replaced_folder
from sketch_classifier.errors import UserError
from sketch_classifier.models.allocator import keep_freed_memory
from sketch_classifier.models.input import prepare
from sketch_classifier.models.network import Network
from sketch_classifier.models.registry import build_network
from sketch_classifier.models.saved import About, save_model
from sketch_classifier.models.task import num_outputs
from sketch_classifier.models.weights import UsedWeights, load_weights
from sketch_classifier.params import Input, ModelPreset, Train
from sketch_classifier.training.checkpoint import Checkpoint, Row, fingerprint
from sketch_classifier.training.curves import EpochLine, open_curves
from sketch_classifier.training.loop import fit, progress, reproducible
from sketch_classifier.training.optimizers import build_optimizer
from sketch_classifier.training.samples import Samples, batches, derived_seed, fits, place

PRECISIONS = {"float32": "no", "bfloat16": "bf16"}


def train(
    dataset: Dataset,
    preset: ModelPreset,
    settings: Train,
    *,
    seed: int,
    out: str | Path = "models",
    curves: str | Path = "plots/training",
    checkpoints: str | Path = ".cache/checkpoints",
) -> None:
    """Train the preset's network on the dataset: the model of the last epoch into `out`, the curves into `curves`.

    Both folders are replaced at the end. After every epoch the state goes to `checkpoints`: a run that was killed and
    is begun again with the same arguments, data and code goes on from there and ends with the same bytes.

    Raises UserError for a binary preset on a dataset without positive group, an empty split, weights that cannot be
    had, an unknown architecture, optimizer or device.
    """
    _refuse(dataset, preset)
    keep_freed_memory()
    accelerator = _accelerator(settings)
    with reproducible():
        network = build_network(
            preset.architecture,
            preset.input,
            num_outputs(preset.task, len(dataset.class_names(preset.task))),
            derived_seed(seed, "initial weights"),
        )
        build_optimizer(preset.optimizer, network.parameters())  # an unknown one is refused before any work
        with accelerator.local_main_process_first():
            weights = load_weights(network, preset.weights)
        _say_weights(weights, preset, accelerator)
        if preset.freeze_backbone and weights.used != "none":
            network.freeze()
        stamp = _fingerprint(dataset, preset, settings, seed, network, accelerator)
        checkpoint = Checkpoint(Path(checkpoints) / "last.pt", stamp)
        with replaced_folder(curves) if accelerator.is_main_process else nullcontext() as folder:
            history = _fit(network, dataset, preset, settings, seed, accelerator, checkpoint, folder)
            if accelerator.is_main_process:
                save_model(out, network, _about(network, dataset, preset, weights, seed, history))
    if accelerator.is_main_process:
        checkpoint.remove()
    accelerator.wait_for_everyone()


def _fit(
    network: Network,
    dataset: Dataset,
    preset: ModelPreset,
    settings: Train,
    seed: int,
    accelerator: Accelerator,
    checkpoint: Checkpoint,
    folder: Path | None,
) -> list[Row]:
    device = accelerator.device
    targets = dataset.targets(preset.task)
    transform = partial(network_input, input=preset.input)
    splits = [place(dataset.images, dataset.rows(name), targets, device, transform) for name in ("train", "validation")]
    module: nn.Module = network
    if network.frozen:
        module, splits = only_classifier(network, splits, preset.batch_size, accelerator)
    if not accelerator.is_main_process:
        return fit(module, *splits, preset, seed, accelerator, checkpoint, lambda row, new: None)
    line = EpochLine(preset.epochs)
    with open_curves(folder, settings.loggers) as written:

        def on_epoch(row: Row, new: bool) -> None:
            written.add(row)
            if new:
                line.print(row)

        return fit(module, *splits, preset, seed, accelerator, checkpoint, on_epoch)


def only_classifier(
    network: Network, splits: list[Samples], batch_size: int, accelerator: Accelerator
) -> tuple[nn.Module, list[Samples]]:
    """What is left to train above a frozen backbone: the classifier, on features that are computed once, in float32.

    The network and the samples themselves where the features would not fit in memory: the same result, epoch by epoch.
    """
    device = accelerator.device
    network.to(device, memory_format=torch.channels_last).eval()
    with torch.inference_mode():
        width = network.features(splits[0].batch(torch.zeros(1, dtype=torch.int64))[0]).shape[1]
    if not fits(sum(map(len, splits)) * width * 4, device):
        return network, splits
    return network.classifier, [_with_features(network, samples, width, batch_size, accelerator) for samples in splits]


def _with_features(
    network: Network, samples: Samples, width: int, batch_size: int, accelerator: Accelerator
) -> Samples:
    features = torch.empty(len(samples), width, device=accelerator.device)
    with torch.no_grad(), accelerator.autocast(), progress(len(samples), "features", accelerator) as bar:
        for indices in batches(torch.arange(len(samples)), batch_size):
            features[indices[0] : indices[-1] + 1] = network.features(samples.batch(indices)[0])
            bar.update(len(indices))
    return replace(samples, inputs=features, rows=None, transform=_identity)


def network_input(images: torch.Tensor, input: Input) -> torch.Tensor:
    prepared = prepare(images, input.size, input.channels, input.mean, input.std)
    return prepared.contiguous(memory_format=torch.channels_last)


def _identity(features: torch.Tensor) -> torch.Tensor:
    return features


def _accelerator(settings: Train) -> Accelerator:
    accelerator = Accelerator(cpu=settings.device == "cpu", mixed_precision=PRECISIONS[settings.precision])
    if settings.device not in ("auto", accelerator.device.type):
        raise UserError(f"train.device: {settings.device} was asked for, this machine offers {accelerator.device.type}")
    return accelerator


def _refuse(dataset: Dataset, preset: ModelPreset) -> None:
    if preset.task == "binary" and not dataset.positive:
        raise UserError(f"{dataset.folder}: the model is binary and this dataset has no `positive` group")
    names = dataset.class_names(preset.task)
    targets = dataset.targets(preset.task)
    for split in ("train", "validation"):
        if not len(dataset.rows(split)):
            cure = f"raise the dataset's `limit` or `split.{split}`"
            raise UserError(f"{dataset.folder}: no drawing falls in the {split} split; {cure}")
    counts = np.bincount(targets[dataset.rows("train")], minlength=len(names))
    missing = [name for name, count in zip(names, counts, strict=True) if not count]
    if missing:
        print(f"warning: no training drawing of {', '.join(missing)}", file=sys.stderr)


def _say_weights(weights: UsedWeights, preset: ModelPreset, accelerator: Accelerator) -> None:
    if not accelerator.is_main_process:
        return
    if weights.used == "none" and (preset.freeze_backbone or weights.failed):
        line = "WARNING: no pre-trained weights: the whole network trains from scratch, nothing is frozen"
    else:
        line = f"weights: {weights.used}"
    print(line, file=sys.stderr)


def _fingerprint(
    dataset: Dataset, preset: ModelPreset, settings: Train, seed: int, network: Network, accelerator: Accelerator
) -> str:
    arguments = {
        "preset": preset.model_dump(),
        "precision": settings.precision,
        "device": accelerator.device.type,
        "processes": accelerator.num_processes,
        "seed": seed,
        "frozen": network.frozen,
    }
    return fingerprint(arguments, network, dataset.images, dataset.targets(preset.task), dataset.split)


def _about(
    network: Network, dataset: Dataset, preset: ModelPreset, weights: UsedWeights, seed: int, history: list[Row]
) -> About:
    return About(
        preset=preset,
        class_names=dataset.class_names(preset.task),
        categories=dataset.categories,
        positive=dataset.positive,
        positive_name=dataset.positive_name,
        image_shape=dataset.images.shape[1:],
        channels=dataset.channels,
        weights=weights.used,
        failed_weights=weights.failed,
        frozen=network.frozen,
        num_parameters=sum(parameter.numel() for parameter in network.parameters()),
        num_train=len(dataset.rows("train")),
        num_validation=len(dataset.rows("validation")),
        seed=seed,
        final=history[-1],
    )
