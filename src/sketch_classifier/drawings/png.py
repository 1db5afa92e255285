"""A fast reader of PNG files in greyscale, with the same result as Pillow.

A dataset may have tens of thousands of small pictures, for which a general image library has too much overhead.
"""

from __future__ import annotations

from struct import Struct

import numpy as np
from zlib_ng import zlib_ng

from sketch_classifier.drawings.jit import compiled, inner

HEADER, CHUNK = Struct(">IIBBBBB"), Struct(">I4s")
SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, COLOR, PALETTE, GREY_ALPHA, COLOR_ALPHA = 0, 2, 3, 4, 6  # colour types
CHANNELS = {GREY: 1, COLOR: 3, PALETTE: 1, GREY_ALPHA: 2, COLOR_ALPHA: 4}
NO_MATTER = {
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tEXt", b"zTXt", b"iTXt", b"tIME", b"pHYs", b"gAMA", b"cHRM", b"sRGB", b"iCCP",
    b"sBIT", b"bKGD",
}  # fmt: skip
TEXTS = {b"tEXt", b"zTXt", b"iTXt"}
MAY_TURN = {b"Raw profile type exif", b"XML:com.adobe.xmp"}  # text chunks that may contain the orientation
RED, GREEN, BLUE, HALF = (np.float32(share) for share in (19595, 38470, 7471, 0x8000))  # in 1/65536, as in Pillow
TO_BYTE = np.float32(1 / 65536)


def read_png(data: bytes, side: int) -> np.ndarray | None:
    """(H, W) uint8 of a non-interlaced PNG with up to 8 bits per channel and at most `side` pixels per side.

    Transparent areas become white under dark ink, and black under light ink. None for any other file, and for a damaged
    one: the slower reader that the caller falls back to reports the error.
    """
    if not data.startswith(SIGNATURE) or len(data) < 45:
        return None
    width, height, depth, kind, compression, filtering, interlace = HEADER.unpack_from(data, 16)
    if (compression, filtering, interlace) != (0, 0, 0) or not (0 < width <= side and 0 < height <= side):
        return None
    if kind not in CHANNELS or depth not in ((1, 2, 4, 8) if kind in (GREY, PALETTE) else (8,)):
        return None
    chunks = _chunks(data)
    if chunks is None or b"IDAT" not in chunks or (kind == PALETTE and b"PLTE" not in chunks):
        return None
    channels = CHANNELS[kind]
    width_in_bytes = (width * channels * depth + 7) // 8
    expected = height * (1 + width_in_bytes)  # no more is decompressed, whatever the data contain
    try:
        inflater = zlib_ng.decompressobj()
        rows = np.frombuffer(inflater.decompress(chunks[b"IDAT"], expected + 1), np.uint8)
    except zlib_ng.error:  # type: ignore[misc]  # its stub gives the type of an instance
        return None
    if len(rows) != expected or not inflater.eof:
        return None
    image = np.empty((height, width_in_bytes), np.uint8)
    if not _unfilter(rows.reshape(height, 1 + width_in_bytes), image, channels):
        return None
    if depth < 8:
        image = _unpacked(image, depth)[:, :width]
    if kind == PALETTE:
        colors = np.frombuffer(chunks[b"PLTE"][: len(chunks[b"PLTE"]) // 3 * 3], np.uint8)
        if 3 * int(image.max()) >= len(colors):
            return None
        table = _grey(colors.reshape(1, -1), 3).tobytes().ljust(256, b"\0")[:256]
        return np.frombuffer(image.tobytes().translate(table), np.uint8).reshape(height, width)
    if depth < 8:
        return image * np.uint8(255 // (2**depth - 1))
    return image if kind == GREY else _grey(image, channels)


def _chunks(data: bytes) -> dict[bytes, bytes] | None:
    """The chunks of a file by type, concatenated per type; None if it is damaged or has unsupported chunks."""
    parts: dict[bytes, list[bytes]] = {}
    place = len(SIGNATURE)
    while place + 12 <= len(data):
        length, kind = CHUNK.unpack_from(data, place)
        end = place + 8 + length
        checksum = zlib_ng.crc32(data[place + 4 : end])
        if kind not in NO_MATTER or data[end : end + 4] != checksum.to_bytes(4):
            return None
        body = data[place + 8 : end]
        if kind in TEXTS and body.partition(b"\0")[0] in MAY_TURN:
            return None
        parts.setdefault(kind, []).append(body)
        if kind == b"IEND":
            break
        place = end + 4
    return {kind: bodies[0] if len(bodies) == 1 else b"".join(bodies) for kind, bodies in parts.items()}


def _unpacked(image: np.ndarray, depth: int) -> np.ndarray:
    """(H, B) uint8 → (H, 8 / depth · B) uint8: unpack the pixels in each byte, the first one in the highest bits."""
    shifts = np.arange(8 - depth, -1, -depth, dtype=np.uint8)
    return ((image[:, :, None] >> shifts) & np.uint8(2**depth - 1)).reshape(len(image), -1)


@compiled()
def _unfilter(rows, image, step):
    """Undo the filters of rows, (H, 1 + B), which each begin with the filter type (PNG specification, section 9).

    step  bytes per pixel
    Returns whether all filter types are known.
    """
    height, width = image.shape
    above = np.zeros(width, np.uint8)
    for y in range(height):
        kind, row, out = rows[y, 0], rows[y, 1:], image[y]
        if kind == 0:
            for x in range(width):  # vectorised, unlike `out[:] = row`
                out[x] = row[x]
        elif kind == 1 and step == 1:
            last = np.uint8(0)
            for x in range(width):
                last = np.uint8(last + row[x])
                out[x] = last
        elif kind == 1:
            for first in range(min(step, width)):
                left = np.int64(0)
                for x in range(first, width, step):
                    left += row[x]
                    out[x] = left
        elif kind == 2:
            for x in range(width):
                out[x] = np.uint8(row[x] + above[x])
        elif kind == 3:
            for first in range(min(step, width)):
                left = np.int64(0)
                for x in range(first, width, step):
                    left = (row[x] + ((left + above[x]) >> 1)) & 255
                    out[x] = left
        elif kind == 4:
            for first in range(min(step, width)):
                left = corner = np.int64(0)
                for x in range(first, width, step):
                    up = np.int64(above[x])
                    guess = left
                    if up != corner:  # otherwise the left one is nearest, as almost everywhere in a drawing
                        to_left, to_up, to_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
                        if to_left > to_up or to_left > to_corner:
                            guess = up if to_up <= to_corner else corner
                    left = (np.int64(row[x]) + guess) & 255
                    corner = up
                    out[x] = left
        else:
            return False
        above = out
    return True


@compiled()
def _grey(image, channels):
    """(H, channels · W) uint8 → (H, W) uint8, rounded as in Pillow. The last of two or four channels is alpha."""
    height, width = image.shape[0], image.shape[1] // channels
    grey = np.empty((height, width), np.uint8)
    for y in range(height):
        row = image[y]
        if channels == 2:
            for x in range(width):
                grey[y, x] = row[2 * x]
        elif channels == 3:
            for x in range(width):
                grey[y, x] = _grey_of(row[3 * x], row[3 * x + 1], row[3 * x + 2])
        else:
            for x in range(width):
                grey[y, x] = _grey_of(row[4 * x], row[4 * x + 1], row[4 * x + 2])
    if channels == 3:
        return grey
    light = total = np.int64(0)
    for y in range(height):
        for x in range(width):
            opacity = np.int64(image[y, channels * x + channels - 1])
            light += grey[y, x] * opacity
            total += opacity
    paper = np.int64(0 if light > 127.5 * total else 255)
    for y in range(height):
        for x in range(width):
            opacity = np.int64(image[y, channels * x + channels - 1])
            mixed = grey[y, x] * opacity + paper * (255 - opacity) + 128
            grey[y, x] = (mixed + (mixed >> 8)) >> 8
    return grey


@inner()
def _grey_of(red, green, blue):
    """The grey value. float32 represents these sums exactly, and is vectorised eight at a time."""
    value = np.float32(red) * RED + np.float32(green) * GREEN + np.float32(blue) * BLUE + HALF
    return np.uint8(np.int32(value * TO_BYTE))
