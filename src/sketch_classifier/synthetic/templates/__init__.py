"""How people draw things: each template is one way to draw a category, registered with `@template("cat")`.

One file a category, named after it: all the ways to draw an alarm clock are in alarm_clock.py. What several categories
share is in parts/; a category that is drawn as another with something added (a police car is a car with a beacon)
imports the other's template.

A category may have several templates, chosen by weight. A template with a `country` replaces all others for drawers of
that country, which is how one country comes to draw some categories in a way of its own.
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

    A category that is drawn exactly like another registers the other's function in its own file:
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
    """The categories that can be drawn, in alphabetical order."""
    _load()
    return tuple(sorted(TEMPLATES))


def templates_of(category: str, country: str | None = None) -> list[tuple[float, Template]]:
    """The weighted templates that a drawer of `country` chooses from. Raises KeyError for an unknown category."""
    _load()
    return COUNTRY_TEMPLATES.get((category, country)) or TEMPLATES[category]


@cache
def _load() -> None:
    """Import the file of every category, which registers its templates in the order of the file."""
    for module in iter_modules(__path__):
        if not module.ispkg:
            import_module(f"{__name__}.{module.name}")
