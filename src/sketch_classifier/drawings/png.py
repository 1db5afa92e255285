"""A fast reader of small greyscale PNG files.

A dataset may be tens of thousands of pictures of 28×28 pixels, which an image library takes longer to open than to
decode.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np

from sketch_classifier.drawings.jit import compiled

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_PIXELS = 1 << 14  # an image library inflates larger pictures faster
NO_MATTER = {b"IHDR", b"IDAT", b"IEND", b"tEXt", b"zTXt", b"iTXt", b"tIME", b"pHYs", b"gAMA", b"cHRM", b"sRGB"}


def read_small_png(data: bytes) -> np.ndarray | None:
    """(H, W) uint8 of a PNG in 8 bits of grey, not interlaced, of at most MOST_PIXELS; None for any other file.

    A damaged file gives None, too: whoever reads it otherwise will say what is wrong with it.
    """
    if not data.startswith(SIGNATURE) or len(data) < 45:
        return None
    width, height, depth, color, compression, filtering, interlace = struct.unpack_from(">IIBBBBB", data, 16)
    if (depth, color, compression, filtering, interlace) != (8, 0, 0, 0, 0) or not 0 < width * height <= MOST_PIXELS:
        return None
    packed, place = [], len(SIGNATURE)
    while place + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        body = data[place + 8 : place + 8 + length]
        if kind not in NO_MATTER or data[place + 8 + length : place + 12 + length] != _checksum(kind + body):
            return None
        if kind == b"IDAT":
            packed.append(body)
        if kind == b"IEND":
            break
        place += 12 + length
    try:
        rows = np.frombuffer(zlib.decompress(b"".join(packed)), np.uint8)
    except zlib.error:
        return None
    if len(rows) != height * (width + 1):
        return None
    image = np.empty((height, width), np.uint8)
    return image if _unfilter(rows.reshape(height, width + 1), image) else None


def _checksum(data: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(data))


@compiled()
def _unfilter(rows, image):
    """Undo the filters of rows, (H, 1 + W), which each begin with the number of theirs (PNG specification, section 9).

    Returns whether all are known.
    """
    for y in range(image.shape[0]):
        kind = rows[y, 0]
        if kind > 4:
            return False
        left = corner = np.int64(0)
        for x in range(image.shape[1]):
            up = np.int64(image[y - 1, x]) if y > 0 else np.int64(0)
            guess = np.int64(0)
            if kind == 1:
                guess = left
            elif kind == 2:
                guess = up
            elif kind == 3:
                guess = (left + up) >> 1
            elif kind == 4:
                near = left + up - corner
                to_left, to_up, to_corner = abs(near - left), abs(near - up), abs(near - corner)
                guess = left if to_left <= to_up and to_left <= to_corner else up if to_up <= to_corner else corner
            left = (np.int64(rows[y, 1 + x]) + guess) & 255
            image[y, x] = left
            corner = up
    return True
