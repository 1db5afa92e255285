"""Knowledge distillation: a model that learns from the predictions of trained ones, its teachers (Hinton et al. 2015).

By default a teacher predicts the drawings as augmented and mixed for the student: Beyer et al. 2022, "Knowledge
distillation: A good teacher is patient and consistent".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
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
from sketch_classifier.training.mixing import Targets, mixed_batch

FILES = ("model.json", "model.safetensors")
MOST = 5  # classes that a message names


@dataclass(frozen=True)
class Teacher:
    """A trained model that knows all classes of the student.

    network  in evaluation mode, without gradients
    about    the content of its model.json
    order    the indices of the student's classes among the teacher's, in the student's order
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
    """The logits that a student with `preset` learns from: those of its teacher, or several teachers' mean log-softmax.

    `samples` are the student's training samples, transformed for each teacher. A consistent teacher predicts each batch
    as augmented and mixed for the student, without averaging over mirror images, which would double its time. Without
    augmentation, or if `consistent` is off, it predicts the original drawings: once for all epochs if the predictions
    fit in memory, and averaged over mirror images where the teacher does that.
    """
    functions = [_teaching(*pair, preset, accelerator) for pair in zip(teachers, samples, strict=True)]
    if len(functions) == 1:
        return functions[0]

    def teach(indices: torch.Tensor, noise: Noise, inputs: torch.Tensor, targets: Targets) -> torch.Tensor:
        logits = [function(indices, noise, inputs, targets) for function in functions]
        return torch.stack(logits).log_softmax(dim=2).mean(dim=0)

    return teach


def _teaching(teacher: Teacher, samples: Samples, preset: ModelPreset, accelerator: Accelerator) -> Teach:
    network, augmentation = teacher.network, preset.augmentation
    network.to(accelerator.device).to(memory_format=torch.channels_last)
    if augmentation.is_none or not preset.distillation.consistent:
        return _of_originals(teacher, samples, preset, accelerator)
    network.flip_average = False

    def teach(indices: torch.Tensor, noise: Noise, inputs: torch.Tensor, targets: Targets) -> torch.Tensor:
        if network.input != preset.input:
            inputs = mixed_batch(samples, indices, noise.again(), augmentation)[0]
        return _logits(teacher, inputs, accelerator)

    return teach


def _of_originals(teacher: Teacher, samples: Samples, preset: ModelPreset, accelerator: Accelerator) -> Teach:
    """Predictions of the drawings without augmentation; for a mixture, the mixture of both drawings' probabilities."""
    teacher.network.flip_average = teacher.about.flip_average
    if fits(len(samples) * len(teacher.order) * 4, accelerator.device):
        all_logits = _all_logits(teacher, samples, preset.batch_size, accelerator)
        logits = partial(_rows, all_logits)
    else:
        logits = partial(_unaugmented, teacher, samples, accelerator)

    def teach(indices: torch.Tensor, noise: Noise, inputs: torch.Tensor, targets: Targets) -> torch.Tensor:
        own = logits(indices[noise.share])
        if targets.shares is None:
            return own
        others = logits(samples.shuffle.partners(indices)[noise.share])
        shares = targets.shares[:, None]
        return torch.logaddexp(own.log_softmax(dim=1) + shares.log(), others.log_softmax(dim=1) + (-shares).log1p())

    return teach


def _rows(logits: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
    return logits[indices.to(logits.device)]


def _unaugmented(teacher: Teacher, samples: Samples, accelerator: Accelerator, indices: torch.Tensor) -> torch.Tensor:
    return _logits(teacher, samples.batch(indices)[0], accelerator)


def _all_logits(teacher: Teacher, samples: Samples, batch_size: int, accelerator: Accelerator) -> torch.Tensor:
    logits = torch.empty(len(samples), len(teacher.order), device=accelerator.device)
    with progress(len(samples), "teacher", accelerator) as bar:
        for indices in batches(torch.arange(len(samples)), batch_size):
            logits[indices[0] : indices[-1] + 1] = _logits(teacher, samples.batch(indices)[0], accelerator)
            bar.update(len(indices))
    return logits


def _logits(teacher: Teacher, inputs: torch.Tensor, accelerator: Accelerator) -> torch.Tensor:
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
