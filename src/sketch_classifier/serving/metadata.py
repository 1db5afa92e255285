"""The metadata of an exported model, stored in its .onnx file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal


@dataclass(frozen=True)
class Served:
    """An exported model.

    name             of its preset
    task             multiclass or binary
    class_names      of its columns, in order; for a binary model (negative, positive)
    categories       the dataset's categories, in order
    positive         the categories of the positive group (empty if there is none)
    positive_name    what to call that group, or None
    kind             what it reads: "images" or "strokes"
    image_shape      of the dataset's images, (H, W) or (3, H, W)
    channels         what they are: 1, 3 (grey three times), "stroke_order" or "color"
    sequence_length  points per drawing that it reads, for kind "strokes"; else None
    num_features     of its second output
    weights          what its training began with
    opset            of the ONNX operators
    """

    name: str
    task: Literal["multiclass", "binary"]
    class_names: tuple[str, ...]
    categories: tuple[str, ...]
    positive: tuple[str, ...]
    positive_name: str | None
    kind: Literal["images", "strokes"]
    image_shape: tuple[int, ...]
    channels: int | str
    sequence_length: int | None
    num_features: int
    weights: str
    opset: int

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Of one drawing as the model reads it: `image_shape`, or (sequence_length, 3)."""
        return self.image_shape if self.sequence_length is None else (self.sequence_length, 3)

    def to_metadata(self) -> dict[str, str]:
        """A text for each field, in JSON, so that any program can read them."""
        return {field.name: json.dumps(getattr(self, field.name), ensure_ascii=False) for field in fields(self)}

    @classmethod
    def from_metadata(cls, texts: Mapping[str, str]) -> Served:
        """The inverse of `to_metadata`; other entries are passed over. Raises KeyError or ValueError for others."""
        values: dict[str, Any] = {field.name: json.loads(texts[field.name]) for field in fields(cls)}
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
        return cls(**values)
