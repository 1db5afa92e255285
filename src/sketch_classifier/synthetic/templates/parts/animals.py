"""Parts of animals and faces: eyes, ears, whiskers, mouths, legs, tails, spots, and a whole animal in one stroke.

Animals look to the LEFT; a drawing may be mirrored later. A `Round` is an upright ellipse (cx, cy, rx, ry), and angles
are in radians as in `Pen`: 0 to the right, π/2 down, -π/2 up.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin, sqrt

from sketch_classifier.synthetic.pen import Pen, Point
from sketch_classifier.synthetic.templates.parts.shapes import around

Round = tuple[float, float, float, float]


def edge(shape: Round, angle: float, out: float = 1.0) -> Point:
    """The point in a direction from the centre of a round shape, `out` times as far as its edge."""
    cx, cy, rx, ry = shape
    return cx + out * rx * cos(angle), cy + out * ry * sin(angle)


def arc_points(shape: Round, start: float, end: float, count: int = 14) -> list[Point]:
    """Points along a round shape's edge."""
    return around(shape[:2], *shape[2:], start, end, count)


def oval(pen: Pen, shape: Round) -> None:
    """The whole round shape in one stroke."""
    pen.ellipse(shape[:2], shape[2], shape[3])


def blot(pen: Pen, shape: Round) -> None:
    """A round patch filled in, by a zigzag or a spiral."""
    cx, cy, rx, ry = shape
    if pen.maybe(0.35):
        turns = 2 * pen.choice((3, 4, 5, 6))
        at = [-0.9 + 1.8 * i / turns for i in range(turns + 1)]
        flip = pen.choice((-1, 1))
        pen.polyline([(cx + x * rx, cy + (-flip if i % 2 else flip) * ry * sqrt(1 - x * x)) for i, x in enumerate(at)])
        return
    turns = int(pen.u(2, 5))
    points = [edge(shape, 2 * pi * i / 9, 1 - 0.85 * i / (9 * turns) + pen.u(-0.1, 0.1)) for i in range(9 * turns)]
    pen.curve(points)


def eye(pen: Pen, p: Point, size: float, kind: float) -> None:
    """One eye: by `kind` (0–1) a dot, a ring, a filled ring, an oval with a pupil or a tick."""
    if kind < 0.38:
        pen.dot(p)
    elif kind < 0.62:
        pen.ellipse(p, size * 0.55, size * pen.u(0.5, 0.75))
    elif kind < 0.72:
        blot(pen, (*p, size * 0.5, size * 0.6))
    elif kind < 0.88:
        pen.ellipse(p, size, size * pen.u(0.7, 1.1))
        pen.dot((p[0] + pen.u(-0.3, 0.3) * size, p[1]))
    else:
        pen.line((p[0], p[1] - size), (p[0] + pen.u(-0.2, 0.2) * size, p[1] + size))


def eyes(pen: Pen, center: Point, spread: float, size: float) -> None:
    """A pair of identical eyes, `spread` to either side of the centre."""
    kind = pen.u()
    with pen.part():
        for side in (-1, 1):
            eye(pen, (center[0] + side * spread, center[1]), size, kind)


def smile(pen: Pen, center: Point, width: float, depth: float) -> None:
    """A mouth: an arc hanging `depth` below the line of its corners."""
    x, y = center
    pen.curve([
        (x - width, y), (x - width * 0.5, y + depth * 0.8), (x, y + depth), (x + width * 0.5, y + depth * 0.8),
        (x + width, y),
    ])  # fmt: skip


def snout(pen: Pen, nose: Point, size: float) -> None:
    """A nose (a triangle, an oval or a dot), and a mouth below it (a w, a line and a smile, a line, or nothing)."""
    x, y = nose
    kind = pen.u()
    with pen.part():
        if kind < 0.4:
            pen.polyline([(x - size, y - size * 0.5), (x + size, y - size * 0.5), (x, y + size * 0.6)], closed=True)
        elif kind < 0.65:
            pen.ellipse(nose, size * pen.u(0.7, 1.3), size * 0.7)
        elif kind < 0.8:
            blot(pen, (x, y, size, size * 0.7))
        elif kind < 0.9:
            pen.dot(nose)
        y += size * 0.7
        kind = pen.u()
        if kind < 0.3:
            w, d = size * pen.u(1.2, 2.4), size * pen.u(1.0, 2.0)
            for side in pen.choice([(-1, 1), (1, -1)]):
                pen.curve([(x, y), (x + side * w * 0.3, y + d), (x + side * w * 0.8, y + d * 0.9), (x + side * w, y)])
        elif kind < 0.55:
            drop = size * pen.u(0.7, 1.5)
            pen.line((x, y), (x, y + drop))
            smile(pen, (x, y + drop * 0.8), size * pen.u(1.2, 3), size * pen.u(0.5, 1.3))
        elif kind < 0.8:
            smile(pen, (x, y + size * 0.7), size * pen.u(1.5, 3.5), size * pen.u(0.3, 1.8))
        elif kind < 0.88:
            pen.line((x - size * 2, y + size), (x + size * 2, y + size * pen.u(0.5, 1.5)))


def whiskers(pen: Pen, center: Point, inner: float, outer: float) -> None:
    """Two to four hairs to either side, from `inner` to `outer`."""
    x, y = center
    count = pen.choice((2, 3, 3, 3, 4))
    fan, gap = pen.u(0.1, 0.45), pen.u(0.04, 0.1)
    with pen.part():
        for side in pen.choice([(-1, 1), (1, -1)]):
            for i in range(count):
                k = i - (count - 1) / 2
                start = (x + side * inner * pen.u(0.8, 1.2), y + k * gap)
                pen.line(start, (x + side * outer * pen.u(0.85, 1.15), y + k * (gap + fan * outer * 0.5)))


def ear(pen: Pen, head: Round, angle: float, width: float, length: float, *, pointed: bool, lean: float = 0.0) -> None:
    """An ear on the head's edge, `width` radians wide, its tip `length` radii beyond; pointed, or a rounded lobe."""
    a, b = edge(head, angle - width / 2, 0.98), edge(head, angle + width / 2, 0.98)
    if pointed:
        pen.polyline([a, edge(head, angle + lean, 1 + length), b])
    else:
        pen.curve([
            a, edge(head, angle - width * 0.6 + lean * 0.6, 1 + length * 0.6), edge(head, angle + lean, 1 + length),
            edge(head, angle + width * 0.6 + lean * 0.6, 1 + length * 0.6), b,
        ])  # fmt: skip


def loop(pen: Pen, root: Point, angle: float, length: float, width: float) -> None:
    """A long loop that leaves its root at `angle` and comes back to it: a wing or a rabbit's ear, 2 `width` wide."""
    with pen.moved(*root, angle=angle):
        pen.curve([
            (0.0, -width * 0.35), (length * 0.5, -width), (length * 0.9, -width * 0.7), (length, 0.0),
            (length * 0.9, width * 0.7), (length * 0.5, width), (0.0, width * 0.35),
        ])  # fmt: skip


def leg(pen: Pen, x: float, top: float, ground: float, width: float, kind: str) -> None:
    """One leg: a "line", a line with a "foot", a rounded "loop" or a "box"."""
    bend = pen.u(-0.25, 0.25) * (ground - top)
    if kind == "line":
        pen.line((x, top), (x + bend * 0.5, ground))
    elif kind == "foot":
        pen.polyline([(x, top), (x + bend * 0.4, ground), (x + bend * 0.4 - width * pen.u(0.6, 1.4), ground)])
    elif kind == "loop":
        pen.curve([
            (x - width / 2, top), (x - width / 2, ground - width * 0.3), (x, ground),
            (x + width / 2, ground - width * 0.3), (x + width / 2, top),
        ])  # fmt: skip
    else:
        pen.polyline([(x - width / 2, top), (x - width / 2, ground), (x + width / 2, ground), (x + width / 2, top)])


def legs(pen: Pen, body: Round, length: float, *, width: float = 0.08, kind: str | None = None) -> None:
    """Four legs (a lazy drawer's two, a careless one's three) under a round body, in pairs or evenly spread."""
    cx, cy, rx, ry = body
    kind = kind or pen.choice(("line", "line", "foot", "loop", "box"))
    outer, inner = pen.u(0.65, 0.85), pen.u(0.25, 0.5)
    at = [-outer, -inner, inner, outer]
    if pen.maybe(0.15):
        at = at[::2] if pen.maybe(0.5) else at[:3]
    ground = cy + ry + length
    with pen.part():
        for x in at:
            top = cy + ry * sqrt(1 - x * x) * 0.97
            leg(pen, cx + x * rx, top, ground + pen.u(-0.12, 0.12) * length, width, kind)


def beast(
    pen: Pen,
    head: Sequence[Point],
    back: Sequence[Point] = (),
    *,
    length: float,
    depth: float,
    leg_length: float,
    leg_width: float,
    rounded: float = 0.5,
) -> None:
    """A four-legged animal from the side in one stroke: head, back, rump, hind legs, belly, fore legs, chest.

    The shoulder is (0, 0); `head` runs from the throat round to the nape and `back` on to the rump at (length, 0);
    `rounded` is the probability that its corners are rounded.
    """
    pairs = pen.maybe(0.75)
    gap = leg_width * pen.u(0.3, 0.9)
    rights = [length, length - leg_width - gap, 2 * leg_width + gap, leg_width] if pairs else [length, leg_width]
    points = [*head, *back, (length - leg_width * 0.3, 0.0), (length, depth * 0.4)]
    for i, right in enumerate(rights):
        ground = depth + leg_length * pen.u(0.88, 1.12)
        lean = pen.u(-0.3, 0.3) * leg_width
        crotch = depth * pen.u(0.95, 1.1) + (leg_length * 0.15 if i % 2 == 0 and pairs else 0)
        if i:
            points.append((right, points[-1][1]))
        points += [(right + lean, ground), (right - leg_width * 0.9 + lean, ground), (right - leg_width, crotch)]
    points[-1] = (0.0, depth * 0.9)
    points.append((head[0][0] * 0.5, (head[0][1] + depth * 0.9) / 2))
    if pen.maybe(0.7):
        points.append(head[0])
    if pen.maybe(rounded):
        pen.curve(points)
    else:
        pen.polyline(points)


def tail(pen: Pen, root: Point, length: float, angle: float, curl: float) -> None:
    """A line tail from its root, leaving at `angle` and turning by `curl` radians on the way."""
    x, y = root
    points = [root]
    for i in range(4):
        a = angle + curl * i / 3
        x, y = x + cos(a) * length / 4, y + sin(a) * length / 4
        points.append((x, y))
    pen.curve(points)


def spots(pen: Pen, body: Round, count: int, size: float, *, filled: float) -> None:
    """Spots on a body, each filled in with probability `filled`."""
    with pen.part():
        for i in range(count):
            x = -0.6 + 1.2 * (i + pen.u(0.25, 0.75)) / count
            shape = (
                body[0] + x * body[2],
                body[1] + pen.u(-0.45, 0.45) * body[3],
                size * pen.u(0.6, 1.3),
                size * pen.u(0.5, 1),
            )
            if pen.maybe(filled):
                blot(pen, shape)
            else:
                oval(pen, shape)
