"""Converts a photo or scan of a drawing to a bitmap like the dataset's: finds, crops and centres the drawing, and
redraws it with the dataset's line width; or resizes a clean picture of one."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from scipy import ndimage
from skimage.filters import threshold_otsu
from skimage.morphology import skeletonize

from sketch_classifier.drawings.jit import compiled
from sketch_classifier.drawings.jpeg import read_jpeg
from sketch_classifier.drawings.limits import MAX_PICTURE, MAX_PIXELS, check_size
from sketch_classifier.drawings.picture_kinds import KINDS, is_heif
from sketch_classifier.drawings.png import read_png
from sketch_classifier.drawings.raster import RADIUS, REGION
from sketch_classifier.drawings.resize import resize
from sketch_classifier.drawings.shrink import shrink
from sketch_classifier.errors import UserError, one_line

BITMAP = 28  # pixels per side of the dataset's own bitmaps
STRIP = 1 << 20  # pixels converted to wide numbers at a time
WORKING_SIZE = 640  # pixels of the longer side to which pictures are reduced
EXTENT = 255.0  # length of the longer side of a drawing, in the dataset's units
# Fractions of the picture's shorter side, unless stated otherwise:
BROADEST = 0.25  # a broader dark area is a shadow or the table, not a line
SURROUNDINGS = 0.3  # size of the neighbourhood with which a pixel's brightness is compared
SHARP = 0.03  # largest width of the brightness transition at a line's edge
EVEN = 20  # largest difference of grey levels on evenly lit paper
BROADEST_PEN = 0.06  # broadest pen …
BROADEST_LINE = 0.15  # … and broadest line, of the drawing's longer side; areas broader than both are filled
FILLED = 1.6  # filled areas are at least this many times as broad as the drawing's lines
SILHOUETTE = 0.5  # minimum fraction of filled ink in a silhouette, as opposed to a line drawing
SMALLEST = 0.02  # minimum extent of the largest connected component of a drawing
FAINTEST = 0.06  # minimum contrast of ink, relative to the paper's brightness
FEWEST_LINES = 4  # minimum number of lines of ruled paper, at opposite edges of a picture
MOST_RULINGS = 2  # maximum number of rulings of different colours on one sheet


def bitmaps_of(
    files: Sequence[bytes], reading: str, size: int
) -> tuple[np.ndarray, np.ndarray | None, list[str | None]]:
    """Bitmaps of pictures, each given as the bytes of a file.

    reading  "ink": find, crop and centre the drawing, and redraw it with the dataset's line width: `picture_to_bitmap`;
             "resize": only resize in greyscale, white ink on black, with paper added to the shorter side;
             "color": `read_photograph`
    size     pixels per side of the images

    Returns (n, 28, 28) uint8 bitmaps, or (n, 3, 28, 28) for color, of the n pictures that can be read; the same at
    `size`, drawn or resized from the picture itself, or None if the bitmaps need only be resized; and for each picture
    its error, or None.
    """
    made: list[tuple[np.ndarray, np.ndarray]] = []
    reasons: list[str | None] = []
    for data in files:
        try:
            if reading == "color":
                photograph = _photograph(data, 2 * max(size, BITMAP))
                made.append((_fitted(photograph, BITMAP), _fitted(photograph, size)))
            else:
                check_size("a picture", "a file", len(data), MAX_PICTURE)
                grey = _grey(data)
                made.append(_redrawn_twice(grey, size) if reading == "ink" else _resized_twice(grey, size))
            reasons.append(None)
        except UserError as error:
            reasons.append(str(error))
    if not made:
        return np.empty((0, BITMAP, BITMAP), np.uint8), None, reasons
    bitmaps = np.stack([bitmap for bitmap, _ in made])
    return bitmaps, None if size == BITMAP else np.stack([image for _, image in made]), reasons


def read_picture(file: BinaryIO) -> np.ndarray:
    """A picture as (H, W) uint8 greyscale, upright, at most WORKING_SIZE per side; transparent areas become paper.

    `file` need not be seekable. Raises UserError if it cannot be read.
    """
    return _grey(_read(file))


def _grey(data: bytes) -> np.ndarray:
    for read_fast in (read_png, read_jpeg):
        grey = read_fast(data, WORKING_SIZE)
        if grey is not None:
            return grey
    image = _opaque(_decoded(data, "L", WORKING_SIZE))
    image.thumbnail((WORKING_SIZE, WORKING_SIZE), Image.Resampling.BOX)
    return np.asarray(image)


def read_photograph(file: BinaryIO, size: int) -> np.ndarray:
    """A picture as (3, size, size) uint8 RGB, upright: its central square, resized with antialiasing.

    Transparent areas become white. `file` need not be seekable. Raises UserError if it cannot be read.
    """
    return _fitted(_photograph(_read(file), 2 * size), size)


def picture_to_bitmap(grey: np.ndarray, size: int) -> np.ndarray:
    """(H, W) uint8 with a drawing somewhere, dark on light or light on dark → (size, size) uint8, white ink on black.

    The brightness of the paper is subtracted, including uneven lighting and shadows. The ink is thinned to its centre
    lines, whose longer side is scaled to 255 of the bitmap's 304 units, and drawn with a line width of 16 units. A
    picture that already has the size of the bitmap, or of the dataset's own bitmaps, 28 × 28, is treated as a bitmap
    and only inverted if necessary and resized.

    Raises UserError if no drawing is found.
    """
    values = _light_ink(grey)
    return _as_bitmap(values, size) if _is_bitmap(values, size) else _redrawn(_lines_in(values), size)


def _redrawn_twice(grey: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The picture as redrawn bitmaps of 28 × 28 pixels and of `size`."""
    values = _light_ink(grey)
    sizes = (BITMAP, size) if size != BITMAP else (BITMAP,)
    lines = None if all(_is_bitmap(values, each) for each in sizes) else _lines_in(values)
    made = [_as_bitmap(values, each) if lines is None else _redrawn(lines, each) for each in sizes]
    return made[0], made[-1]


def _resized_twice(grey: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The picture as resized bitmaps of 28 × 28 pixels and of `size`."""
    inverted = _has_light_edge(grey)
    height, width = grey.shape
    if height != width:
        if inverted:
            grey, inverted = 255 - grey, False
        side = max(height, width)
        square = np.full((side, side), np.median(_edge(grey)), np.uint8)
        top, left = (side - height) // 2, (side - width) // 2
        square[top : top + height, left : left + width] = grey
        grey = square
    bitmap = shrink(grey, BITMAP, inverted)
    return bitmap, bitmap if size == BITMAP else shrink(grey, size, inverted)


@compiled()
def _has_light_edge(grey):
    """Whether more than half of the pixels at the edge are light, with corner pixels counted twice."""
    height, width = grey.shape
    count = 0
    for y in range(height):
        count += (grey[y, 0] > 127) + (grey[y, width - 1] > 127)
    for x in range(width):
        count += (grey[0, x] > 127) + (grey[height - 1, x] > 127)
    return count > height + width


def _light_ink(grey: np.ndarray) -> np.ndarray:
    """(H, W) float32: the picture, inverted if necessary to have light ink on dark paper."""
    values = grey.astype(np.float32)
    return 255 - values if _is_dark_on_light(values) else values


def _is_bitmap(values: np.ndarray, size: int) -> bool:
    """Whether a picture is already a non-empty bitmap, of this size or that of the dataset's own bitmaps."""
    return values.shape in ((size, size), (BITMAP, BITMAP)) and bool(np.ptp(values))


def _as_bitmap(values: np.ndarray, size: int) -> np.ndarray:
    return resize(values.astype(np.uint8), size)


def _lines_in(values: np.ndarray) -> np.ndarray:
    """(H, W) bool: the centre lines of the drawing. Raises UserError if no drawing is found."""
    ink = _ink(*_contrast(values))
    return _middle_lines(*_enlarged(ink, BROADEST_PEN * min(values.shape)))


def _photograph(data: bytes, size: int) -> Image.Image:
    """A picture in RGB on a white background; a large JPEG is reduced, but to at least `size` per side."""
    image = _decoded(data, "RGB", size)
    if image.mode.startswith("I"):
        image = _in_8_bits(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def _fitted(image: Image.Image, size: int) -> np.ndarray:
    """(3, size, size) uint8: the central square, resized."""
    square = ImageOps.fit(image, (size, size), Image.Resampling.BILINEAR)
    return np.ascontiguousarray(np.moveaxis(np.asarray(square), -1, 0))


def _read(file: BinaryIO) -> bytes:
    """The bytes of a picture file. Raises UserError if it is larger than MAX_PICTURE or cannot be read."""
    try:
        data = file.read(MAX_PICTURE + 1)
    except Exception as error:  # such as a damaged member of an archive
        raise UserError(f"not a picture that can be read ({one_line(error)})") from error
    check_size("a picture", "a file", len(data), MAX_PICTURE)
    return data


def _decoded(data: bytes, mode: str, size: int) -> Image.Image:
    """The decoded picture, upright; a large JPEG is reduced to 1/2, 1/4, …, but to at least `size` per side."""
    try:
        with warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning):  # large scans
            kinds = [kind for kind in KINDS if kind != "HEIF"]
            if is_heif(data[:16]):
                _register_heif()
                kinds = ["HEIF"]
            with Image.open(BytesIO(data), formats=kinds) as image:
                image.draft(mode, (size, size))
                width, height = image.size
                check_size("a picture", f"{width:,} × {height:,}", width * height, MAX_PIXELS, "pixels")
                return ImageOps.exif_transpose(image)
    except UserError:
        raise
    except UnidentifiedImageError:
        raise UserError(f"not a picture that can be read (no {', '.join(KINDS)})") from None
    except Exception as error:  # Pillow's plugins also raise unforeseen ones: struct.error, IndexError, …
        raise UserError(f"not a picture that can be read ({one_line(error)})") from error


def _register_heif() -> None:
    """Register the Pillow plugin for HEIC, the photo format of some phones. Raises UserError if it is missing."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        raise UserError('HEIC pictures need pillow-heif: pip install -e ".[heic]"') from None
    register_heif_opener(thumbnails=False)


def _opaque(image: Image.Image) -> Image.Image:
    """In greyscale, mode L. Transparent areas become white under dark ink, and black under light ink."""
    if image.mode.startswith("I"):
        return _in_8_bits(image)
    if not image.has_transparency_data:
        return image.convert("L")
    grey, alpha = image.convert("RGBA").convert("LA").split()
    light = total = 0
    for values, shares in zip(_strips(grey), _strips(alpha), strict=True):
        light += int((values.astype(np.int64) * shares).sum())
        total += int(shares.sum(dtype=np.int64))
    is_light = light > 127.5 * total
    return Image.composite(grey, Image.new("L", grey.size, 0 if is_light else 255), alpha)


def _in_8_bits(image: Image.Image) -> Image.Image:
    strips = [(values.astype(np.float64) / 257).clip(0, 255).astype(np.uint8) for values in _strips(image)]
    return Image.fromarray(np.concatenate(strips))


def _strips(image: Image.Image) -> Iterator[np.ndarray]:
    """The picture in strips of rows, because all of a large picture as 8-byte numbers would take too much memory."""
    rows = np.asarray(image)
    step = max(1, STRIP // max(1, rows.shape[1]))
    return (rows[start : start + step] for start in range(0, len(rows), step))


def _is_dark_on_light(values: np.ndarray) -> bool:
    """Whether the values that differ most from their neighbourhood's median brightness are dark.

    The median follows shadows and their edges, but not ink, which covers less than half of a neighbourhood. For a
    picture with the size of the dataset's bitmaps and an all-black or all-white edge, the edge is taken as the paper.
    """
    if values.shape == (BITMAP, BITMAP):
        edge = _edge(values)
        if edge[0] in (0, 255) and (edge == edge[0]).all():
            return bool(edge[0])
    step = max(1, round(max(values.shape) / 64))
    height, width = (max(n // step, 1) * step for n in values.shape)
    padded = np.pad(values, [(0, max(0, height - values.shape[0])), (0, max(0, width - values.shape[1]))], mode="edge")
    coarse = padded[:height, :width].reshape(height // step, step, width // step, step).mean(axis=(1, 3))
    rest = coarse - ndimage.median_filter(coarse, max(3, round(SURROUNDINGS * min(coarse.shape))))
    return float((rest**3).sum()) < 0


def _contrast(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The contrast of each pixel to the darker paper around it, from 0 (paper) to 1, for light ink on dark paper.

    The paper is estimated by a morphological opening, which keeps areas broader than any line. Also returns the
    standard deviation of the contrast due to the paper's grain, (H, W) float; and, (H, W) bool, what would be paper if
    the picture continued beyond its edges: the table around the sheet, the corner of a shadow.
    """
    smooth = ndimage.gaussian_filter(values, min(1.0, max(values.shape) / 400))
    window = max(3, round(BROADEST * min(values.shape)) | 1)
    inside = slice(window, -window)
    mirrored = _opened(smooth, window)
    prolonged = _opened(np.pad(smooth, window, mode="edge"), window)[inside, inside]
    usual = np.median(_edge(smooth))
    mirrored, prolonged = (np.where(_is_broad_ink(paper, smooth), usual, paper) for paper in (mirrored, prolonged))
    rest = smooth - mirrored
    # Estimated from the lower quartile, assuming a normal distribution, since up to half of a picture may be ink.
    low, quarter = np.percentile(rest, [5, 25])
    grain = (quarter - low) / 0.97
    room = np.maximum(255 - mirrored, 1)
    contrast = (rest - (quarter + 0.67 * grain)) / room
    return np.minimum(contrast, 1), grain / room, smooth - prolonged < 0.5 * rest


def _is_broad_ink(paper: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(H, W) bool: filled areas mistaken for paper, which differ much from the paper at the edges if that is even."""
    low, usual, high = np.percentile(_edge(values), [10, 50, 90])
    return (paper > usual + 0.6 * (values.max() - usual)) & (high - low < EVEN)


def _edge(values: np.ndarray) -> np.ndarray:
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])


def _opened(values: np.ndarray, window: int) -> np.ndarray:
    """The morphological opening by a square, with reflection at the edges."""
    return ndimage.maximum_filter(ndimage.minimum_filter(values, window), window)


def _ink(contrast: np.ndarray, grain: np.ndarray, along_edges: np.ndarray) -> np.ndarray:
    """(H, W) bool: the ink, without specks, edges of the sheet and ruled lines.

    Ruled lines are detected as many lines that leave the picture on opposite sides. They are fainter than the drawing,
    so Otsu's threshold separates the two.
    """
    window = max(3, round(SHARP * min(contrast.shape)))
    steps = np.minimum(contrast, ndimage.maximum_filter(contrast, window) - ndimage.minimum_filter(contrast, window))
    with_ruling, darker = None, 0.0
    for _ in range(1 + MOST_RULINGS):
        least = np.maximum(max(FAINTEST, darker), 6 * grain)
        certain = contrast[steps > least]
        if not len(certain):
            break
        level = float(np.percentile(certain, 75))
        low = np.maximum(max(0.35 * level, darker), 4 * grain)
        standing_out = contrast > low
        certain_ink = standing_out & (contrast > 0.6 * level) & (steps > least)
        ink = _without_specks_and_edges(ndimage.binary_propagation(certain_ink, mask=standing_out), along_edges)
        if not ink.any():
            break
        if not _is_ruled(contrast > np.maximum(0.5 * low, least)):
            return ink
        with_ruling = ink if with_ruling is None else with_ruling
        darker = float(threshold_otsu(certain))
    if with_ruling is None:
        raise UserError("no drawing found in the picture")
    return with_ruling


def _is_ruled(standing_out: np.ndarray) -> bool:
    edge = max(1, round(0.01 * min(standing_out.shape)))
    for across in (standing_out, standing_out.T):
        sides = np.array([across[:, :edge].any(axis=1), across[:, -edge:].any(axis=1)])
        if (np.diff(sides, axis=1, prepend=False) & sides).sum(axis=1).min() >= FEWEST_LINES:
            return True
    return False


def _without_specks_and_edges(ink: np.ndarray, along_edges: np.ndarray) -> np.ndarray:
    """The ink without components no larger than the line width, and those that are mostly `along_edges`.

    Empty if no component is larger than a dot.
    """
    labels, num = ndimage.label(ink, np.ones((3, 3)))
    areas = np.bincount(labels.ravel(), minlength=num + 1)
    outline = ink & ~ndimage.binary_erosion(ink)
    width = 2 * ink.sum() / max(1, outline.sum())  # line width: the area divided by half the perimeter
    width = min(width, SMALLEST * min(ink.shape))  # so that thin lines beside a filled area are not specks
    at_edge = np.bincount(labels[along_edges], minlength=num + 1)
    keep = (areas >= max(4, 0.5 * width**2)) & (at_edge <= 0.8 * areas)
    keep[0] = False
    places = [place for place, kept in zip(ndimage.find_objects(labels), keep[1:], strict=True) if kept]
    extents = [side.stop - side.start for place in places for side in place]
    return keep[labels] & (max(extents, default=0) >= SMALLEST * min(ink.shape))


def _enlarged(ink: np.ndarray, broadest: float) -> tuple[np.ndarray, float]:
    """The bounding box of the ink with a margin of two pixels, enlarged to at least EXTENT pixels on its longer side;
    and the broadest possible pen in it, which is relatively broader in a small drawing."""
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    ink = np.pad(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 2)
    factor = max(1.0, EXTENT / max(ink.shape))
    broadest = factor * max(broadest, BROADEST_LINE * max(ink.shape))
    if factor == 1:
        return ink, broadest
    return ndimage.zoom(ink.astype(np.float32), factor, order=1, grid_mode=True, mode="nearest") > 0.5, broadest


def _middle_lines(ink: np.ndarray, broadest: float) -> np.ndarray:
    """(H, W) bool: the centre lines of strokes, and the inside of filled areas; the outline of a silhouette.

    `broadest` is the maximum width of a stroke; anything broader is a filled area.
    """
    depth = ndimage.distance_transform_edt(ink)
    lines = skeletonize(ink)
    radius = min(float(np.median(depth[lines])), broadest / 2)
    filled = _filled(depth, radius)
    if filled.sum() > SILHOUETTE * ink.sum():
        radius = RADIUS * max(ink.shape) / EXTENT
        filled = _filled(depth, radius)
        return (lines & ~filled) | (filled & (depth > radius) & (depth <= radius + 1.5))
    if radius > 3:  # the skeleton of a broad stroke with ragged edges would have spurs
        lines = skeletonize(ndimage.gaussian_filter(ink.astype(np.float32), radius / 3) > 0.5)
    return lines | (filled & (depth > radius))  # drawing the inside of a filled area with the pen fills all of it


def _filled(depth: np.ndarray, radius: float) -> np.ndarray:
    """(H, W) bool: areas of ink broader than a pen of this radius, dilated by the same radius."""
    inside = depth > FILLED * radius
    return inside if not inside.any() else ndimage.distance_transform_edt(~inside) <= FILLED * radius


def _redrawn(lines: np.ndarray, size: int) -> np.ndarray:
    """(size, size) uint8: the lines centred, scaled to the dataset's extent and drawn with its line width."""
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
