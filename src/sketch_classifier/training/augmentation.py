"""Random augmentation of training drawings, on the device, a batch at a time."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import torch
from torch.nn import functional

from sketch_classifier.drawings.sequences import END
from sketch_classifier.drawings.strokes import Drawings, offsets_of
from sketch_classifier.params import Augmentation, RasterInput
from sketch_classifier.training.batches import Noise

ELASTIC_POINTS = 5  # control points per side of the displacement field
ERASED_AREA = (0.02, 0.2)  # minimum and maximum, as fractions of the image area
ERASED_ASPECT = (0.3, 3.3)  # width / height, each as a fraction of the image's


def augment_images(
    images: torch.Tensor,
    settings: Augmentation,
    noise: Noise,
    mirror: bool = True,
    padding: Literal["zeros", "border"] = "zeros",
) -> torch.Tensor:
    """Flip, shear, rotate, scale, shift, warp and partly erase images, (B, C, H, W) float32; the shape is kept.

    The geometric transforms are combined into one bilinear resampling around the image centre; a flip on its own is
    exact. Flips are drawn only if `mirror` is true. `padding` selects what lies outside the image: the background 0,
    or the border pixels (for photographs; ink at the border of a drawing would be smeared). With `elastic` above 0,
    each pixel is displaced by a smooth random field of 5 × 5 normally distributed control points with that standard
    deviation, as a fraction of the image side (after Simard et al. 2003, "Best Practices for Convolutional Neural
    Networks Applied to Visual Document Analysis"). With probability `erase`, a rectangle that covers 2 to 20 % of the
    image and has an aspect ratio of 0.3 to 3.3 is set to 0 (Zhong et al. 2020, "Random Erasing Data Augmentation").
    """
    flipped = _flipped(settings, noise, mirror)
    matrix, field = _affine(settings, noise), _elastic_field(settings, noise)
    if matrix is not None or field is not None:
        grid = _sampled_places(_unchanged(images) if matrix is None else matrix, flipped, field, *images.shape[-2:])
        images = functional.grid_sample(images, grid, padding_mode=padding, align_corners=False)
    elif flipped is not None:
        images = torch.where(flipped.view(-1, 1, 1, 1), images.flip(-1), images)
    if settings.erase:
        height, width = images.shape[-2:]
        images = images.masked_fill(_rectangles(height, width, settings.erase, noise), 0)
    return images


def augment_strokes(
    points: torch.Tensor, pen: torch.Tensor, settings: Augmentation, noise: Noise, mirror: bool = True
) -> tuple[torch.Tensor, torch.Tensor]:
    """Augment stroke sequences: points (B, L, 2) float32 in 0–1 and pen (B, L) uint8, as in `drawings.sequences`.

    Given the same noise, the points undergo the same flip, shear, rotation, scaling, shift and warp as an image, around
    (0.5, 0.5). Normal noise of standard deviation `jitter` is then added to each x and y. Each stroke is dropped with
    probability `drop_strokes`, but at least one is kept; the remaining points are right-aligned again. Points may move
    outside 0–1; the padding stays 0.
    """
    flipped = _flipped(settings, noise, mirror)
    matrix, field = _affine(settings, noise), _elastic_field(settings, noise)
    moved = _moved(points, matrix, flipped)
    if field is not None:
        moved = moved + _displacements(field, moved + _displacements(field, moved))  # nearly that of the new place
    if settings.jitter:
        moved = moved + settings.jitter * noise.normal(points.shape[1], 2)
    if moved is not points:
        points = moved.masked_fill((pen == 0).unsqueeze(-1), 0)
    if settings.drop_strokes:
        points, pen = _without_strokes(points, pen, settings.drop_strokes, noise)
    return points, pen


def draw_augmented(
    sequences: torch.Tensor, input: RasterInput, settings: Augmentation, noise: Noise | None, mirror: bool = True
) -> torch.Tensor:
    """Augment the points of drawings and rasterise them.

    sequences  (B, L, 3) uint8, all points of the drawings, as in `drawings.sequences`

    Returns images as in `drawings.rasters`. The points are transformed as by `augment_strokes`, around the centre of
    the bitmap, and then drawn, so that the line width is constant and no ink is resampled. If no augmentation is
    enabled, or without noise, the images are identical to those of the dataset, byte for byte.
    """
    from sketch_classifier.drawings.raster import rasterize  # here: only drawing needs Numba

    points, pen = sequences[..., :2].to(torch.float32), sequences[..., 2]
    # Centred as in `rasterize`. 256 is a power of two, so scaling to 0–1 and back is exact.
    points = (points + (256 - points.amax(dim=1, keepdim=True)) / 2) / 256
    if noise is not None:
        points, pen = augment_strokes(points, pen, settings, noise, mirror)
    drawings = _drawings(points.cpu().numpy().astype(np.float64) * 256, pen.cpu().numpy())
    channels = "gray" if input.channels == 1 else "stroke_order"
    images = torch.from_numpy(rasterize(drawings, input.size, as_is=True, centre=False, channels=channels))
    images = images.to(sequences.device)
    if settings.erase and noise is not None:
        rectangles = _rectangles(input.size, input.size, settings.erase, noise)
        images = images.masked_fill(rectangles if images.ndim == 4 else rectangles[:, 0], 0)
    return images


def _drawings(points: np.ndarray, pen: np.ndarray) -> Drawings:
    """The B drawings with points (B, L, 2) float64; pen, (B, L) uint8, is 0 where there is no point."""
    ends = np.flatnonzero(pen[pen > 0] == END) + 1
    return Drawings.from_arrays(points[pen > 0], np.concatenate([[0], ends]), offsets_of((pen == END).sum(axis=1)))


def _flipped(settings: Augmentation, noise: Noise, mirror: bool) -> torch.Tensor | None:
    """(B,) bool, which images to flip; None if flips are disabled."""
    return noise.uniform() < settings.flip if settings.flip and mirror else None


def _affine(settings: Augmentation, noise: Noise) -> torch.Tensor | None:
    """(B, 2, 3): the affine transform of a point (x, y), relative to the centre in units of the image side, y down.

    A shear along x, then a rotation, a scaling and a shift. Angles and shifts are uniform within their bounds; the
    scale is log-uniform between 1 / (1 + s) and 1 + s, so that enlarging and shrinking by a factor are equally likely.
    None if none of these is enabled.
    """
    if not (settings.rotate or settings.translate or settings.scale or settings.shear):
        return None
    turn, lean, growth, right, down = (noise.uniform(5) * 2 - 1).unbind(1)
    turn = turn * math.radians(settings.rotate)
    lean = torch.tan(lean * math.radians(settings.shear))
    scale = torch.exp(growth * math.log1p(settings.scale))
    cosine, sine = scale * torch.cos(turn), scale * torch.sin(turn)
    first = [cosine, cosine * lean - sine, right * settings.translate]
    second = [sine, sine * lean + cosine, down * settings.translate]
    return torch.stack(first + second, dim=1).view(-1, 2, 3)


def _unchanged(images: torch.Tensor) -> torch.Tensor:
    """(B, 2, 3): identity transforms, in the form of `_affine`."""
    return torch.eye(2, 3, device=images.device).expand(len(images), 2, 3)


def _elastic_field(settings: Augmentation, noise: Noise) -> torch.Tensor | None:
    """(B, 2, 5, 5): the displacement of x and y at a grid of control points from corner to corner, in image sides."""
    return settings.elastic * noise.normal(2, ELASTIC_POINTS, ELASTIC_POINTS) if settings.elastic else None


def _displacements(field: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """(B, L, 2): the field at points (B, L, 2) in 0–1, with bicubic interpolation; outside, the value at the edge."""
    places = (2 * points - 1).unsqueeze(1)
    sampled = functional.grid_sample(field, places, mode="bicubic", padding_mode="border", align_corners=True)
    return sampled[:, :, 0].transpose(1, 2)


def _sampled_places(
    matrix: torch.Tensor, flipped: torch.Tensor | None, field: torch.Tensor | None, height: int, width: int
) -> torch.Tensor:
    """(B, height, width, 2): the input position of each output pixel, for `grid_sample`.

    Equivalent to torch's `affine_grid` for the inverse of `matrix`, but faster and without a matrix product, which a
    GPU might compute in reduced precision. `field` is applied after `matrix`.
    """
    (a, b, right), (c, d, down) = (row.unbind(1) for row in matrix.view(-1, 2, 3).unbind(1))
    size = a * d - b * c
    sign = 1 if flipped is None else 1 - 2 * flipped.to(a.dtype)  # the flip comes first, so it is last in the inverse
    x = (torch.arange(width, device=a.device) * 2 + 1) / width - 1 - 2 * right[:, None]  # −1 … 1: two units per side
    y = (torch.arange(height, device=a.device) * 2 + 1) / height - 1 - 2 * down[:, None]
    if field is not None:
        displaced = 2 * functional.interpolate(field, (height, width), mode="bicubic", align_corners=True)
    grid = torch.empty(len(a), height, width, 2, device=a.device)
    for axis, of_x, of_y in ((0, sign * d / size, -sign * b / size), (1, -c / size, a / size)):
        torch.add((of_x[:, None] * x)[:, None, :], (of_y[:, None] * y)[:, :, None], out=grid[..., axis])
        if field is not None:
            grid[..., axis] -= of_x[:, None, None] * displaced[:, 0] + of_y[:, None, None] * displaced[:, 1]
    return grid


def _rectangles(height: int, width: int, probability: float, noise: Noise) -> torch.Tensor:
    """(B, 1, height, width) bool: the pixels to erase."""
    chance, area, aspect, left, top = noise.uniform(5).unbind(1)
    area = ERASED_AREA[0] + area * (ERASED_AREA[1] - ERASED_AREA[0])
    low, high = map(math.log, ERASED_ASPECT)
    aspect = torch.exp(low + aspect * (high - low))
    extents = torch.stack([(area / aspect).sqrt(), (area * aspect).sqrt()], dim=1)
    inside = rectangles(torch.stack([top, left], dim=1) * (1 - extents), extents, height, width)
    return (inside & (chance < probability)[:, None, None]).unsqueeze(1)


def rectangles(starts: torch.Tensor, extents: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """(B, height, width) bool: the pixels whose centres lie in the rectangle of each image.

    `starts` and `extents`, (B, 2) float, are given for rows and columns, as fractions of the image's height and width.
    """
    spans = []
    for side, first, extent in zip((height, width), starts.unbind(1), extents.unbind(1), strict=True):
        places = (torch.arange(side, device=first.device) + 0.5) / side
        spans.append((places >= first[:, None]) & (places < (first + extent)[:, None]))
    return spans[0][:, :, None] & spans[1][:, None, :]


def _moved(points: torch.Tensor, matrix: torch.Tensor | None, flipped: torch.Tensor | None) -> torch.Tensor:
    if matrix is None and flipped is None:
        return points
    x, y = points.unbind(2)
    if flipped is not None:
        x = torch.where(flipped[:, None], 1 - x, x)
    if matrix is not None:
        x, y = x - 0.5, y - 0.5
        x, y = (row[:, 0, None] * x + row[:, 1, None] * y + (row[:, 2, None] + 0.5) for row in matrix.unbind(1))
    return torch.stack([x, y], dim=2)


def _without_strokes(
    points: torch.Tensor, pen: torch.Tensor, share: float, noise: Noise
) -> tuple[torch.Tensor, torch.Tensor]:
    length = pen.shape[1]
    ends = pen == END
    stroke = ends.cumsum(1) - ends.long()  # the index of each point's stroke within its drawing
    luck = noise.uniform(length)  # one per stroke; no drawing has more strokes than points
    exists = torch.arange(length, device=pen.device) < ends.sum(1, keepdim=True)
    luckiest = luck.masked_fill(~exists, -1).argmax(1, keepdim=True)
    stays = (luck >= share).scatter(1, luckiest, True)
    kept = stays.gather(1, stroke.clamp(max=length - 1)) & (pen > 0)
    order = torch.argsort(kept.to(torch.uint8), dim=1, stable=True)  # dropped points first, the others in order
    pen = (pen * kept).gather(1, order)
    points = (points * kept.unsqueeze(2)).gather(1, order.unsqueeze(2).expand(-1, -1, 2))
    return points, pen
