"""SVHN's MAT-files are read exactly, in bounded memory, and a wrong one gets one clear line."""

import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import loadmat, savemat

from sketch_classifier.data.svhn import SvhnFile
from sketch_classifier.errors import UserError


def made_up(num: int, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {"X": rng.integers(0, 256, (32, 32, 3, num), np.uint8), "y": rng.integers(1, 11, (num, 1), np.uint8)}


@pytest.fixture
def save(tmp_path):
    """Write variables as a MAT-file; gives its path."""

    def save(variables, compressed=True, **more):
        path = tmp_path / "train_32x32.mat"
        savemat(path, variables, do_compression=compressed, **more)
        return path

    return save


def refusal(path) -> str:
    with pytest.raises(UserError) as error:
        for _ in SvhnFile.open(path).images():
            pass
    assert "\n" not in str(error.value) and str(error.value).startswith(str(path))
    return str(error.value)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("num", [1, 2, 3, 4, 5, 500])
def test_images_and_digits_are_those_that_scipy_reads(save, compressed, num):
    path = save(made_up(num), compressed)
    read = SvhnFile.open(path)
    images = np.concatenate(list(read.images(chunk=64)))
    expected = loadmat(path)
    np.testing.assert_array_equal(images, expected["X"].reshape(32, 32, 3, num).transpose(3, 2, 0, 1))
    np.testing.assert_array_equal(read.digits, expected["y"].ravel() % 10)
    assert len(read) == num and images.dtype == np.uint8


@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i4", "i8", "f4", "f8"])
@pytest.mark.parametrize("shape", [(-1, 1), (1, -1)])
def test_labels_of_any_type_first_or_last_and_beside_others(save, dtype, shape):
    variables = made_up(10)
    labels = np.arange(1, 11)
    path = save({"note": "seen", "y": labels.astype(dtype).reshape(shape), "other": np.eye(3), "X": variables["X"]})
    assert SvhnFile.open(path).digits.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0]


def test_colours_and_directions(save):
    """Red is the first channel, rows go down."""
    pixels = np.zeros((32, 32, 3, 1), np.uint8)
    pixels[2, 7, 0] = 200
    (image,) = next(SvhnFile.open(save({"X": pixels, "y": [[3]]})).images())
    assert np.argwhere(image).tolist() == [[0, 2, 7]]


def test_the_first_rows_alone(save):
    variables = made_up(50)
    chunks = list(SvhnFile.open(save(variables)).images(23, chunk=10))
    assert [len(chunk) for chunk in chunks] == [10, 10, 3]
    np.testing.assert_array_equal(np.concatenate(chunks), variables["X"].transpose(3, 2, 0, 1)[:23])


def test_the_other_byte_order(tmp_path):
    variables = made_up(3)

    def element(kind: int, data: bytes) -> bytes:
        return struct.pack(">II", kind, len(data)) + data + bytes(-len(data) % 8)

    def matrix(name: bytes, shape: tuple[int, ...], data: bytes) -> bytes:
        flags, shape = struct.pack(">II", 9, 0), struct.pack(f">{len(shape)}i", *shape)
        return element(14, element(6, flags) + element(5, shape) + element(1, name) + element(2, data))

    packed = zlib.compress(matrix(b"X", (32, 32, 3, 3), variables["X"].tobytes(order="F")))
    content = struct.pack(">II", 15, len(packed)) + packed + matrix(b"y", (3, 1), variables["y"].tobytes())
    path = tmp_path / "big.mat"
    path.write_bytes(b"MATLAB 5.0 MAT-file".ljust(124) + b"\x01\x00MI" + content)
    read = SvhnFile.open(path)
    np.testing.assert_array_equal(next(read.images()), variables["X"].transpose(3, 2, 0, 1))
    assert read.digits.tolist() == (variables["y"].ravel() % 10).tolist()


@pytest.mark.parametrize("compressed", [False, True])
def test_memory_does_not_grow_with_the_file(save, compressed):
    path = save(made_up(6000), compressed)  # 18 MB of pixels
    tracemalloc.start()
    for _ in SvhnFile.open(path).images(chunk=256):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5e6


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"y": np.ones((2, 1))}, "no variable X; expected X and y, found y"),
        ({"X": made_up(2)["X"]}, "no variable y; expected X and y, found X"),
        ({}, "no variable X; expected X and y, found none"),
        (made_up(2) | {"X": np.zeros((2, 32, 32, 3), np.uint8)}, "X: uint8 of shape (32, 32, 3, N) expected, found uint8 (2, 32, 32, 3)"),
        (made_up(2) | {"X": np.zeros((32, 32, 3, 2))}, "(32, 32, 3, N) expected, found double (32, 32, 3, 2)"),
        (made_up(2) | {"X": "text"}, "expected, found char (1, 4)"),
        (made_up(2) | {"y": np.ones((3, 1))}, "2 images in X and 3 labels in y"),
        (made_up(4) | {"y": np.ones((2, 2))}, "y: expected N numbers in one column, found double (2, 2)"),
        (made_up(2) | {"y": np.array([["a", "b"]], object)}, "y: expected N numbers in one column, found cell"),
        (made_up(2) | {"y": [[0], [3]]}, "expected labels from 1 to 10 (10 for the digit 0), found 0"),
        (made_up(2) | {"y": [[11], [3]]}, "found 11"),
        (made_up(2) | {"y": [[1.5], [3]]}, "found 1.5"),
        (made_up(2) | {"y": [[np.nan], [3]]}, "found nan"),
        ({"X": np.zeros((32, 32, 3, 0), np.uint8), "y": np.zeros((0, 1), np.uint8)}, "no images"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("compressed", [False, True])
def test_other_variables_are_refused(save, variables, message, compressed):
    assert message in refusal(save(variables, compressed))


def test_files_that_are_no_mat_file_of_version_5(tmp_path, save):
    path = tmp_path / "a.mat"
    for content, message in (
        (b"<!DOCTYPE html><html>" + b" " * 500, "not a MAT-file of version 5: it begins with b'<!DOCTYPE html><html'"),
        (b"", "not a MAT-file of version 5: it begins with b''"),
        (b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512), "version 7.3 (HDF5); version 5 is accepted"),
        (b"\x89HDF\r\n\x1a\n".ljust(512), "version 7.3 (HDF5)"),
        (save({"y": np.ones((90, 1))}, False, format="4").read_bytes(), "not a MAT-file of version 5"),
    ):
        path.write_bytes(content)
        assert message in refusal(path)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.9999])
def test_truncated_files_are_refused(save, compressed, share):
    path = save(made_up(20), compressed)
    whole = path.read_bytes()
    path.write_bytes(whole[: 128 + round(share * (len(whole) - 128))])
    message = refusal(path)
    assert "truncated" in message or (share == 0 and "no variable X" in message)


def test_damaged_pixels_are_refused(save):
    path = save(made_up(20))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    assert "damaged" in refusal(path)


CONTENTS = {}


@settings(max_examples=150, deadline=None)
@given(compressed=st.booleans(), place=st.floats(0, 1), value=st.binary(min_size=1, max_size=6))
def test_no_damage_ends_in_anything_but_one_line(tmp_path_factory, compressed, place, value):
    """Nearly all of these bytes are pixels, so most places are taken from the headers."""
    if compressed not in CONTENTS:
        path = tmp_path_factory.mktemp("whole") / "a.mat"
        savemat(path, made_up(2), do_compression=compressed)
        CONTENTS[compressed] = path.read_bytes()
    content = bytearray(CONTENTS[compressed])
    start = round(place**4 * (len(content) - len(value)))
    content[start : start + len(value)] = value
    path = tmp_path_factory.getbasetemp() / "damaged.mat"
    path.write_bytes(content)
    try:
        read = SvhnFile.open(path)
        assert np.concatenate(list(read.images())).shape == (len(read), 3, 32, 32)
    except UserError as error:
        assert "\n" not in str(error)
