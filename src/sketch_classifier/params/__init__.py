"""The schema of params.yaml, which rejects unknown keys, wrong types and incompatible presets.

`read_params` returns the validated parameters of a stage.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from sketch_classifier.errors import UserError
from sketch_classifier.params.block import Block, Fraction, Listed
from sketch_classifier.params.dataset import ALL, DatasetPreset, official_categories
from sketch_classifier.params.formats import FORMATS, SKETCHES, SUFFIXES, Format
from sketch_classifier.params.model import (
    Augmentation,
    Distillation,
    ImageInput,
    Input,
    ModelPreset,
    Optimizer,
    RasterInput,
    Schedule,
    StrokeInput,
)
from sketch_classifier.params.names import unknown_names
from sketch_classifier.params.refusal import joined, refusal
from sketch_classifier.params.yaml_file import parse_yaml

__all__ = [
    "FORMATS",
    "SKETCHES",
    "SUFFIXES",
    "Analyze",
    "Augmentation",
    "DatasetPreset",
    "Distillation",
    "Format",
    "ImageInput",
    "Input",
    "ModelPreset",
    "Optimizer",
    "Params",
    "RasterInput",
    "Schedule",
    "Split",
    "StrokeInput",
    "Train",
    "load_params",
    "misfit",
    "official_categories",
    "read_params",
]


class Split(Block):
    """The fractions of the splits, which are decided by a hash of the drawing, or a fold of cross-validation."""

    train: Fraction
    validation: Fraction
    test: Fraction
    folds: Annotated[int, Field(ge=0, le=1000)] = 0
    fold: Annotated[int, Field(ge=0, lt=1000)] = 0
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
            raise ValueError(f"fold: {self.fold} needs folds; set split.folds, too (for example to 5)")
        if self.folds and self.fold >= self.folds:
            raise ValueError(f"fold: with {self.folds} folds 0 to {self.folds - 1} is accepted, found {self.fold}")
        if self.folds and self.test == 1:
            raise ValueError("test: with folds, the other drawings are split as train : validation, but both are 0")
        return self


class Train(Block):
    """How training runs. `shuffle` and `precision` affect the trained model, but only within noise."""

    shuffle: Literal["auto", "full", "blocks"] = "auto"
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    precision: Literal["float32", "bfloat16"] = "float32"
    loggers: Annotated[tuple[Literal["dvclive", "wandb", "tensorboard"], ...], Listed] = ("dvclive",)


class Analyze(Block):
    """The sizes of the samples and figures in the analysis."""

    num_samples: Annotated[int, Field(ge=1, le=1000)] = 5
    num_errors: Annotated[int, Field(ge=1, le=1000)] = 100
    tsne_samples: Annotated[int, Field(ge=10, le=1_000_000)] = 2000
    tsne_perplexity: Annotated[float, Field(gt=0, le=1_000_000)] = 30.0
    centroid_drawings: Annotated[int, Field(ge=1, le=1_000_000_000)] = 500
    label_drawings: Annotated[int, Field(ge=2, le=1_000_000_000)] = 30_000
    num_label_issues: Annotated[int, Field(ge=1, le=1000)] = 60


class Params(Block):
    """The complete params.yaml."""

    source: Annotated[str, Field(min_length=1)]
    dataset: str
    model: str
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    split: Split
    train: Train
    analyze: Analyze
    datasets: dict[str, DatasetPreset]
    models: dict[str, ModelPreset]

    @model_validator(mode="before")
    @classmethod
    def _names(cls, tree: Any) -> Any:
        """Check names first, because a wrong name may cause further errors."""
        refusals = unknown_names(tree) if isinstance(tree, dict) else []
        if refusals:
            raise ValueError(joined(refusals))
        return _with_official_categories(tree)

    @model_validator(mode="after")
    def _selections(self) -> Params:
        problem = misfit(self.model, self.models[self.model], self.dataset, self.datasets[self.dataset])
        if problem:
            raise ValueError(problem)
        return self

    @model_validator(mode="after")
    def _source_of_format(self) -> Params:
        format = self.datasets[self.dataset].format
        if self.source in ("synthetic", "official") and self.source not in FORMATS[format].sources:
            has = [name for name, about in FORMATS.items() if self.source in about.sources]
            raise ValueError(
                f"source: {self.source} has {', '.join(has)}, and dataset {self.dataset!r} has format {format}: "
                "set source to the folder or URL of its files"
            )
        return self

    @model_validator(mode="after")
    def _official_protocol(self) -> Params:
        if self.split.protocol == "official" and self.datasets[self.dataset].about.has_division:
            has_its_own = f"dataset {self.dataset!r} has its own test file"
            if self.split.folds:
                cure = "set split.protocol to random to combine its files, or split.folds to 0"
                raise ValueError(f"split.folds: {has_its_own}; {cure}")
            if not self.split.train:
                raise ValueError(f"split.train: {has_its_own}, so the rest is split as train : validation, found 0")
        return self


def misfit(model_name: str, model: ModelPreset, dataset_name: str, dataset: DatasetPreset) -> str | None:
    """One line that says why the model cannot be trained on the dataset, or None if it can."""
    if model.task == "binary" and not dataset.positive:
        return (
            f"model {model_name!r} is binary, but dataset {dataset_name!r} has no `positive` group: "
            f"choose another dataset, or list the positive categories under datasets.{dataset_name}.positive"
        )
    if model.input.kind in ("rasters", "strokes") and dataset.about.has_strokes is False:
        is_of_bucket = dataset.format in SKETCHES
        also = f", or set datasets.{dataset_name}.format to simplified" if is_of_bucket else ""
        return (
            f"model {model_name!r} needs strokes, but dataset {dataset_name!r} has only images: "
            f"choose another dataset{also}"
        )
    return None


def _with_official_categories(tree: Any) -> Any:
    """Expand `categories: all` for the official and the synthetic source; for others, it means all that they have."""
    if not isinstance(tree, dict) or tree.get("source") not in ("synthetic", "official"):
        return tree
    datasets = tree.get("datasets")
    if not isinstance(datasets, dict):
        return tree
    written_out = {
        name: preset | {"categories": list(official_categories())}
        for name, preset in datasets.items()
        if isinstance(preset, dict) and preset.get("categories") == ALL and preset.get("format") != "svhn"
    }
    return tree | {"datasets": datasets | written_out}


def load_params(path: str | Path = "params.yaml") -> Params:
    """Read and validate params.yaml. Raises UserError with one line that lists the errors."""
    path = Path(path)
    try:
        tree = parse_yaml(path.read_bytes())
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run from the root of the project") from None
    except ValueError as error:
        raise UserError(f"{path}: not valid YAML: {error}") from None
    if not isinstance(tree, dict):
        raise UserError(f"{path}: a mapping of parameters is expected, found {type(tree).__name__}")
    try:
        return Params.model_validate(tree)
    except ValidationError as error:
        raise UserError(f"{path}: {refusal(error, Params)}") from None


def read_params(*keys: str, path: str | Path = "params.yaml") -> SimpleNamespace:
    """The parameters `keys`, and no others, of params.yaml, which is validated as a whole.

    `dataset` and `model` are the selected presets (a DatasetPreset, a ModelPreset), with their names as `dataset_name`
    and `model_name`; every other key has its value.
    """
    params = load_params(path)
    values = {key: getattr(params, key) for key in keys}
    for key, presets in (("dataset", params.datasets), ("model", params.models)):
        if key in values:
            values |= {key: presets[values[key]], f"{key}_name": values[key]}
    return SimpleNamespace(**values)
