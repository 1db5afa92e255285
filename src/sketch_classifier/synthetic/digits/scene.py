"""Paints crops on walls and plates and lights them, a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sketch_classifier.synthetic.digits.layout import SIDE, Crop

WARM, COLD = (0.03, 0.14), (0.52, 0.62)  # hues of brick, wood and stucco; of slate, shade and enamel


def paint(crops: Sequence[Crop], rng: np.random.Generator) -> np.ndarray:
    """(n, 3, SIDE, SIDE) float32 in 0–1: the crops in colour."""
    n = len(crops)
    ink = np.stack([crop.ink for crop in crops]).astype(np.float32)[:, None] / 255
    u, v = _coordinates(crops)
    brightness = rng.beta(2.2, 2.6, n) * 0.86 + 0.06
    wall = _colours(brightness, rng)
    surface = wall[:, :, None, None] + _texture(u, v, rng)
    surface = _on_plates(surface, crops, u, v, brightness, rng)
    surface = _with_digits(surface, ink, brightness, v, rng)
    return np.clip(_lit(surface, rng), 0, 1).astype(np.float32)


def _coordinates(crops: Sequence[Crop]) -> tuple[np.ndarray, np.ndarray]:
    """Two (n, 1, SIDE, SIDE): coordinates along and down the number, from the middle, in units of SIDE."""
    turn = _wide(np.array([crop.turn for crop in crops], np.float32))
    y, x = (np.mgrid[:SIDE, :SIDE].astype(np.float32) + 0.5) / SIDE - 0.5
    return np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x


def _colours(brightness: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n, 3) colours of the given brightness: mostly pale, some vivid."""
    n = len(brightness)
    kind = rng.random(n)
    hue = np.where(kind < 0.5, rng.uniform(*WARM, n), np.where(kind < 0.93, rng.uniform(*COLD, n), rng.random(n)))
    chroma = rng.beta(1.2, 7, n) * 0.45 + np.where(rng.random(n) < 0.08, rng.uniform(0.1, 0.3, n), 0)
    angle = 2 * np.pi * (hue[:, None] - np.array([0, 1, 2]) / 3)
    waves = np.cos(angle)
    waves -= (waves @ [0.3, 0.59, 0.11])[:, None]
    return np.clip(brightness[:, None] + chroma[:, None] * waves, 0.01, 0.99).astype(np.float32)


def _texture(u: np.ndarray, v: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n, 1, SIDE, SIDE) with mean about 0: stains, plaster, boards and bricks."""
    n = len(u)
    coarse = _smooth_noise(n, 5, 5, rng) * _some(n, 1.0, 0.01, 0.06, rng)
    plaster = _smooth_noise(n, 24, 24, rng) * _some(n, 0.5, 0.01, 0.06, rng)
    grain = _smooth_noise(n, 24, 3, rng) * _some(n, 0.12, 0.02, 0.07, rng)
    period, phase = _wide(rng.uniform(0.22, 0.9, n)), _wide(rng.random(n))
    row = v / period + phase
    joint = np.abs(row - np.round(row)) * period * SIDE  # distance to the nearest joint in pixels
    boards = -np.exp(-((joint / 1.1) ** 2)) * _some(n, 0.16, 0.05, 0.3, rng)
    column = u / (2.6 * period) + 0.5 * (np.round(row - 0.5) % 2)
    across = np.abs(column - np.round(column)) * 2.6 * period * SIDE
    bricks = np.exp(-((np.minimum(joint, across) / 1.3) ** 2)) * _some(n, 0.06, -0.2, 0.25, rng)
    return (coarse + plaster + grain + boards + bricks).astype(np.float32)


def _on_plates(surface, crops, u, v, brightness, rng) -> np.ndarray:
    """Put some numbers on a plate with an edge or a frame."""
    n = len(crops)
    left, top, right, bottom = (
        _wide(np.array(side, np.float32)) for side in zip(*(crop.number for crop in crops), strict=True)
    )
    margin_u, margin_v = _wide(rng.gamma(2.0, 0.09, n) + 0.03), _wide(rng.gamma(2.0, 0.08, n) + 0.03)
    outside = np.maximum(
        np.maximum(left - margin_u - u, u - right - margin_u), np.maximum(top - margin_v - v, v - bottom - margin_v)
    )
    has_plate = _wide(rng.random(n) < 0.42)
    beyond = np.clip(outside * SIDE / 1.5 + 0.5, 0, 1) * has_plate
    other = np.clip(brightness + rng.normal(0, 0.22, n), 0.05, 0.95)
    around = _colours(other, rng)[:, :, None, None] + _smooth_noise(n, 8, 8, rng) * 0.04
    frame = np.exp(-(((outside + 0.045) * SIDE / 1.0) ** 2)) * has_plate * _wide(rng.random(n) < 0.25)
    surface = surface * (1 - beyond) + around * beyond
    return surface + frame * _wide(rng.normal(0, 0.25, n))


def _with_digits(surface, ink, brightness, v, rng) -> np.ndarray:
    n = len(ink)
    contrast = np.clip(np.exp(rng.normal(np.log(0.35), 0.45, n)), 0.13, 0.8)
    fits_up, fits_down = brightness + contrast < 0.98, brightness - contrast > 0.02
    up = np.where(fits_up == fits_down, rng.random(n) < 0.55, fits_up)
    level = np.clip(brightness + np.where(up, contrast, -contrast), 0.02, 0.98)
    paint = _colours(level, rng)[:, :, None, None] + v * _some(n, 0.35, -0.25, 0.25, rng)
    shifted = _shifted(ink, rng.uniform(-2.6, 2.6, (n, 2)))
    shadow = shifted * (1 - ink) * _some(n, 0.4, 0.15, 0.7, rng)
    relief = (ink - shifted) * ink * _some(n, 0.3, -0.3, 0.35, rng)
    rim = np.clip(_widened(ink) - ink, 0, 1) * _some(n, 0.1, -0.4, 0.4, rng)
    surface = surface * (1 - shadow) + rim
    opaque = ink * _wide(rng.uniform(0.8, 1.0, n))  # the wall shows through worn paint
    return surface * (1 - opaque) + (paint + relief) * opaque


def _lit(surface: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Light that falls off, shadows with an edge, glare, and the colour of the sky."""
    n = len(surface)
    y, x = (np.mgrid[:SIDE, :SIDE].astype(np.float32) + 0.5) / SIDE - 0.5
    angle = _wide(rng.uniform(0, 2 * np.pi, n))
    slope = (np.cos(angle) * x + np.sin(angle) * y) * _wide(rng.normal(0, 0.28, n))
    angle = _wide(rng.uniform(0, 2 * np.pi, n))
    distance = np.cos(angle) * x + np.sin(angle) * y - _wide(rng.uniform(-0.4, 0.4, n))
    shade = 1 / (1 + np.exp(-distance * SIDE / _wide(rng.uniform(0.7, 5, n)))) * _some(n, 0.16, 0.2, 0.6, rng)
    far = (x - _wide(rng.uniform(-0.5, 0.5, n))) ** 2 + (y - _wide(rng.uniform(-0.5, 0.5, n))) ** 2
    glare = np.exp(-far / _wide(rng.uniform(0.01, 0.15, n))) * _some(n, 0.08, 0.1, 0.5, rng)
    cast = rng.normal([0.965, 1.0, 1.075], 0.05, (n, 3))[:, :, None, None]
    return surface * (1 + slope) * (1 - shade) * cast + glare


def _some(n: int, share: float, low: float, high: float, rng: np.random.Generator) -> np.ndarray:
    """(n, 1, 1, 1): random strengths from `low` to `high` for a share of the photographs, 0 for the others."""
    return _wide(np.where(rng.random(n) < share, rng.uniform(low, high, n), 0).astype(np.float32))


def _smooth_noise(n: int, rows: int, columns: int, rng: np.random.Generator) -> np.ndarray:
    """(n, 1, SIDE, SIDE): normal noise on a coarser grid, interpolated."""
    noise = rng.standard_normal((n, rows, columns), np.float32)
    return (_between(rows) @ noise @ _between(columns).T)[:, None]


def _between(num: int) -> np.ndarray:
    """(SIDE, num): linear interpolation of `num` values."""
    places = np.linspace(0, num - 1, SIDE)
    return np.maximum(0, 1 - np.abs(places[:, None] - np.arange(num))).astype(np.float32)


def _shifted(ink: np.ndarray, by: np.ndarray) -> np.ndarray:
    """The images (n, 1, H, W) shifted by (right, down) whole pixels each, with their border pixels replicated."""
    places = np.arange(SIDE)
    columns, rows = (np.clip(places - np.round(by[:, axis, None]).astype(int), 0, SIDE - 1) for axis in (0, 1))
    return ink[np.arange(len(ink))[:, None, None], 0, rows[:, :, None], columns[:, None, :]][:, None]


def _widened(ink: np.ndarray) -> np.ndarray:
    padded = np.pad(ink, ((0, 0), (0, 0), (2, 2), (2, 2)), mode="edge")
    rows = np.maximum.reduce([padded[:, :, start : start + SIDE] for start in (0, 2, 4)])
    return np.maximum.reduce([rows[..., start : start + SIDE] for start in (0, 2, 4)])


def _wide(values: np.ndarray) -> np.ndarray:
    """(n,) → (n, 1, 1, 1)."""
    return values.reshape(-1, 1, 1, 1)
