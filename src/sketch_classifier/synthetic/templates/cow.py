"""How people draw a cow: from the side, its face."""

from __future__ import annotations

from math import pi

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.animals import (
    Round,
    blot,
    edge,
    eye,
    eyes,
    legs,
    oval,
    smile,
    spots,
    tail,
)


@template("cow", 7)
def cow_side(pen: Pen) -> None:
    deep = pen.u(0.2, 0.27)
    body = (0.0, 0.0, 0.48, deep)
    boxy = pen.maybe(0.4)
    rx, ry = pen.u(0.13, 0.18), pen.u(0.12, 0.17)
    head = (-0.5 - rx * 0.5, -pen.u(0.1, 0.26), rx, ry)
    if boxy:
        x, y = 0.46, deep * 0.9
        pen.curve([
            (-x, -y * 0.8), (-x * 0.8, -y), (x * 0.9, -y), (x, -y * 0.7), (x, y * 0.7), (x * 0.85, y),
            (-x * 0.85, y), (-x, y * 0.7),
        ], closed=True)  # fmt: skip
    else:
        oval(pen, body)
    with pen.part():
        if pen.maybe(0.3):  # a wide muzzle
            pen.polyline([
                (head[0] - rx * 1.3, head[1] + ry), (head[0] - rx * 0.6, head[1] - ry), (head[0] + rx, head[1] - ry),
                (head[0] + rx, head[1] + ry),
            ], closed=True)  # fmt: skip
        else:
            oval(pen, head)
        if pen.detail(0.85):
            _horns(pen, head, pen.u(0.7, 1.1))
        if pen.detail(0.4):
            for side in (-1, 1):
                pen.ellipse(edge(head, -pi / 2 + side * 1.1, 1.3), rx * 0.35, ry * 0.2)
        if pen.detail(0.75):
            eyes(pen, (head[0], head[1] - ry * 0.3), rx * 0.4, rx * 0.2)
        if pen.detail(0.5):
            oval(pen, (head[0], head[1] + ry * 0.7, rx * 0.8, ry * 0.45))
    legs(pen, body, pen.u(0.22, 0.38), width=pen.u(0.07, 0.1))
    if pen.detail(0.85):
        x, y = 0.46, -deep * 0.4
        if pen.maybe(0.6):
            tail(pen, (x, y), pen.u(0.3, 0.5), pen.u(-0.4, 0.6), pen.u(0.8, 1.4))
        else:
            pen.curve([(x, y), (x + 0.12, y + 0.03), (x + 0.14, y + 0.3)])
            blot(pen, (x + 0.14, y + 0.33, 0.03, 0.05))
    if pen.detail(0.85):
        spots(pen, body, pen.choice((1, 2, 2, 3, 3)), 0.075, filled=pen.choice((0.0, 0.0, 1.0, 0.5)))
    if pen.detail(0.5):
        x, w = pen.u(0.1, 0.22), pen.u(0.05, 0.09)
        pen.curve([
            (x - w, deep * 0.95), (x - w * 0.8, deep + 0.07), (x, deep + 0.1), (x + w * 0.8, deep + 0.07),
            (x + w, deep * 0.95),
        ])  # fmt: skip
        if pen.maybe(0.6):
            for share in (-0.5, 0.5):
                pen.line((x + share * w, deep + 0.08), (x + share * w, deep + 0.14))


@template("cow", 2)
def cow_face(pen: Pen) -> None:
    rx, ry = 0.3 * pen.u(0.85, 1.1), 0.42 * pen.u(0.85, 1.1)
    head = (0.0, 0.0, rx, ry)
    if pen.maybe(0.5):
        oval(pen, head)
    else:
        pen.curve([
            (-rx, -ry * 0.8), (-rx * 0.75, ry * 0.2), (-rx, ry * 0.6), (0, ry), (rx, ry * 0.6),
            (rx * 0.75, ry * 0.2), (rx, -ry * 0.8), (0, -ry),
        ], closed=True)  # fmt: skip
    _horns(pen, head, pen.u(0.35, 0.6), pen.u(0.4, 0.6))
    lobe = pen.u(0.12, 0.16)
    for side in (-1, 1):
        pen.ellipse((side * (rx + lobe * 0.8), -ry * 0.5), lobe, lobe * 0.5, angle=side * pen.u(-0.2, 0.4))
    eyes(pen, (0, -ry * 0.3), rx * 0.45, rx * 0.15)
    oval(pen, (0, ry * 0.58, rx * pen.u(0.75, 1.05), ry * 0.33))
    for side in (-1, 1):
        eye(pen, (side * rx * 0.3, ry * 0.52), rx * 0.12, pen.u(0, 0.6))
    if pen.detail(0.4):
        smile(pen, (0, ry * 0.68), rx * 0.35, ry * 0.1)
    if pen.detail(0.5):
        spots(pen, (rx * 0.45, -ry * 0.35, rx * 0.2, ry * 0.2), 1, rx * 0.35, filled=0.4)


def _horns(pen: Pen, head: Round, length: float, spread: float = 0.55) -> None:
    """Two horns that go out and bend up, as lines or as thin crescents."""
    thin = pen.maybe(0.4)
    with pen.part():
        for side in (-1, 1):
            x, y = edge(head, -pi / 2 + side * spread)
            out, up = side * head[2] * length * 1.2, head[3] * length * 0.8
            horn = [(x, y), (x + out * 0.7, y - up * 0.15), (x + out * 0.75, y - up)]
            pen.curve(horn if thin else [*horn, (x + out * 0.3, y - up * 0.45), (x - out * 0.4, y)])
