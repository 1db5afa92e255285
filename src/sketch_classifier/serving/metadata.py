"""The metadata of an exported model, stored in its .onnx file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

MAX_TEXT = 1 << 24  # characters of one field
MAX_NAME = 10_000  # characters
MAX_SIDE = 4096  # pixels


@dataclass(frozen=True)
class Served:
    """Metadata of an exported model.

    name             name of its preset
    task             multiclass or binary
    class_names      names of the output columns, in order; for a binary model (negative, positive)
    categories       categories of the dataset, in order
    positive         categories of the positive class of a binary task (empty if there is none)
    positive_name    name of that class, or None
    kind             kind of input: "images" or "strokes"
    image_shape      shape of the dataset's images, (H, W) or (3, H, W)
    channels         1, 3 (the grey channel repeated), "stroke_order" or "color"
    sequence_length  points per drawing, for kind "strokes"; otherwise None
    num_features     number of columns of its second output
    weights          initial weights of its training
    opset            opset version of the ONNX operators
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
        """The input shape of one drawing: `image_shape`, or (sequence_length, 3)."""
        return self.image_shape if self.sequence_length is None else (self.sequence_length, 3)

    def to_metadata(self) -> dict[str, str]:
        """Each field as JSON text, so that any program can read it."""
        return {field.name: json.dumps(getattr(self, field.name), ensure_ascii=False) for field in fields(self)}

    @classmethod
    def from_metadata(cls, texts: Mapping[str, str]) -> Served:
        """The inverse of `to_metadata`; other entries are ignored. The texts are untrusted input.

        Raises KeyError for a missing entry, and ValueError for one that is not valid JSON or not a valid value.
        """
        values: dict[str, Any] = {}
        for field in fields(cls):
            text = texts[field.name]
            if len(text) > MAX_TEXT:
                raise ValueError(f"{field.name} has {len(text):,} characters")
            value = json.loads(text)
            values[field.name] = tuple(value) if isinstance(value, list) else value
            if not _is_valid[field.name](values[field.name]):
                raise ValueError(f"{field.name} is {text[:60]}")
        served = cls(**values)
        served._check()
        return served

    def _check(self) -> None:
        """Raise ValueError if fields contradict each other."""
        if self.task == "binary" and len(self.class_names) != 2:
            raise ValueError(f"a binary model has {len(self.class_names)} classes")
        if (self.kind == "strokes") != (self.sequence_length is not None):
            raise ValueError(f"kind is {self.kind}, and sequence_length {self.sequence_length}")


def _is_name(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MAX_NAME


def _are_names(value: object) -> bool:
    return isinstance(value, tuple) and all(map(_is_name, value)) and len(set(value)) == len(value)


def _is_count(value: object, most: int = 1_000_000) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most


def _is_shape(value: object) -> bool:
    return (
        isinstance(value, tuple)
        and len(value) in (2, 3)
        and all(_is_count(side, MAX_SIDE) for side in value)
        and (len(value) == 2 or value[0] == 3)
    )


_is_valid: dict[str, Callable[[Any], bool]] = {
    "name": _is_name,
    "task": lambda value: value in ("multiclass", "binary"),
    "class_names": lambda value: _are_names(value) and len(value) > 0,
    "categories": _are_names,
    "positive": _are_names,
    "positive_name": lambda value: value is None or _is_name(value),
    "kind": lambda value: value in ("images", "strokes"),
    "image_shape": _is_shape,
    "channels": lambda value: not isinstance(value, (bool, float)) and value in (1, 3, "stroke_order", "color"),
    "sequence_length": lambda value: value is None or _is_count(value),
    "num_features": _is_count,
    "weights": _is_name,
    "opset": _is_count,
}
