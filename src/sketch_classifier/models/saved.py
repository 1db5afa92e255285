"""Saves and loads a trained model as a folder: model.safetensors, and model.json with its metadata."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter
from safetensors.torch import load_file, save_file

from sketch_classifier.drawings.files import replaced_files
from sketch_classifier.errors import UserError, one_line
from sketch_classifier.models.network import Network, State, build_network, num_outputs
from sketch_classifier.params import ModelPreset


@dataclass(frozen=True)
class About:
    """The metadata of a trained model.

    name             name of the preset
    preset           the preset itself
    class_names      the classes, in the order of the outputs; for a binary model [negative, positive]
    categories       the dataset's categories, in order
    positive         the categories of the positive group; positive_name is the name of the group
    image_shape      shape of a drawing, stored or rasterised: [H, W] or [3, H, W]
    channels         1, 3 (grey, repeated), "stroke_order" or "color" (photographs)
    weights          source of the initial weights: imagenet, sketches, a path, or none
    failed_weights   the entries of preset.weights before it that were not available
    flip_average     whether features are averaged over a drawing and its mirror image
    frozen           whether the backbone was frozen during training
    num_parameters   number of parameters of the whole network
    num_train, num_validation  number of training and validation drawings
    seed             seed of the initial weights and of the order of the samples
    final            epoch of the saved weights, and its loss and accuracy on the training and validation splits
    teacher_sha256   SHA-256 of the teacher's model.safetensors, or those of several teachers; None without a teacher
    temperature      divisor of the logits in serving (Guo et al. 2017); 1 if not calibrated
    """

    name: str
    preset: ModelPreset
    class_names: tuple[str, ...]
    categories: tuple[str, ...]
    positive: tuple[str, ...]
    positive_name: str | None
    image_shape: tuple[int, ...]
    channels: int | str
    weights: str
    failed_weights: tuple[str, ...]
    frozen: bool
    flip_average: bool
    num_parameters: int
    num_train: int
    num_validation: int
    seed: int
    final: dict[str, int | float]
    teacher_sha256: str | tuple[str, ...] | None = None
    temperature: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0

    @property
    def task(self) -> Literal["multiclass", "binary"]:
        """multiclass or binary."""
        return self.preset.task

    def summary(self) -> dict[str, Any]:
        """The content of model.json without `final`."""
        values = asdict(self) | {"preset": self.preset.model_dump()}
        del values["final"]
        return values


def save_model(folder: str | Path, network: Network, about: About) -> None:
    """Write the two files to `folder`; other files in it are kept. The same model gives the same bytes."""
    with replaced_files(folder) as partial:
        write_model(partial, network.state_dict(), about)


def write_model(folder: Path, state: State, about: About) -> None:
    """Write the two files of `save_model` to an existing folder, from a state dict in any precision."""
    save_file({name: value.detach().cpu().contiguous() for name, value in state.items()}, folder / "model.safetensors")
    text = json.dumps(about.summary() | {"final": about.final}, indent=2, ensure_ascii=False)
    (folder / "model.json").write_text(text + "\n", encoding="utf-8")


def load_model(folder: str | Path = "models") -> tuple[Network, About]:
    """The network, on the CPU and in evaluation mode, and its metadata. Raises UserError if it cannot be read."""
    folder = Path(folder)
    try:
        about = _about(json.loads((folder / "model.json").read_text(encoding="utf-8")))
        preset = about.preset
        network = build_network(preset.architecture, preset.input, num_outputs(preset.task, len(about.class_names)))
        network.load_state_dict(load_file(folder / "model.safetensors"), strict=True)
        network.flip_average = about.flip_average
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UserError(f"{error.filename or folder}: no trained model here; run `dvc repro train` first") from None
    except Exception as error:  # the files may have any content, so any exception is possible
        raise UserError(f"{folder}: not a model of this version ({one_line(error)}); run `dvc repro train`") from None
    return network.eval(), about


def _about(values: dict) -> About:
    if unknown := set(values) - {field.name for field in fields(About)}:
        raise ValueError(f"unknown key {min(unknown)!r}")
    return TypeAdapter(About).validate_python(values)
