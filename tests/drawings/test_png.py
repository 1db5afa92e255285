"""PNG pictures give the grey values of an image library, or are left to it."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image, PngImagePlugin

from sketch_classifier.drawings.picture import read_picture
from sketch_classifier.drawings.png import read_png

SIDE = 640


def png(image: np.ndarray | Image.Image, **options) -> bytes:
    file = io.BytesIO()
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(file, "PNG", **options)
    return file.getvalue()


def as_read_by_pillow(data: bytes, monkeypatch) -> np.ndarray:
    with monkeypatch.context() as patch:
        patch.setattr("sketch_classifier.drawings.picture.read_png", lambda data, side: None)
        return read_picture(io.BytesIO(data))


def ramps(shape: tuple[int, ...]) -> np.ndarray:
    return (
        sum(step * axis**2 for step, axis in zip((1, 3, 71), np.ogrid[[slice(n) for n in shape]], strict=False)) % 256
    ).astype(np.uint8)


shapes = array_shapes(min_dims=2, max_dims=2, max_side=40)
noise = arrays(np.uint8, shapes)


@given(image=shapes.map(ramps) | noise, level=st.integers(0, 9))
def test_the_bytes_of_the_picture(image, level):
    np.testing.assert_array_equal(read_png(png(image, compress_level=level), SIDE), image)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "LA", "RGBA"])
@pytest.mark.parametrize("is_noise", [False, True])
@pytest.mark.parametrize("light", [False, True])
def test_the_grey_values_of_an_image_library(mode, is_noise, light, monkeypatch):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (37, 53, 4), np.uint8) if is_noise else ramps((37, 53, 4))
    pixels[..., :3] = pixels[..., :3] // 2 + 127 * light
    image = Image.fromarray(pixels).convert("RGB" if mode == "P" else "RGBA")
    data = png(image.quantize(200) if mode == "P" else image.convert(mode))
    found = read_png(data, SIDE)
    assert found is not None
    np.testing.assert_array_equal(found, as_read_by_pillow(data, monkeypatch))


@pytest.mark.parametrize("kind", [0, 3])
@pytest.mark.parametrize("depth", [1, 2, 4])
def test_several_pixels_in_a_byte(kind, depth, monkeypatch):
    width, height = 13, 2**depth
    values = (np.arange(height)[:, None] + np.arange(width)) % 2**depth
    bits = (values[:, :, None] >> np.arange(depth - 1, -1, -1)) & 1
    rows = np.packbits(bits.reshape(height, -1).astype(np.uint8), axis=1)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))]
    if kind == 3:
        chunks.append((b"PLTE", bytes(range(3, 3 + 3 * 2**depth))))
    chunks += [(b"IDAT", zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))), (b"IEND", b"")]
    data = joined(chunks)
    np.testing.assert_array_equal(read_png(data, SIDE), as_read_by_pillow(data, monkeypatch))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_every_filter(channels, monkeypatch):
    """Filters of a row are independent of what its bytes mean: any of the five numbers before any bytes is a file."""
    rng = np.random.default_rng(channels)
    rows = rng.integers(0, 256, (60, 1 + 17 * channels), np.uint8)
    rows[:, 0] = np.arange(60) % 5
    rows[30:, 1:] *= rng.random(rows[30:, 1:].shape) < 0.1  # mostly paper
    kind = {1: 0, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", 17, 60, 8, kind, 0, 0, 0)
    data = joined([(b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes())), (b"IEND", b"")])
    np.testing.assert_array_equal(read_png(data, SIDE), as_read_by_pillow(data, monkeypatch))
    rows[40, 0] = 5
    assert read_png(joined([(b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes())), (b"IEND", b"")]), SIDE) is None


@given(image=noise.filter(lambda image: image.size > 4), place=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_a_damaged_file_is_left_alone(image, place, byte):
    data = bytearray(png(image))
    place = 8 + place % (len(data) - 20)
    if data[place] != byte:
        data[place] = byte
        assert read_png(bytes(data), SIDE) is None
    assert read_png(png(image)[:-20], SIDE) is None


@pytest.mark.parametrize("name", ["Raw profile type exif", "XML:com.adobe.xmp"])
def test_a_picture_that_is_to_be_turned_is_left_to_an_image_library(name):
    """Pillow reads the orientation from these texts, too."""
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt("Title", "tiff:Orientation")
    assert read_png(png(np.zeros((4, 6), np.uint8), pnginfo=texts), SIDE) is not None
    texts.add_itxt(name, '<x tiff:Orientation="6"/>')
    data = png(np.zeros((4, 6), np.uint8), pnginfo=texts)
    assert read_png(data, SIDE) is None
    if name.startswith("XML"):
        assert read_picture(io.BytesIO(data)).shape == (6, 4)


def test_other_kinds_are_left_to_an_image_library():
    assert read_png(png(np.zeros((4, 4), np.uint16)), SIDE) is None
    assert read_png(png(np.zeros((4, 641), np.uint8)), SIDE) is None
    assert read_png(b"GIF89a" + bytes(60), SIDE) is None
    assert read_png(png(np.zeros((4, 4), np.uint8), transparency=0), SIDE) is None
    palette = Image.new("P", (4, 4), 9)
    palette.putpalette(bytes(30))
    data = png(palette)
    assert read_png(data, SIDE) is not None
    short = joined([(kind, body[:27] if kind == b"PLTE" else body) for kind, body in chunks_of(data)])
    assert read_png(short, SIDE) is None


def joined(chunks: list[tuple[bytes, bytes]]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def chunks_of(data: bytes) -> list[tuple[bytes, bytes]]:
    chunks, place = [], 8
    while place < len(data):
        length = int.from_bytes(data[place : place + 4])
        chunks.append((data[place + 4 : place + 8], data[place + 8 : place + 8 + length]))
        place += 12 + length
    return chunks
