"""Lays out a house number, viewed at an angle and cropped to one of its digits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from sketch_classifier.synthetic.digits.fonts import families

# The frequency of each digit in the real training file, 0 to 9.
FREQUENCIES = np.array([4948, 13861, 10585, 8497, 7458, 6882, 5727, 5595, 5045, 4659]) / 73257
# The share of digits that are in a number of 1, 2, 3 or 4 digits (33,402 real numbers; longer ones are rare).
LENGTHS = np.array([5137, 2 * 18130, 3 * 8691, 4 * 1434]) / 73206
VERTICAL = 0.03  # share of numbers whose digits are arranged vertically
CANVAS = 320  # pixels per side of the flat number
SIDE = 48  # pixels of the crop


@dataclass(frozen=True)
class Crop:
    """A digit and the visible parts of its neighbours.

    ink     (SIDE, SIDE) uint8: coverage of each pixel by digits
    digit   the digit in the middle
    turn    its rotation in radians
    number  (left, top, right, bottom) of the whole number, relative to the digit's middle, in units of SIDE
    """

    ink: np.ndarray
    digit: int
    turn: float
    number: tuple[float, float, float, float]


def draw_crop(rng: np.random.Generator) -> Crop:
    """A random digit, with its neighbours and pose."""
    fonts, shares = families()
    family = fonts[rng.choice(len(fonts), p=shares)]
    font = family[rng.integers(len(family))]
    length = rng.choice(4, p=LENGTHS) + 1
    place = rng.integers(length)
    digits = rng.choice(10, length, p=FREQUENCIES)

    canvas = Image.new("L", (CANVAS, CANVAS))
    draw = ImageDraw.Draw(canvas)
    down = rng.random() < VERTICAL
    boxes = [font.getbbox(str(digit)) for digit in digits]
    spacing = np.exp(rng.normal(0.02, 0.06)) if rng.random() < 0.7 else rng.uniform(1.05, 1.35)  # nailed one by one
    uneven = rng.choice([0.0, 1.5, 3.0], p=[0.7, 0.2, 0.1])  # pixels
    steps = [
        (box[3] - box[1]) * 1.15 if down else font.getlength(str(digit))
        for digit, box in zip(digits, boxes, strict=True)
    ]
    starts = np.concatenate([[0], np.cumsum(steps)])[:-1] * spacing
    own = boxes[place]
    middle = np.array([(own[0] + own[2]) / 2, (own[1] + own[3]) / 2])
    extents = []
    for number, (digit, box) in enumerate(zip(digits, boxes, strict=True)):
        away = starts[number] - starts[place]
        x, y = CANVAS / 2 - middle + ((0, away) if down else (away, 0))
        if number != place and uneven:
            x, y = x + rng.normal(0, uneven), y + rng.normal(0, uneven)
        draw.text((x, y), str(digit), fill=255, font=font)
        extents.append((x + box[0], y + box[1], x + box[2], y + box[3]))

    width, height = own[2] - own[0], own[3] - own[1]
    narrow = min(rng.uniform(0.62, 1.12), 1.0)  # horizontal compression by the viewing angle
    side = max(height, width * narrow) * np.clip(np.exp(rng.normal(0.13, 0.1)), 0.95, 1.6)
    turn = np.radians(rng.normal(0, 5) if rng.random() < 0.95 else rng.normal(0, 18))
    corners = np.array([[-1, -1], [-1, 1], [1, 1], [1, -1]]) / 2 * side
    corners = corners @ [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    corners[:, 1] += corners[:, 0] * rng.normal(0, 0.06)  # slope of the wall in perspective
    corners[:, 0] += corners[:, 1] * rng.normal(0, 0.08)  # slanted digits
    corners[:, 0] /= narrow
    corners += rng.normal(0, 0.025, (4, 2)) * side + rng.normal(0, 0.035, 2) * side
    quad = (corners + CANVAS / 2).ravel().tolist()
    ink = canvas.transform((SIDE, SIDE), Image.Transform.QUAD, quad, Image.Resampling.BILINEAR)

    boxes_drawn = np.array(extents)
    around = np.concatenate([boxes_drawn[:, :2].min(0), boxes_drawn[:, 2:].max(0)]) - CANVAS / 2
    around = around * [narrow, 1, narrow, 1] / side
    return Crop(np.asarray(ink), int(digits[place]), float(turn), tuple(around.tolist()))
