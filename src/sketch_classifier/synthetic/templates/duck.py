"""How people draw a duck: in one outline, in separate shapes."""

from __future__ import annotations

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.animals import edge, eye, oval


@template("duck", 6)
def duck_outline(pen: Pen) -> None:
    neck, r, up = pen.u(0.0, 0.2), pen.u(0.85, 1.1), pen.u(0.0, 0.12)
    top = -0.3 - neck
    face, nape = -0.44 - 0.06 * r, -0.26
    outline = [
        (face, top + 0.04), (face + 0.03, top - 0.09 * r), (-0.36, top - 0.15 * r), (nape, top - 0.06),
        (nape + 0.01, top + 0.1), (-0.22, -0.08), (0.05, -0.04), (0.32, -0.1 - up), (0.5, -0.2 - up), (0.47, 0.06),
        (0.3, 0.26), (0.0, 0.33), (-0.26, 0.28), (-0.42, 0.08), (-0.38, -0.12), (face + 0.06, top + 0.12),
    ]  # fmt: skip
    pen.curve(outline if pen.maybe(0.8) else outline[2:] + outline[:2])
    _beak(pen, face + 0.01, top + 0.06, pen.u(0.13, 0.18))
    if pen.detail(0.9):
        eye(pen, (-0.39, top - 0.03), 0.03, pen.u(0, 0.7))
    _duck_extras(pen, 0.04, 0.12, 0.31, 0.45)


@template("duck", 4)
def duck_assembled(pen: Pen) -> None:
    body = (0.05, 0.12, pen.u(0.34, 0.42), pen.u(0.17, 0.23))
    r = pen.u(0.12, 0.17)
    x, y = -0.32, -pen.u(0.22, 0.42)
    oval(pen, (x, y, r, r))
    if pen.detail(0.9):
        eye(pen, (x - r * 0.2, y - r * 0.2), r * 0.2, pen.u(0, 0.7))
    _beak(pen, x - r * 0.9, y + r * 0.1, r * pen.u(0.8, 1.1))
    if y < -0.26:
        pen.line((x - r * 0.4, y + r * 0.9), (x + 0.01, 0.05))
        pen.line((x + r * 0.6, y + r * 0.8), (x + r * 1.2, -0.02))
    oval(pen, body)
    if pen.detail(0.5):
        ex, ey = edge(body, -0.35)
        pen.polyline([(ex, ey), (ex + 0.14, ey - 0.1), (ex + 0.04, ey + 0.1)])
    _duck_extras(pen, 0.05, 0.1, body[1] + body[3], 0.75)


def _beak(pen: Pen, x: float, y: float, size: float) -> None:
    """A flat bill that leaves the head at (x, y) to the left."""
    kind = pen.u()
    if kind < 0.4:
        pen.polyline([
            (x, y - size * 0.4), (x - size * 1.3, y - size * 0.05), (x - size * 1.3, y + size * 0.25),
            (x, y + size * 0.4),
        ])  # fmt: skip
    elif kind < 0.7:
        pen.curve([
            (x, y - size * 0.4), (x - size * 0.8, y - size * 0.1), (x - size * 1.4, y),
            (x - size * 1.2, y + size * 0.2), (x, y + size * 0.1),
        ])  # fmt: skip
        pen.curve([(x - size, y + size * 0.2), (x - size * 0.8, y + size * 0.45), (x, y + size * 0.4)])
    else:
        pen.polyline([(x, y - size * 0.45), (x - size * 1.4, y + size * 0.05), (x, y + size * 0.45)])
        if pen.maybe(0.6):
            pen.line((x - size * 1.3, y + size * 0.05), (x, y))


def _webbed(pen: Pen, x: float, top: float, ground: float, size: float) -> None:
    pen.line((x, top), (x, ground))
    if pen.maybe(0.5):
        pen.polyline(
            [(x, ground - size * 0.4), (x - size * 1.3, ground + size * 0.2), (x + size * 0.2, ground + size * 0.3)],
            closed=True,
        )
    else:
        pen.line((x, ground), (x - size * 1.2, ground + size * 0.1))


def _duck_extras(pen: Pen, x: float, y: float, belly: float, on_foot: float) -> None:
    """The wing about (x, y), and legs or waves under the belly."""
    if pen.detail(0.6):
        w = pen.u(0.14, 0.2)
        pen.curve([(x - w, y - 0.06), (x - w * 0.6, y + 0.08), (x + w * 0.4, y + 0.1), (x + w * 1.1, y - 0.08)])
        if pen.maybe(0.4):
            pen.curve([(x - w, y - 0.06), (x, y - 0.12), (x + w * 1.1, y - 0.08)])
    if pen.maybe(on_foot):
        with pen.part():
            for dx in (-0.06, pen.u(0.06, 0.14)):
                _webbed(pen, x + dx, belly, belly + pen.u(0.14, 0.26), 0.08)
    elif pen.detail(0.15):
        pen.curve([(x - 0.5 + i * 0.11, belly + (0.03 if i % 2 else -0.03)) for i in range(10)])
