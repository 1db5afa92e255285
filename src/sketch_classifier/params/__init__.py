"""What params.yaml may say. Unknown keys, wrong types and presets that do not fit together are refused in one line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import Field, ValidationError, model_validator

from sketch_classifier.errors import UserError, one_line, unknown_name
from sketch_classifier.params.block import Block, Fraction, Listed
from sketch_classifier.params.dataset import SKETCHES, SUFFIXES, DatasetPreset, Format, official_categories
from sketch_classifier.params.model import (
    Augmentation,
    ImageInput,
    Input,
    ModelPreset,
    Optimizer,
    Schedule,
    StrokeInput,
)

__all__ = [
    "SKETCHES",
    "SUFFIXES",
    "Analyze",
    "Augmentation",
    "DatasetPreset",
    "Format",
    "ImageInput",
    "Input",
    "ModelPreset",
    "Optimizer",
    "Params",
    "Schedule",
    "Split",
    "StrokeInput",
    "Train",
    "load_params",
    "misfit",
    "official_categories",
    "read_params",
]

# Where pydantic speaks of Python's types.
EXPECTED = {
    "tuple_type": "a list is expected",
    "dict_type": "a group of parameters is expected",
    "model_type": "a group of parameters is expected",
    "string_type": "a text is expected",
    "int_type": "a whole number is expected",
    "int_from_float": "a whole number is expected",
    "float_type": "a number is expected",
    "bool_type": "true or false is expected",
}

KINDS = {"images": ImageInput, "strokes": StrokeInput}
KIND_OF_INPUT = {("input", kind) for kind in KINDS}


class Split(Block):
    """The shares of the drawings that fall in each split, decided by a hash of the drawing; or a fold of several."""

    train: Fraction
    validation: Fraction
    test: Fraction
    folds: Annotated[int, Field(ge=0, le=1000)] = 0
    fold: Annotated[int, Field(ge=0)] = 0
    protocol: Literal["official", "random"] = "official"

    @model_validator(mode="after")
    def _sums_to_one(self) -> Split:
        total = self.train + self.validation + self.test
        if abs(total - 1) > 1e-9:
            raise ValueError(f"train + validation + test must be 1, found {total:g}")
        return self

    @model_validator(mode="after")
    def _one_of_the_folds(self) -> Split:
        if self.folds == 1:
            raise ValueError("folds: 1 fold leaves nothing to train on; 0 (none) or at least 2 are accepted")
        if self.fold and not self.folds:
            raise ValueError(f"fold: {self.fold} of no folds; set split.folds, too (for example to 5)")
        if self.folds and self.fold >= self.folds:
            raise ValueError(f"fold: with {self.folds} folds 0 to {self.folds - 1} is accepted, found {self.fold}")
        if self.folds and self.test == 1:
            raise ValueError("test: with folds, the other drawings are shared as train : validation, and both are 0")
        return self


class Train(Block):
    """How training runs: nothing here changes the model that comes out."""

    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    precision: Literal["float32", "bfloat16"] = "float32"
    loggers: Annotated[tuple[Literal["dvclive", "wandb", "tensorboard"], ...], Listed] = ("dvclive",)


class Analyze(Block):
    """How much is drawn."""

    num_samples: Annotated[int, Field(ge=1, le=1000)] = 5
    num_errors: Annotated[int, Field(ge=1, le=1000)] = 100
    tsne_samples: Annotated[int, Field(ge=10)] = 2000
    tsne_perplexity: Annotated[float, Field(gt=0)] = 30.0
    centroid_drawings: Annotated[int, Field(ge=1)] = 500
    label_drawings: Annotated[int, Field(ge=2)] = 30_000
    num_label_issues: Annotated[int, Field(ge=1, le=1000)] = 60


class Params(Block):
    """The whole of params.yaml."""

    source: Annotated[str, Field(min_length=1)]
    dataset: str
    model: str
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    split: Split
    train: Train
    analyze: Analyze
    datasets: dict[str, DatasetPreset]
    models: dict[str, ModelPreset]

    @model_validator(mode="after")
    def _selections(self) -> Params:
        for what, name, presets in (("dataset", self.dataset, self.datasets), ("model", self.model, self.models)):
            if name not in presets:
                raise ValueError(f"{what}: {unknown_name(what, name, presets)}")
        refusal = misfit(self.model, self.models[self.model], self.dataset, self.datasets[self.dataset])
        if refusal:
            raise ValueError(refusal)
        return self

    @model_validator(mode="after")
    def _official_protocol(self) -> Params:
        if self.split.protocol == "official" and self.datasets[self.dataset].format == "svhn":
            has_its_own = f"dataset {self.dataset!r} has a test file of its own"
            if self.split.folds:
                cure = "set split.protocol to random to put its files together, or split.folds to 0"
                raise ValueError(f"split.folds: {has_its_own}; {cure}")
            if not self.split.train:
                raise ValueError(f"split.train: {has_its_own}, so the rest is shared as train : validation, found 0")
        return self


def misfit(model_name: str, model: ModelPreset, dataset_name: str, dataset: DatasetPreset) -> str | None:
    """One line that says why the model cannot be trained on the dataset, or None where it can."""
    if model.task == "binary" and not dataset.positive:
        return (
            f"model {model_name!r} is binary and dataset {dataset_name!r} has no `positive` group: "
            f"choose another dataset, or list the positive categories under datasets.{dataset_name}.positive"
        )
    if model.input.kind == "strokes" and not dataset.has_strokes:
        also = "" if dataset.format == "svhn" else f", or set datasets.{dataset_name}.format to simplified"
        return (
            f"model {model_name!r} learns from strokes and dataset {dataset_name!r} has pictures without strokes: "
            f"choose another dataset{also}"
        )
    return None


def load_params(path: str | Path = "params.yaml") -> Params:
    """Read and check params.yaml. Raises UserError with one line for the first thing that is wrong."""
    path = Path(path)
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run from the root of the project") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not valid YAML: {one_line(error)}") from None
    if not isinstance(tree, dict):
        raise UserError(f"{path}: a mapping of parameters is expected, found {type(tree).__name__}")
    try:
        return Params.model_validate(tree)
    except ValidationError as error:
        raise UserError(f"{path}: {_first_error(error)}") from None


def read_params(*keys: str, path: str | Path = "params.yaml") -> SimpleNamespace:
    """The parameters named, and nothing else, of a params.yaml that is checked as a whole.

    `dataset` and `model` give the selected preset (a DatasetPreset, a ModelPreset), and its name as `dataset_name` and
    `model_name`; every other key gives its value.
    """
    params = load_params(path)
    values = {key: getattr(params, key) for key in keys}
    for key, presets in (("dataset", params.datasets), ("model", params.models)):
        if key in values:
            values |= {key: presets[values[key]], f"{key}_name": values[key]}
    return SimpleNamespace(**values)


def _first_error(error: ValidationError) -> str:
    first = error.errors()[0]
    where = _where(first["loc"])
    if first["type"] == "extra_forbidden":
        *path, key = first["loc"]
        group = _group(path)
        prefix = f"{_where(path)}: " if path else ""
        return prefix + unknown_name("parameter", str(key), group.model_fields if group else ())
    if first["type"] == "missing":
        return f"{where}: missing"
    if first["type"] == "union_tag_invalid":
        return f"{where}.kind: {unknown_name('kind', str(first['ctx']['tag']), KINDS)}"
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "value_error":
        return f"{where}: {message}" if where else message
    message = EXPECTED.get(first["type"]) or message[0].lower() + message[1:]
    return f"{where}: {message}, found {first['input']!r}"


def _where(loc: Sequence[str | int]) -> str:
    """The path of a key in params.yaml; pydantic also names the kind of input, as if it were a key."""
    parts = [str(part) for before, part in zip(["", *loc], loc, strict=False) if (before, part) not in KIND_OF_INPUT]
    return ".".join(parts)


def _group(path: Sequence[str | int]) -> type[Block] | None:
    """The block that stands at a path of params.yaml."""
    group: Any = Params
    for part in path:
        if part in KINDS and group not in (dict[str, DatasetPreset], dict[str, ModelPreset]):
            group = KINDS[part]
        elif isinstance(group, type) and issubclass(group, Block):
            group = group.model_fields[str(part)].annotation
        else:
            group = get_args(group)[-1]  # of dict[str, a preset]: this part is the preset's name
    return group if isinstance(group, type) and issubclass(group, Block) else None
