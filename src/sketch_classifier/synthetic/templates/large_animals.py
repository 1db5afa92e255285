"""How people draw a horse, a camel and an elephant: one function a way to draw it."""

from __future__ import annotations

from math import pi

from sketch_classifier.synthetic.pen import Pen, Point
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.animal_parts import (
    arc_points,
    beast,
    ear,
    edge,
    eye,
    eyes,
    legs,
    oval,
    tail,
)

# Horse


def _mane(pen: Pen, start: Point, end: Point, depth: float) -> None:
    """Hair along the neck from `start` to `end`: separate strands, or one zigzag."""
    n = int(pen.u(4, 8))
    at = [(start[0] + (end[0] - start[0]) * i / n, start[1] + (end[1] - start[1]) * i / n) for i in range(n + 1)]
    with pen.part():
        if pen.maybe(0.5):
            for x, y in at:
                pen.line((x, y), (x + depth * pen.u(0.5, 1.1), y + depth * pen.u(0.1, 0.9)))
        else:
            pen.polyline(
                [q for x, y in at for q in ((x, y), (x + depth * pen.u(0.6, 1.1), y + depth * pen.u(-0.2, 0.3)))]
            )


@template("horse", 7)
def horse_side(pen: Pen) -> None:
    k, up = pen.u(0.85, 1.15), pen.u(-0.02, 0.12)
    head = [
        (-0.02, 0.16), (-0.12 * k, -0.12 - up), (-0.34 * k, 0.02 - up), (-0.4 * k, -0.05 - up),
        (-0.36 * k, -0.14 - up), (-0.17 * k, -0.34 - up), (-0.13 * k, -0.44 - up), (-0.08 * k, -0.33 - up),
        (0.1, -0.03),
    ]  # fmt: skip
    length, depth = pen.u(0.65, 0.85), pen.u(0.2, 0.28)
    beast(
        pen,
        head,
        length=length,
        depth=depth,
        leg_length=pen.u(0.28, 0.42),
        leg_width=pen.u(0.06, 0.1),
        rounded=0.4,
    )
    if pen.detail(0.7):
        _mane(pen, (-0.1 * k, -0.34 - up), (0.1, -0.06), pen.u(0.07, 0.14))
    if pen.detail(0.9):
        x, drop = length - 0.02, pen.u(0.25, 0.45)
        for i in range(pen.choice((1, 2, 2, 3))):
            pen.curve(
                [(x, 0.02), (x + 0.1 + 0.03 * i, 0.02), (x + 0.14 + 0.04 * i, drop * 0.5), (x + 0.1 + 0.05 * i, drop)]
            )
    if pen.detail(0.5):
        eye(pen, (-0.2 * k, -0.2 - up), 0.03, pen.u(0, 0.6))


@template("horse", 1.6)
def horse_assembled(pen: Pen) -> None:
    body = (0.0, 0.0, 0.42, pen.u(0.15, 0.2))
    x, y = -0.52, -pen.u(0.34, 0.45)
    if pen.maybe(0.5):
        oval(pen, body)
        pen.line((-0.38, -0.08), (x + 0.02, y + 0.08))
        pen.line((-0.26, -0.13), (x + 0.12, y + 0.01))
    else:
        w = body[3]
        pen.polyline(
            [(x + 0.14, y + 0.02), (-0.24, -w), (0.42, -w), (0.44, w), (-0.4, w), (-0.42, -0.1), (x + 0.02, y + 0.08)]
        )
    pen.ellipse((x - 0.06, y + 0.02), pen.u(0.15, 0.2), pen.u(0.07, 0.1), angle=-pen.u(0.1, 0.6))
    pen.polyline([(x + 0.02, y - 0.06), (x + 0.05, y - 0.17), (x + 0.1, y - 0.05)])
    legs(pen, body, pen.u(0.3, 0.42), width=0.08)
    if pen.detail(0.8):
        _mane(pen, (x + 0.12, y - 0.02), (-0.22, -0.14), 0.1)
    for i in range(pen.choice((1, 2, 3))):
        pen.curve([(0.41, -0.06), (0.5 + 0.02 * i, 0.0), (0.52 + 0.05 * i, 0.3)])
    if pen.detail(0.6):
        pen.dot((x - 0.04, y - 0.01))


@template("horse", 0.5)
def horse_head(pen: Pen) -> None:
    pen.curve([
        (0.05, 0.55), (-0.05, 0.15), (-0.28, 0.28), (-0.42, 0.26), (-0.45, 0.12), (-0.28, -0.15), (-0.12, -0.36),
        (-0.06, -0.52), (0.0, -0.36), (0.3, -0.1), (0.45, 0.5),
    ])  # fmt: skip
    _mane(pen, (0.0, -0.4), (0.44, 0.3), pen.u(0.1, 0.18))
    eye(pen, (-0.14, -0.12), 0.05, pen.u())
    if pen.detail(0.6):
        pen.dot((-0.38, 0.14))


# Camel


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


# Elephant


@template("elephant", 6)
def elephant_side(pen: Pen) -> None:
    length, depth = pen.u(0.62, 0.82), pen.u(0.34, 0.44)
    lift = pen.u()
    hang = depth + pen.u(0.1, 0.28)
    if lift < 0.65:
        trunk = [
            (-0.06, 0.3), (-0.2, 0.24), (-0.24, hang * 0.6), (-0.26, hang), (-0.36, hang + 0.03),
            (-0.38, hang * 0.55), (-0.36, 0.05),
        ]  # fmt: skip
    elif lift < 0.85:  # curled forward at the tip
        trunk = [
            (-0.06, 0.3), (-0.2, 0.26), (-0.26, hang * 0.7), (-0.42, hang), (-0.56, hang * 0.9),
            (-0.57, hang * 0.75), (-0.46, hang * 0.78), (-0.38, hang * 0.5), (-0.36, 0.05),
        ]  # fmt: skip
    else:  # raised
        trunk = [
            (-0.06, 0.3), (-0.25, 0.28), (-0.45, 0.15), (-0.56, -0.2), (-0.66, -0.22), (-0.6, 0.02), (-0.45, 0.02),
            (-0.36, -0.04),
        ]  # fmt: skip
    head = [*trunk, (-0.3, -0.14), (-0.18, -0.2), (-0.05, -0.14), (0.03, -0.06)]
    beast(
        pen,
        head,
        [(length * 0.5, -0.1)],
        length=length,
        depth=depth,
        leg_length=pen.u(0.15, 0.28),
        leg_width=pen.u(0.12, 0.18),
        rounded=0.65,
    )
    if pen.detail(0.97):
        w, h = pen.u(0.12, 0.17), pen.u(0.14, 0.22)
        if pen.maybe(0.6):
            pen.curve([(-0.1, -0.1), (-0.08, h), (0.04, h + 0.06), (w, h * 0.6), (w, -0.06), (0.02, -0.12)])
        else:
            oval(pen, (0.02, 0.05, w, h))
    if pen.detail(0.75):
        eye(pen, (-0.22, 0.0), 0.025, pen.u(0, 0.65))
    if pen.detail(0.75):
        tail(pen, (length, 0.05), pen.u(0.16, 0.28), pen.u(0.1, 0.9), pen.u(0.2, 1.0))
    if pen.detail(0.3):
        pen.curve([(-0.2, 0.22), (-0.34, 0.32), (-0.46, 0.24)])


@template("elephant", 3)
def elephant_assembled(pen: Pen) -> None:
    body = (0.0, 0.0, 0.42, pen.u(0.24, 0.32))
    r = pen.u(0.19, 0.25)
    head = (-0.5, -pen.u(0.06, 0.2), r, r)
    x, y = head[0] - r, head[1]
    oval(pen, body)
    oval(pen, head)
    w, drop = pen.u(0.05, 0.09), pen.u(0.35, 0.5)
    bow = pen.u(-0.04, 0.12)
    pen.curve([
        (x + 0.01, y), (x - bow - w, y + drop * 0.6), (x - bow * 1.6 - w, y + drop), (x - bow * 1.6, y + drop),
        (x - bow + w * 0.6, y + drop * 0.6), (x + r * 0.6, y + r * 0.85),
    ])  # fmt: skip
    if pen.detail(0.9):
        oval(pen, (head[0] + r * pen.u(0.4, 0.8), head[1] - pen.u(0, 0.05), r * 0.6, r * pen.u(0.7, 0.95)))
    pen.dot((head[0] - r * 0.4, head[1] - r * 0.2))
    legs(pen, body, pen.u(0.16, 0.28), width=0.16, kind=pen.choice(("box", "loop", "box", "line")))
    tail(pen, (0.42, -0.03), pen.u(0.16, 0.28), pen.u(0.0, 0.9), pen.u(0.2, 1.0))


@template("elephant", 3)
def elephant_face(pen: Pen) -> None:
    r = pen.u(0.2, 0.27)
    head = (0.0, 0.0, r, r * pen.u(0.95, 1.25))
    w, h = pen.u(0.24, 0.36), pen.u(0.28, 0.4)
    if pen.maybe(0.8):
        oval(pen, head)
    else:
        pen.curve(arc_points(head, -pi * 0.95, -pi * 0.05))
    for side in pen.choice([(-1, 1), (1, -1)]):  # big ears that start on the head's edge
        pen.curve([
            edge(head, -pi / 2 + side * 0.9), (side * (r + w * 0.5), -h), (side * (r + w), -h * 0.5),
            (side * (r + w * 0.9), h * 0.3), (side * (r + w * 0.4), h * 0.55),
            edge(head, pi / 2 - side * pen.u(1.1, 1.35)),
        ])  # fmt: skip
    t, drop, sway = pen.u(0.06, 0.09), pen.u(0.5, 0.75), pen.u(-0.2, 0.2)
    y = head[3] * pen.u(0.2, 0.5)
    pen.curve([
        (-t, y), (-t, y + drop * 0.5), (sway - t, y + drop), (sway + t * 0.8, y + drop + 0.02),
        (t * 1.1, y + drop * 0.5), (t, y),
    ])  # fmt: skip
    eyes(pen, (0, -head[3] * 0.15), r * 0.45, r * 0.15)
    if pen.detail(0.3):
        for i in range(3):
            pen.line((-t, y + drop * (0.2 + 0.2 * i)), (t, y + drop * (0.2 + 0.2 * i) + 0.01))
    if pen.detail(0.3):
        for side in (-1, 1):
            pen.curve([(side * t * 1.3, y + 0.06), (side * (t + 0.1), y + 0.2), (side * (t + 0.18), y + 0.14)])
