"""The schema of a model preset."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from sketch_classifier.errors import shown
from sketch_classifier.params.block import Arguments, Block, Fraction, Listed, exactly


class ImageInput(Block):
    """Images resized to `size`, repeated to `channels`, scaled to 0–1, then (x − mean) / std."""

    kind: Literal["images"] = "images"
    size: Annotated[int, Field(ge=8, le=512)]
    channels: Annotated[Literal[1, 3], exactly(1, 3)]
    mean: Annotated[tuple[Annotated[float, Field(ge=-1000, le=1000)], ...], Listed] = (0.0,)
    std: Annotated[tuple[Annotated[float, Field(ge=1e-6, le=1000)], ...], Listed] = (1.0,)

    @model_validator(mode="after")
    def _lengths(self) -> ImageInput:
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in (1, self.channels):
                raise ValueError(f"{name}: 1 or {self.channels} numbers are needed, found {len(values)}")
        return self


class RasterInput(ImageInput):
    """Images rasterised from the strokes at `size`; 3 channels encode the drawing order. Scaled like other images."""

    kind: Literal["rasters"]  # type: ignore[assignment]  # narrower than the base class's
    size: Annotated[int, Field(ge=16, le=256)]


class StrokeInput(Block):
    """The last `max_points` points of a drawing, each as (dx, dy, pen) relative to the previous point."""

    kind: Literal["strokes"]
    max_points: Annotated[int, Field(ge=2, le=2000)]


def _kind(value: Any) -> str:
    return value.get("kind", "images") if isinstance(value, dict) else getattr(value, "kind", "images")


Input = Annotated[
    Annotated[ImageInput, Tag("images")]
    | Annotated[RasterInput, Tag("rasters")]
    | Annotated[StrokeInput, Tag("strokes")],
    Discriminator(_kind),
]


class Augmentation(Block):
    """Random augmentation of the training drawings, drawn again in each epoch; no augmentation if all are 0."""

    flip: Fraction = 0.0
    rotate: Annotated[float, Field(ge=0, le=180)] = 0.0
    translate: Annotated[float, Field(ge=0, le=1)] = 0.0
    scale: Annotated[float, Field(ge=0, lt=1)] = 0.0
    shear: Annotated[float, Field(ge=0, lt=90)] = 0.0
    elastic: Annotated[float, Field(ge=0, le=1)] = 0.0
    erase: Fraction = 0.0
    drop_strokes: Annotated[float, Field(ge=0, lt=1)] = 0.0
    jitter: Annotated[float, Field(ge=0, le=1)] = 0.0
    mixup: Annotated[float, Field(ge=0, le=100)] = 0.0
    cutmix: Annotated[float, Field(ge=0, le=100)] = 0.0

    @property
    def is_none(self) -> bool:
        """Whether all augmentation is disabled."""
        return not any(self.model_dump().values())

    @property
    def mixes(self) -> bool:
        """Whether training images are mixed in pairs."""
        return bool(self.mixup or self.cutmix)


class Optimizer(Block):
    """An optimizer of torch.optim by its name, with its learning rate, weight decay and any further arguments."""

    name: str
    lr: Annotated[float, Field(gt=0, le=1000)]
    weight_decay: Annotated[float, Field(ge=0, le=1000)] = 0.0
    arguments: Arguments = {}

    @model_validator(mode="after")
    def _once(self) -> Optimizer:
        twice = [name for name in ("lr", "weight_decay") if name in self.arguments]
        if twice:
            raise ValueError(f"arguments: {twice[0]} must be set next to `arguments`, not within it")
        return self


class Schedule(Block):
    """A schedule of torch.optim.lr_scheduler by its name (none: a constant rate), stepped every step or epoch."""

    name: str = "none"
    every: Literal["step", "epoch"] = "step"
    arguments: Arguments = {}


def _teacher(value: Any) -> Any:
    """Validate a name, a list of names, or null."""
    names = value if isinstance(value, list | tuple) else [value]
    if value is not None and not (names and all(isinstance(name, str) and name for name in names)):
        raise ValueError(f"the folder of a model is expected, or a list of them, found {shown(value)}")
    return tuple(value) if isinstance(value, list) else value


class Distillation(Block):
    """Knowledge distillation from trained models, the teachers; disabled if there is none."""

    teacher: Annotated[str | tuple[str, ...] | None, BeforeValidator(_teacher)] = None
    temperature: Annotated[float, Field(ge=0.01, le=1000)] = 2.0
    weight: Fraction = 0.9
    consistent: bool = True

    @property
    def teachers(self) -> tuple[str, ...]:
        """Folders or names of the teachers."""
        if self.teacher is None:
            return ()
        return (self.teacher,) if isinstance(self.teacher, str) else self.teacher


class ModelPreset(Block):
    """Everything that determines the trained model: architecture, input, weights, augmentation and optimization."""

    architecture: str
    task: Literal["multiclass", "binary"]
    input: Input
    weights: Annotated[tuple[str, ...], Listed] = ("none",)
    freeze_backbone: bool = False
    augmentation: Augmentation = Augmentation()
    optimizer: Optimizer
    schedule: Schedule = Schedule()
    clip_norm: Annotated[float, Field(gt=0, le=1e9)] | None = None
    loss: Literal["cross_entropy", "generalized_cross_entropy"] = "cross_entropy"
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    distillation: Distillation = Distillation()
    batch_size: Annotated[int, Field(ge=1, le=1_000_000)]
    accumulate: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    epochs: Annotated[int, Field(ge=1, le=1_000_000)]
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.0
    test_time_flip: bool = False
    keep: Literal["last", "best_loss", "best_accuracy"] = "last"
    patience: Annotated[int, Field(ge=1, le=1_000_000)] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> ModelPreset:
        if not self.weights:
            raise ValueError("weights: at least one entry is needed; `none` trains from scratch")
        if self.patience is not None and self.keep == "last":
            raise ValueError("patience: stops after the best epoch, so `keep` must be best_loss or best_accuracy")
        images_only, strokes_only = ("erase", "mixup", "cutmix"), ("drop_strokes", "jitter")
        impossible: dict[str, tuple[str, ...]] = {"images": strokes_only, "rasters": (), "strokes": images_only}
        if self.test_time_flip and self.input.kind == "strokes":
            raise ValueError("test_time_flip: not for a model whose input is strokes")
        for name in impossible[self.input.kind]:
            if getattr(self.augmentation, name):
                raise ValueError(f"augmentation.{name}: not for a model whose input is {self.input.kind}")
        return self
