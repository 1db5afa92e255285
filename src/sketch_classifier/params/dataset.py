"""A dataset preset: which drawings, in which form."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from sketch_classifier.errors import unknown_name
from sketch_classifier.params.block import Block, Fraction, Listed, as_tuple

Format = Literal["simplified", "raw", "numpy_bitmap"]
SUFFIXES: dict[Format, str] = {"simplified": ".ndjson", "raw": ".ndjson", "numpy_bitmap": ".npy"}


class DatasetPreset(Block):
    """Which drawings, in which form."""

    format: Format
    categories: tuple[str, ...]
    limit: Annotated[int, Field(ge=1)] | None
    image_size: Annotated[int, Field(ge=16, le=256)] = 28
    channels: Literal[1, 3, "stroke_order"] = 1
    mirror: bool = True
    recognized_only: bool = False
    max_bad_records: Fraction = 0.0
    positive: Annotated[tuple[str, ...], Listed] = ()
    positive_name: str | None = None

    @field_validator("categories", mode="before")
    @classmethod
    def _all_categories(cls, value: Any) -> Any:
        if isinstance(value, str) and value != "all":
            raise ValueError(f"a list of categories, or `all`, is expected, found {value!r}")
        return official_categories() if value == "all" else as_tuple(value)

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


@cache
def official_categories() -> tuple[str, ...]:
    """The 345 categories of Quick, Draw!, in the order of the dataset's categories.txt."""
    text = files("sketch_classifier.data").joinpath("categories.txt").read_text(encoding="utf-8")
    return tuple(text.splitlines())
