"""Which bytes of a file are its first rows, and what is said of a file that is not what it should be."""

import csv
import io
import time
from concurrent.futures import ThreadPoolExecutor

import fsspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sketch_classifier.data.prefix import BinaryRows, BitmapRows, CsvRows, NdjsonRows, NpyRows
from sketch_classifier.errors import UserError


def bitmaps(rows: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (rows, 784), np.uint8)


def npy(array: np.ndarray, version: tuple[int, int] = (1, 0)) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version)
    return file.getvalue()


@given(lengths=st.lists(st.integers(0, 3000), min_size=1, max_size=60), limit=st.integers(1, 70), data=st.data())
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_lines(get, tmp_path, lengths, limit, data):
    ends_in_newline = data.draw(st.booleans())
    lines = [b'"%s"' % (b"\xc3\xa9" * length) for length in lengths]
    text = b"\n".join(lines) + (b"\n" if ends_in_newline else b"")
    fsspec.filesystem("memory").pipe("/any/raw/cat.ndjson", text)
    get("memory://any", "raw", ["cat"], limit)
    assert (tmp_path / "out/raw/cat.ndjson").read_bytes() == b"".join(line + b"\n" for line in lines[:limit])


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_any_version_of_the_header(get, source_with, tmp_path, version):
    source = source_with("numpy_bitmap/cat.npy", npy(bitmaps(10), version))
    get(source, "numpy_bitmap", ["cat"], 4)
    np.testing.assert_array_equal(np.load(tmp_path / "out/numpy_bitmap/cat.npy"), bitmaps(10)[:4])


def test_one_header_is_parsed_at_a_time(monkeypatch):
    """numpy parses headers with `ast`, which fails now and then where two threads of CPython 3.11 parse at once."""
    parse, parsing, most = np.lib.format.read_array_header_1_0, [], []

    def slow_parse(stream):
        parsing.append(stream)
        time.sleep(0.01)
        most.append(len(parsing))
        parsing.remove(stream)
        return parse(stream)

    monkeypatch.setattr(np.lib.format, "read_array_header_1_0", slow_parse)
    with ThreadPoolExecutor(8) as executor:
        for reader in [NpyRows("cat.npy", 10_000, 3) for _ in range(8)]:
            executor.submit(reader.feed, npy(bitmaps(3)))
    assert most == [1] * 8


def pickled() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([[print] * 784], object), allow_pickle=True)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("cat.npy", npy(bitmaps(100))[:-1000], "truncated: its header and 99 rows take 77744 bytes, found 77528"),
        ("cat.npy", npy(bitmaps(100))[:90], "not an .npy file: its header is cut off after 90 bytes"),
        ("cat.npy", b"<html>Not found</html>", "not an .npy file: it begins with b'<html>"),
        ("cat.npy", b"\x93NUMPY\x09\x00" + b"v" * 300, "not an .npy file: version 9"),
        ("cat.npy", b"\x93NUMPY\x01\x00\x76\x00" + b"{'descr'" + b" " * 110, "not an .npy file: "),
        ("cat.npy", npy(bitmaps(100).astype(float)), "uint8 of shape (N, 784) expected, found float64 of shape (100"),
        ("cat.npy", npy(bitmaps(100).reshape(100, 28, 28)), "expected, found uint8 of shape (100, 28, 28)"),
        ("cat.npy", npy(np.asfortranarray(bitmaps(100))), "in Fortran order"),
        ("cat.npy", pickled(), "uint8 of shape (N, 784) expected, found object"),
        ("cat.npy", npy(bitmaps(0)), "no rows"),
        ("cat.npy", b"", "empty file"),
        ("cat.ndjson", b'{"row":1}\n' * 49 + b'{"row":', ":50: the file ends within this line, after "),
        ("cat.ndjson", b"", "empty file"),
    ],
)
def test_a_malformed_file_is_one_line(get, source_with, tmp_path, name, data, expected):
    format = "numpy_bitmap" if name.endswith(".npy") else "raw"
    source = source_with(f"{format}/{name}", data)
    with pytest.raises(UserError, match="^[^\n]*$") as error:
        get(source, format, ["cat"], 99)
    assert str(error.value).startswith(f"{source}/{format}/{name}:")
    assert expected in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


@given(st.data())
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_damage_to_a_header_is_refused_or_harmless(get, tmp_path, data):
    whole = bytearray(npy(bitmaps(3)))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, 127))] = data.draw(st.integers(0, 255))
    fsspec.filesystem("memory").pipe("/damaged/numpy_bitmap/cat.npy", bytes(whole))
    try:
        get("memory://damaged", "numpy_bitmap", ["cat"], 3)
    except UserError as error:
        assert "\n" not in str(error)
    else:
        assert np.load(tmp_path / "out/numpy_bitmap/cat.npy").shape[1] == 784


def test_rows_before_the_damage_are_fine(get, source_with):
    source = source_with("numpy_bitmap/cat.npy", npy(bitmaps(100))[:-1000])
    assert get(source, "numpy_bitmap", ["cat"], 98)["files"][0]["rows"] == 98


@given(
    st.lists(st.sampled_from([b'{"a":1}', b"", b"  ", b"\r", b" [2]"]), min_size=1, max_size=30),
    st.integers(1, 12),
    st.integers(1, 9),
)
def test_blank_lines_are_no_rows(lines, limit, size):
    text = b"".join(line + b"\n" for line in lines)
    good = [number for number, line in enumerate(lines) if line.strip()][:limit]
    rows = NdjsonRows("cat.ndjson", len(text), limit)
    found, start = b"", 0
    while start < len(text) and rows.wanted():
        found += rows.feed(text[start : start + size])
        start += size
    if not good:
        with pytest.raises(UserError, match="no rows"):
            rows.finish()
        return
    found += rows.finish()
    assert rows.rows == len(good)
    if len(good) == limit:
        assert found == b"".join(line + b"\n" for line in lines[: good[-1] + 1])
    else:
        assert found == text


def cut(rows, data: bytes, size: int) -> bytes:
    """What is kept of a file that comes in blocks of at most this size."""
    start, kept = 0, b""
    while start < len(data) and (num := rows.wanted()):
        end = start + min(num, size)
        kept += rows.feed(data[start:end])
        start = end
    return kept + rows.finish()


fields = st.text(st.sampled_from('ab",\n[]'), max_size=6)


@given(
    rows=st.lists(st.tuples(fields, fields), min_size=1, max_size=9), limit=st.integers(1, 10), size=st.integers(1, 99)
)
def test_any_rows_of_csv(rows, limit, size):
    file = io.StringIO()
    csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([("drawing", "word"), *rows])
    data = file.getvalue().encode()
    for given_data in (data, data.removesuffix(b"\n")):
        reader = CsvRows("a.csv", len(given_data), limit)
        found = list(csv.reader(io.StringIO(cut(reader, given_data, size).decode(), newline="")))
        assert found == [["drawing", "word"], *map(list, rows[:limit])]
        assert reader.rows == min(limit, len(rows))


@pytest.mark.parametrize(
    ("text", "message"),
    [(b"drawing\n", "a.csv: no rows"), (b'drawing\n"[1', "a.csv:2: the file ends within this row, after 3")],
)
def test_csv_files_without_rows(text, message):
    with pytest.raises(UserError, match=f"^{message}"):
        cut(CsvRows("a.csv", len(text), None), text, 100)


def record(*strokes: int) -> bytes:
    """A record of the bucket's binary files, with strokes of so many points."""
    head = bytes(8) + b"US\1" + bytes(4) + len(strokes).to_bytes(2, "little")
    return head + b"".join(length.to_bytes(2, "little") + bytes(2 * length) for length in strokes)


@given(
    strokes=st.lists(st.lists(st.integers(1, 300), min_size=1, max_size=3), min_size=1, max_size=9),
    limit=st.integers(1, 10),
    size=st.integers(1, 999),
)
def test_any_binary_records(strokes, limit, size):
    records = [record(*lengths) for lengths in strokes]
    data = b"".join(records)
    rows = BinaryRows("a.bin", len(data), limit)
    assert cut(rows, data, size) == b"".join(records[:limit])
    assert rows.rows == min(limit, len(records))
    with pytest.raises(UserError, match=f"^a.bin:{len(records)}: the file ends within this record"):
        cut(BinaryRows("a.bin", len(data) - 1, None), data[:-1], size)


HEADERS = {
    "none": b"",
    "npy": npy(bitmaps(5))[:-5 * 784],
    "old npy": b"\x93NUMPY\1\0\x46\0" + b"{'descr': '|u1', 'fortran_order': False, 'shape': (5, 784), }".ljust(69) + b"\n",
    "mnist": b"".join(number.to_bytes(4, "big") for number in (0x803, 5, 28, 28)),
    "count": (5).to_bytes(4, "little"),
}  # fmt: skip


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("limit", [None, 1, 3, 9])
@pytest.mark.parametrize("size", [50, 784, 100_000])
def test_bitmaps_with_a_header_or_without(header, limit, size):
    data = HEADERS[header] + bitmaps(5).tobytes()
    rows = BitmapRows("a.bin", len(data), limit)
    assert cut(rows, data, size) == bitmaps(5)[:limit].tobytes()
    assert rows.rows == min(limit or 5, 5)


@pytest.mark.parametrize("data", [b"", b"short", bytes(783), bytes(785), bytes(5 * 784 + 80), npy(bitmaps(5))[:-100]])
def test_files_that_are_no_bitmaps(data):
    with pytest.raises(UserError, match=r"^a.bin: (not bitmaps: [^\n]+|no bitmaps: 0 bytes|no rows[^\n]*)$"):
        cut(BitmapRows("a.bin", len(data), None), data, 1000)
