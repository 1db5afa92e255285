"""The base class of all groups of parameters, and types that they share."""

from __future__ import annotations

from math import isfinite
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from sketch_classifier.errors import shown


class Block(BaseModel):
    """A group of parameters: immutable, with strict types, and without unknown keys, infinity and NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def as_tuple(value: Any) -> Any:
    """Convert a list to a tuple; return any other value unchanged."""
    return tuple(value) if isinstance(value, list) else value


def exactly(*accepted: Any) -> BeforeValidator:
    """A validator for a Literal with numbers: rejects true and 1.0, which Python considers equal to 1."""

    def check(value: Any) -> Any:
        if isinstance(value, bool | float):
            raise PydanticCustomError("literal_error", "input should be " + " or ".join(map(repr, accepted)))
        return value

    return BeforeValidator(check)


def _argument(value: Any) -> Any:
    """Validate an argument of an optimizer or a schedule."""
    for item in value if isinstance(value, list | tuple) else [value]:
        if not (item is None or isinstance(item, bool | int | str) or (isinstance(item, float) and isfinite(item))):
            raise ValueError(
                f"a finite number, a string, true, false, null or a list of these is expected, found {shown(value)}"
            )
    return value


Fraction = Annotated[float, Field(ge=0, le=1)]
Listed = BeforeValidator(as_tuple)
Arguments = dict[str, Annotated[Any, BeforeValidator(_argument)]]
