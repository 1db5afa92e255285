"""Trained models as the teachers of another one (Hinton et al. 2015).

A teacher sees what the student sees, changed by the same random numbers and mixed in the same way: Beyer et al. 2022,
"Knowledge distillation: A good teacher is patient and consistent".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import torch
from accelerate import Accelerator

from sketch_classifier.data.dataset import Dataset
from sketch_classifier.drawings.files import found_from
from sketch_classifier.errors import UserError, cut, reading
from sketch_classifier.models.network import Network
from sketch_classifier.models.saved import About, load_model
from sketch_classifier.models.shipped import shipped_folder, shipped_models
from sketch_classifier.params import ModelPreset
from sketch_classifier.training.batches import Noise, Samples, batches, fits
from sketch_classifier.training.loop import progress
from sketch_classifier.training.losses import Teach, class_logits
from sketch_classifier.training.mixing import mixed_batch

FILES = ("model.json", "model.safetensors")
MOST = 5  # classes that a message names


@dataclass(frozen=True)
class Teacher:
    """A trained model that knows what a student is to learn.

    network  in evaluation mode, without gradients
    about    what it is
    order    the student's classes among the teacher's, in the student's order
    sha256   of its model.safetensors
    """

    network: Network
    about: About
    order: tuple[int, ...]
    sha256: str


def load_teachers(preset: ModelPreset, dataset: Dataset, base: Path = Path()) -> tuple[Teacher, ...]:
    """The preset's teachers, on the CPU; none where it has none.

    A multiclass teacher may know more classes than the dataset has: the others are left out. A relative folder that
    the working directory does not have is looked for in `base`.

    Raises UserError if there is no such model, and where it does not fit: another task, a class that it does not
    know, another positive group, other channels, or inputs of another kind.
    """
    return tuple(_load(name, preset, dataset, base) for name in preset.distillation.teachers)


def _load(name: str, preset: ModelPreset, dataset: Dataset, base: Path) -> Teacher:
    folder = shipped_folder(name) if name in shipped_models() else found_from(base, name)
    with reading(f"distillation.teacher: {cut(name)}"):
        missing = [file for file in FILES if not (folder / file).is_file()]
    if missing:
        offered = "".join(f", {shipped}" for shipped in shipped_models())
        what = f"the folder of a trained model is expected{offered}"
        raise UserError(f"distillation.teacher: {cut(name)}: no {missing[0]} there; {what}")
    network, about = load_model(folder)
    problem = _misfit(about, preset, dataset)
    if problem:
        raise UserError(f"distillation.teacher: {name} {problem}")
    order = tuple(map(about.class_names.index, dataset.class_names(preset.task)))
    digest = sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    return Teacher(network.requires_grad_(False), about, order, digest)


def teaching(
    teachers: Sequence[Teacher], samples: Sequence[Samples], preset: ModelPreset, accelerator: Accelerator
) -> Teach:
    """How a student that learns with `preset` asks its teachers: their mean log-probabilities.

    `samples` are the student's training samples as each teacher takes them. Where a teacher takes the student's input,
    it is prepared once. Without augmentation a teacher's answers never change: they are computed once, if they fit in
    memory, and with the mirror images where the teacher looks at those. With augmentation the teacher does not look at
    them, which would double the time that it takes.
    """
    asked = [_asking(*pair, preset, accelerator) for pair in zip(teachers, samples, strict=True)]
    if len(asked) == 1:
        return asked[0]

    def teach(indices: torch.Tensor, noise: Noise, inputs: torch.Tensor) -> torch.Tensor:
        return torch.stack([ask(indices, noise, inputs).log_softmax(dim=1) for ask in asked]).mean(dim=0)

    return teach


def _asking(teacher: Teacher, samples: Samples, preset: ModelPreset, accelerator: Accelerator) -> Teach:
    network, settings = teacher.network, preset.augmentation
    network.to(accelerator.device).to(memory_format=torch.channels_last)
    network.flip_average = teacher.about.flip_average and settings.is_none
    if settings.is_none and fits(len(samples) * len(teacher.order) * 4, accelerator.device):
        known = _known(teacher, samples, preset.batch_size, accelerator)
        return lambda indices, noise, inputs: known[indices[noise.share].to(known.device)]
    # Without augmentation the student's inputs may be the features of a frozen backbone.
    is_shared = network.input == preset.input and not settings.is_none

    def ask(indices: torch.Tensor, noise: Noise, inputs: torch.Tensor) -> torch.Tensor:
        if not is_shared:
            inputs = mixed_batch(samples, indices, noise.again(), settings)[0]
        return _answers(teacher, inputs, accelerator)

    return ask


def _known(teacher: Teacher, samples: Samples, batch_size: int, accelerator: Accelerator) -> torch.Tensor:
    known = torch.empty(len(samples), len(teacher.order), device=accelerator.device)
    with progress(len(samples), "teacher", accelerator) as bar:
        for indices in batches(torch.arange(len(samples)), batch_size):
            known[indices[0] : indices[-1] + 1] = _answers(teacher, samples.batch(indices)[0], accelerator)
            bar.update(len(indices))
    return known


def _answers(teacher: Teacher, inputs: torch.Tensor, accelerator: Accelerator) -> torch.Tensor:
    with torch.inference_mode(), accelerator.autocast():
        logits = class_logits(teacher.network(inputs).float(), teacher.about.task)
    # Outside of inference mode: a tensor that a loss may keep for its gradient.
    return logits.index_select(1, torch.tensor(teacher.order, device=logits.device))


def _misfit(about: About, preset: ModelPreset, dataset: Dataset) -> str | None:
    """What is wrong, in words that follow the teacher's name; None where it fits."""
    if about.task != preset.task:
        return f"is a {about.task} model, and this one is {preset.task}"
    unknown = [name for name in dataset.class_names(preset.task) if name not in about.class_names]
    if unknown:
        more = f" and {len(unknown) - MOST} more" if len(unknown) > MOST else ""
        return f"does not know {', '.join(unknown[:MOST])}{more}"
    if about.task == "binary" and set(about.positive) != set(dataset.positive):
        return "has another positive group than the dataset"
    theirs, own = about.preset.input, preset.input
    if theirs.kind != own.kind:
        return f"learns from {theirs.kind}, but this model from {own.kind}"
    if own.kind != "images":  # what images the dataset stores does not matter
        return None if theirs == own else "takes another input; of models of strokes it must be the same"
    if _colours(about.channels) != _colours(dataset.channels):
        return f"was trained on images with channels {about.channels}, but the dataset has {dataset.channels}"
    return None


def _colours(channels: int | str) -> int | str:
    return 1 if channels == 3 else channels  # grey, once or three times
