"""How people draw a dog: its face, the whole dog in one outline, in separate shapes."""

from __future__ import annotations

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.animals import beast, blot, edge, eye, eyes, legs, oval, snout, tail


@template("dog", 4.5)
def dog_face(pen: Pen) -> None:
    rx, ry = 0.36 * pen.u(0.8, 1.1), 0.4 * pen.u(0.8, 1.05)
    head = (0.0, 0.0, rx, ry)
    ears_first = pen.maybe(0.2)
    if not ears_first:
        if pen.maybe(0.7):
            oval(pen, head)
        else:  # a broad brow and a narrower muzzle
            pen.curve([
                (-rx, -ry * 0.5), (-rx * 0.6, ry * 0.4), (-rx * 0.4, ry), (rx * 0.4, ry), (rx * 0.6, ry * 0.4),
                (rx, -ry * 0.5), (rx * 0.4, -ry), (-rx * 0.4, -ry),
            ], closed=True)  # fmt: skip
    drop, out, turn = pen.u(0.1, 0.85) * ry, pen.u(0.3, 0.75) * rx, pen.u(-0.5, 0.3)
    half_open = pen.maybe(0.5)
    for side in pen.choice([(-1, 1), (1, -1)]):
        x, y = side * rx * 0.72, -ry * 0.68
        with pen.part():
            if half_open:  # an ear that hangs from the head's outline
                pen.curve([
                    (x * 0.75, y - 0.03), (side * (rx + out * 0.5), y * 0.95), (side * (rx + out), drop * 0.4),
                    (side * (rx + out * 0.7), drop + ry * 0.15), (side * (rx + out * 0.1), drop * 0.5),
                    (side * rx * 0.97, y * 0.35),
                ])  # fmt: skip
            else:
                long = ry * pen.u(0.4, 0.62)
                pen.ellipse((x + side * out * 0.45, y + long * 0.75), out * 0.5, long, angle=side * turn * 0.7)
    if ears_first:
        oval(pen, head)
    if pen.detail(0.95):
        eyes(pen, (0, -ry * pen.u(0.1, 0.4)), rx * pen.u(0.3, 0.45), rx * pen.u(0.12, 0.22))
    y, size = ry * pen.u(0.2, 0.4), rx * pen.u(0.14, 0.24)
    if pen.detail(0.15):
        oval(pen, (0, y + size, rx * 0.55, ry * 0.4))
    if pen.detail(0.9):
        snout(pen, (0, y), size)
    if pen.detail(0.25):
        y = ry * pen.u(0.65, 0.8)
        pen.curve([(-size, y), (-size * 0.8, y + size * 2), (0, y + size * 2.6), (size * 0.8, y + size * 2), (size, y)])


@template("dog", 2.8)
def dog_outline(pen: Pen) -> None:
    """One stroke with a box of a muzzle; the ear a flap of its own, or pricked within the outline."""
    k, up = pen.u(0.95, 1.35), pen.u(0.02, 0.14)
    muzzle, brow = pen.u(0.34, 0.42) * k, pen.u(0.2, 0.28) * k
    pricked = pen.maybe(0.35)
    ears = [(-0.1 * k, -brow - 0.15 - up), (-0.04 * k, -brow - up)] if pricked else [(-0.06 * k, -brow - up)]
    head = [
        (-0.03, 0.12), (-0.12 * k, 0.06 - up), (-muzzle, 0.06 - up), (-muzzle - 0.02, -0.06 - up),
        (-0.25 * k, -0.1 - up), (-0.22 * k, -brow - up), *ears, (0.0, -0.04),
    ]  # fmt: skip
    length = pen.u(0.6, 0.85)
    beast(pen, head, length=length, depth=pen.u(0.2, 0.28), leg_length=pen.u(0.12, 0.24), leg_width=pen.u(0.07, 0.12))
    tail(pen, (length - 0.03, 0.0), pen.u(0.28, 0.45), -pen.u(0.7, 1.5), pen.u(-0.6, 0.6))
    if not pricked:
        _dog_ear(pen, -0.07 * k, -brow - up + 0.01, pen.u(0.15, 0.22) * k)
    if pen.detail(0.85):
        eye(pen, (-0.21 * k, -0.14 - up), 0.03, pen.u(0, 0.7))
    if pen.detail(0.5):
        blot(pen, (-muzzle, -0.02 - up, 0.035, 0.035))


@template("dog", 2.7)
def dog_assembled(pen: Pen) -> None:
    body = (0.0, 0.0, 0.48, pen.u(0.15, 0.22))
    r = pen.u(0.16, 0.22)
    x, y = -0.5, -pen.u(0.16, 0.32)
    with pen.part():
        if pen.maybe(0.5):  # a round head with a box for a muzzle
            oval(pen, (x, y, r, r))
            pen.polyline([
                (x - r * 0.8, y - r * 0.3), (x - r * 2, y - r * 0.1), (x - r * 2, y + r * 0.6),
                (x - r * 0.6, y + r * 0.7),
            ])  # fmt: skip
        else:
            oval(pen, (x - r * 0.3, y, r * 1.4, r * 0.9))
        _dog_ear(pen, x + r * 0.2, y - r * 0.8, r * 1.3)
        if pen.detail(0.8):
            eye(pen, (x - r * 0.4, y - r * 0.2), r * 0.2, pen.u(0, 0.7))
        if pen.detail(0.4):
            pen.line((x - r * 1.6, y + r * 0.35), (x - r * 0.6, y + r * 0.4))
    oval(pen, body)
    legs(pen, body, pen.u(0.2, 0.36), width=0.09)
    tail(pen, edge(body, -0.3), pen.u(0.22, 0.42), -pen.u(0.4, 1.2), pen.u(-0.7, 0.7))


def _dog_ear(pen: Pen, x: float, y: float, size: float) -> None:
    """A flap hanging from (x, y), or now and then a pricked triangle."""
    if pen.maybe(0.7):
        pen.curve([
            (x - size * 0.3, y), (x - size * 0.2, y + size * 0.8), (x + size * 0.25, y + size * 1.2),
            (x + size * 0.5, y + size * 0.5), (x + size * 0.3, y),
        ])  # fmt: skip
    else:
        pen.polyline([(x - size * 0.3, y), (x, y - size), (x + size * 0.4, y + 0.02)])
