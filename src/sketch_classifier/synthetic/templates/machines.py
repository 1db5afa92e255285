"""How people draw an alarm clock and a train: one function a way to draw it."""

from __future__ import annotations

from math import cos, pi, sin

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.shapes import BOTTOM, TOP, around, lumps, window

# Each in a box 0.6 wide and 1 high; only those that a mirror leaves alone, since drawings get mirrored.
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


@template("train", weight=4)
def train_steam_engine(pen: Pen):
    """Boiler, cab, chimney, wheels; mostly smoke."""
    _engine(pen, pen.u(0.55, 0.75))


@template("train", weight=4)
def train_engine_and_wagons(pen: Pen):
    x = _engine(pen, pen.u(0.45, 0.6))
    for _ in range(pen.choice([1, 1, 2, 2, 3])):
        gap, length, height = pen.u(0.06, 0.12), pen.u(0.4, 0.65), pen.u(0.28, 0.42)
        pen.line((x, 0.4), (x - gap, 0.4))
        with pen.part():
            pen.rectangle(x - gap - length, 0.5 - height, x - gap, 0.5)
            _wheels(pen, [x - gap - 0.8 * length, x - gap - 0.2 * length], pen.u(0.06, 0.1))
            if pen.detail(0.35):
                for share in (0.3, 0.7):
                    window(pen, x - gap - share * length, 0.5 - 0.6 * height, 0.06)
        x -= gap + length


@template("train", weight=2.5)
def train_of_boxes(pen: Pen):
    """Three or more boxes in a row, the first with a chimney or a slanted front."""
    count, length, height = pen.choice([3, 3, 4]), pen.u(0.42, 0.55), pen.u(0.26, 0.36)
    for index in range(count):
        x = -index * (length + 0.1)
        with pen.part():
            pen.rectangle(x, -height, x + length, 0)
            _wheels(pen, [x + 0.22 * length, x + 0.78 * length], pen.u(0.05, 0.09), ground=0)
        if index:
            pen.line((x + length, -0.1), (x + length + 0.1, -0.1))
    left = length * 0.6
    pen.polyline([(left, -height), (left, -height - 0.2), (left + 0.1, -height - 0.2), (left + 0.1, -height)])
    if pen.detail(0.5):
        _smoke(pen, left + 0.05, -height - 0.25)


@template("train", weight=1.2)
def train_modern(pen: Pen):
    """A long body with a sloping nose, a row of windows and rails."""
    length, height, nose = pen.u(1.3, 1.7), pen.u(0.32, 0.42), pen.u(0.15, 0.3)
    pen.polyline([(0, 0), (0, -height), (length - nose, -height), (length, -0.3 * height), (length, 0)], closed=True)
    count = pen.choice([3, 4, 5])
    for index in range(count):
        window(pen, (length - nose) * (index + 0.6) / count, -0.62 * height, 0.07)
    _wheels(pen, [length * share for share in (0.12, 0.26, 0.7, 0.84)], 0.06, ground=0.02)
    if pen.maybe(0.6):
        pen.line((-0.1, 0.1), (length + 0.1, 0.1))


def _engine(pen: Pen, length: float):
    """An engine that faces right; gives back the x of its rear."""
    boiler, cab, roof = pen.u(0.25, 0.35), pen.u(0.25, 0.35), pen.u(0.5, 0.65)
    top = 0.5 - boiler
    if pen.maybe(0.5):
        pen.rectangle(-cab, 0.5 - roof, 0, 0.5)
        pen.rectangle(0, top, length, 0.5)
    else:
        outline = [(-cab, 0.5), (-cab, 0.5 - roof), (0, 0.5 - roof), (0, top), (length, top), (length, 0.5)]
        pen.polyline(outline, closed=True)
    if pen.detail(0.6):
        window(pen, -cab / 2, 0.5 - 0.7 * roof, 0.28 * cab)
    left, tall, flare = length * pen.u(0.6, 0.72), pen.u(0.15, 0.25), pen.choice([0.0, 0.04])
    right, tip = left + 0.12, top - tall
    pen.polyline([(left, top), (left - flare, tip), (right + flare, tip), (right, top)], closed=flare > 0)
    count = pen.choice([2, 3, 3, 4])
    _wheels(pen, [-cab * 0.6 + (length * 0.9 + cab * 0.5) * i / (count - 1) for i in range(count)], pen.u(0.08, 0.12))
    if pen.detail(0.35):
        pen.polyline([(length, 0.3), (length + 0.18, 0.58), (length, 0.58)])
    if pen.detail(0.55):
        _smoke(pen, left + 0.06, top - tall - 0.05)
    if pen.detail(0.2):
        pen.line((-cab - 0.2, 0.68), (length + 0.3, 0.68))
    return -cab


def _wheels(pen: Pen, places, radius: float, ground: float = 0.55):
    for x in places:
        pen.ellipse((x, ground), radius)


def _smoke(pen: Pen, x: float, y: float):
    if pen.maybe(0.5):
        for i in range(pen.choice([2, 3])):
            pen.ellipse((x - 0.13 * i, y - 0.06 - 0.07 * i), 0.05 + 0.025 * i, 0.05 + 0.015 * i)
    elif pen.maybe(0.5):
        pen.curve([(x - 0.09 * i, y - 0.05 * i + (0.05 if i % 2 else 0.0)) for i in range(6)])
    else:
        pen.polyline(lumps(pen, (x - 0.15, y - 0.15), 0.2, 0.1, 6, 0.45, 0.5, 0.5 + 2 * pi))
