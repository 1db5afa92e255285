"""Reading the CSV files of Kaggle's competition."""

import csv
import io
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sketch_classifier.drawings.formats import BadRecords, csv_columns, iter_csv, read_csv, read_ndjson
from sketch_classifier.errors import UserError

NAMES = ["countrycode", "drawing", "key_id", "recognized", "timestamp", "word"]
ROW = ["US", "[[[17, 18], [0, 255]]]", "5152802093400064", "True", "2017-03-08 21:12:07.266040", "airplane"]
whole = st.lists(st.integers(0, 255), min_size=1, max_size=4)
real = st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=4)


def text(*rows, names=NAMES, **options) -> io.BytesIO:
    file = io.StringIO()
    writer = csv.writer(file, **({"lineterminator": "\n"} | options))
    writer.writerows([names, *rows])
    return io.BytesIO(file.getvalue().encode())


def test_a_row_of_the_competition():
    drawings = read_csv(text(ROW))
    assert drawings.to_lists() == [[[[17, 18], [0, 255]]]]
    assert drawings.points.dtype == np.uint8
    assert (drawings.word[0], drawings.countrycode[0], drawings.key_id[0]) == ("airplane", b"US", 5152802093400064)
    assert drawings.recognized[0] and str(drawings.timestamp[0]) == "2017-03-08T21:12:07.266040"
    assert drawings.row.tolist() == [1]  # the line of names is line 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_file_reads_as_the_same_lines_of_json(data):
    drawings = data.draw(
        st.lists(
            st.one_of(whole, real).flatmap(
                lambda xs: st.lists(st.tuples(st.just(xs), st.permutations(xs)), min_size=1, max_size=3)
            ),
            min_size=1,
            max_size=5,
        )
    )
    words = data.draw(
        st.lists(st.text(st.characters(codec="utf-8", min_codepoint=32), max_size=9), min_size=5, max_size=5)
    )
    order = data.draw(st.permutations([*NAMES, "more"]))
    quoting = data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    lines, rows = [], []
    for number, (drawing, word) in enumerate(zip(drawings, words, strict=False)):
        flag = number % 2 == 0
        when = f"2017-03-{number + 1:02d} 10:11:12.5"
        known = {
            "word": word,
            "countrycode": "DE",
            "timestamp": f"{when} UTC",
            "recognized": flag,
            "key_id": str(number),
        }
        lines.append(json.dumps(known | {"drawing": drawing}))
        row = known | {"timestamp": when, "drawing": json.dumps(drawing), "recognized": str(flag), "more": '"'}
        rows.append([row[name] for name in order])
    expected = read_ndjson(io.BytesIO("\n".join(["", *lines]).encode()))
    terminator = data.draw(st.sampled_from(["\n", "\r\n"]))
    found = read_csv(text(*rows, names=order, quoting=quoting, lineterminator=terminator))
    assert found.to_lists() == expected.to_lists()
    for name in ("word", "countrycode", "timestamp", "recognized", "key_id", "row"):
        assert getattr(found, name).tolist() == getattr(expected, name).tolist()


@pytest.mark.parametrize("block", [1, 50, 1 << 20])
def test_blocks_of_any_size(monkeypatch, block):
    from sketch_classifier.drawings.formats import csv_rows

    rows = [[*ROW[:2], str(number), *ROW[3:]] for number in range(1, 8)]
    monkeypatch.setattr(csv_rows, "BLOCK", block)
    batches = list(iter_csv(text(*rows), batch_size=3))
    assert [batch.key_id.tolist() for batch in batches] == [[1, 2, 3], [4, 5, 6], [7]]


@pytest.mark.parametrize(
    ("field", "value", "found"),
    [
        ("recognized", "TRUE", True), ("recognized", "false", False), ("recognized", "1", True), ("recognized", "", True),
        ("timestamp", "2017-03-08T21:12:07+00:00", np.datetime64("2017-03-08T21:12:07", "us")),
        ("timestamp", "2017-03-08 21:12:07 UTC", np.datetime64("2017-03-08T21:12:07", "us")),
        ("timestamp", "", np.datetime64(0, "us")),
        ("timestamp", "2017-03-08T21:12:07.5Z", np.datetime64("2017-03-08T21:12:07.5", "us")),
        ("timestamp", "2017-03-08 21:12:07.266040123", np.datetime64("2017-03-08T21:12:07.266040", "us")),
        ("timestamp", "2017-03-08 21:12:07+00", np.datetime64("2017-03-08T21:12:07", "us")),
        ("timestamp", "2017-03-08", np.datetime64("2017-03-08", "us")),
        ("recognized", "1.0", True), ("recognized", "0.0", False), ("key_id", "5152802093400064.0", 5152802093400064),
        ("countrycode", "", b""), ("key_id", "", 0), ("word", 'a "b", c\\', 'a "b", c\\'), ("word", "猫", "猫"),
    ],
)  # fmt: skip
def test_fields_as_other_programs_write_them(field, value, found):
    row = [value if name == field else known for name, known in zip(NAMES, ROW, strict=True)]
    assert getattr(read_csv(text(row)), field)[0] == found


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("drawing", "", "'drawing' is a string"), ("drawing", "[[[1, 2], [3]]]", "different lengths: 2 x, 1 y"),
        ("drawing", "[[[1 2], [3]]]", "not JSON"), ("drawing", "[]", "no strokes"), ("drawing", "x", "'drawing' is a string"),
        ("recognized", "maybe", "'recognized' is 'maybe'"), ("key_id", "x", "'key_id' is 'x'"),
        ("timestamp", "yesterday", "'timestamp' is"), ("countrycode", "USA", "'countrycode' is 'USA'"),
    ],
)  # fmt: skip
def test_malformed_rows_are_named_by_their_line(field, value, reason):
    row = [value if name == field else known for name, known in zip(NAMES, ROW, strict=True)]
    with pytest.raises(UserError, match=f"^<file>:3: [^\n]*{reason}"):
        read_csv(text(ROW, row))
    bad = BadRecords()
    assert read_csv(text(row, ROW), bad=bad).row.tolist() == [2]
    assert (bad.count, bad.total) == (1, 2)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators(separator):
    found = read_csv(text(ROW, delimiter=separator))
    assert found.to_lists() == read_csv(text(ROW)).to_lists() and found.recognized[0] and found.countrycode[0] == b"US"


def test_spaces_after_commas():
    rows = [", ".join(NAMES), ", ".join(f'"{field}"' for field in ROW), f'US , "{ROW[1]}", 7, False , , cat']
    found = read_csv(io.BytesIO("\n".join(rows).encode()))
    assert found.to_lists() == 2 * read_csv(text(ROW)).to_lists()
    assert found.recognized.tolist() == [True, False] and found.key_id.tolist() == [int(ROW[2]), 7]


def test_utf_16_is_named():
    with pytest.raises(UserError, match="^<file>: text in UTF-16; save it as UTF-8$"):
        read_csv(io.BytesIO("\ufeffword,drawing\n".encode("utf-16-le")))


def test_line_breaks_within_quotes_leave_the_numbers_of_lines():
    broken = [ROW[0], "[[[17,\n18],\n[0, 255]]]", *ROW[2:]]
    assert read_csv(text(broken, ROW)).row.tolist() == [1, 4]
    assert read_csv(text(broken)).to_lists() == [[[[17, 18], [0, 255]]]]


def test_a_quote_that_is_not_closed():
    with pytest.raises(UserError, match="^<file>:3: not JSON"):
        read_csv(io.BytesIO(text(ROW).getvalue() + b'US,"[[[1, 2], [3, 4]'))


def test_columns_and_their_absence():
    assert csv_columns(text(ROW)) == ("word", "countrycode", "timestamp", "recognized", "key_id", "drawing")
    alone = read_csv(text([ROW[1]], names=["drawing"]))
    assert len(alone) == 1 and alone.recognized[0] and not alone.key_id[0]
    assert csv_columns(text(names=["\ufeffDrawing ", "x"])) == ("drawing",)
    with pytest.raises(UserError, match="^<file>:1: no column 'drawing' in the first line; found 'US', "):
        read_csv(text(names=ROW))
