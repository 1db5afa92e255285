"""Reading and writing .ndjson: every byte of the real files, and one clear line about every bad one."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from sketch_classifier.drawings.formats import BadRecords, iter_ndjson, read_ndjson, write_ndjson
from sketch_classifier.drawings.formats import ndjson as module
from sketch_classifier.drawings.strokes import COLUMNS, Drawings
from sketch_classifier.errors import UserError

DRAWING = b"[[[130,113,99],[72,40,27]],[[0,255],[136,128]]]"
CAT = (
    b'{"word":"cat","countrycode":"VE","timestamp":"2017-03-02 23:25:10.07453 UTC","recognized":true,'
    b'"key_id":"5201136883597312","drawing":' + DRAWING + b"}\n"
)
RAW = CAT.replace(DRAWING, b"[[[414.48199462890625,-3],[437.5,12],[0,17]]]")


def _read(text: bytes, **options) -> Drawings:
    return read_ndjson(io.BytesIO(text), **options)


def _write(drawings: Drawings) -> bytes:
    file = io.BytesIO()
    write_ndjson(file, drawings)
    return file.getvalue()


def _same(found: Drawings, expected: Drawings) -> None:
    assert found.to_lists() == expected.to_lists()
    assert found.points.dtype == expected.points.dtype
    for name in COLUMNS:
        assert getattr(found, name).tolist() == getattr(expected, name).tolist()


def _kind(drawings: Drawings) -> tuple:
    return drawings.points.dtype, drawings.times is None


def _in_company(drawings: Drawings) -> Drawings:
    """The drawings as they are beside some of the other kind: the same numbers as float64, and no times."""
    return replace(drawings, points=drawings.points.astype(np.float64), times=None)


def test_a_line_becomes_arrays():
    drawings = _read(CAT * 2)  # the first line is parsed by orjson, the second by our own code
    assert drawings.points.dtype == np.uint8 and drawings.times is None
    assert drawings.to_lists() == [[[[130, 113, 99], [72, 40, 27]], [[0, 255], [136, 128]]]] * 2
    assert drawings.word.tolist() == ["cat"] * 2
    assert drawings.countrycode.tolist() == [b"VE"] * 2
    assert drawings.recognized.tolist() == [True] * 2
    assert drawings.key_id.tolist() == [5201136883597312] * 2
    assert drawings.timestamp.tolist() == [np.datetime64("2017-03-02T23:25:10.074530").item()] * 2


def test_a_raw_line_becomes_floats_with_times():
    drawings = _read(RAW * 2)
    assert drawings.points.dtype == np.float64 and drawings.times.dtype == np.float32
    assert drawings.points.tolist() == [[414.48199462890625, 437.5], [-3, 12]] * 2
    assert drawings.times.tolist() == [0, 17] * 2


@pytest.mark.parametrize("kind, every", [("simplified", 1), ("raw", 1)])
def test_the_real_files_are_written_byte_for_byte(mirror, kind, every):
    for path in sorted((mirror / kind).glob("*.ndjson"))[::every]:
        assert _write(read_ndjson(path)) == path.read_bytes(), path


def test_the_real_raw_files_are_read_as_json_does(mirror):
    for path in sorted((mirror / "raw").glob("*.ndjson"))[::20]:
        records = [json.loads(line) for line in path.read_bytes().splitlines()]
        drawings = read_ndjson(path)
        expected = Drawings.from_lists([record["drawing"] for record in records], dtype=np.float64)
        assert np.array_equal(drawings.points, expected.points)
        assert np.array_equal(drawings.times, expected.times)
        assert np.array_equal(drawings.stroke_offsets, expected.stroke_offsets)
        assert drawings.key_id.tolist() == [int(record["key_id"]) for record in records]


countries = st.sampled_from(["", "US", "DE", "ZZ"])
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
single = st.floats(width=32, allow_nan=False, allow_infinity=False)
largest = float(np.finfo(np.float32).max)
double = st.floats(-largest, largest)
moments = st.integers(-(10**16), 4 * 10**15).map(lambda value: np.datetime64(value, "us"))


@st.composite
def drawings_of(draw, *, raw):
    values = [double, double, single] if raw else [st.integers(0, 255)] * 2
    stroke = st.lists(st.tuples(*values), min_size=1, max_size=5)
    stroke = stroke.map(lambda rows: [list(values) for values in zip(*rows, strict=True)])
    nested = draw(st.lists(st.lists(stroke, min_size=1, max_size=4), min_size=1, max_size=8))

    def column(values):
        return draw(st.lists(values, min_size=len(nested), max_size=len(nested)))

    return Drawings.from_lists(
        nested,
        dtype=np.float64 if raw else np.uint8,
        key_id=column(st.integers(0, 2**64 - 1)),
        word=column(words),
        countrycode=[code.encode() for code in column(countries)],
        recognized=column(st.booleans()),
        timestamp=np.array(column(moments), "datetime64[us]"),
    )


@settings(deadline=None)
@given(st.one_of(drawings_of(raw=False), drawings_of(raw=True)))
def test_what_is_written_is_read_again(drawings):
    again = _read(_write(drawings))
    _same(again, drawings)
    _same(_read(_write(drawings)[:-1]), drawings)  # the last newline may be missing


@settings(deadline=None)
@given(drawings_of(raw=False), st.integers(1, 5), st.integers(1, 400))
def test_batches_and_blocks_change_nothing(drawings, batch_size, block):
    text = _write(drawings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        batches = list(iter_ndjson(io.BytesIO(text), batch_size=batch_size))
        assert [len(batch) for batch in batches[:-1]] == [batch_size] * (len(batches) - 1)
        _same(Drawings.concatenate(batches), drawings)
        _same(_read(text, limit=2), drawings[:2])


@st.composite
def midpoints(draw):
    """Text of about 19 digits as near to the middle of two neighbouring float64 as such a text can be."""
    decimals = draw(st.integers(0, 18))
    power = 5**decimals
    halvings = draw(st.integers(max(0, power.bit_length() - 9), 53))  # fewer would leave more digits
    beyond = draw(st.sampled_from([-3, -1, 0, 1, 3]))
    # middle / 2^(halvings + decimals), with 54 bits, is the middle; beyond / (10^decimals 2^halvings) leads to the text
    middle = 2**53 + (-beyond * pow(power, -1, 2**halvings) - 2**53) % 2**halvings
    middle += 2**halvings * draw(st.integers(0, 2 ** (53 - halvings) - 1))
    digits = str((middle * power + beyond) >> halvings).rjust(decimals + 1, "0")
    return f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits


@settings(deadline=None)
@given(st.lists(st.one_of(
    st.floats(-1e6, 1e6).map(repr),
    midpoints(),
    st.tuples(st.integers(-(10**15), 10**15), st.integers(0, 99999)).map(lambda pair: f"{pair[0]}.{pair[1]}"),
    st.floats(0, 1000, width=32).map(lambda x: repr((x + float(np.nextafter(np.float32(x), np.float32(2e9)))) / 2)),
), min_size=1, max_size=20))  # fmt: skip
@example(["16777217", "16777219.0", "178.66666412353516", "9007199254740993", "0.1", "-0.0", "1e5", "1E-7"])
@example(["2765110914159905.75", "12345678901234567890", "0.00000000000000000001", "1" * 30])
def test_numbers_are_rounded_as_json_does(texts):
    numbers = ",".join(texts).encode()
    line = CAT.replace(DRAWING, b"[[[%b],[%b],[%b]]]" % (numbers, numbers, numbers))
    expected = np.array([float(text) for text in texts], np.float64)
    drawings = _read(RAW + line)[1]
    assert np.array_equal(drawings.points[:, 0], expected)
    assert np.array_equal(drawings.points[:, 1], expected)
    assert np.array_equal(drawings.times, expected.astype(np.float32))


@pytest.mark.parametrize("change", [
    lambda line: json.dumps(json.loads(line)).encode() + b"\n",  # blanks
    lambda line: json.dumps(dict(reversed(json.loads(line).items()))).encode() + b"\n",
    lambda line: json.dumps(json.loads(line) | {"note": [None, {"a": 1}]}).encode() + b"\n",
    lambda line: line.replace(b"cat", b"\\u0063at"),
    lambda line: line.replace(b"\n", b"\r\n"),
    lambda line: b"\n  \n" + line + b"\n",
    lambda line: line.replace(b'"5201136883597312"', b"5201136883597312"),
    lambda line: line.replace(b"[130,", b"[130.0,"),
])  # fmt: skip
def test_odd_but_valid_lines_mean_the_same(change):
    _same(_read(CAT + change(CAT) + CAT), _read(CAT * 3))
    _same(_read(change(CAT)), _read(CAT))


@pytest.mark.parametrize("word", ["café", "猫", 'say "cat"', "back\\slash", "two\nlines", ""])
def test_any_word_survives(word):
    drawings = Drawings.from_lists([[[[1], [2]]]] * 3, word=["cat", word, "cat"])
    assert _read(_write(drawings)).word.tolist() == ["cat", word, "cat"]


def test_only_the_drawing_is_required():
    drawings = _read(b'{"drawing":[[[1,2],[3,4]]]}\n{"drawing":[[[5],[6]]],"word":null}\n')
    assert drawings.to_lists() == [[[[1, 2], [3, 4]]], [[[5], [6]]]]
    assert drawings.word.tolist() == ["", ""] and drawings.countrycode.tolist() == [b"", b""]
    assert drawings.recognized.all() and not drawings.key_id.any()
    assert drawings.timestamp.tolist() == [np.datetime64(0, "us").item()] * 2


def test_coordinates_with_fractions_make_a_file_raw():
    drawings = _read(CAT.replace(b"[130,", b"[130.5,") + CAT)
    assert drawings.points.dtype == np.float64 and drawings.times is None
    assert drawings.points[0].tolist() == [130.5, 72] and drawings.points[5].tolist() == [130, 72]


BAD = {
    "half a line": (CAT[:70], "not JSON"),
    "no JSON": (b"hello\n", "not JSON"),
    "bad UTF-8": (CAT.replace(b"cat", b"c\xfft"), "not JSON"),
    "NaN": (CAT.replace(b"[130,", b"[NaN,"), "not JSON"),
    "Infinity": (CAT.replace(b"[130,", b"[Infinity,"), "not JSON"),
    "leading zero": (CAT.replace(b",99]", b",099]"), "not JSON"),
    "leading zeros": (CAT.replace(b",99]", b",00]"), "not JSON"),
    "no number": (CAT.replace(b"130,113", b"130,,113"), "not JSON"),
    "comma at the end": (CAT.replace(b"99]", b"99,]"), "not JSON"),
    "two objects": (CAT.replace(b"\n", CAT), "not JSON"),
    "a list": (b"[1,2]\n", "expected an object with the key 'drawing', found a list"),
    "no drawing": (b'{"word":"cat"}\n', "the key 'drawing' is missing"),
    "drawing is a string": (CAT.replace(DRAWING, b'"no"'), "'drawing' is a string"),
    "no strokes": (CAT.replace(DRAWING, b"[]"), "'drawing' has no strokes"),
    "a stroke without points": (CAT.replace(b"[[0,255],[136,128]]", b"[[],[]]"), "stroke 2 has no points"),
    "too shallow": (CAT.replace(DRAWING, b"[[130,113,99],[72,40,27]]"), "stroke 1 is not [[x, …], [y, …]]"),
    "too deep": (CAT.replace(b"[130,113,99]", b"[[130],113,99]"), "stroke 1 contains a list, expected numbers"),
    "x without y": (CAT.replace(b"[[0,255],[136,128]]", b"[[0,255]]"), "stroke 2 has 1 lists, expected 2"),
    "four lists": (CAT.replace(b"[136,128]", b"[1,2],[3,4],[5,6]"), "stroke 2 has 4 lists"),
    "times in one stroke": (CAT.replace(b"[136,128]", b"[1,2],[3,4]"), "stroke 2 has 3 lists, stroke 1 has 2"),
    "x longer": (CAT.replace(b"[136,128]", b"[136]"), "stroke 2 has lists of different lengths: 2 x, 1 y"),
    "y longer": (CAT.replace(b"[136,128]", b"[136,128,3]"), "stroke 2 has lists of different lengths: 2 x, 3 y"),
    "a string": (CAT.replace(b"[130,", b'["130",'), "stroke 1 contains a string, expected numbers"),
    "true": (CAT.replace(b"[130,", b"[true,"), "stroke 1 contains a boolean, expected numbers"),
    "null": (CAT.replace(b"[130,", b"[null,"), "stroke 1 contains null, expected numbers"),
    "huge": (CAT.replace(b"[130,", b"[1e39,"), "which is too large"),
    "word": (CAT.replace(b'"cat"', b"7"), "'word' is a number, expected a string"),
    "long word": (CAT.replace(b"cat", b"c" * 201), "'word' has 201 characters"),
    "countrycode": (CAT.replace(b'"VE"', b'"VEN"'), "'countrycode' is 'VEN', expected two letters"),
    "recognized": (CAT.replace(b"true", b'"yes"'), "'recognized' is 'yes', expected true or false"),
    "key_id": (CAT.replace(b"5201136883597312", b"52x"), "'key_id' is '52x', expected a string of digits"),
    "long key_id": (CAT.replace(b"5201136883597312", b"9" * 20), "'key_id'"),
    "timestamp": (CAT.replace(b"2017-03-02", b"2017-02-29"), "'timestamp' is '2017-02-29 23:25:10.07453 UTC'"),
    "no time": (CAT.replace(b"2017-03-02 23:25:10.07453 UTC", b"yesterday"), "'timestamp' is 'yesterday'"),
    "hour 24": (CAT.replace(b" 23:", b" 24:"), "'timestamp'"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_malformed_line_is_named_and_its_neighbours_are_kept(name, tmp_path):
    line, reason = BAD[name]
    path = tmp_path / "cat.ndjson"
    path.write_bytes(CAT + CAT + line.rstrip(b"\n") + b"\n" + CAT)
    with pytest.raises(UserError) as error:
        read_ndjson(path)
    assert str(error.value).startswith(f"{path}:3: ") and reason in str(error.value)
    assert "\n" not in str(error.value) and len(str(error.value)) < len(str(path)) + 200

    bad = BadRecords()
    _same(read_ndjson(path, bad=bad), _read(CAT * 3))
    assert (bad.count, bad.total, bad.fraction) == (1, 4, 0.25)
    assert str(bad.first[0]) == str(error.value)


@pytest.mark.parametrize("other", [b"256", b"1000", b"-1", b"12.5"])
def test_a_file_may_mix_drawings_of_any_kind(other):
    lines = [CAT, CAT.replace(b"255", other), RAW, CAT, RAW]
    expected = [_read(line)[0].to_lists()[0] for line in lines]
    for order in ([0, 1, 2, 3, 4], [2, 0, 1, 4, 3], [1, 0, 3, 2, 4]):
        drawings = _read(b"".join(lines[index] for index in order))
        assert drawings.to_lists() == [[stroke[:2] for stroke in expected[index]] for index in order]


def test_rows_are_lines_whatever_was_left_out():
    text = b"\n" + CAT * 2 + b"nonsense\n \n" + RAW + CAT
    bad = BadRecords()
    for size in (1, 2, 100):
        batches = list(iter_ndjson(io.BytesIO(text), batch_size=size, bad=bad))
        assert Drawings.concatenate(batches).row.tolist() == [1, 2, 5, 6]
    assert bad.first[0].line == 4


def test_half_a_line_at_the_end_is_malformed():
    bad = BadRecords()
    assert len(_read(CAT * 2 + CAT[:-3], bad=bad)) == 2
    assert bad.first[0].line == 3


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_no_damage_crashes_or_moves_a_neighbour(data):
    damaged = bytearray(data.draw(st.sampled_from([CAT, RAW])))
    whole_line = bytes(damaged)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(damaged) - 2))
        damaged[place : place + data.draw(st.integers(0, 3))] = data.draw(
            st.one_of(st.binary(max_size=3), st.sampled_from([b"]", b"[", b",", b"0", b"9", b"-", b".", b'"', b"}"]))
        )
    assume(b"\n" not in damaged[:-1] and damaged.endswith(b"\n"))
    drawings = _read(whole_line + bytes(damaged) + whole_line, bad=BadRecords())
    assert len(drawings) in (2, 3)
    neighbours = _read(whole_line * 2)
    alone = _read(bytes(damaged)) if len(drawings) == 3 else None  # still a good line, perhaps of the other kind
    mixed = alone is not None and _kind(alone) != _kind(neighbours)
    _same(drawings[[0, -1]], _in_company(neighbours) if mixed else neighbours)
    if alone is not None:  # it means what it means on its own, where orjson reads it
        _same(drawings[1], _in_company(alone) if mixed else alone)


def test_bad_records_are_counted_over_files_and_the_first_kept():
    bad = BadRecords(keep=2)
    for _ in range(2):
        _read(CAT + b"x\n" * 3, bad=bad)
    assert (bad.total, bad.count, len(bad.first)) == (8, 6, 2)


def test_a_line_that_is_too_long_is_malformed_and_not_kept_in_memory(monkeypatch):
    monkeypatch.setattr(module, "MAX_LINE", 1000)
    monkeypatch.setattr(module, "BLOCK", 100)
    bad = BadRecords()
    assert len(_read(CAT + b"1" * 100_000 + b"\n" + CAT, bad=bad)) == 2
    assert bad.first[0].line == 2 and "longer than" in bad.first[0].reason


def test_the_limit_stops_the_reading():
    file = io.BytesIO(CAT * 3 + b"malformed\n")
    assert len(read_ndjson(file, limit=3)) == 3
    assert len(_read(CAT, limit=0)) == 0


def test_a_byte_order_mark_at_the_beginning_means_nothing():
    _same(_read(b"\xef\xbb\xbf" + CAT * 2), _read(CAT * 2))
    bad = BadRecords()
    assert len(_read(CAT + b"\xef\xbb\xbf" + CAT * 2, bad=bad)) == 2
    assert [record.line for record in bad.first] == [2]


def test_an_empty_file_has_no_drawings():
    assert len(_read(b"")) == 0 and len(_read(b"\n\n")) == 0


def test_a_url_is_read_through_fsspec():
    import fsspec

    with fsspec.open("memory://drawings/cat.ndjson", "wb") as file:
        file.write(CAT * 3)
    _same(read_ndjson("memory://drawings/cat.ndjson"), _read(CAT * 3))
    with pytest.raises(UserError, match=r"memory://drawings/dog\.ndjson: not found"):
        read_ndjson("memory://drawings/dog.ndjson")


def test_a_missing_file_and_a_folder_are_one_line(tmp_path):
    with pytest.raises(UserError, match=r"cat\.ndjson: not found"):
        read_ndjson(tmp_path / "cat.ndjson")
    with pytest.raises(UserError, match="cannot be read"):
        read_ndjson(tmp_path)


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "cat.ndjson"
    write_ndjson(path, _read(CAT))
    broken = Drawings.from_lists([[[[1], [2]]]], countrycode=[b"\xff"])
    with pytest.raises(UnicodeDecodeError):
        write_ndjson(path, broken)
    assert path.read_bytes() == CAT and list(tmp_path.iterdir()) == [path]
