"""How people draw a flower: round petals, a scalloped ring, large, a tulip; in `DIFFERENT` a cherry blossom."""

from __future__ import annotations

from math import cos, pi, sin

from sketch_classifier.synthetic.countries import DIFFERENT
from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.plants import leaf, petals
from sketch_classifier.synthetic.templates.parts.shapes import around, lumps


@template("flower", weight=5)
def flower_with_round_petals(pen: Pen):
    """A centre, one loop a petal, a stem."""
    middle = pen.u(0.1, 0.15)
    pen.ellipse((0, 0), middle)
    petals(pen, middle, pen.choice([5, 5, 5, 6, 6, 7]), pen.u(0.3, 0.42))
    _stem(pen, middle + 0.36, pen.u(0.5, 1.1))


@template("flower", weight=4)
def flower_with_scalloped_ring(pen: Pen):
    """All petals in one line around the centre."""
    middle, start, bulge = pen.u(0.12, 0.2), pen.u(0, 2 * pi), pen.u(0.5, 0.8)
    ring = lumps(pen, (0, 0), 2 * middle, 2 * middle, pen.choice([5, 5, 6, 7, 8]), bulge, start, start + 2 * pi)
    if pen.maybe(0.9):
        pen.ellipse((0, 0), middle)
    pen.polyline(ring)
    _stem(pen, max(y for x, y in ring if abs(x) < 0.2), pen.u(0.5, 1.0))


@template("flower", weight=2)
def flower_large(pen: Pen):
    """Seen from above, without a stem."""
    middle = pen.u(0.16, 0.22)
    pen.ellipse((0, 0), middle)
    petals(pen, middle, pen.choice([5, 5, 6, 7]), pen.u(0.4, 0.55))


@template("flower", weight=1)
def flower_tulip(pen: Pen):
    half, height, teeth = pen.u(0.25, 0.35), pen.u(0.4, 0.55), pen.choice([2, 3, 3])
    rim = [(-half + i * half / teeth, -height + (0.18 if i % 2 else 0.0)) for i in range(2 * teeth + 1)]
    cup = around((0, -height * 0.45), half, height * 0.45, 0.15, pi - 0.15, 7)
    pen.polyline([*rim, *cup, rim[0]])
    _stem(pen, 0.0, pen.u(0.7, 1.0), leaves=0.9)


@template("flower", country=DIFFERENT)
def cherry_blossom(pen: Pen) -> None:
    """Five notched petals round a star of stamens, without a stem."""
    turn, r = pen.u(0, 2 * pi), pen.u(0.36, 0.42)
    for k in range(5):
        a = turn + 2 * pi * k / 5

        def at(radius: float, angle: float, a: float = a) -> tuple[float, float]:
            return radius * cos(a + angle), radius * sin(a + angle)

        with pen.part():
            pen.curve([at(0.1, -0.35), at(0.3, -0.58), at(0.45, -0.35), at(0.48, -0.15)])
            pen.polyline([at(0.48, -0.15), at(r, 0), at(0.48, 0.15)])
            pen.curve([at(0.48, 0.15), at(0.45, 0.35), at(0.3, 0.58), at(0.1, 0.35)])
            if pen.detail(0.6):
                pen.line(at(0.07, 0), at(0.2, 0))
    if pen.detail(0.6):
        pen.ellipse((0, 0), 0.06)


def _stem(pen: Pen, top: float, length: float, leaves: float = 0.6):
    """A stem from (0, top) down, with no, one or two leaves."""
    lean, bend = pen.n(0, 0.1), pen.n(0, 0.05)
    pen.curve([(0, top), (lean / 2 + bend, top + length / 2), (lean, top + length)])
    for side in pen.choice([[0], [pi], [0, pi]]) if pen.maybe(leaves) else []:
        base = (lean * 0.6 + bend / 2, top + length * pen.u(0.5, 0.75))
        leaf(pen, base, side + (0.6 if side else -0.6) * pen.u(0.7, 1.4), pen.u(0.28, 0.45), pen.u(0.08, 0.13))
