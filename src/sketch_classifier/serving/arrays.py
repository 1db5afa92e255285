"""Converts arrays of images to the dataset's storage format: uint8, channels first, light ink on black."""

from __future__ import annotations

import warnings

import numpy as np

from sketch_classifier.errors import UserError

EXPECTED = "images: expected (N, H, W), (N, 3, H, W), or channels last, (H, W, C) or (N, H, W, C) with C = 1, 3 or 4"
CHANNELS = (1, 3, 4)  # grey, RGB, RGBA
GREY = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as Pillow


def stored_images(images, *, color: bool) -> np.ndarray:
    """(N, H, W) or (N, 3, H, W) uint8 of images, white ink on black unless they are photographs.

    images  (N, H, W) or (N, 3, H, W), or with channels last, one picture (H, W, C) or several (N, H, W, C), where C is
            1 (grey), 3 (RGB) or 4 (RGBA; transparent areas become white). Integers from 0 to 255, floats from 0 to 1,
            or booleans.
    color   keep the colours of channels-last images, and their brightness; otherwise images are converted to grey, and
            each with a light border (median above 127) is assumed to be dark on light and inverted, with a UserWarning

    Raises UserError for other shapes, types and values.
    """
    try:
        images = np.asarray(images)
    except ValueError:
        raise UserError(f"{EXPECTED}, found rows of different lengths") from None
    shape, last = images.shape, images.shape[-1:]
    is_last = images.ndim in (3, 4) and last[0] in CHANNELS
    is_first = images.ndim == 4 and shape[1] == 3
    if is_last and is_first:
        raise UserError(f"images: {shape} may be channels first or last; transpose to (N, H, W, C), H > 3")
    if not (is_last or is_first or images.ndim == 3) or 0 in shape[1:] or (is_last and not all(shape[-3:])):
        raise UserError(f"{EXPECTED}, found {shape} {images.dtype}; reshape it")
    images = _bytes(images)
    if is_last:
        images = _channels_first(images if images.ndim == 4 else images[None], color)
    return images if color else _light_ink(images)


def _bytes(images: np.ndarray) -> np.ndarray:
    kind = images.dtype.kind
    if images.dtype == np.uint8:
        return images
    if kind not in "biuf":
        raise UserError(f"images: expected numbers, preferably uint8, found {images.dtype}")
    top = 1 if kind in "bf" else 255
    if images.size and not (images.min() >= 0 and images.max() <= top):  # also true for NaN
        raise UserError(
            f"images: {images.dtype} values must be from 0 to {top} and not NaN; or pass uint8 from 0 to 255"
        )
    return np.rint(images * 255.0).astype(np.uint8) if top == 1 else images.astype(np.uint8)


def _channels_first(images: np.ndarray, color: bool) -> np.ndarray:
    if images.shape[-1] == 1:
        return images[..., 0]
    values: np.ndarray = images[..., :3].astype(np.float32)
    if images.shape[-1] == 4:
        share = images[..., 3:].astype(np.float32) / 255
        values = values * share + 255 * (1 - share)
    values = np.moveaxis(values, -1, 1) if color else values @ GREY
    return np.rint(values).astype(np.uint8)


def _light_ink(images: np.ndarray) -> np.ndarray:
    edges = [images[..., 0, :], images[..., -1, :], images[..., :, 0], images[..., :, -1]]
    border = np.concatenate([edge.reshape(len(images), -1) for edge in edges], axis=1) if len(images) else images
    is_dark = np.median(border, axis=1) > 127 if len(images) else np.zeros(0, bool)
    if not is_dark.any():
        return images
    warnings.warn(f"{is_dark.sum()} of {len(images)} images are dark on light and were inverted", stacklevel=2)
    return np.where(is_dark.reshape(-1, *[1] * (images.ndim - 1)), 255 - images, images)
