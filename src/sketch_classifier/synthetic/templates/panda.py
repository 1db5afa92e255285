"""How people draw a panda: its face, sitting."""

from __future__ import annotations

from math import pi

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.animals import Round, blot, ear, edge, eye, oval, snout


@template("panda", 7)
def panda_face(pen: Pen) -> None:
    _panda_face(pen, (0.0, 0.0, 0.42 * pen.u(0.9, 1.1), 0.42 * pen.u(0.85, 1.05)))


@template("panda", 3)
def panda_sitting(pen: Pen) -> None:
    r = pen.u(0.22, 0.27)
    with pen.part():
        _panda_face(pen, (0, -r, r, r * 0.9))
    wide, high = pen.u(0.26, 0.34), pen.u(0.26, 0.33)
    body = (0.0, high * 0.8, wide, high)
    oval(pen, body)
    filled = pen.maybe(0.6)
    for y, out, lean in ((body[1] - high * 0.35, 1.0, 0.7), (body[1] + high * 0.75, 0.75, -0.3)):
        for side in (-1, 1):
            limb = (side * wide * out, y, wide * 0.3, high * 0.36)
            if filled:
                blot(pen, limb)
            else:
                pen.ellipse(limb[:2], limb[2] * 0.8, limb[3] * 1.1, angle=side * -lean)


def _panda_face(pen: Pen, head: Round) -> None:
    x, y, rx, ry = head
    size, angle = rx * pen.u(0.28, 0.4), pen.u(0.65, 0.85)
    filled = pen.maybe(0.75)
    oval(pen, head)
    for side in pen.choice([(-1, 1), (1, -1)]):
        with pen.part():
            at = edge(head, -pi / 2 + side * angle, 1.12)
            if not filled or pen.maybe(0.55):
                ear(pen, head, -pi / 2 + side * angle, pen.u(0.5, 0.7), size / rx * 1.3, pointed=False)
            if filled:
                blot(pen, (*at, size * 0.8, size * 0.8))
    patch, spread, up = rx * pen.u(0.2, 0.28), rx * pen.u(0.36, 0.46), ry * pen.u(0.1, 0.3)
    kind = pen.u()
    for side in (-1, 1):
        eye_shape = (x + side * spread, y - up, patch, patch * pen.u(1.0, 1.3))
        with pen.part():
            if kind < 0.6:
                blot(pen, eye_shape)
            else:
                oval(pen, eye_shape)
                eye(pen, (eye_shape[0], eye_shape[1]), patch * 0.45, 0.65 if kind < 0.85 else 0.0)
    if pen.detail(0.9):
        snout(pen, (x, y + ry * pen.u(0.25, 0.4)), rx * pen.u(0.12, 0.18))
