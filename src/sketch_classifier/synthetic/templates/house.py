"""How people draw a house: from the front, as a pentagon, a wide roof, with its side; in `DIFFERENT` a curved roof."""

from __future__ import annotations

from math import pi

from sketch_classifier.synthetic.countries import DIFFERENT
from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.shapes import around, window


@template("house", weight=5)
def house_front(pen: Pen):
    """A box, a triangle on it, a door; mostly windows; sometimes a chimney."""
    half, wall, roof = pen.u(0.35, 0.55), pen.u(0.5, 0.8), pen.u(0.3, 0.5)
    eaves = pen.choice([0.0, 0.0, 0.06, 0.14])
    _in_any_order(
        pen,
        lambda: pen.rectangle(-half, 0, half, wall),
        lambda: pen.polyline([(-half - eaves, 0), (0, -roof), (half + eaves, 0)], closed=eaves > 0),
    )
    _door_and_windows(pen, half, wall)
    if pen.detail(0.3):
        _chimney(pen, half, roof)


@template("house", weight=3)
def house_pentagon(pen: Pen):
    """Walls and roof in one line; then often the line under the roof, and the door."""
    half, wall, roof = pen.u(0.35, 0.55), pen.u(0.5, 0.8), pen.u(0.3, 0.5)
    pen.polyline([(-half, wall), (-half, 0), (0, -roof), (half, 0), (half, wall)], closed=True)
    if pen.maybe(0.65):
        pen.line((-half, 0), (half, 0))
    _door_and_windows(pen, half, wall)


@template("house", weight=2)
def house_under_wide_roof(pen: Pen):
    """Two slopes that hang over walls left open at the top."""
    half, wall, roof = pen.u(0.34, 0.48), pen.u(0.5, 0.75), pen.u(0.35, 0.5)
    eave = half + pen.u(0.1, 0.2)
    pen.polyline([(-eave, 0.06), (0, -roof), (eave, 0.06)])
    pen.polyline([(-half, 0), (-half, wall), (half, wall), (half, 0)])
    _door_and_windows(pen, half, wall)
    if pen.detail(0.3):
        _chimney(pen, eave, roof)


@template("house", weight=0.7)
def house_with_side(pen: Pen):
    """The gable and one long side, in perspective."""
    half, wall, roof, depth = pen.u(0.28, 0.36), pen.u(0.45, 0.6), pen.u(0.3, 0.42), pen.u(0.5, 0.7)
    rise = pen.u(0, 0.1)
    pen.polyline([(-half, wall), (-half, 0), (0, -roof), (half, 0), (half, wall)], closed=True)
    if pen.maybe(0.5):
        pen.line((-half, 0), (half, 0))
    pen.polyline([(0, -roof), (depth, -roof - rise), (half + depth, -rise), (half, 0)])
    pen.polyline([(half, wall), (half + depth, wall - rise), (half + depth, -rise)])
    _door(pen, 0, wall, 0.2, 0.3)
    if pen.maybe(0.5):
        window(pen, half + depth / 2, wall * 0.45, 0.1)


@template("house", country=DIFFERENT)
def house_with_curved_roof(pen: Pen) -> None:
    """A low house under a wide roof with upturned eaves and sliding doors."""
    h, eaves = pen.u(0.34, 0.5), pen.u(0.06, 0.14)
    roof = pen.u(0.26, 0.4)
    with pen.part():
        pen.curve([(0.25, 0.0), (0.18, roof * 0.6), (0.0, roof * 0.85), (-0.05, roof * 0.75)])
        pen.curve([(0.75, 0.0), (0.82, roof * 0.6), (1.0, roof * 0.85), (1.05, roof * 0.75)])
        pen.line((0.25, 0.0), (0.75, 0.0))
        pen.curve([(-0.05, roof * 0.75), (0.1, roof), (0.5, roof + 0.02), (0.9, roof), (1.05, roof * 0.75)])
    pen.polyline([(eaves + 0.05, roof), (eaves + 0.05, roof + h), (0.95 - eaves, roof + h), (0.95 - eaves, roof)])
    for k in range(pen.choice((1, 2, 2))):
        x = 0.3 + 0.22 * k
        with pen.part():
            pen.rectangle(x, roof + 0.25 * h, x + 0.19, roof + h)
            if pen.detail(0.6):
                pen.line((x + 0.095, roof + 0.25 * h), (x + 0.095, roof + h))
            if pen.detail(0.4):
                pen.line((x, roof + 0.6 * h), (x + 0.19, roof + 0.6 * h))
    if pen.detail(0.3):
        pen.line((-0.05, roof + h), (1.05, roof + h))


def _door_and_windows(pen: Pen, half: float, wall: float):
    across = pen.choice([0.0, 0.0, -0.4, 0.4]) * half
    if pen.maybe(0.85):
        _door(pen, across, wall, 0.4 * half * pen.u(0.8, 1.3), wall * pen.u(0.4, 0.6))
    places = [-0.55, 0.55] if across == 0 else [-0.5 if across > 0 else 0.5]
    if pen.detail(0.6):
        for x in places:
            window(pen, x * half, wall * pen.u(0.25, 0.32), 0.23 * half)


def _chimney(pen: Pen, half: float, roof: float):
    left, right = 0.4 * half, 0.65 * half
    top = -roof * pen.u(0.95, 1.2)
    pen.polyline([(left, -0.6 * roof), (left, top), (right, top), (right, -0.35 * roof)])
    if pen.maybe(0.35):
        pen.curve([(0.5 * half + 0.05 * (-1) ** i, top - 0.05 - 0.07 * i) for i in range(5)])


def _in_any_order(pen: Pen, *parts):
    for draw in parts if pen.maybe(0.5) else reversed(parts):
        draw()


def _door(pen: Pen, x: float, ground: float, half: float, height: float):
    half = half / 2 if half > height else half
    if pen.maybe(0.15):
        pen.polyline([(x - half, ground), *around((x, ground - height), half, half, pi, 2 * pi, 6), (x + half, ground)])
    else:
        pen.polyline([(x - half, ground), (x - half, ground - height), (x + half, ground - height), (x + half, ground)])
    if pen.maybe(0.3):
        pen.dot((x + 0.5 * half, ground - 0.45 * height))
