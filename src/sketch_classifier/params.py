"""What params.yaml may say. Unknown keys, wrong types and presets that do not fit together are refused in one line."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from sketch_classifier.errors import UserError, one_line, unknown_name

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

Format = Literal["simplified", "raw", "numpy_bitmap"]
SUFFIXES: dict[Format, str] = {"simplified": ".ndjson", "raw": ".ndjson", "numpy_bitmap": ".npy"}
Fraction = Annotated[float, Field(ge=0, le=1)]


class Block(BaseModel):
    """A group of parameters: frozen, strict about types, and closed to unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Split(Block):
    """The shares of the drawings that fall in each split, decided by a hash of the drawing."""

    train: Fraction
    validation: Fraction
    test: Fraction

    @model_validator(mode="after")
    def _sums_to_one(self) -> Split:
        total = self.train + self.validation + self.test
        if abs(total - 1) > 1e-9:
            raise ValueError(f"train + validation + test must be 1, found {total:g}")
        return self


class DatasetPreset(Block):
    """Which drawings, in which form."""

    format: Format
    categories: tuple[str, ...]
    limit: Annotated[int, Field(ge=1)] | None
    image_size: Annotated[int, Field(ge=16, le=256)] = 28
    channels: Literal[1, 3, "stroke_order"] = 1
    recognized_only: bool = False
    max_bad_records: Fraction = 0.0
    positive: tuple[str, ...] = ()
    positive_name: str | None = None

    @field_validator("categories", mode="before")
    @classmethod
    def _all_categories(cls, value: Any) -> Any:
        if isinstance(value, str) and value != "all":
            raise ValueError(f"a list of categories, or `all`, is expected, found {value!r}")
        return official_categories() if value == "all" else _tuple(value)

    @field_validator("positive", mode="before")
    @classmethod
    def _positive(cls, value: Any) -> Any:
        return _tuple(value)

    @model_validator(mode="after")
    def _consistent(self) -> DatasetPreset:
        if len(self.categories) < 2:
            raise ValueError(f"categories: at least 2 are needed, found {len(self.categories)}")
        for name, values in (("categories", self.categories), ("positive", self.positive)):
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"{name}: {twice[0]!r} is listed twice")
        for category in self.positive:
            if category not in self.categories:
                raise ValueError("positive: " + unknown_name("category", category, self.categories))
        if self.positive and len(self.positive) == len(self.categories):
            raise ValueError("positive: at least one category must stay outside the group")
        if self.channels == "stroke_order" and self.format == "numpy_bitmap":
            raise ValueError("channels: numpy_bitmap files have no strokes to order; use format: simplified")
        if self.recognized_only and self.format == "numpy_bitmap":
            raise ValueError(
                "recognized_only: numpy_bitmap files do not say what was recognised; use format: simplified"
            )
        return self


class Input(Block):
    """What the network takes: images resized to `size`, repeated to `channels`, scaled to 0–1, (x − mean) / std."""

    size: Annotated[int, Field(ge=8, le=512)]
    channels: Literal[1, 3]
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    @field_validator("mean", "std", mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return _tuple(value)

    @model_validator(mode="after")
    def _lengths(self) -> Input:
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in (1, self.channels):
                raise ValueError(f"{name}: 1 or {self.channels} numbers are needed, found {len(values)}")
        if min(self.std) <= 0:
            raise ValueError("std: must be above 0")
        return self


class Optimizer(Block):
    """An optimizer of torch.optim by its name, with its learning rate and any further arguments."""

    name: str
    lr: Annotated[float, Field(gt=0)]
    arguments: dict[str, Any] = {}


class ModelPreset(Block):
    """Everything that makes a model what it is."""

    architecture: str
    task: Literal["multiclass", "binary"]
    input: Input
    weights: tuple[str, ...] = ("none",)
    freeze_backbone: bool = False
    optimizer: Optimizer
    batch_size: Annotated[int, Field(ge=1)]
    epochs: Annotated[int, Field(ge=1)]

    @field_validator("weights", mode="before")
    @classmethod
    def _weights(cls, value: Any) -> Any:
        return _tuple(value)

    @model_validator(mode="after")
    def _some_weights(self) -> ModelPreset:
        if not self.weights:
            raise ValueError("weights: at least one entry is needed; `none` trains from scratch")
        return self


class Train(Block):
    """How training runs: nothing here changes the model that comes out."""

    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    precision: Literal["float32", "bfloat16"] = "float32"
    loggers: tuple[Literal["dvclive"], ...] = ("dvclive",)

    @field_validator("loggers", mode="before")
    @classmethod
    def _loggers(cls, value: Any) -> Any:
        return _tuple(value)


class Analyze(Block):
    """How much is drawn."""

    num_samples: Annotated[int, Field(ge=1, le=1000)] = 5
    num_errors: Annotated[int, Field(ge=1, le=1000)] = 100
    tsne_samples: Annotated[int, Field(ge=10)] = 2000
    tsne_perplexity: Annotated[float, Field(gt=0)] = 30.0


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


def misfit(model_name: str, model: ModelPreset, dataset_name: str, dataset: DatasetPreset) -> str | None:
    """One line that says why the model cannot be trained on the dataset, or None where it can."""
    if model.task == "binary" and not dataset.positive:
        return (
            f"model {model_name!r} is binary and dataset {dataset_name!r} has no `positive` group: "
            f"choose another dataset, or list the positive categories under datasets.{dataset_name}.positive"
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

    `dataset` and `model` give the selected preset (a DatasetPreset, a ModelPreset); every other key gives its value.
    """
    params = load_params(path)
    selected = {"dataset": params.datasets[params.dataset], "model": params.models[params.model]}
    return SimpleNamespace(**{key: selected.get(key, getattr(params, key)) for key in keys})


@cache
def official_categories() -> tuple[str, ...]:
    """The 345 categories of Quick, Draw!, in the order of the dataset's categories.txt."""
    text = files("sketch_classifier.data").joinpath("categories.txt").read_text(encoding="utf-8")
    return tuple(text.splitlines())


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _first_error(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return _unknown_key(first["loc"])
    if first["type"] == "missing":
        return f"{where}: missing"
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "value_error":
        return f"{where}: {message}" if where else message
    message = EXPECTED.get(first["type"]) or message[0].lower() + message[1:]
    return f"{where}: {message}, found {first['input']!r}"


def _unknown_key(loc: tuple) -> str:
    model: Any = Params
    for part in loc[:-1]:
        field = model.model_fields.get(part) if isinstance(model, type) and issubclass(model, BaseModel) else None
        annotation = field.annotation if field else model
        arguments = getattr(annotation, "__args__", ())
        if field and arguments and isinstance(arguments[-1], type) and issubclass(arguments[-1], BaseModel):
            model = arguments[-1]  # dict[str, Preset]: the next part is the preset's name
        elif field:
            model = annotation
    prefix = ".".join(str(part) for part in loc[:-1])
    accepted = model.model_fields if isinstance(model, type) and issubclass(model, BaseModel) else ()
    return f"{prefix + ': ' if prefix else ''}{unknown_name('parameter', str(loc[-1]), accepted)}"
