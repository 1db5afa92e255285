"""The templates: each is one way to draw a category, registered with `@template("cat")`.

There is one file per category, named after it: all the ways to draw an alarm clock are in alarm_clock.py. Code shared
by several categories is in parts/; a category that extends another (a police car is a car with a beacon) imports its
template.

A category may have several templates, chosen randomly by weight. A template with a `country` replaces all others for
drawers from that country.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TypeVar

from sketch_classifier.synthetic.pen import Pen

Template = Callable[[Pen], object]
Drawn = TypeVar("Drawn", bound=Template)

TEMPLATES: dict[str, list[tuple[float, Template]]] = {}
COUNTRY_TEMPLATES: dict[tuple[str, str | None], list[tuple[float, Template]]] = {}


def template(category: str, weight: float = 1.0, *, country: str | None = None) -> Callable[[Drawn], Drawn]:
    """Register the decorated function as one way to draw `category`; `weight` is relative to its other templates.

    A category that is drawn exactly like another registers that one's function in its own file:
    `template("sports car")(sedan)`.
    """

    def register(function: Drawn) -> Drawn:
        if country is None:
            TEMPLATES.setdefault(category, []).append((weight, function))
        else:
            COUNTRY_TEMPLATES.setdefault((category, country), []).append((weight, function))
        return function

    return register


def categories() -> tuple[str, ...]:
    """The categories that have templates, in alphabetical order."""
    _load()
    return tuple(sorted(TEMPLATES))


def templates_of(category: str, country: str | None = None) -> list[tuple[float, Template]]:
    """The weighted templates for a drawer from `country`. Raises KeyError for an unknown category."""
    _load()
    return COUNTRY_TEMPLATES.get((category, country)) or TEMPLATES[category]


@cache
def _load() -> None:
    """Import the module of every category, which registers its templates in order of definition."""
    for module in iter_modules(__path__):
        if not module.ispkg:
            import_module(f"{__name__}.{module.name}")
