"""How people draw a house plant: blades, stems with leaves, a flower, a bush, each in a pot."""

from __future__ import annotations

from math import cos, pi, sin

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.plants import leaf, petals
from sketch_classifier.synthetic.templates.parts.shapes import BOTTOM, TOP, around, lumps


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
            petals(pen, middle, pen.choice([5, 5, 6]), pen.u(0.14, 0.2))
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
    """A pot whose rim is at y = 0; returns half its width."""
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
