"""How people draw a tree: a bumpy, round or scribbled crown, one line, a fir; in `DIFFERENT` a garden pine."""

from __future__ import annotations

from math import cos, pi, sin

from sketch_classifier.synthetic.countries import DIFFERENT
from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.shapes import BOTTOM, lumps


@template("tree", weight=5)
def tree_with_bumpy_crown(pen: Pen):
    rx, trunk = pen.u(0.38, 0.55), pen.u(0.08, 0.15)
    ry = rx * pen.u(0.7, 1.1)
    start = pen.u(0.3, 1.2) * pi
    bumps = lumps(pen, (0, -ry), rx, ry, pen.choice([5, 6, 7, 8, 9]), pen.u(0.3, 0.6), start, start + 2 * pi)
    pen.polyline(bumps)
    _trunk(pen, trunk, pen.choice([0.02, 0.02, -0.25]), pen.u(0.5, 0.8))


@template("tree", weight=4)
def tree_in_one_line(pen: Pen):
    """Up one side of the trunk, around the crown, down the other side."""
    rx, trunk, height, flare = pen.u(0.4, 0.55), pen.u(0.08, 0.14), pen.u(0.5, 0.8), pen.u(0.02, 0.14)
    ry = rx * pen.u(0.6, 0.95)
    crown = lumps(pen, (0, -ry), rx, ry, pen.choice([5, 6, 7]), pen.u(0.35, 0.6), BOTTOM + 0.35, BOTTOM - 0.35 + 2 * pi)
    side = [(trunk, 0), (trunk, height * 0.6), (trunk + flare, height)]
    pen.polyline([*((-x, y) for x, y in reversed(side)), *crown, *side], closed=pen.maybe(0.5))


@template("tree", weight=0.7)
def tree_round(pen: Pen):
    rx, ry, trunk = pen.u(0.42, 0.58), pen.u(0.34, 0.45), pen.u(0.09, 0.14)
    pen.ellipse((0, -ry), rx, ry, start=BOTTOM + pen.n(0, 0.4))
    _trunk(pen, trunk, pen.choice([0.0, -0.2]), pen.u(0.55, 0.8))


@template("tree", weight=0.6)
def tree_fir(pen: Pen):
    tiers, half, height = pen.choice([2, 3, 3, 4]), pen.u(0.3, 0.45), pen.u(0.8, 1.1)
    side = []
    for tier in range(1, tiers + 1):
        x, y = half * tier / tiers, -height * (1 - tier / tiers)
        side += [(x, y)] if tier == tiers else [(x, y), (0.5 * x, y)]
    pen.polyline([(0, -height), *side, *((-x, y) for x, y in reversed(side))], closed=True)
    pen.polyline([(-0.08, 0), (-0.08, 0.2), (0.08, 0.2), (0.08, 0)])


@template("tree", weight=1)
def tree_scribbled(pen: Pen):
    """A crown scribbled in circles on a trunk of two lines."""
    rx, ry, turns = pen.u(0.35, 0.5), pen.u(0.3, 0.42), pen.choice([3, 4, 5])
    reach = [pen.u(0.45, 1.0) for _ in range(7 * turns)]
    pen.curve([(r * rx * cos(0.9 * i), r * ry * sin(0.9 * i) - ry) for i, r in enumerate(reach)])
    _trunk(pen, pen.u(0.08, 0.13), -0.05, pen.u(0.55, 0.8))


@template("tree", country=DIFFERENT)
def pine_in_clouds(pen: Pen) -> None:
    """A leaning trunk with flat clouds of needles, as in a garden."""
    lean = pen.u(0.05, 0.25)
    trunk = [(0.0, 1.0), (lean, 0.72), (lean * 0.3, 0.45), (lean * 0.9, 0.18)]
    width = pen.u(0.07, 0.11)
    with pen.part():
        pen.curve(trunk)
        pen.curve([(x + width, y) for x, y in trunk])
    pads = [(lean * 0.9 + 0.04, 0.18, 0.32), (-0.26, 0.48, 0.28), (lean + 0.36, 0.58, 0.29), (-0.2, 0.74, 0.2)]
    for x, y, r in pads[: pen.choice((3, 3, 4))]:
        with pen.part():
            r *= pen.u(0.85, 1.15)
            bumps = pen.choice((3, 4))
            pen.line((x - r, y), (x + r, y))
            for k in range(bumps):
                pen.arc((x - r + (2 * k + 1) * r / bumps, y), r / bumps, r * pen.u(0.5, 0.75), pi, 2 * pi)


def _trunk(pen: Pen, half: float, top: float, height: float):
    flare = pen.choice([0.0, 0.04, 0.12])
    for side in (-1, 1):
        pen.curve([(side * half, top), (side * half, top + 0.55 * height), (side * (half + flare), top + height)])
    if pen.maybe(0.25):
        pen.line((-half - flare, top + height), (half + flare, top + height))
