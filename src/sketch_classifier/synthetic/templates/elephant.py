"""How people draw an elephant: from the side in one outline, in separate shapes, its face."""

from __future__ import annotations

from math import pi

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.animals import arc_points, beast, edge, eye, eyes, legs, oval, tail


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
