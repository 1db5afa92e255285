"""Formats pydantic's validation errors as one line in the terms of params.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from sketch_classifier.errors import shown, unknown_name
from sketch_classifier.params.block import Block
from sketch_classifier.params.model import ImageInput, RasterInput, StrokeInput

MOST = 5  # errors that a line lists

# Replacements for pydantic's messages about Python types.
EXPECTED = {
    "tuple_type": "a list is expected",
    "dict_type": "a group of parameters is expected",
    "model_type": "a group of parameters is expected",
    "string_type": "a string is expected",
    "int_type": "a whole number is expected",
    "int_from_float": "a whole number is expected",
    "float_type": "a number is expected",
    "finite_number": "a finite number is expected",
    "bool_type": "true or false is expected",
}
BOUNDS = {"ge": "at least {}", "gt": "above {}", "le": "at most {}", "lt": "below {}"}
OUT_OF_BOUNDS = {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}

KINDS = {"images": ImageInput, "rasters": RasterInput, "strokes": StrokeInput}
KIND_OF_INPUT = {("input", kind) for kind in KINDS}


def refusal(error: ValidationError, root: type[Block]) -> str:
    """One line with the validation errors of the parameters of `root`, up to MOST of them.

    Each error states the key, the value found and what is accepted.
    """
    return joined(list(dict.fromkeys(_line(one, root) for one in error.errors(include_url=False))))


def joined(lines: Sequence[str]) -> str:
    """Join the first MOST lines into one, followed by the number of the others."""
    return "; ".join(lines[:MOST]) + (f"; and {len(lines) - MOST} more" if len(lines) > MOST else "")


def _line(one: Any, root: type[Block]) -> str:
    kind, loc = one["type"], one["loc"]
    where = _where(loc)
    if kind == "extra_forbidden":
        *path, key = loc
        group = _at(path, root)
        prefix = f"{_where(path)}: " if path else ""
        return prefix + unknown_name("parameter", str(key), group.model_fields if _is_block(group) else ())
    if kind == "missing":
        return f"{where}: missing"
    if kind == "invalid_key" or (loc and loc[-1] == "[key]"):
        return f"{_where(loc[:-1])}: the name of a parameter must be a string, found {_found(one['input'])}"
    if kind == "union_tag_invalid":
        return f"{where}.kind: {unknown_name('kind', str(one['ctx']['tag']), KINDS)}"
    message = one["msg"].removeprefix("Value error, ")
    if kind == "value_error":
        return f"{where}: {message}" if where else message
    if kind in OUT_OF_BOUNDS:
        return f"{where}: {_bounds(loc, root) or message} is accepted, found {_found(one['input'])}"
    message = EXPECTED.get(kind) or message[0].lower() + message[1:]
    return f"{where}: {message}, found {_found(one['input'])}"


def _found(value: Any) -> str:
    if isinstance(value, date):
        return f"{value} (which YAML reads as a date; put it in quotes)"
    return shown(value)


def _where(loc: Sequence[str | int]) -> str:
    """The dotted path of a key in params.yaml, without the kind of input, which pydantic inserts like a key."""
    pairs = zip(["", *loc], loc, strict=False)
    return ".".join(_key(part) for before, part in pairs if (before, part) not in KIND_OF_INPUT)


def _key(part: str | int) -> str:
    """A key in a path; quoted and shortened if it is long or contains unprintable characters."""
    text = str(part)
    return text if text.isprintable() and len(text) <= 60 else shown(text, 60)


def _bounds(loc: Sequence[str | int], root: type[Block]) -> str:
    """The bounds of the number at `loc`, such as "at least 1 and at most 1000"."""
    found = {name: value for item in _metadata(_at(loc, root)) for name, value in _limits(item)}
    return " and ".join(text.format(_number(found[name])) for name, text in BOUNDS.items() if name in found)


def _number(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else f"{value:g}"


def _limits(item: Any) -> Iterator[tuple[str, float]]:
    for name in BOUNDS:
        value = getattr(item, name, None)
        if isinstance(value, int | float):
            yield name, value


def _metadata(of: Any) -> Iterator[Any]:
    """The metadata of Annotated in a field or a type, including the types within it."""
    if isinstance(of, FieldInfo):
        yield from of.metadata
        yield from _metadata(of.annotation)
    else:
        for part in (*getattr(of, "__metadata__", ()), *get_args(of)):
            yield from part.metadata if isinstance(part, FieldInfo) else (part,)
            yield from _metadata(part) if not isinstance(part, FieldInfo) else ()


def _at(path: Sequence[str | int], root: type[Block]) -> Any:
    """The field or the block at a path of params.yaml."""
    at: Any = root
    for part in path:
        if _is_block(at) and part in at.model_fields:
            at = at.model_fields[part]
            if _is_block(at.annotation):
                at = at.annotation
        elif part in KINDS and isinstance(at, FieldInfo):
            at = KINDS[part]
        else:  # the name of a preset in a dict, or an index of a list
            within = [item for item in get_args(getattr(at, "annotation", at)) if item is not Ellipsis]
            at = within[-1] if within else at
    return at


def _is_block(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, Block)
