"""How people draw an apple, a banana, a cloud, a house and an umbrella: one function a way to draw it."""

from __future__ import annotations

from math import pi, sin

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.shapes import BOTTOM, TOP, around, door, leaf, lumps, ribbon, window


@template("apple", weight=6)
def apple_with_stem(pen: Pen):
    pen.curve(_apple_outline(pen, cusp=pen.maybe(0.6)))
    _apple_stem(pen)
    if pen.detail(0.55):
        leaf(pen, (0.02, pen.u(-0.1, 0.0)), pen.u(-0.9, 0.1), pen.u(0.25, 0.45), pen.u(0.08, 0.14))


@template("apple", weight=1.2)
def apple_round(pen: Pen):
    """A ball: the stem and the leaf alone say that it is an apple."""
    pen.ellipse((0, 0.47), pen.u(0.44, 0.56), pen.u(0.4, 0.5), start=TOP + pen.n(0, 0.3))
    _apple_stem(pen)
    leaf(pen, (0.02, -0.05), pen.u(-0.9, 0.0), pen.u(0.35, 0.5), pen.u(0.1, 0.15))


@template("apple", weight=1)
def apple_bitten(pen: Pen):
    half, bite = pen.u(0.46, 0.54), pen.u(0.13, 0.19)
    left = [(0, 0.1), (-0.6 * half, 0.0), (-half, 0.35), (-0.75 * half, 0.8), (-0.3 * half, 1.0), (0, 0.95)]
    right = [(0.3 * half, 1.0), (0.72 * half, 0.8), (0.9 * half, 0.6)]
    teeth = lumps(pen, (half, 0.42), bite, bite, 3, 0.25, BOTTOM + 0.3, TOP - 0.3, inward=True)
    pen.curve(left + right)
    pen.polyline([(0.9 * half, 0.6), *teeth, (0.9 * half, 0.23)])
    pen.curve([(0.9 * half, 0.23), (0.6 * half, 0.02), (0, 0.1)])
    leaf(pen, (0, pen.u(-0.15, 0.0)), pen.u(-1.2, -0.3), pen.u(0.25, 0.35), 0.1)
    if pen.maybe(0.5):
        _apple_stem(pen)


def _apple_outline(pen: Pen, cusp: bool):
    """Once around from the dip at the top; with `cusp` the dip is a point, else the hand rounds it."""
    half, low = pen.u(0.42, 0.58), pen.u(0.62, 0.85)
    dip, bottom = pen.u(0.05, 0.16), pen.choice([0.0, 0.04, 0.09])
    side = [(0.5 * half, 0.0), (0.95 * half, 0.2), (half, 0.45), (low * half, 0.82), (0.35 * half, 1.0)]
    points = [*side, (0, 1.0 - bottom), *((-x, y) for x, y in reversed(side))]
    return [(0, dip), *points, (0, dip)] if cusp else [(0.1, dip), *points, (-0.1, dip), (0.12, dip)]


def _apple_stem(pen: Pen):
    top, lean = pen.u(-0.36, -0.16), pen.n(0, 0.09)
    if pen.maybe(0.15):
        pen.polyline([(-0.04, 0.1), (lean - 0.05, top), (lean + 0.05, top), (0.04, 0.1)])
    else:
        pen.curve([(0, pen.u(0.08, 0.2)), (0.3 * lean, 0.4 * top), (lean, top)])


@template("banana", weight=5)
def banana_crescent(pen: Pen):
    outer, inner = _banana_sides(pen, pen.u(1.3, 2.3), pen.u(0.17, 0.29))
    with pen.moved(angle=_banana_angle(pen)):
        if pen.maybe(0.5):
            pen.curve(outer)
            pen.curve(inner[::-1] if pen.maybe(0.5) else inner)
        else:
            pen.polyline(outer + inner[::-1], closed=True)
        _banana_stem(pen, outer[0], inner[0])


@template("banana", weight=3)
def banana_ridged(pen: Pen):
    """One or two lines along the fruit, as its edges run."""
    outer, inner = _banana_sides(pen, pen.u(1.4, 2.2), pen.u(0.2, 0.32))
    with pen.moved(angle=_banana_angle(pen)):
        pen.polyline(outer + inner[::-1], closed=True)
        for share in pen.choice([[0.5], [0.4], [0.35, 0.7]]):
            ridge = [_between(p, q, share) for p, q in zip(outer, inner, strict=True)]
            pen.curve(ridge[pen.choice([0, 1]) : pen.choice([-1, -2, -3])])
        _banana_stem(pen, outer[0], inner[0])


@template("banana", weight=0.5)
def banana_bunch(pen: Pen):
    bend, spread = pen.u(1.0, 1.5), pen.u(0.22, 0.32)
    outer, inner = _banana_sides(pen, bend, 0.24)
    x, y = outer[0]
    with pen.moved(angle=_banana_angle(pen)):
        for index in range(pen.choice([2, 3, 3])):
            with pen.moved(angle=index * spread):
                pen.polyline([(px - x, py - y) for px, py in outer + inner[::-1]], closed=True)
        pen.rectangle(-0.06, -0.13, 0.08, 0.03)


def _banana_sides(pen: Pen, bend: float, thick: float):
    """The outer and the inner side, from the stem to the tip; the fruit hangs like a smile."""
    spine = around((0, 0), 0.6, 0.6, BOTTOM + bend / 2, BOTTOM - bend / 2, 11)
    blunt, tip = pen.u(0.4, 0.8), pen.u(0.05, 0.25)
    widths = [max(thick * sin(pi * i / 10) ** blunt, thick * (0.28 if i < 5 else tip)) for i in range(11)]
    inner, outer = ribbon(spine, widths)
    return outer, inner


def _banana_stem(pen: Pen, p, q):
    if pen.maybe(0.85):
        length, lean = pen.u(0.07, 0.17), pen.n(0, 0.03)
        x, y = lean - 0.05, -length
        pen.polyline([p, (p[0] + x, p[1] + y), (q[0] + x, q[1] + y), q], closed=pen.maybe(0.3))
    if pen.maybe(0.15):
        pen.scribble(min(p[0], q[0]), min(p[1], q[1]) - 0.08, max(p[0], q[0]), max(p[1], q[1]))


def _banana_angle(pen: Pen):
    return pen.choice([0.0, 0.0, 0.35, 0.7, 1.3]) + pen.n(0, 0.2)


@template("cloud", weight=5)
def cloud_of_bumps(pen: Pen):
    count, start = pen.choice([6, 7, 8, 9, 10]), pen.u(0, 2 * pi)
    rx = pen.u(0.8, 1.0)
    pen.polyline(lumps(pen, (0, 0), rx, rx * pen.u(0.38, 0.62), count, pen.u(0.35, 0.6), start, start + 2 * pi))


@template("cloud", weight=3)
def cloud_with_flat_bottom(pen: Pen):
    rx, ry = pen.u(0.8, 1.0), pen.u(0.35, 0.6)
    bumps = lumps(pen, (0, 0), rx, ry, pen.choice([3, 4, 5]), pen.u(0.35, 0.55), pi, 2 * pi)
    base = [(bumps[-1][0], pen.n(0.04, 0.02)), (bumps[0][0], pen.n(0.04, 0.02)), bumps[0]]
    if pen.maybe(0.7):
        pen.polyline(bumps + base[1:])
    else:
        pen.polyline(bumps)
        pen.polyline(base)


@template("cloud", weight=1)
def cloud_with_curls(pen: Pen):
    """Several strokes: a bumpy outline that does not quite close, and a curl or two inside."""
    start = pen.u(0, 2 * pi)
    pen.polyline(lumps(pen, (0, 0), 0.95, 0.55, pen.choice([6, 7]), 0.5, start, start + 2 * pi - pen.u(0, 0.3)))
    for _ in range(pen.choice([1, 2])):
        pen.arc((pen.u(-0.5, 0.5), pen.u(-0.25, 0.25)), 0.18, 0.13, pi * pen.u(0.8, 1.2), pi * pen.u(1.7, 2.2))


@template("house", weight=5)
def house_front(pen: Pen):
    """A box, a triangle on it, a door; mostly windows; sometimes a chimney."""
    half, wall, roof = pen.u(0.35, 0.55), pen.u(0.5, 0.8), pen.u(0.3, 0.5)
    eaves = pen.choice([0.0, 0.0, 0.06, 0.14])
    _in_any_order(
        pen,
        lambda: pen.rectangle(-half, 0, half, wall),
        lambda: pen.polyline([(-half - eaves, 0), (0, -roof), (half + eaves, 0)], closed=eaves > 0),
    )
    _door_and_windows(pen, half, wall)
    if pen.detail(0.3):
        _chimney(pen, half, roof)


@template("house", weight=3)
def house_pentagon(pen: Pen):
    """Walls and roof in one line; then often the line under the roof, and the door."""
    half, wall, roof = pen.u(0.35, 0.55), pen.u(0.5, 0.8), pen.u(0.3, 0.5)
    pen.polyline([(-half, wall), (-half, 0), (0, -roof), (half, 0), (half, wall)], closed=True)
    if pen.maybe(0.65):
        pen.line((-half, 0), (half, 0))
    _door_and_windows(pen, half, wall)


@template("house", weight=2)
def house_under_wide_roof(pen: Pen):
    """Two slopes that hang over walls left open at the top."""
    half, wall, roof = pen.u(0.34, 0.48), pen.u(0.5, 0.75), pen.u(0.35, 0.5)
    eave = half + pen.u(0.1, 0.2)
    pen.polyline([(-eave, 0.06), (0, -roof), (eave, 0.06)])
    pen.polyline([(-half, 0), (-half, wall), (half, wall), (half, 0)])
    _door_and_windows(pen, half, wall)
    if pen.detail(0.3):
        _chimney(pen, eave, roof)


@template("house", weight=0.7)
def house_with_side(pen: Pen):
    """The gable and one long side, in perspective."""
    half, wall, roof, depth = pen.u(0.28, 0.36), pen.u(0.45, 0.6), pen.u(0.3, 0.42), pen.u(0.5, 0.7)
    rise = pen.u(0, 0.1)
    pen.polyline([(-half, wall), (-half, 0), (0, -roof), (half, 0), (half, wall)], closed=True)
    if pen.maybe(0.5):
        pen.line((-half, 0), (half, 0))
    pen.polyline([(0, -roof), (depth, -roof - rise), (half + depth, -rise), (half, 0)])
    pen.polyline([(half, wall), (half + depth, wall - rise), (half + depth, -rise)])
    door(pen, 0, wall, 0.2, 0.3)
    if pen.maybe(0.5):
        window(pen, half + depth / 2, wall * 0.45, 0.1)


def _door_and_windows(pen: Pen, half: float, wall: float):
    across = pen.choice([0.0, 0.0, -0.4, 0.4]) * half
    if pen.maybe(0.85):
        door(pen, across, wall, 0.4 * half * pen.u(0.8, 1.3), wall * pen.u(0.4, 0.6))
    places = [-0.55, 0.55] if across == 0 else [-0.5 if across > 0 else 0.5]
    if pen.detail(0.6):
        for x in places:
            window(pen, x * half, wall * pen.u(0.25, 0.32), 0.23 * half)


def _chimney(pen: Pen, half: float, roof: float):
    left, right = 0.4 * half, 0.65 * half
    top = -roof * pen.u(0.95, 1.2)
    pen.polyline([(left, -0.6 * roof), (left, top), (right, top), (right, -0.35 * roof)])
    if pen.maybe(0.35):
        pen.curve([(0.5 * half + 0.05 * (-1) ** i, top - 0.05 - 0.07 * i) for i in range(5)])


@template("umbrella", weight=5)
def umbrella_scalloped(pen: Pen):
    """A dome, scallops along its edge, a stick with a hook."""
    rx, ry, count = pen.u(0.5, 0.62), pen.u(0.4, 0.58), pen.choice([3, 3, 4, 4, 5])
    pen.arc((0, 0), rx, ry, pi, 2 * pi)
    pen.polyline(_scallops(pen, rx, count))
    if pen.detail(0.3):
        _ribs(pen, rx, ry, count)
    _handle(pen, -pen.u(0.03, 0.1), pen.u(0.5, 0.7))
    if pen.maybe(0.35):
        pen.line((0, -ry), (0, -ry - pen.u(0.06, 0.12)))


@template("umbrella", weight=4)
def umbrella_straight(pen: Pen):
    """A half moon on a hook."""
    rx, ry = pen.u(0.5, 0.62), pen.u(0.36, 0.55)
    dome = around((0, 0), rx, ry, pi, 2 * pi, 9)
    if pen.maybe(0.5):
        pen.polyline([*dome, dome[0]])
    else:
        pen.arc((0, 0), rx, ry, pi, 2 * pi)
        pen.line((-rx, 0), (rx, 0))
    if pen.detail(0.25):
        _ribs(pen, rx, ry, 3)
    _handle(pen, 0, pen.u(0.5, 0.75))


@template("umbrella", weight=1)
def umbrella_in_one_line(pen: Pen):
    rx, ry = pen.u(0.5, 0.6), pen.u(0.38, 0.55)
    dome, edge = around((0, 0), rx, ry, pi, 2 * pi, 9), _scallops(pen, rx, 4)[::-1]
    length, hook = pen.u(0.5, 0.65), pen.u(0.09, 0.14)
    pen.polyline([*dome, *edge])
    pen.curve([(0, -ry), (0, 0), (0, length), *around((-hook, length), hook, hook, 0.4, pi, 4)])


def _scallops(pen: Pen, rx: float, count: int):
    depth, step = pen.u(0.25, 0.45), 2 * rx / count
    points = []
    for index in range(count):
        points += around((-rx + (index + 0.5) * step, 0), step / 2, step * depth, pi, 2 * pi, 5)
    return points


def _ribs(pen: Pen, rx: float, ry: float, count: int):
    for index in range(1, count):
        x = -rx + 2 * rx * index / count
        pen.curve([(0, -ry), (0.75 * x, -0.6 * ry), (x, 0)])


def _handle(pen: Pen, top: float, length: float):
    hook = pen.u(0.08, 0.16)
    if pen.maybe(0.9):
        turn = around((-hook, length), hook, hook, 0.5, pi * pen.u(0.8, 1.1), 5)
        pen.curve([(0, top), (0, length / 2), (0, length), *turn])
    else:
        pen.line((0, top), (0, length + hook))


def _in_any_order(pen: Pen, *parts):
    for draw in parts if pen.maybe(0.5) else reversed(parts):
        draw()


def _between(p, q, share):
    return (p[0] + (q[0] - p[0]) * share, p[1] + (q[1] - p[1]) * share)
