"""How people draw a cat: its face, from the side, sitting; in `DIFFERENT` from behind."""

from __future__ import annotations

from math import pi

from sketch_classifier.synthetic.countries import DIFFERENT
from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.animals import (
    Round,
    arc_points,
    ear,
    edge,
    eyes,
    legs,
    oval,
    smile,
    snout,
    tail,
    whiskers,
)


@template("cat", 6.5)
def cat_face(pen: Pen) -> None:
    head = (0.0, 0.0, 0.42 * pen.u(0.85, 1.15), 0.42 * pen.u(0.7, 1.05))
    _cat_head(pen, head)
    _, _, rx, ry = head
    hair = pen.maybe(0.68)
    if hair and pen.maybe(0.3):
        whiskers(pen, (0, ry * 0.2), rx * 0.5, rx * pen.u(1.2, 1.9))
    if pen.detail(0.92):
        eyes(pen, (0, -ry * pen.u(0.1, 0.35)), rx * pen.u(0.3, 0.48), rx * pen.u(0.12, 0.2))
    if pen.detail(0.9):
        snout(pen, (0, ry * pen.u(0.1, 0.3)), rx * pen.u(0.1, 0.17))
    elif pen.maybe(0.6):
        smile(pen, (0, ry * 0.4), rx * pen.u(0.3, 0.5), ry * pen.u(0.1, 0.3))
    if hair:
        whiskers(pen, (0, ry * pen.u(0.15, 0.35)), rx * pen.u(0.35, 0.95), rx * pen.u(1.2, 1.9))


@template("cat", 1.3)
def cat_side(pen: Pen) -> None:
    """The body from the side, the face from the front."""
    body = (0.0, 0.0, pen.u(0.36, 0.46), pen.u(0.15, 0.24))
    r = pen.u(0.22, 0.31)
    head = (-body[2] - r * 0.2, -pen.u(0.1, 0.26), r, r * pen.u(0.8, 1))
    if pen.maybe(0.6):
        with pen.part():
            _cat_small_head(pen, head)
        oval(pen, body)
        legs(pen, body, pen.u(0.16, 0.3), width=0.09)
    else:  # the back and the belly, the legs zigzagging, are one stroke that starts and ends at the head
        _, _, rx, ry = body
        ground, w = ry + pen.u(0.18, 0.3), pen.u(0.07, 0.1)
        start, end = edge(head, -0.3), edge(head, 1.1)
        pen.polyline([
            start, (0.0, -ry), (rx, -ry * 0.9), (rx, ground), (rx - w, ground), (rx - w, ry), (-rx * 0.5 + w, ry),
            (-rx * 0.5 + w, ground), (-rx * 0.5, ground), (-rx * 0.5, ry), end,
        ])  # fmt: skip
        with pen.part():
            _cat_small_head(pen, head)
    tail(pen, (body[2] * 0.96, -body[3] * 0.4), pen.u(0.4, 0.65), -pen.u(0.6, 1.3), pen.u(-1.2, 1.2))


@template("cat", 0.5)
def cat_sitting(pen: Pen) -> None:
    r = pen.u(0.26, 0.36)
    with pen.part():
        _cat_small_head(pen, (0, -0.45, r, r * 0.85))
    wide = pen.u(0.2, 0.3)
    kind = pen.u()
    if kind < 0.4:
        oval(pen, (0, r * 0.85 - 0.45 + 0.3, wide, pen.u(0.28, 0.34)))
    elif kind < 0.75:
        pen.curve([
            (-0.12, -0.26), (-wide, 0.1), (-wide * 0.8, 0.36), (0.0, 0.38), (wide * 0.8, 0.36), (wide, 0.1),
            (0.12, -0.26),
        ])  # fmt: skip
        if pen.detail(0.5):
            pen.line((-0.04, 0.1), (-0.04, 0.36))
            pen.line((0.05, 0.1), (0.05, 0.36))
    else:  # lying
        pen.curve(
            [(r * 0.7, -0.6), (0.45, -0.55), (0.7, -0.3), (0.66, -0.1), (0.1, -0.1), (-0.1, -0.14), (-0.06, -0.24)]
        )
        tail(pen, (0.66, -0.12), 0.3, 0.1, pen.u(-1.5, 0.5))
        return
    if pen.detail(0.8):
        tail(pen, (wide * 0.8, 0.3), pen.u(0.4, 0.6), pen.u(-0.2, 0.2), -pen.u(0.5, 2.2))


@template("cat", country=DIFFERENT)
def cat_from_behind(pen: Pen) -> None:
    """A cat that sits with its back to us: a pear with two ears and a long tail."""
    h, w = pen.u(1.0, 1.3), pen.u(0.36, 0.48)
    r = pen.u(0.2, 0.26)
    with pen.part():
        pen.curve([(-0.7 * r, 0.3), (-0.9 * w, 0.55 * h), (-w, 0.85 * h), (-0.7 * w, h), (0.7 * w, h), (w, 0.85 * h),
                   (0.9 * w, 0.55 * h), (0.7 * r, 0.3)])  # fmt: skip
    with pen.part():
        pen.ellipse((0, 0.12), r, r * pen.u(0.8, 1.0))
        for side in (-1, 1):
            pen.polyline(
                [(side * r * 0.9, 0.04), (side * r * 0.85, 0.12 - 1.6 * r), (side * r * 0.25, 0.12 - 0.85 * r)]
            )
    tail = pen.u(0.25, 0.5)
    pen.curve([(0.6 * w, 0.95 * h), (w + 0.6 * tail, 0.98 * h), (w + tail, 0.75 * h), (w + 0.7 * tail, 0.5 * h),
               (w + tail, 0.35 * h)])  # fmt: skip
    for k in range(3):
        if pen.detail(0.35):
            pen.curve([(-0.15, (0.5 + 0.1 * k) * h), (0, (0.52 + 0.1 * k) * h), (0.15, (0.5 + 0.1 * k) * h)])


def _cat_head(pen: Pen, head: Round) -> None:
    """A head with two pointed ears: an oval and two ears, or all in one outline."""
    angle, width, length = pen.u(0.55, 0.95), pen.u(0.45, 0.85), pen.u(0.4, 1.15)
    right, left = -pi / 2 + angle, -pi / 2 - angle
    if pen.maybe(0.55):
        oval(pen, head)
        for a in pen.choice([(left, right), (right, left)]):
            with pen.part():
                ear(pen, head, a, width, length, pointed=True, lean=pen.u(-0.1, 0.1))
                if pen.detail(0.1):
                    ear(pen, head, a, width * 0.5, length * 0.55, pointed=True)
        return
    w = width / 2
    chin = arc_points(head, right + w, 2 * pi + left - w, 11)
    top = [
        edge(head, left, 1 + length), edge(head, left + w, 1), edge(head, right - w, 1),
        edge(head, right, 1 + length),
    ]  # fmt: skip
    if pen.maybe(0.5):
        pen.polyline([*top, *chin, top[0]])
    else:
        pen.polyline([chin[-1], *top, chin[0]])
        pen.curve(chin)


def _cat_small_head(pen: Pen, head: Round) -> None:
    x, y, rx, ry = head
    _cat_head(pen, head)
    if pen.detail(0.85):
        eyes(pen, (x, y - ry * 0.15), rx * 0.4, rx * 0.18)
    if pen.detail(0.5):
        snout(pen, (x, y + ry * 0.25), rx * 0.16)
    if pen.detail(0.65):
        whiskers(pen, (x, y + ry * 0.25), rx * 0.5, rx * pen.u(1.2, 1.8))
