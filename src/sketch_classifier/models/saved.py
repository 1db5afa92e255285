"""A trained model as a folder: model.safetensors, and model.json with all that is needed to use it."""

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

    name             of the preset
    preset           everything that made it
    class_names      the names of its outputs' classes, in order; for a binary model [negative, positive]
    categories       the dataset's categories, in order
    positive         the categories of the positive group; positive_name is what to call it
    image_shape      of a stored drawing, or of one drawn from its strokes: [H, W] or [3, H, W]
    channels         what they are: 1, 3 (grey three times), "stroke_order" or "color" (photographs)
    weights          what it began with: imagenet, a path, or none
    failed_weights   the entries of preset.weights before it that were not available
    flip_average     whether it looks at the mirror image of a drawing, too
    frozen           whether the backbone was left as it began
    num_parameters   of the whole network
    num_train, num_validation  drawings
    seed             of the initial weights and the order of the batches
    final            of the epoch whose weights these are: epoch, and loss and accuracy of both splits
    teacher_sha256   of the teacher's model.safetensors, or of several teachers'; None where it had none
    temperature      what its logits are divided by when it is served (Guo et al. 2017); 1: not calibrated
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
    """Write the two files into `folder`, where other files stay. The same model gives the same bytes."""
    with replaced_files(folder) as partial:
        write_model(partial, network.state_dict(), about)


def write_model(folder: Path, state: State, about: About) -> None:
    """The two files of `save_model`, into a folder that is there, of a state dict of any precision."""
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
    except Exception as error:  # the files may come from anyone: whatever they make fail, they are not such a model
        raise UserError(
            f"{folder}: not a model that this version wrote ({one_line(error)}); run `dvc repro train`"
        ) from None
    return network.eval(), about


def _about(values: dict) -> About:
    if unknown := set(values) - {field.name for field in fields(About)}:
        raise ValueError(f"unknown key {min(unknown)!r}")
    return TypeAdapter(About).validate_python(values)
