"""How people draw a book, a boomerang, a bowtie and a candle: one function a way to draw it."""

from __future__ import annotations

from math import cos, pi, sin

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.shapes import TOP, around, ribbon


@template("book", weight=5)
def book_open(pen: Pen):
    """Two pages that meet in the middle, curved or tilted, seen from above."""
    width, height, sag, arch = pen.u(0.55, 0.8), pen.u(0.55, 0.9), pen.u(-0.12, 0.22), pen.u(0, 0.14)
    pages = {side: [_page_edge(side * width, y, sag, arch) for y in (0, height)] for side in (-1, 1)}
    pen.line((0, sag), (0, height + sag))
    for side in (-1, 1):
        top, bottom = pages[side]
        if pen.maybe(0.6):
            pen.polyline([*top, *bottom[::-1]])
        else:
            pen.curve(top)
            pen.line(top[-1], bottom[-1])
            pen.curve(bottom)
    if pen.detail(0.6):
        sides = pen.choice([(-1, 1), (-1, 1), (-1, 1), (1,)])
        for side in sides:
            _text(pen, side, width, height, sag)
    if pen.detail(0.2):
        low = height + 0.1
        pen.polyline([(-width, height), (-width, low), (0, low + sag), (width, low), (width, height)])


@template("book", weight=3)
def book_closed(pen: Pen):
    """The cover, and behind it the edges of the pages."""
    width, height, depth = pen.u(0.6, 0.75), pen.u(0.8, 1.0), pen.u(0.08, 0.2)
    rise = depth * pen.u(0.5, 1.2)
    pen.rectangle(0, 0, width, height)
    if pen.maybe(0.5):
        pen.polyline([(width, height), (width + depth, height - rise), (width + depth, -rise), (width, 0)])
        pen.polyline([(0, 0), (depth, -rise), (width + depth, -rise)])
        for i in range(pen.choice([0, 1, 2])):
            x, y = depth * (i + 1) / 3, rise * (i + 1) / 3
            pen.line((width + x, -y), (width + x, height - y))
    else:
        pen.polyline([(0, height), (depth / 2, height + rise), (width + depth / 2, height + rise), (width, height)])
        pen.curve([(0, 0), (-0.05, height / 2), (0, height), (depth / 2, height + rise)])
    if pen.detail(0.5):
        _title(pen, width, height)


@template("book", weight=2.5)
def book_cover(pen: Pen):
    """The front with its back as a second line; a title."""
    width, height, back = pen.u(0.6, 0.8), pen.u(0.85, 1.0), pen.u(0.1, 0.16)
    pen.rectangle(0, 0, width, height)
    pen.line((back, 0), (back, height))
    if pen.maybe(0.3):
        for y in (0.15, 0.35, 0.55, 0.75, 0.9):
            pen.line((-0.03, y * height), (back, y * height))
    if pen.detail(0.7):
        with pen.moved(dx=back):
            _title(pen, width - back, height)


def _page_edge(width: float, y: float, sag: float, arch: float):
    return [(0, y + sag), (0.3 * width, y + 0.45 * sag - arch), (0.65 * width, y + 0.15 * sag - arch), (width, y)]


def _text(pen: Pen, side: int, width: float, height: float, sag: float):
    count, wavy = pen.choice([2, 3, 4, 5]), pen.maybe(0.25)
    for i in range(count):
        y, end = height * (i + 1) / (count + 1), width * pen.u(0.75, 0.88)
        start, wave = 0.12 * width, 0.03 if wavy else 0.0
        points = []
        for k in range(5):
            fall = 0.8 * sag * (1 - k / 4) + (wave if k % 2 else -wave)
            points.append((side * (start + (end - start) * k / 4), y + fall))
        pen.curve(points if side > 0 else points[::-1])


def _title(pen: Pen, width: float, height: float):
    for y in pen.choice([[0.25], [0.2, 0.32], [0.25, 0.4, 0.55]]):
        pen.line((0.22 * width, y * height), (width * pen.u(0.65, 0.8), y * height))
    if pen.maybe(0.2):
        pen.rectangle(0.25 * width, 0.5 * height, 0.75 * width, 0.8 * height)


@template("boomerang", weight=6)
def boomerang_bent(pen: Pen):
    """A band with round ends; its bend sharp or soft."""
    half, bend, soft = pen.u(0.45, 0.65), pen.u(0.6, 1.0), pen.u(0.17, 0.34)
    elbow = around((0, soft), soft, soft, TOP - bend, TOP + bend, 5)
    reach = (half * cos(bend), half * sin(bend))
    (x0, y0), (x1, y1) = elbow[0], elbow[-1]
    spine = [(x0 - reach[0], y0 + reach[1]), (x0 - reach[0] / 2, y0 + reach[1] / 2), *elbow,
             (x1 + reach[0] / 2, y1 + reach[1] / 2), (x1 + reach[0], y1 + reach[1])]  # fmt: skip
    width = pen.u(0.22, 0.32)
    end = width * pen.u(0.75, 1.1)
    with pen.moved(angle=_boomerang_angle(pen)):
        left, right = _band(pen, spine, [end, *[width] * 7, end])
        if pen.detail(0.3):
            for i in pen.choice([[1], [7], [1, 7]]):
                pen.line(left[i], right[i])


@template("boomerang", weight=1.5)
def boomerang_angular(pen: Pen):
    """A V of straight lines."""
    slope, inner, tip = pen.u(0.7, 1.05), pen.u(0.26, 0.36), pen.u(0.08, 0.15)
    arm, low = (0.8 * cos(slope), 0.8 * sin(slope)), pen.u(0.08, 0.14)
    ends = [(arm[0] + tip * 0.2, arm[1]), (arm[0] - tip * 1.3, arm[1] + low)]
    with pen.moved(angle=_boomerang_angle(pen)):
        pen.polyline([(0, 0), *ends, (0, inner), *((-x, y) for x, y in reversed(ends))], closed=True)


@template("boomerang", weight=0.7)
def boomerang_crescent(pen: Pen):
    """A bow of even width with blunt ends."""
    bend = pen.u(1.3, 1.7)
    spine = around((0, 0), 0.6, 0.6, TOP - bend, TOP + bend, 9)
    width = pen.u(0.22, 0.32)
    with pen.moved(angle=_boomerang_angle(pen)):
        _band(pen, spine, [width * (0.75 + 0.35 * sin(pi * i / 8)) for i in range(9)])


def _band(pen: Pen, spine, widths):
    """One closed line around a spine, with round ends; gives back the two sides."""
    left, right = ribbon(spine, widths)
    ends = _cap(spine[-2], spine[-1], widths[-1]), _cap(spine[1], spine[0], widths[0])
    pen.curve([*left, ends[0], *right[::-1], ends[1]], closed=True)
    return left, right


def _cap(before, end, width):
    dx, dy = end[0] - before[0], end[1] - before[1]
    scale = 0.45 * width / (dx * dx + dy * dy) ** 0.5
    return (end[0] + dx * scale, end[1] + dy * scale)


def _boomerang_angle(pen: Pen):
    return pen.choice([0.0, 0.0, 0.0, 0.0, -0.7, 0.7, -1.57, 3.1]) + pen.n(0, 0.2)


@template("bowtie", weight=5)
def bowtie_of_triangles(pen: Pen):
    """Two triangles with a knot between them."""
    tall, knot, sway = pen.u(0.2, 0.42), pen.u(0.07, 0.14), pen.u(-0.05, 0.05)
    _knot(pen, knot)
    for side in (-1, 1):
        corners = [(knot, -0.5 * knot), (0.65, -tall), (0.65 + sway, tall), (knot, 0.5 * knot)]
        pen.polyline([(side * x, y) for x, y in corners], closed=pen.maybe(0.3))
    if pen.detail(0.2):
        _folds(pen, knot)


@template("bowtie", weight=3)
def bowtie_of_loops(pen: Pen):
    """Two round loops with a knot between them."""
    tall, knot = pen.u(0.22, 0.38), pen.u(0.08, 0.13)
    _knot(pen, knot)
    for side in (-1, 1):
        half = [(knot, 0.02), (0.3, 0.75 * tall), (0.6, tall), (0.68, 0.4 * tall)]
        loop = [*half, (0.64, 0), *((x, -y) for x, y in reversed(half))]
        pen.curve([(side * x, y) for x, y in loop])
    if pen.detail(0.25):
        _folds(pen, knot)


@template("bowtie", weight=2)
def bowtie_in_one_line(pen: Pen):
    """Two triangles whose lines cross, mostly with a knot over the crossing."""
    tall = pen.u(0.26, 0.44)
    pen.polyline([(-0.65, -tall), (0.65, tall), (0.65, -tall), (-0.65, tall)], closed=True)
    if pen.maybe(0.7):
        _knot(pen, pen.u(0.07, 0.11))


def _knot(pen: Pen, half: float):
    shape = pen.choice(["round", "round", "box", "filled"])
    if shape == "box":
        pen.rectangle(-half, -1.1 * half, half, 1.1 * half)
    else:
        pen.ellipse((0, 0), half, half * pen.u(0.9, 1.5))
    if shape == "filled" and pen.detail(0.3):
        pen.scribble(-half, -half, half, half)


def _folds(pen: Pen, knot: float):
    for side in (-1, 1):
        for slope in (-0.08, 0.08):
            pen.line((side * knot, slope / 2), (side * pen.u(0.25, 0.4), slope * 1.6))


@template("candle", weight=6)
def candle_plain(pen: Pen):
    half, height = pen.choice([pen.u(0.08, 0.12), pen.u(0.08, 0.15), pen.u(0.15, 0.22)]), pen.u(0.75, 0.95)
    if pen.maybe(0.3):
        pen.ellipse((0, 0), half, 0.3 * half)
        pen.polyline([(-half, 0), (-half, height), (half, height), (half, 0)])
    else:
        pen.rectangle(-half, 0, half, height)
    _flame(pen, pen.u(0.22, 0.34))
    _drips_or_stripes(pen, half, height)


@template("candle", weight=2)
def candle_in_holder(pen: Pen):
    """On a saucer, often with a ring to carry it by."""
    half, height, dish = pen.u(0.09, 0.14), pen.u(0.6, 0.8), pen.u(0.3, 0.42)
    pen.polyline([(-half, height), (-half, 0), (half, 0), (half, height)])
    _flame(pen, pen.u(0.25, 0.38))
    _drips_or_stripes(pen, half, height)
    shape = pen.choice(["ellipse", "bowl", "line"])
    if shape == "ellipse":
        pen.ellipse((0, height), dish, 0.25 * dish)
    elif shape == "bowl":
        top, foot = height - 0.05, height + 0.1
        pen.polyline([(-dish, top), (-0.7 * dish, foot), (0.7 * dish, foot), (dish, top)], closed=True)
    else:
        pen.line((-dish, height), (dish, height))
    if shape != "line" and pen.maybe(0.5):
        pen.arc((dish + 0.06, height), 0.09, 0.09, -2.2, 2.2)


def _flame(pen: Pen, size: float):
    """A wick from (0, 0) up and a drop around its tip."""
    wick = size * pen.u(0.15, 0.5)
    if pen.maybe(0.85):
        pen.line((0, 0.01), (pen.n(0, 0.02), -wick))
    half, lean = size * pen.u(0.17, 0.27), pen.n(0, 0.04)
    base = -wick * pen.u(0.3, 0.9)
    tip = (lean, base - size)
    side = [(half, base - 0.4 * size), (0.6 * half, base - 0.05 * size)]
    pen.curve([tip, *side, (0, base), *((-x, y) for x, y in reversed(side)), tip])
    if pen.detail(0.12):
        for angle in (-2.6, -2.0, -1.1, -0.5):
            c, s = cos(angle), sin(angle)
            pen.line((0.25 * c, base - 0.5 * size + 0.25 * s), (0.4 * c, base - 0.5 * size + 0.4 * s))


def _drips_or_stripes(pen: Pen, half: float, height: float):
    if pen.detail(0.2):
        pen.curve([(-half, 0.2), (-0.5 * half, 0.28), (0, 0.12), (0.5 * half, 0.2), (half, 0.1)])
    elif pen.detail(0.12):
        for i in range(1, 5):
            pen.line((-half, height * i / 5 + 0.08), (half, height * i / 5 - 0.05))
