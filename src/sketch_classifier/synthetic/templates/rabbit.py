"""How people draw a rabbit: its face, from the front, from the side, crouching in one outline."""

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
    loop,
    oval,
    snout,
    whiskers,
)


@template("rabbit", 5.5)
def rabbit_face(pen: Pen) -> None:
    _rabbit_face(pen, (0.0, 0.0, 0.3 * pen.u(0.85, 1.1), 0.3 * pen.u(0.85, 1.2)))


@template("rabbit", 1.6)
def rabbit_front(pen: Pen) -> None:
    r = pen.u(0.18, 0.23)
    with pen.part():
        _rabbit_face(pen, (0, 0, r, r * 0.95))
    wide, high = pen.u(0.22, 0.3), pen.u(0.26, 0.34)
    body = (0.0, r + high * 0.85, wide, high)
    oval(pen, body)
    if pen.detail(0.6):
        for side in (-1, 1):
            oval(pen, (side * wide * 0.6, body[1] + high, wide * 0.45, high * 0.22))
    if pen.detail(0.35):
        for side in (-1, 1):
            pen.curve([(side * 0.06, body[1] - 0.1), (side * 0.1, body[1] + 0.05), (side * 0.14, body[1] - 0.1)])
    if pen.detail(0.3):
        blot(pen, (wide, body[1] + high * 0.6, 0.06, 0.06))


@template("rabbit", 2.6)
def rabbit_side(pen: Pen) -> None:
    body = (0.05, 0.1, pen.u(0.3, 0.38), pen.u(0.2, 0.26))
    r = pen.u(0.14, 0.18)
    head = (-0.3, -0.16, r * 1.15, r)
    with pen.part():
        oval(pen, head)
        tilt, length = pen.u(-0.1, 0.6), pen.u(1.7, 2.6)
        for a in (-pi / 2 - 0.1, -pi / 2 + pen.u(0.4, 0.7)):
            loop(pen, edge(head, a, 0.95), a + tilt, length * r, r * 0.36)
        if pen.detail(0.9):
            eye(pen, (head[0] - r * 0.3, head[1] - r * 0.1), r * 0.2, pen.u(0, 0.7))
        if pen.detail(0.3):
            whiskers(pen, (head[0] - r, head[1] + r * 0.4), 0.02, r)
    oval(pen, body)
    bottom = body[1] + body[3]
    if pen.detail(0.8):
        pen.ellipse((body[0] + 0.12, bottom - 0.02), 0.16, 0.06)
    if pen.detail(0.8):
        pen.ellipse((body[0] - body[2] * 0.6, bottom - 0.02), 0.09, 0.05)
    if pen.detail(0.4):
        pen.arc((body[0] + 0.16, body[1] + 0.1), 0.15, 0.14, -pi, 0)
    tail = (body[0] + body[2] + 0.04, body[1] + 0.02, 0.07, 0.07)
    blot(pen, tail) if pen.maybe(0.25) else oval(pen, tail)


@template("rabbit", 1)
def rabbit_outline(pen: Pen) -> None:
    """Crouching, in one stroke: nose, ears laid back, round back, tail, haunch, fore paw."""
    k, back = pen.u(0.9, 1.15), pen.u(0.0, 0.2)
    pen.curve([
        (-0.5, -0.02), (-0.42, -0.16), (-0.3, -0.2), (-0.26 + back, -0.62 * k), (-0.16 + back, -0.62 * k),
        (-0.17, -0.2), (0.05, -0.2), (0.36, -0.06), (0.46, 0.14), (0.56, 0.1), (0.58, 0.22), (0.46, 0.26),
        (0.42, 0.34), (0.12, 0.35), (0.1, 0.26), (-0.16, 0.26), (-0.22, 0.35), (-0.34, 0.34), (-0.28, 0.12),
        (-0.44, 0.08), (-0.5, -0.02),
    ])  # fmt: skip
    pen.curve([(-0.28, -0.2), (-0.4 + back, -0.55 * k), (-0.3 + back, -0.58 * k), (-0.22, -0.3)])
    eye(pen, (-0.36, -0.08), 0.03, pen.u(0, 0.7))


def _rabbit_ears(pen: Pen, head: Round) -> None:
    angle, lean, length, width = (
        pen.u(0.3, 0.55),
        pen.u(0.0, 0.4),
        head[3] * pen.u(1.1, 2.0),
        head[2] * pen.u(0.2, 0.33),
    )
    inner, long = pen.detail(0.3), length * pen.u(0.85, 1.15)
    for side in pen.choice([(-1, 1), (1, -1)]):
        root, a = edge(head, -pi / 2 + side * angle, 0.96), -pi / 2 + side * lean
        with pen.part():
            loop(pen, root, a, length if side < 0 else long, width)
            if inner:
                loop(pen, root, a, length * 0.7, width * 0.45)


def _rabbit_face(pen: Pen, head: Round) -> None:
    x, y, rx, ry = head
    oval(pen, head)
    _rabbit_ears(pen, head)
    if pen.detail(0.95):
        eyes(pen, (x, y - ry * 0.15), rx * pen.u(0.32, 0.48), rx * pen.u(0.12, 0.2))
    nose = (x, y + ry * pen.u(0.2, 0.35))
    size = rx * pen.u(0.1, 0.16)
    if pen.detail(0.9):
        snout(pen, nose, size)
    if pen.detail(0.3):
        w, top = size * pen.u(0.7, 1.2), nose[1] + size * 2
        pen.polyline([(x - w, top), (x - w, top + size * 2), (x + w, top + size * 2), (x + w, top)])
        pen.line((x, top), (x, top + size * 2))
    if pen.detail(0.35):
        whiskers(pen, (x, nose[1] + size), rx * 0.4, rx * pen.u(1.1, 1.6))
