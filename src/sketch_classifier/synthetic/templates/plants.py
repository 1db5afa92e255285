"""How people draw a flower, a tree and a house plant: one function a way to draw it."""

from __future__ import annotations

from math import cos, pi, sin

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.shapes import BOTTOM, TOP, around, leaf, lumps


@template("flower", weight=5)
def flower_with_round_petals(pen: Pen):
    """A centre, one loop a petal, a stem."""
    middle = pen.u(0.1, 0.15)
    pen.ellipse((0, 0), middle)
    _petals(pen, middle, pen.choice([5, 5, 5, 6, 6, 7]), pen.u(0.3, 0.42))
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
    _petals(pen, middle, pen.choice([5, 5, 6, 7]), pen.u(0.4, 0.55))


@template("flower", weight=1)
def flower_tulip(pen: Pen):
    half, height, teeth = pen.u(0.25, 0.35), pen.u(0.4, 0.55), pen.choice([2, 3, 3])
    rim = [(-half + i * half / teeth, -height + (0.18 if i % 2 else 0.0)) for i in range(2 * teeth + 1)]
    cup = around((0, -height * 0.45), half, height * 0.45, 0.15, pi - 0.15, 7)
    pen.polyline([*rim, *cup, rim[0]])
    _stem(pen, 0.0, pen.u(0.7, 1.0), leaves=0.9)


def _petals(pen: Pen, middle: float, count: int, length: float):
    start, width = pen.u(0, 2 * pi), min(0.95 * pi * (middle + length / 2) / count, 0.55 * length)
    for index in range(count):
        angle, reach = start + 2 * pi * index / count + pen.n(0, 0.05), length * pen.u(0.9, 1.1)
        distance = middle + reach / 2
        center = (distance * cos(angle), distance * sin(angle))
        pen.ellipse(center, reach / 2, width, start=pi, angle=angle)


def _stem(pen: Pen, top: float, length: float, leaves: float = 0.6):
    """A stem from (0, top) down, with no, one or two leaves."""
    lean, bend = pen.n(0, 0.1), pen.n(0, 0.05)
    pen.curve([(0, top), (lean / 2 + bend, top + length / 2), (lean, top + length)])
    for side in pen.choice([[0], [pi], [0, pi]]) if pen.maybe(leaves) else []:
        base = (lean * 0.6 + bend / 2, top + length * pen.u(0.5, 0.75))
        leaf(pen, base, side + (0.6 if side else -0.6) * pen.u(0.7, 1.4), pen.u(0.28, 0.45), pen.u(0.08, 0.13))


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
    """A crown of turns around and around on a trunk of two lines."""
    rx, ry, turns = pen.u(0.35, 0.5), pen.u(0.3, 0.42), pen.choice([3, 4, 5])
    reach = [pen.u(0.45, 1.0) for _ in range(7 * turns)]
    pen.curve([(r * rx * cos(0.9 * i), r * ry * sin(0.9 * i) - ry) for i, r in enumerate(reach)])
    _trunk(pen, pen.u(0.08, 0.13), -0.05, pen.u(0.55, 0.8))


def _trunk(pen: Pen, half: float, top: float, height: float):
    flare = pen.choice([0.0, 0.04, 0.12])
    for side in (-1, 1):
        pen.curve([(side * half, top), (side * half, top + 0.55 * height), (side * (half + flare), top + height)])
    if pen.maybe(0.25):
        pen.line((-half - flare, top + height), (half + flare, top + height))


@template("house plant", weight=3)
def house_plant_of_blades(pen: Pen):
    """Long leaves that fan out of the pot."""
    half = _pot(pen)
    count, wide, reach = pen.choice([3, 4, 5, 6, 7]), pen.maybe(0.6), pen.u(0.6, 0.9)
    for index in range(count):
        share = index / (count - 1)
        angle = TOP + (share - 0.5) * pen.u(0.9, 1.6)
        base = ((share - 0.5) * half, 0)
        length = reach * pen.u(0.75, 1.1)
        if wide:
            leaf(pen, base, angle, length, 0.11 * length)
        else:
            droop = (share - 0.5) * length * 0.5
            middle = (base[0] + 0.55 * length * cos(angle), 0.6 * length * sin(angle))
            pen.curve([base, middle, (base[0] + length * cos(angle) + droop, 0.85 * length * sin(angle))])


@template("house plant", weight=3)
def house_plant_with_leaves(pen: Pen):
    """One or more stems with leaves along them."""
    _pot(pen)
    for lean in pen.choice([[0.0], [0.0], [-0.3, 0.3], [-0.4, 0.0, 0.4]]):
        height = pen.u(0.5, 0.8)
        tip = (height * sin(lean), -height)
        pen.curve([(0.2 * lean, 0), (0.4 * tip[0], 0.55 * tip[1]), tip])
        for share in pen.choice([[1.0], [0.55, 1.0], [0.4, 0.7, 1.0]]):
            base = (tip[0] * share, tip[1] * share)
            sides = [TOP + lean] if share == 1.0 and pen.maybe(0.5) else [-0.6, pi + 0.6]
            for angle in sides:
                leaf(pen, base, angle + pen.n(0, 0.2), pen.u(0.22, 0.34), pen.u(0.06, 0.1))


@template("house plant", weight=3)
def house_plant_in_flower(pen: Pen):
    _pot(pen)
    height, middle = pen.u(0.4, 0.6), pen.u(0.06, 0.09)
    pen.line((0, 0), (0, -height))
    with pen.moved(dy=-height - 2 * middle):
        pen.ellipse((0, 0), middle)
        if pen.maybe(0.5):
            _petals(pen, middle, pen.choice([5, 5, 6]), pen.u(0.14, 0.2))
        else:
            pen.polyline(lumps(pen, (0, 0), 2 * middle, 2 * middle, pen.choice([5, 6]), 0.6, 0, 2 * pi))
    for side in pen.choice([[], [-0.6], [-0.6, pi + 0.6]]):
        leaf(pen, (0, -0.4 * height), side, pen.u(0.2, 0.28), 0.07)


@template("house plant", weight=0.8)
def house_plant_bushy(pen: Pen):
    half = _pot(pen)
    rx, ry = half * pen.u(0.9, 1.2), pen.u(0.2, 0.3)
    if pen.maybe(0.7):
        pen.line((0, 0), (0, -0.2))
        pen.polyline(lumps(pen, (0, -0.2 - ry), 0.8 * rx, ry, pen.choice([6, 7, 8]), 0.45, BOTTOM, BOTTOM + 2 * pi))
    else:
        crown = lumps(pen, (0, -ry), rx, ry, pen.choice([6, 7, 8]), 0.45, BOTTOM + 0.8, BOTTOM - 0.8 + 2 * pi)
        pen.polyline([(-0.6 * half, 0), *crown, (0.6 * half, 0)])


def _pot(pen: Pen) -> float:
    """A pot whose rim lies at y = 0; gives back half its width."""
    half, height, taper = pen.u(0.22, 0.34), pen.u(0.35, 0.5), pen.u(0.6, 0.9)
    shape = pen.choice(["plain", "plain", "rim", "rim", "bowl"])
    with pen.part():
        if shape == "bowl":
            bowl = around((0, 0.3 * height), half, 0.6 * height, pi - 0.2, 0.2, 8)
            pen.polyline([(-half, 0), *bowl, (half, 0)], closed=True)
        else:
            pen.polyline([(-half, 0), (-half * taper, height), (half * taper, height), (half, 0)], closed=True)
        if shape == "rim":
            pen.rectangle(-1.15 * half, -0.12, 1.15 * half, 0.02)
    return half
