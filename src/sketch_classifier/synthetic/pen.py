"""The pen with which templates draw strokes of ideal geometry, which hand.py then distorts.

A template uses its own coordinates: x to the right, y DOWN, with any origin and scale (about one unit across by
convention), since a drawing is finally fitted to the canvas.

>>> pen = Pen(np.random.default_rng(0))
>>> with pen.part():
...     pen.ellipse((0.5, 0.5), 0.4, 0.35)
...     pen.dot((0.4, 0.4))
>>> len(pen.strokes)
2
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import cos, pi, sin

import numpy as np

Point = tuple[float, float]

_SAMPLES = 8  # points on each segment of a curve
_T = np.arange(_SAMPLES) / _SAMPLES
_CATMULL_ROM = 0.5 * np.stack([
    -_T + 2 * _T**2 - _T**3, 2 - 5 * _T**2 + 3 * _T**3, _T + 4 * _T**2 - 3 * _T**3, -(_T**2) + _T**3,
], axis=1)  # fmt: skip


class Pen:
    """Collects strokes. All randomness of a template comes from the pen, so a drawing depends only on `rng`.

    patience  0–1: how careful this drawer is, which affects `detail`
    strokes   list of (n, 2) float64 arrays, in the order drawn
    parts     for each stroke the number of its part (the hand jitters parts as a whole)
    """

    def __init__(self, rng: np.random.Generator, *, patience: float = 0.5, split: float = 0.25) -> None:
        self.strokes: list[np.ndarray] = []
        self.parts: list[int] = []
        self.patience = patience
        self._split = split
        self._rng = rng
        self._uniforms: Iterator[float] = iter(())
        self._transform: np.ndarray | None = None
        self._part = 0
        self._depth = 0
        self._clockwise = self.u(0, 1) < 0.3

    # Chance

    def u(self, low: float = 0.0, high: float = 1.0) -> float:
        """A uniformly distributed number."""
        x = next(self._uniforms, None)
        if x is None:
            self._uniforms = iter(self._rng.random(128).tolist())
            x = next(self._uniforms)
        return low + (high - low) * x

    def n(self, mean: float = 0.0, sd: float = 1.0) -> float:
        """A normally distributed number, clipped to 2.5 sd from the mean."""
        return mean + sd * min(2.5, max(-2.5, float(self._rng.standard_normal())))

    def maybe(self, p: float) -> bool:
        """True with probability p."""
        return self.u() < p

    def detail(self, p: float) -> bool:
        """True with probability p for an average drawer, with a higher one for a more patient drawer."""
        return self.u() < min(1.0, p * (0.5 + self.patience))

    def choice(self, options: Sequence):
        """A random one of the options."""
        return options[int(self.u(0, len(options)))]

    # Strokes

    def line(self, p: Point, q: Point) -> None:
        """A straight stroke."""
        self._add([p, q])

    def polyline(self, points: Sequence[Point], closed: bool = False) -> None:
        """One stroke through the points, with corners; occasionally several strokes (pen lifted at a corner)."""
        points = [*points, points[0]] if closed else list(points)
        if len(points) > 3 and self.u() < self._split * 0.5:
            at = 1 + int(self.u(0, len(points) - 2))
            self._add(points[: at + 1])
            self._add(points[at:])
        else:
            self._add(points)

    def curve(self, points: Sequence[Point], closed: bool = False) -> None:
        """One smooth stroke through all the points (Catmull-Rom)."""
        p = np.asarray(points, float)
        if closed:
            p = np.concatenate([p[-1:], p, p[:2]])
        else:
            p = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
        windows = np.stack([p[:-3], p[1:-2], p[2:-1], p[3:]])  # (4, segments, 2)
        smooth = np.tensordot(_CATMULL_ROM, windows, axes=(1, 0)).transpose(1, 0, 2).reshape(-1, 2)
        self._add(np.concatenate([smooth, p[-2:-1]]))

    def ellipse(
        self,
        center: Point,
        rx: float,
        ry: float | None = None,
        start: float | None = None,
        sweep: float = 2 * pi,
        angle: float = 0.0,
    ) -> None:
        """An elliptical stroke. Angles are in radians, clockwise on screen (y is down); 0 is right, -π/2 is the top.

        start  start angle; by default near the top, in this drawer's direction
        sweep  angle covered by the stroke
        angle  rotation of the ellipse
        """
        ry = rx if ry is None else ry
        if start is None:
            start = self.n(-pi / 2, 0.7)
            sweep = sweep if self._clockwise else -sweep
        t = start + np.linspace(0.0, sweep, max(6, int(abs(sweep) * 5) + 2))
        x, y = rx * np.cos(t), ry * np.sin(t)
        c, s = cos(angle), sin(angle)
        self._add(np.stack([center[0] + c * x - s * y, center[1] + s * x + c * y], axis=1))

    def arc(self, center: Point, rx: float, ry: float, start: float, end: float) -> None:
        """The part of an ellipse from angle `start` to angle `end` (radians as in `ellipse`)."""
        self.ellipse(center, rx, ry, start, end - start)

    def rectangle(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """A rectangle: usually one stroke; for some drawers two strokes, or four separate sides."""
        corners = [(x0, y0), (x0, y1), (x1, y1), (x1, y0)]
        if self._clockwise:
            corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
        first = 0 if self.u() < 0.6 else int(self.u(0, 4))
        corners = corners[first:] + corners[: first + 1]
        u = self.u()
        if u < self._split * 0.4:
            for p, q in zip(corners, corners[1:], strict=False):
                self._add([p, q])
        elif u < self._split:
            at = 2 + (self.u() < 0.5)
            self._add(corners[: at + 1])
            self._add(corners[at:])
        else:
            self._add(corners)

    def dot(self, p: Point) -> None:
        """A dot: a very short stroke."""
        self._add([p, (p[0] + self.u(-0.012, 0.012), p[1] + self.u(0.0, 0.012))])

    def scribble(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """A zigzag that fills the rectangle, in one stroke."""
        turns = 4 + int(self.u(0, 6))
        slant = self.u(-0.1, 0.25) * (x1 - x0)
        points = []
        for i in range(turns + 1):
            x = x0 + (x1 - x0) * i / turns
            a, b = (x, y1 + self.u(-0.06, 0.06) * (y1 - y0)), (x + slant, y0 + self.u(-0.06, 0.06) * (y1 - y0))
            points += [a, b] if i % 2 else [b, a]
        self._add([(min(max(x, min(x0, x1)), max(x0, x1)), y) for x, y in points])

    # Groups

    @contextmanager
    def part(self) -> Iterator[None]:
        """Group the strokes drawn in the block: the hand moves, rotates and scales them slightly as a whole."""
        before = self._part
        self._depth += 1
        self._part = self._depth
        try:
            yield
        finally:
            self._part = before

    @contextmanager
    def moved(
        self, dx: float = 0.0, dy: float = 0.0, scale: float = 1.0, angle: float = 0.0, flip: bool = False
    ) -> Iterator[None]:
        """Transform the strokes drawn in the block: mirror about x = 0 (flip), scale and rotate (radians, clockwise on
        screen) about the origin, then move by (dx, dy). Contexts nest."""
        c, s = scale * cos(angle), scale * sin(angle)
        f = -1.0 if flip else 1.0
        own = np.array([[f * c, -s, dx], [f * s, c, dy], [0.0, 0.0, 1.0]])
        before = self._transform
        self._transform = own if before is None else before @ own
        try:
            yield
        finally:
            self._transform = before

    def _add(self, points) -> None:
        points = np.asarray(points, float)
        if self._transform is not None:
            points = points @ self._transform[:2, :2].T + self._transform[:2, 2]
        self.strokes.append(points)
        self.parts.append(self._part)
