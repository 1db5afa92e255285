"""How people draw a camel: in one outline, in separate shapes."""

from __future__ import annotations

from sketch_classifier.synthetic.pen import Pen, Point
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.animals import beast, ear, legs, oval, tail


@template("camel", 7)
def camel_outline(pen: Pen) -> None:
    length = pen.u(0.75, 0.9)
    count = 2 if pen.maybe(0.68) else 1
    height = pen.u(0.18, 0.34)
    back = _humps(pen, 0.08 if count == 2 else 0.18, length - (0.06 if count == 2 else 0.16), 0.0, height, count)
    beast(
        pen,
        _camel_head(pen),
        back,
        length=length,
        depth=pen.u(0.2, 0.28),
        leg_length=pen.u(0.28, 0.42),
        leg_width=pen.u(0.06, 0.1),
        rounded=0.7,
    )
    if pen.detail(0.6):
        tail(pen, (length, 0.04), pen.u(0.18, 0.3), pen.u(0.1, 0.9), pen.u(0.2, 1))
    if pen.detail(0.45):
        pen.dot((-0.4, -0.34))


@template("camel", 3)
def camel_assembled(pen: Pen) -> None:
    body = (0.0, 0.0, 0.42, pen.u(0.15, 0.2))
    deep = body[3]
    count = 2 if pen.maybe(0.6) else 1
    x, y = -0.58, -pen.u(0.3, 0.42)
    head = (x, y, pen.u(0.1, 0.14), pen.u(0.07, 0.1))
    if pen.maybe(0.5):
        oval(pen, body)
        pen.curve([(-0.3, -deep * 0.6), *_humps(pen, -0.3, 0.3, -deep * 0.7, pen.u(0.2, 0.3), count)])
    else:
        pen.curve([
            (-0.4, -0.05), (-0.3, -deep), *_humps(pen, -0.26, 0.32, -deep * 0.9, pen.u(0.18, 0.28), count),
            (0.42, 0), (0.36, deep * 0.9), (0, deep), (-0.36, deep * 0.8), (-0.42, 0),
        ])  # fmt: skip
    pen.curve([(-0.4, 0.05), (-0.52, 0.02), (x + 0.02, y + head[3])])
    pen.curve([(-0.34, -0.1), (-0.44, -0.1), (x + 0.1, y + head[3] * 0.5)])
    oval(pen, head)
    if pen.detail(0.5):
        pen.dot((x, y - 0.02))
    if pen.detail(0.4):
        ear(pen, head, -0.9, 0.8, 0.8, pointed=True)
    legs(pen, body, pen.u(0.3, 0.45), width=0.08)
    if pen.detail(0.7):
        tail(pen, (0.41, -0.02), pen.u(0.2, 0.32), pen.u(0.0, 0.8), pen.u(0.2, 1))


def _humps(pen: Pen, start: float, end: float, base: float, height: float, count: int) -> list[Point]:
    """Points over `count` humps between two x positions."""
    step = (end - start) / count
    points = []
    for i in range(count):
        x, top = start + i * step, base - height * pen.u(0.85, 1.15)
        points += [
            (x + step * 0.22, (base + top) / 2), (x + step * 0.42, top), (x + step * 0.62, top),
            (x + step * 0.82, (base + top) / 2), (x + step, base),
        ]  # fmt: skip
    return points


def _camel_head(pen: Pen) -> list[Point]:
    k, up = pen.u(0.85, 1.15), pen.u(0.0, 0.15)
    neck = [(-0.03, 0.2), (-0.16 * k, 0.14), (-0.27 * k, -0.05), (-0.32 * k, -0.24 - up)]
    skull = [(-0.5 * k, -0.2 - up), (-0.53 * k, -0.3 - up), (-0.36 * k, -0.4 - up)]
    if pen.maybe(0.5):
        skull += [(-0.3 * k, -0.47 - up), (-0.27 * k, -0.38 - up)]
    return [*neck, *skull, (-0.22 * k, -0.28 - up), (-0.16 * k, -0.06), (-0.06, 0.02), (0.04, -0.02)]
