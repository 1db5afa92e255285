"""How people draw a police car: one of three kinds of car with a beacon."""

from __future__ import annotations

from math import cos, pi, sin

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.car import beetle, sedan, stepped_car
from sketch_classifier.synthetic.templates.parts.vehicles import beacon


@template("police car", 2.0)
def police_sedan(pen: Pen) -> None:
    _police(pen, sedan)


@template("police car")
def police_stepped(pen: Pen) -> None:
    _police(pen, stepped_car)


@template("police car", 0.7)
def police_beetle(pen: Pen) -> None:
    _police(pen, beetle)


def _police(pen: Pen, car) -> None:
    x, y = car(pen)
    beacon(pen, x + pen.n(0, 0.03), y, pen.u(0.1, 0.18), rays=0.65)
    if pen.detail(0.2):
        _star(pen, x + 0.02, 0.3, 0.06)
    elif pen.detail(0.2):
        pen.line((0.05, 0.3), (0.95, 0.3))


def _star(pen: Pen, x: float, y: float, r: float) -> None:
    pen.polyline([(x + r * sin(4 * pi * k / 5), y - r * cos(4 * pi * k / 5)) for k in range(5)], closed=True)
