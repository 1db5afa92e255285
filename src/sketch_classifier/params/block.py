"""What every group of parameters has in common."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Fraction = Annotated[float, Field(ge=0, le=1)]


class Block(BaseModel):
    """A group of parameters: frozen, strict about types, and closed to unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def as_tuple(value: Any) -> Any:
    """What YAML gives as a list, as a tuple; everything else as it is."""
    return tuple(value) if isinstance(value, list) else value


Listed = BeforeValidator(as_tuple)
