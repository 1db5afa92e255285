"""The schema of a dataset preset."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from sketch_classifier.drawings.names import unusable_name
from sketch_classifier.errors import shown, unknown_name
from sketch_classifier.params.block import Block, Fraction, Listed, as_tuple, exactly
from sketch_classifier.params.formats import FORMATS, SUFFIXES, About, Format

DIGITS = tuple("0123456789")
ALL = "all"
OF_SVHN = {"image_size": 32, "channels": "color", "mirror": False}  # defaults for format svhn


class DatasetPreset(Block):
    """The drawings of a dataset and the form in which they are stored.

    Empty `categories` stand for all categories of the source; `with_categories` sets them once they are known.
    """

    format: Format
    categories: tuple[str, ...]
    limit: Annotated[int, Field(ge=1, le=1_000_000_000)] | None
    image_size: Annotated[int, Field(ge=16, le=256)] = 28
    channels: Annotated[Literal[1, 3, "stroke_order", "color"], exactly(1, 3, "stroke_order", "color")] = 1
    mirror: bool = True
    recognized_only: bool = False
    max_bad_records: Fraction = 0.0
    extra: bool = False
    reading: Literal["ink", "resize"] | None = None
    positive: Annotated[tuple[str, ...], Listed] = ()
    positive_name: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _defaults(cls, tree: Any) -> Any:
        """Fill in defaults that depend on the format."""
        if not isinstance(tree, dict):
            return tree
        if tree.get("format") == "svhn":
            tree = OF_SVHN | tree
            return tree | {"categories": DIGITS} if tree.get("categories") == ALL else tree
        if tree.get("format") == "image_folder" and tree.get("reading") is None:
            return tree | {"reading": "resize" if tree.get("channels") == "color" else "ink"}
        return tree

    @field_validator("categories", mode="before")
    @classmethod
    def _all_categories(cls, value: Any) -> Any:
        if value == ALL:
            return ()
        if isinstance(value, str):
            raise ValueError(f"a list of categories, or `all`, is expected, found {shown(value)}")
        if isinstance(value, list) and not value:
            raise ValueError("at least 2 are needed, found 0")
        return as_tuple(value)

    @model_validator(mode="after")
    def _consistent(self) -> DatasetPreset:
        if len(self.categories) == 1:
            raise ValueError(f"categories: at least 2 are needed, found {len(self.categories)}")
        for name, values in (("categories", self.categories), ("positive", self.positive)):
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"{name}: {shown(twice[0])} is listed twice")
        for category in self.categories:
            if why := unusable_name(category, SUFFIXES[self.format]):
                raise ValueError(f"categories: {why}")
        if self.positive_name is not None and (why := unusable_name(self.positive_name)):
            raise ValueError(f"positive_name: {why}")
        known = self.categories or self.positive
        strangers = [category for category in self.positive if category not in known]
        if strangers:
            also = f" (also: {', '.join(map(shown, strangers[1:6]))})" if strangers[1:] else ""
            unknown = unknown_name("category", strangers[0], self.categories)
            raise ValueError(f"positive: {unknown}{also}; `positive` is part of `categories`, or empty: []")
        if self.positive and len(self.positive) == len(self.categories):
            raise ValueError("positive: at least one category must stay outside the group")
        if self.channels == "stroke_order" and self.about.has_strokes is False:
            raise ValueError(f"channels: {self.format} files have no strokes to order; use format: simplified")
        if self.recognized_only and self.about.has_flags is False:
            raise ValueError(
                f"recognized_only: {self.format} files do not say what was recognised; use format: simplified"
            )
        return self

    @model_validator(mode="after")
    def _photographs(self) -> DatasetPreset:
        if self.reading and self.format != "image_folder":
            raise ValueError(f"reading: only format image_folder reads pictures, found format {self.format}")
        may_be, must_be = self.reading == "resize" or self.format == "svhn", self.format == "svhn"
        if self.channels == "color" and not may_be:
            raise ValueError("channels: color is for format svhn, and for image_folder with reading: resize")
        if self.channels != "color" and must_be:
            raise ValueError(f"channels: svhn files are in color, found {self.channels}")
        return self

    @model_validator(mode="after")
    def _svhn(self) -> DatasetPreset:
        if self.format != "svhn":
            if self.extra:
                raise ValueError(f"extra: only format svhn has extra files, found format {self.format}")
            return self
        for category in self.categories:
            if category not in DIGITS:
                raise ValueError(f"categories: svhn has the digits '0' to '9', found {shown(category)}")
        if self.max_bad_records:
            raise ValueError("max_bad_records: svhn files have no records that can be left out; use 0")
        return self

    @property
    def about(self) -> About:
        """The properties of the format."""
        return FORMATS[self.format]

    def with_categories(self, categories: Sequence[str]) -> DatasetPreset:
        """A copy with these categories. Raises ValidationError if `positive` is not part of them."""
        return DatasetPreset.model_validate(self.model_dump() | {"categories": tuple(categories)})

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the source's files, without suffix: one per category, or those of SVHN."""
        if self.format != "svhn":
            return self.categories
        return ("train_32x32", "test_32x32", "extra_32x32") if self.extra else ("train_32x32", "test_32x32")


@cache
def official_categories() -> tuple[str, ...]:
    """The 345 categories of Quick, Draw!, in the order of the dataset's categories.txt."""
    text = files("sketch_classifier.params").joinpath("categories.txt").read_text(encoding="utf-8")
    return tuple(text.splitlines())
