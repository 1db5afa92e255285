"""Trains the network of a model preset on a dataset; writes the model and its learning curves."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list
from torch import nn

from sketch_classifier.data.dataset import Dataset
from sketch_classifier.drawings.files import replaced_folder, require_writable
from sketch_classifier.drawings.rasters import Rasters
from sketch_classifier.errors import UserError
from sketch_classifier.models.allocator import keep_freed_memory
from sketch_classifier.models.input import prepare
from sketch_classifier.models.network import Network, build_network, num_outputs
from sketch_classifier.models.saved import About, save_model
from sketch_classifier.models.weights import UsedWeights, load_weights
from sketch_classifier.params import Input, ModelPreset, RasterInput, Train
from sketch_classifier.training.augmentation import augment_images, augment_strokes, draw_augmented
from sketch_classifier.training.batches import Noise, Samples, Stored, Transform, batches, derived_seed, fits, place
from sketch_classifier.training.checkpoint import Checkpoint, Row, fingerprint
from sketch_classifier.training.distillation import Teacher, load_teachers, teaching
from sketch_classifier.training.loggers import EpochLine, check_loggers, open_curves
from sketch_classifier.training.loop import fit, progress, reproducible
from sketch_classifier.training.optimizers import build_optimizer, build_schedule
from sketch_classifier.training.order import Mode

PRECISIONS = {"float32": "no", "bfloat16": "bf16"}


def train(
    dataset: Dataset,
    preset: ModelPreset,
    settings: Train,
    *,
    name: str,
    seed: int,
    out: str | Path = "models",
    curves: str | Path = "plots/training",
    cache: str | Path = ".cache",
    base: str | Path = ".",
) -> None:
    """Train the network of the preset `name`; write the model to `out` and the learning curves to `curves`.

    Both are written at the end: the folder `curves` is replaced as a whole, other files in `out` are kept. After every
    epoch a checkpoint is written to `cache`: an interrupted run that is started again with the same arguments, data and
    code resumes from it and produces the same files, byte for byte. A damaged checkpoint is ignored, with a warning on
    stderr. The files of Weights & Biases and TensorBoard are in `cache`, too. Relative paths of weights and teachers
    that do not exist in the working directory are resolved against `base`.

    Raises UserError for a binary preset on a dataset without a positive group, a stroke model on a dataset without
    strokes, an empty split, unavailable weights, a missing or incompatible teacher, an unknown architecture, optimizer,
    schedule, logger or device, and for a folder that cannot be written.
    """
    require_writable(out, curves, cache)
    stored = dataset.inputs(preset.input)
    _check_dataset(dataset, preset)
    teachers = load_teachers(preset, dataset, Path(base))
    check_loggers(settings.loggers)
    keep_freed_memory()
    accelerator = _accelerator(settings)
    with reproducible():
        network = build_network(
            preset.architecture,
            preset.input,
            num_outputs(preset.task, len(dataset.class_names(preset.task))),
            derived_seed(seed, "initial weights"),
        )
        # Called here to reject invalid names and arguments before any work is done.
        build_schedule(preset.schedule, build_optimizer(preset.optimizer, network), preset.epochs, preset.epochs)
        with accelerator.local_main_process_first():
            weights = load_weights(network, preset.weights, Path(base))
        _print_setup(dataset, preset, weights, teachers, accelerator)
        if preset.freeze_backbone and weights.used != "none":
            network.freeze()
        network.flip_average = preset.test_time_flip and dataset.mirror
        about = _about(network, dataset, stored, preset, weights, teachers, name, seed)
        stamp = _fingerprint(dataset, stored, preset, settings, seed, network, teachers, accelerator)
        checkpoint = Checkpoint.within(Path(cache) / "checkpoints", stamp)
        samples = placed_samples(dataset, stored, preset, accelerator, settings.shuffle)
        teach = None
        if teachers:
            inputs = [teacher.network.input for teacher in teachers]
            as_taken = [replace(samples[0], transform=_transform(dataset, preset, input)) for input in inputs]
            teach = teaching(teachers, as_taken, preset, accelerator)
        module, (train_samples, validation) = to_learn(network, samples, preset, accelerator)
        with _reporting(curves, Path(cache), settings, about, accelerator) as on_epoch:
            history, kept = fit(
                module, train_samples, validation, preset, seed, accelerator, checkpoint, on_epoch, teach
            )
            if accelerator.is_main_process:
                if preset.keep != "last":
                    print(f"saved weights: epoch {kept} of {len(history)} ({preset.keep})", file=sys.stderr)
                save_model(out, network, replace(about, final=history[kept - 1]))
    if accelerator.is_main_process:
        checkpoint.remove()
    accelerator.wait_for_everyone()


def to_learn(
    network: Network, samples: list[Samples], preset: ModelPreset, accelerator: Accelerator
) -> tuple[nn.Module, list[Samples]]:
    """The module to train, and its samples: for a frozen backbone, the classifier and precomputed features."""
    if network.frozen and preset.augmentation.is_none:
        return only_classifier(network, samples, preset.batch_size, accelerator)
    return network, samples


def placed_samples(
    dataset: Dataset, stored: Stored, preset: ModelPreset, accelerator: Accelerator, shuffle: Mode = "auto"
) -> list[Samples]:
    """The training samples, with augmentation, and the validation samples without."""
    targets = dataset.targets(preset.task)
    plain = partial(network_input, input=preset.input)
    # Rasters are augmented by their points, so they are rasterised again for every batch.
    changed = stored if preset.augmentation.is_none or not isinstance(stored, Rasters) else stored.sequences()
    return [
        place(inputs, dataset.rows(split), targets, accelerator.device, transform, shuffle)
        for split, inputs, transform in (
            ("train", changed, _transform(dataset, preset, preset.input)),
            ("validation", stored, plain),
        )
    ]


def _transform(dataset: Dataset, preset: ModelPreset, input: Input) -> Transform:
    """Maps stored training drawings to the input of a network, with the preset's augmentation."""
    if preset.augmentation.is_none:
        return partial(network_input, input=input)
    preset = preset.model_copy(update={"input": input})
    return augmenting(preset, dataset.mirror, is_photograph=dataset.channels == "color")


@contextmanager
def _reporting(
    curves: str | Path, cache: Path, settings: Train, about: About, accelerator: Accelerator
) -> Iterator[Callable[[Row, bool], None]]:
    """The `on_epoch` callback of `fit`; `curves` is replaced at the end of the block. Only the main process reports."""
    if not accelerator.is_main_process:
        yield lambda row, new: None
        return
    line = EpochLine(about.preset.epochs)
    with replaced_folder(curves) as folder, open_curves(folder, settings.loggers, cache, about.summary()) as written:

        def on_epoch(row: Row, new: bool) -> None:
            written.add(row)
            if new:
                line.print(row)

        yield on_epoch


def only_classifier(
    network: Network, splits: list[Samples], batch_size: int, accelerator: Accelerator
) -> tuple[nn.Module, list[Samples]]:
    """For a frozen backbone: the classifier, and samples with float32 features that are computed once.

    `splits` are the training and the validation samples; the features of the latter are computed in evaluation mode.
    If the features do not fit in memory, returns the network and the samples unchanged, which gives the same result but
    runs the backbone in every epoch.
    """
    device = accelerator.device
    network.to(device).to(memory_format=torch.channels_last).eval()
    with torch.inference_mode():
        width = network.features(splits[0].batch(torch.zeros(1, dtype=torch.int64))[0]).shape[1]
    if not fits(sum(map(len, splits)) * width * 4, device):
        return network, splits
    return network.classifier, [
        _with_features(network.train(number == 0), samples, width, batch_size, accelerator)
        for number, samples in enumerate(splits)
    ]


def _with_features(
    network: Network, samples: Samples, width: int, batch_size: int, accelerator: Accelerator
) -> Samples:
    features = torch.empty(len(samples), width, device=accelerator.device)
    with torch.no_grad(), accelerator.autocast(), progress(len(samples), "features", accelerator) as bar:
        for indices in batches(torch.arange(len(samples)), batch_size):
            features[indices[0] : indices[-1] + 1] = network.features(samples.batch(indices)[0])
            bar.update(len(indices))
    return replace(samples, inputs=features, transform=_identity)


def augmenting(preset: ModelPreset, mirror: bool, is_photograph: bool = False) -> Transform:
    """As `network_input`, with the preset's augmentation; flips only if `mirror` is true.

    Outside the image, photographs are padded with their border pixels and drawings with background.
    """
    change: Callable
    if isinstance(preset.input, RasterInput):
        change = partial(draw_augmented, input=preset.input, settings=preset.augmentation, mirror=mirror)
        return lambda stored, noise: prepare(change(stored, noise=noise), preset.input)
    if preset.input.kind == "images":
        change = partial(augment_images, padding="border" if is_photograph else "zeros")
    else:
        change = augment_strokes
    change = partial(change, settings=preset.augmentation, mirror=mirror)

    def transform(stored: torch.Tensor, noise: Noise | None) -> torch.Tensor:
        return prepare(stored, preset.input, None if noise is None else partial(change, noise=noise))

    return transform


def network_input(stored: torch.Tensor, noise: Noise | None, input: Input) -> torch.Tensor:
    """The network's input for a batch of stored drawings, without augmentation: a `Transform` of `Samples`."""
    return prepare(stored, input)


def _identity(features: torch.Tensor, noise: Noise | None) -> torch.Tensor:
    return features


def _accelerator(settings: Train) -> Accelerator:
    # Accelerate connects torchrun's processes on CPUs only if it is told to use the CPU.
    cpu = settings.device == "cpu" or (settings.device == "auto" and not torch.accelerator.is_available())
    accelerator = Accelerator(cpu=cpu, mixed_precision=PRECISIONS[settings.precision])
    if settings.device not in ("auto", accelerator.device.type):
        raise UserError(f"train.device: {settings.device} is not available; this machine has {accelerator.device.type}")
    return accelerator


def _check_dataset(dataset: Dataset, preset: ModelPreset) -> None:
    if preset.task == "binary" and not dataset.positive:
        raise UserError(f"{dataset.files}: the model is binary, but this dataset has no `positive` group")
    names = dataset.class_names(preset.task)
    targets = dataset.targets(preset.task)
    for split in ("train", "validation"):
        if not len(dataset.rows(split)):
            cure = f"raise the dataset's `limit` or `split.{split}`"
            raise UserError(f"{dataset.files}: the {split} split is empty; {cure}")
    counts = np.bincount(targets[dataset.rows("train")], minlength=len(names))
    missing = [name for name, count in zip(names, counts, strict=True) if not count]
    if missing:
        print(f"warning: no training drawings of {', '.join(missing)}", file=sys.stderr)


def _print_setup(
    dataset: Dataset, preset: ModelPreset, weights: UsedWeights, teachers: tuple[Teacher, ...], accelerator: Accelerator
) -> None:
    if not accelerator.is_main_process:
        return
    if weights.used == "none" and (preset.freeze_backbone or weights.failed):
        line = "WARNING: no pre-trained weights: the whole network is trained from scratch, without frozen layers"
    else:
        line = f"weights: {weights.used}"
    print(line, file=sys.stderr)
    for teacher, name in zip(teachers, preset.distillation.teachers, strict=True):
        print(f"teacher: {teacher.about.name} ({name})", file=sys.stderr)
    if preset.augmentation.flip and not dataset.mirror:
        print("augmentation: no flips, because the dataset has `mirror: false`", file=sys.stderr)


def _fingerprint(
    dataset: Dataset,
    stored: Stored,
    preset: ModelPreset,
    settings: Train,
    seed: int,
    network: Network,
    teachers: tuple[Teacher, ...],
    accelerator: Accelerator,
) -> str:
    arguments = {
        "preset": preset.model_dump(),
        "precision": settings.precision,
        "shuffle": settings.shuffle,
        "device": accelerator.device.type,
        "processes": accelerator.num_processes,
        "seed": seed,
        "frozen": network.frozen,
        "mirror": dataset.mirror,
        "channels": dataset.channels,
        "teachers": [[teacher.sha256, teacher.about.summary()] for teacher in teachers],
    }
    stamps = [""]
    if accelerator.is_main_process:  # one process reads the data for all
        stamps = [fingerprint(arguments, network, stored, dataset.targets(preset.task), dataset.split)]
    return broadcast_object_list(stamps)[0]


def _about(
    network: Network,
    dataset: Dataset,
    stored: Stored,
    preset: ModelPreset,
    weights: UsedWeights,
    teachers: tuple[Teacher, ...],
    name: str,
    seed: int,
) -> About:
    image_shape, channels = dataset.images.shape[1:], dataset.channels
    if isinstance(stored, Rasters):  # serving must draw them as in training
        image_shape, channels = stored.shape[1:], 1 if stored.channels == "gray" else stored.channels
    return About(
        name=name,
        preset=preset,
        class_names=dataset.class_names(preset.task),
        categories=dataset.categories,
        positive=dataset.positive,
        positive_name=dataset.positive_name,
        image_shape=image_shape,
        channels=channels,
        weights=weights.used,
        failed_weights=weights.failed,
        frozen=network.frozen,
        flip_average=network.flip_average,
        num_parameters=sum(parameter.numel() for parameter in network.parameters()),
        num_train=len(dataset.rows("train")),
        num_validation=len(dataset.rows("validation")),
        seed=seed,
        final={},
        teacher_sha256=_sha256(teachers),
    )


def _sha256(teachers: tuple[Teacher, ...]) -> str | tuple[str, ...] | None:
    if len(teachers) <= 1:
        return teachers[0].sha256 if teachers else None
    return tuple(teacher.sha256 for teacher in teachers)
