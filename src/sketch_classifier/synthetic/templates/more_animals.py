"""How people draw a cow, a rabbit and a panda: one function a way to draw it."""

from __future__ import annotations

from math import pi

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.animal_parts import (
    Round,
    blot,
    ear,
    edge,
    eye,
    eyes,
    legs,
    loop,
    oval,
    smile,
    snout,
    spots,
    tail,
    whiskers,
)

# Cow


def _horns(pen: Pen, head: Round, length: float, spread: float = 0.55) -> None:
    """Two horns that go out and bend up, as lines or as thin crescents."""
    thin = pen.maybe(0.4)
    with pen.part():
        for side in (-1, 1):
            x, y = edge(head, -pi / 2 + side * spread)
            out, up = side * head[2] * length * 1.2, head[3] * length * 0.8
            horn = [(x, y), (x + out * 0.7, y - up * 0.15), (x + out * 0.75, y - up)]
            pen.curve(horn if thin else [*horn, (x + out * 0.3, y - up * 0.45), (x - out * 0.4, y)])


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


# Rabbit


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


# Panda


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
