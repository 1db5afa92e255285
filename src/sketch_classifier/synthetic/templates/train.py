"""How people draw a train: a steam engine alone or with wagons, boxes in a row, a modern train."""

from __future__ import annotations

from math import pi

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.shapes import lumps, window


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
    """An engine that faces right; returns the x of its rear."""
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
