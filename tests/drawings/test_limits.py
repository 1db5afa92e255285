"""Small files that claim to be large are refused by what they claim, with the size and the limit."""

import io
import tarfile
import tracemalloc
import zipfile
import zlib
from struct import pack

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from scipy.io import savemat

from sketch_classifier.data import archives
from sketch_classifier.data.sources import Source
from sketch_classifier.data.svhn import SvhnFile
from sketch_classifier.drawings import limits
from sketch_classifier.drawings.formats import iter_ndjson
from sketch_classifier.drawings.formats.bitmap import open_bitmaps, open_npy, read_npy
from sketch_classifier.drawings.formats.parquet import ParquetDrawings
from sketch_classifier.drawings.formats.sketch_rnn import iter_sketch_rnn, sketch_rnn_lists
from sketch_classifier.drawings.picture import bitmaps_of
from sketch_classifier.errors import UserError

LITTLE = 64 << 20  # bytes of memory that a refusal may take


@pytest.fixture(autouse=True)
def in_little_memory():
    """What Python and numpy allocate."""
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < LITTLE


def npy(shape: str, descr: str = "|u1", length: int | None = None) -> bytes:
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x02\x00" + pack("<I", len(text) if length is None else length) + text


@pytest.mark.parametrize(
    "data",
    [
        npy("(1000000000000, 784)"), npy("(10000000000, 784)"), npy(f"({10**30}, 784)"), npy("(-1, 784)"),
        npy("(3, 784)", length=2**32 - 1), npy("[" * 5000), npy("(" * 400), npy("(1, 784"), npy("(3, 784)", "O"),
        npy("(3, 784)", "V9"), npy("(True, 784)"), npy("9" * 4000), b"\x93NUMPY", b"", b"\x93NUMPY\x01\x00",
    ],
)  # fmt: skip
def test_headers_of_arrays(tmp_path, data):
    path = tmp_path / "a.npy"
    path.write_bytes(data)
    for read in (open_bitmaps, open_npy, lambda path: read_npy(io.BytesIO(data), str(path))):
        with pytest.raises(UserError, match=f"^{path}: [^\n]*$"):
            read(path)


def test_arrays_that_are_whole(tmp_path):
    for array in (
        np.arange(12.0).reshape(3, 4),
        np.asfortranarray(np.ones((2, 3), ">i2")),
        np.zeros((0, 784), np.uint8),
    ):
        np.save(tmp_path / "a.npy", array)
        np.testing.assert_array_equal(open_npy(tmp_path / "a.npy"), array)
        with (tmp_path / "a.npy").open("rb") as file:
            np.testing.assert_array_equal(read_npy(file, "a.npy"), array)


def test_lines_nested_without_end():
    with pytest.raises(UserError, match="^<file>:1: [^\n]*$"):
        list(iter_ndjson(io.BytesIO(b"[" * 200_000 + b"\n")))


def test_a_mat_file_with_more_labels_than_images(tmp_path):
    path = tmp_path / "a.mat"
    savemat(path, {"X": np.zeros((32, 32, 3, 2), np.uint8), "y": np.ones((2, 1))}, do_compression=True)
    data = bytearray(path.read_bytes())
    # y with 200 million labels, as zeros that take no space
    matrix = pack("<II", 6, 8) + pack("<II", 6, 0) + pack("<II", 5, 8) + pack("<ii", 200_000_000, 1)
    matrix += pack("<HH", 1, 1) + b"y\0\0\0" + pack("<II", 9, 1_600_000_000)
    packed = zlib.compress(pack("<II", 14, len(matrix) + 1_600_000_000) + matrix + bytes(10_000_000))
    first = 128 + 8 + int.from_bytes(data[132:136], "little")
    path.write_bytes(bytes(data[:first]) + pack("<II", 15, len(packed)) + packed)
    with pytest.raises(UserError, match="2 images in X and 200000000 labels in y"):
        SvhnFile.open(path)


@pytest.mark.parametrize("reading", ["ink", "resize", "color"])
def test_a_picture_of_more_pixels_than_memory(reading):
    def chunk(kind: bytes, body: bytes) -> bytes:
        return pack(">I", len(body)) + kind + body + pack(">I", zlib.crc32(kind + body))

    def png(width: int, height: int, body: bytes) -> bytes:
        header = pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")

    bomb = zlib.compress(bytes(20_000_000))
    _, _, (large, small) = bitmaps_of([png(13_000, 13_000, bomb), png(28, 28, bomb)], reading, 28)
    assert "13,000 × 13,000 of 169,000,000 pixels; at most 100,000,000 are accepted" in large
    assert small is None or "\n" not in small


def npz(members: dict[str, bytes]) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file


@pytest.mark.parametrize(
    "data",
    [
        npy("(1,)", "O") + b"\x80\x04\x8e" + pack("<Q", 30_000_000) + bytes(30_000_000) + b".",
        npy("(1,)", "O") + b"]" * 3_000_000 + b".",
        npy("(2, 4000000, 3)", "<i2") + bytes(30_000_000),
        npy("(1,)", "O") + b"I" + b"1" * 30_000_000,
    ],
)  # fmt: skip
def test_lists_of_drawings_that_are_none(tmp_path, data, monkeypatch):
    path = tmp_path / "a.npz"
    path.write_bytes(npz({"train.npy": data}).getvalue())
    tracemalloc.reset_peak()
    with pytest.raises(UserError, match=f"^{path}/train: [^\n]*$"):
        sketch_rnn_lists(path)
        list(iter_sketch_rnn(path))


def test_members_and_archives_that_inflate(tmp_path, monkeypatch):
    for module in (limits,):
        monkeypatch.setattr(module, "ALWAYS_INFLATED", 1 << 20)
    assert archives.check_inflation is limits.check_inflation
    (tmp_path / "a.npz").write_bytes(npz({"train.npy": bytes(5_000_000)}).getvalue())
    with pytest.raises(UserError, match="decompress to 5,000,000 or more; at most 1,048,576 are accepted"):
        sketch_rnn_lists(tmp_path / "a.npz")
    (tmp_path / "a.zip").write_bytes(npz({"raw/cat.ndjson": bytes(5_000_000)}).getvalue())
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        member = tarfile.TarInfo("raw/cat.ndjson")
        member.size = 5_000_000
        tar.addfile(member, io.BytesIO(bytes(5_000_000)))
    for name in ("a.zip", "a.tar.gz"):
        with pytest.raises(UserError, match="^source [^\n]* decompress to [^\n]* at most 1,[^\n]* are accepted"):
            Source(str(tmp_path / name))


def test_a_parquet_file_of_large_parts(tmp_path, monkeypatch):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"word": ["cat"] * 1000, "image": [bytes(100_000)] * 1000}), path)
    assert path.stat().st_size < 200_000
    assert sum(len(batch) for batch, _ in ParquetDrawings(path, "a").batches(["word"])) == 1000
    monkeypatch.setattr("sketch_classifier.drawings.formats.parquet.MAX_GROUP", 50_000)
    with pytest.raises(UserError, match="row group 0, a part of [^\n]* at most 50,000 are accepted"):
        ParquetDrawings(path, "a")


def test_large_pictures_of_every_mode_are_read(tmp_path):
    values = np.random.default_rng(0).integers(0, 255, (700, 900), np.uint8)
    for mode in ("L", "RGBA", "LA", "I;16"):
        file = io.BytesIO()
        picture = (
            Image.fromarray(values.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(values).convert(mode)
        )
        picture.save(file, "PNG")
        assert bitmaps_of([file.getvalue()], "resize", 28)[2] == [None]
