"""How people draw a snowman: of three balls, of two."""

from __future__ import annotations

from math import pi

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.shapes import TOP


@template("snowman", weight=5)
def snowman_of_three(pen: Pen):
    _snowman(pen, [pen.u(0.17, 0.22), pen.u(0.2, 0.27), pen.u(0.26, 0.34)])


@template("snowman", weight=2)
def snowman_of_two(pen: Pen):
    _snowman(pen, [pen.u(0.21, 0.28), pen.u(0.3, 0.4)])


def _snowman(pen: Pen, radii):
    """Balls from the head down; then optional details: face, hat, arms, buttons."""
    centers, y, squash = [], 0.0, pen.u(0.72, 1.0)
    for above, radius in zip([0.0, *radii], radii, strict=False):
        y += (above + radius) * squash * 0.95
        centers.append(y)
    balls = list(zip(centers, radii, strict=True))
    for y, radius in balls if pen.maybe(0.7) else balls[::-1]:
        pen.ellipse((pen.n(0, 0.015), y), radius, radius * squash, start=TOP + pen.n(0, 0.5))
    head, body = balls[0], balls[1]
    if pen.detail(0.7):
        _face(pen, *head)
    if pen.detail(0.35):
        _hat(pen, head[0] - head[1] * squash, head[1])
    if pen.detail(0.4):
        _twigs(pen, *body)
    if pen.detail(0.4):
        for share in pen.choice([(-0.4, 0.1), (-0.5, 0.0, 0.5)]):
            pen.dot((pen.n(0, 0.01), body[0] + share * body[1]))


def _face(pen: Pen, y: float, radius: float):
    with pen.part():
        for side in (-1, 1):
            pen.dot((side * 0.35 * radius, y - 0.25 * radius))
        if pen.maybe(0.65):
            pen.polyline([(0, y - 0.05 * radius), (pen.u(0.6, 1.3) * radius, y + 0.1 * radius), (0, y + 0.2 * radius)])
        if pen.maybe(0.5):
            pen.arc((0, y + 0.15 * radius), 0.45 * radius, 0.4 * radius, pi - 0.4, 0.4)


def _hat(pen: Pen, top: float, radius: float):
    brim, half, height = radius * pen.u(0.9, 1.3), radius * pen.u(0.55, 0.75), radius * pen.u(0.7, 1.1)
    with pen.part():
        low = top + 0.1 * radius
        pen.line((-brim, low), (brim, low))
        pen.polyline([(-half, low), (-half, top - height), (half, top - height), (half, low)])


def _twigs(pen: Pen, y: float, radius: float):
    lift, fork = pen.u(-0.25, 0.05), pen.maybe(0.4)
    for side in (-1, 1):
        start, end = (side * radius * 0.9, y - 0.2 * radius), (side * (radius + 0.28), y + lift)
        pen.line(start, end)
        if fork:
            x = start[0] + 0.7 * (end[0] - start[0])
            pen.line((x, start[1] + 0.7 * (end[1] - start[1])), (x + side * 0.06, y + lift - 0.08))
