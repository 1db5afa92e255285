"""A photo or scan of a drawing as one of the dataset's bitmaps: found, cropped, centred, and redrawn with its pen."""

from __future__ import annotations

from io import BytesIO
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps
from scipy import ndimage
from skimage.filters import apply_hysteresis_threshold
from skimage.morphology import skeletonize

from sketch_classifier.data.raster import RADIUS, REGION
from sketch_classifier.errors import UserError, one_line

WORKING_SIZE = 640  # pixels of the longer side that are looked at
EXTENT = 255.0  # of the longer side of a drawing, in the dataset's units
BROADEST = 0.25  # of the shorter side: a broader dark area is a shadow or the table, not a line
SURROUNDINGS = 0.3  # of the shorter side: how far around a pixel its brightness is compared
FILLED = 1.6  # times as broad as its lines is what a drawing fills
SMALLEST = 0.02  # extent of the largest connected part of a drawing, of the shorter side
FAINTEST = 0.06  # contrast of ink, of the paper's brightness


def read_picture(file: BinaryIO) -> np.ndarray:
    """A PNG or JPEG as (H, W) uint8 grey, upright, of at most WORKING_SIZE a side; what is transparent becomes paper.

    `file` need not be seekable. Raises UserError where it cannot be read.
    """
    try:
        with Image.open(BytesIO(file.read()), formats=("PNG", "JPEG")) as image:
            image.draft("L", (WORKING_SIZE, WORKING_SIZE))  # a large JPEG is decoded at a half, a quarter, …
            image = _opaque(ImageOps.exif_transpose(image))
            image.thumbnail((WORKING_SIZE, WORKING_SIZE), Image.Resampling.BOX)
            return np.asarray(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UserError(f"not a picture that can be read ({one_line(error)})") from None


def picture_to_bitmap(grey: np.ndarray, size: int) -> np.ndarray:
    """(H, W) uint8 with a drawing somewhere, dark on light or light on dark → (size, size) uint8, white ink on black.

    The paper's brightness is taken out, uneven light and shadows with it. What stands out is thinned to its middle
    lines, whose larger extent becomes 255 of the bitmap's 304 units, and drawn with a pen of 16 units. A picture that
    has the bitmap's size already is taken as one, and only turned to white on black.

    Raises UserError where nothing stands out.
    """
    values = grey.astype(np.float32)
    if _is_dark_on_light(values):
        values = 255 - values
    if values.shape == (size, size):
        return values.astype(np.uint8)
    ink = _ink(_contrast(values))
    lines = _middle_lines(_enlarged(ink))
    return _redrawn(lines, size)


def _opaque(image: Image.Image) -> Image.Image:
    """In grey, mode L. What is transparent becomes white below dark ink, and black below light ink."""
    if image.mode.startswith("I"):  # 16 bits
        return Image.fromarray((np.asarray(image).astype(np.float64) / 257).clip(0, 255).astype(np.uint8))
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image.convert("L")
    grey, alpha = image.convert("RGBA").convert("LA").split()
    shares = np.asarray(alpha, np.float64)
    is_light = (np.asarray(grey) * shares).sum() > 127.5 * shares.sum()
    return Image.composite(grey, Image.new("L", grey.size, 0 if is_light else 255), alpha)


def _is_dark_on_light(values: np.ndarray) -> bool:
    """Whether the far values of a picture, less the brightness around them, are the dark ones.

    The median of the surroundings follows shadows and their edges, and not ink, which is the smaller part of them.
    """
    step = max(1, round(max(values.shape) / 64))
    height, width = (max(n // step, 1) * step for n in values.shape)
    padded = np.pad(values, [(0, max(0, height - values.shape[0])), (0, max(0, width - values.shape[1]))], mode="edge")
    coarse = padded[:height, :width].reshape(height // step, step, width // step, step).mean(axis=(1, 3))
    rest = coarse - ndimage.median_filter(coarse, max(3, round(SURROUNDINGS * min(coarse.shape))))
    return float((rest**3).sum()) < 0


def _contrast(values: np.ndarray) -> np.ndarray:
    """How much a pixel stands out of the darker paper around it: 0 for paper, to 1. Of light ink on dark paper.

    The paper is what a morphological opening leaves: areas broader than any line.
    """
    smooth = ndimage.gaussian_filter(values, min(1.0, max(values.shape) / 400))
    window = max(3, round(BROADEST * min(values.shape)) | 1)
    paper = ndimage.maximum_filter(ndimage.minimum_filter(smooth, window), window)
    return np.clip((smooth - paper) / np.maximum(255 - paper, 1), 0, 1)


def _ink(contrast: np.ndarray) -> np.ndarray:
    """(H, W) bool: what stands out and is more than a speck or the edge of the picture."""
    typical = float(np.median(contrast))  # of paper with its grain
    contrast = contrast - typical
    grain = 1.4826 * float(np.median(np.abs(contrast)))
    certain = contrast > max(FAINTEST, 6 * grain)
    if not certain.any():
        raise UserError("no drawing stands out in the picture")
    level = float(np.percentile(contrast[certain], 75))
    ink = apply_hysteresis_threshold(contrast, max(0.35 * level, 4 * grain), max(0.6 * level, 4 * grain))
    labels, num = ndimage.label(ink, np.ones((3, 3)))
    areas = np.bincount(labels.ravel(), minlength=num + 1)
    outline = ink & ~ndimage.binary_erosion(ink)
    width = 2 * ink.sum() / max(1, outline.sum())  # of a line: its area by half its outline
    edges = [labels[0], labels[-1], labels[:, 0], labels[:, -1]]
    along = np.max([np.bincount(edge, minlength=num + 1) / len(edge) for edge in edges], axis=0) > 0.3
    keep = (areas >= max(4, 0.5 * width**2)) & ~along
    keep[0] = False
    places = [place for place, kept in zip(ndimage.find_objects(labels), keep[1:], strict=True) if kept]
    extents = [side.stop - side.start for place in places for side in place]
    if max(extents, default=0) < SMALLEST * min(ink.shape):
        raise UserError("no drawing stands out in the picture")
    return keep[labels]


def _enlarged(ink: np.ndarray) -> np.ndarray:
    """The part with ink, with two pixels around it, at least EXTENT pixels in its larger extent."""
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    ink = np.pad(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 2)
    factor = EXTENT / max(ink.shape)
    if factor <= 1:
        return ink
    return ndimage.zoom(ink.astype(np.float32), factor, order=1, grid_mode=True, mode="nearest") > 0.5


def _middle_lines(ink: np.ndarray) -> np.ndarray:
    """(H, W) bool: lines in the middle of strokes, and the inside of areas that are filled."""
    depth = ndimage.distance_transform_edt(ink)
    lines = skeletonize(ink)
    radius = float(np.median(depth[lines]))
    if radius > 3:  # a ragged edge of a broad stroke would grow twigs
        lines = skeletonize(ndimage.gaussian_filter(ink.astype(np.float32), radius / 3) > 0.5)
    broad = ndimage.distance_transform_edt(depth <= FILLED * radius) <= FILLED * radius
    return lines | (broad & (depth > radius))  # a pen that goes around the inside of a filled area fills it


def _redrawn(lines: np.ndarray, size: int) -> np.ndarray:
    """(size, size) uint8: the lines centred, at the dataset's extent, with its pen."""
    places = np.argwhere(lines).astype(np.float64)
    low, high = places.min(axis=0), places.max(axis=0)
    scale = EXTENT / max(1.0, (high - low).max())
    places = (places - (low + high) / 2) * scale + REGION / 2
    side = int(REGION)
    empty = np.ones((side, side), bool)
    rows, columns = np.rint(places - 0.5).astype(np.int64).T
    empty[rows, columns] = False
    coverage = np.clip(RADIUS + 0.5 - ndimage.distance_transform_edt(empty), 0, 1)
    image = Image.fromarray((255 * coverage).astype(np.float32))
    return np.rint(np.asarray(image.resize((size, size), Image.Resampling.BOX))).clip(0, 255).astype(np.uint8)
