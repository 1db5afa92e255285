"""Parts of plants: a leaf and a ring of petals."""

from __future__ import annotations

from math import cos, pi, sin

from sketch_classifier.synthetic.pen import Pen


def leaf(pen: Pen, base, angle: float, length: float, width: float):
    """An almond from `base` in the direction `angle`, sometimes with its middle vein."""
    with pen.moved(dx=base[0], dy=base[1], angle=angle):
        side = [(length * t, -width * sin(pi * t)) for t in (0, 0.15, 0.35, 0.6, 0.85, 1)]
        pen.polyline(side + [(x, -y) for x, y in reversed(side[:-1])])
        if pen.maybe(0.12):
            pen.line((0, 0), (0.8 * length, 0))


def petals(pen: Pen, middle: float, count: int, length: float):
    """A ring of `count` petals round a centre of radius `middle`, each about `length` long."""
    start, width = pen.u(0, 2 * pi), min(0.95 * pi * (middle + length / 2) / count, 0.55 * length)
    for index in range(count):
        angle, reach = start + 2 * pi * index / count + pen.n(0, 0.05), length * pen.u(0.9, 1.1)
        distance = middle + reach / 2
        center = (distance * cos(angle), distance * sin(angle))
        pen.ellipse(center, reach / 2, width, start=pi, angle=angle)
