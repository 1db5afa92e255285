"""How people draw an alarm clock: with two bells, as a double ring, digital."""

from __future__ import annotations

from math import cos, pi, sin

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.shapes import BOTTOM, TOP, around

# Each in a box 0.6 wide and 1 high; only digits that are symmetric, since drawings may be mirrored.
DIGITS: dict[str, list[tuple[float, float]]] = {
    "0": [(0.6, 0), (0, 0), (0, 1), (0.6, 1), (0.6, 0)],
    "1": [(0.3, 0), (0.3, 1)],
    "8": [(0.3, 0.5), (0.6, 0.2), (0.3, 0), (0, 0.2), (0.6, 0.75), (0.3, 1), (0, 0.75), (0.3, 0.5)],
}


@template("alarm clock", weight=6)
def alarm_clock_with_bells(pen: Pen):
    """A round clock; two bells, two hands, two feet."""
    spread = pen.u(0.5, 0.75)
    pen.ellipse((0, 0), 0.5, 0.5 * pen.u(0.88, 1.05))
    _bells(pen, pen.choice(["dome", "dome", "round", "stalk"]), spread)
    if pen.detail(0.9):
        _hands(pen, 0.5)
    if pen.detail(0.65):
        _feet(pen)
    if pen.detail(0.3):
        _hours(pen)
    if pen.detail(0.3):
        pen.line((0, -0.5), (0, -0.68))
        pen.arc((0, -0.62), 0.08, 0.07, pi, 2 * pi)


@template("alarm clock", weight=1.5)
def alarm_clock_double_ring(pen: Pen):
    """A ring around the dial, feet and a button or a handle on top."""
    pen.ellipse((0, 0), 0.5)
    pen.ellipse((0, 0), pen.u(0.36, 0.42))
    _hands(pen, 0.38)
    _bells(pen, "dome", pen.u(0.5, 0.7))
    _feet(pen)


@template("alarm clock", weight=0.4)
def alarm_clock_digital(pen: Pen):
    half, height = pen.u(0.75, 0.95), pen.u(0.35, 0.45)
    pen.rectangle(-half, -height, half, height)
    text = pen.choice(["10:01", "11:11", "01:10", "08:80", "00:00"])
    size = 1.05 * height
    x = -1.75 * size
    for symbol in text:
        if symbol == ":":
            pen.dot((x + 0.1 * size, -0.25 * size))
            pen.dot((x + 0.1 * size, 0.25 * size))
        else:
            pen.polyline([(x + size * px, size * (py - 0.5)) for px, py in DIGITS[symbol]])
        x += size * (0.35 if symbol == ":" else 0.85)
    if pen.detail(0.5):
        pen.polyline([(-0.3, -height), (-0.25, -height - 0.12), (0.25, -height - 0.12), (0.3, -height)])
    if pen.detail(0.4):
        for side in (-1, 1):
            pen.line((side * 0.6, height), (side * 0.65, height + 0.12))


def _bells(pen: Pen, shape: str, spread: float):
    size = pen.u(0.15, 0.22)
    for side in (-1, 1):
        angle = TOP + side * spread
        with pen.moved(dx=0.52 * cos(angle), dy=0.52 * sin(angle), angle=angle), pen.part():
            if shape == "dome":
                pen.polyline([*around((0.03, 0), size * 0.9, size, -BOTTOM, BOTTOM, 8), (0.03, -size)])
            elif shape == "round":
                pen.ellipse((0.75 * size, 0), size * 0.8)
            else:
                pen.line((0, 0), (0.12, 0))
                pen.ellipse((0.12 + size * 0.5, 0), size * 0.6)


def _hands(pen: Pen, reach: float):
    first, second = pen.choice([(TOP, 0.0), (TOP, 0.0), (TOP, 0.7), (TOP + 0.9, TOP - 0.8), (TOP, BOTTOM - 0.6)])
    first, second = first + pen.n(0, 0.1), second + pen.n(0, 0.1)
    minute, hour = reach * pen.u(0.65, 0.85), reach * pen.u(0.45, 0.65)
    ends = [(minute * cos(first), minute * sin(first)), (hour * cos(second), hour * sin(second))]
    if pen.maybe(0.5):
        pen.polyline([ends[0], (0, 0), ends[1]])
    else:
        pen.line((0, 0), ends[0])
        pen.line((0, 0), ends[1])


def _feet(pen: Pen):
    spread, length, knobs = pen.u(0.45, 0.65), pen.u(0.13, 0.24), pen.maybe(0.2)
    for side in (-1, 1):
        angle = BOTTOM + side * spread
        near, far = (0.5 * cos(angle), 0.5 * sin(angle)), ((0.5 + length) * cos(angle), (0.5 + length) * sin(angle))
        if knobs:
            pen.ellipse((0.57 * cos(angle), 0.57 * sin(angle)), 0.08)
        else:
            pen.line(near, far)


def _hours(pen: Pen):
    count, dots = pen.choice([4, 4, 12]), pen.maybe(0.3)
    for index in range(count):
        c, s = cos(TOP + 2 * pi * index / count), sin(TOP + 2 * pi * index / count)
        if dots:
            pen.dot((0.42 * c, 0.42 * s))
        else:
            pen.line((0.46 * c, 0.46 * s), (0.38 * c, 0.38 * s))
