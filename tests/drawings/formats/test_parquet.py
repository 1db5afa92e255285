"""Reading Parquet files as Hugging Face's hub has them."""

import json
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sketch_classifier.drawings.formats import BadRecords
from sketch_classifier.drawings.formats.parquet import ParquetDrawings, iter_parquet
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError

INTS, FLOATS = pa.list_(pa.list_(pa.uint8())), pa.list_(pa.list_(pa.float32()))
LAYOUTS = {
    "struct of lists": pa.struct({"x": FLOATS, "y": FLOATS}),
    "of bytes": pa.struct({"x": INTS, "y": INTS}),
    "list of structs": pa.list_(pa.struct({"x": pa.list_(pa.int64()), "y": pa.list_(pa.int64())})),
    "text": pa.string(),
}
GOOD = [[[1, 2], [3, 4]], [[5], [6]]]


def write(path, drawings, layout="struct of lists", words=None, classes=("ant", "bee"), **columns):
    """A file of drawings, each a list of strokes [xs, ys] or None; its path."""
    kind = LAYOUTS[layout]
    if layout == "text":
        values = [json.dumps(drawing) for drawing in drawings]
    elif pa.types.is_struct(kind):
        values = [
            None
            if drawing is None
            else {axis: [stroke[place] for stroke in drawing] for place, axis in enumerate("xy")}
            for drawing in drawings
        ]
    else:
        values = [
            None if drawing is None else [{"x": stroke[0], "y": stroke[1]} for stroke in drawing]
            for drawing in drawings
        ]
    words = [0] * len(drawings) if words is None else words
    table = pa.table({"drawing": pa.array(values, kind), "word": words, **columns})
    features = {"word": {"names": list(classes), "_type": "ClassLabel"}}
    table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(table, path, row_group_size=3)
    return path


def read(path, **options) -> Drawings:
    return Drawings.concatenate(list(iter_parquet(path, str(path), **options)))


numbers = st.lists(st.integers(0, 255), min_size=1, max_size=4)
strokes = numbers.flatmap(lambda xs: st.tuples(st.just(xs), st.permutations(xs)).map(list))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    drawings=st.lists(st.lists(strokes, min_size=1, max_size=3), min_size=1, max_size=8),
    layout=st.sampled_from(list(LAYOUTS)),
)
def test_every_layout(tmp_path, drawings, layout):
    found = read(write(tmp_path / "a.parquet", drawings, layout, [index % 2 for index in range(len(drawings))]))
    assert found.to_lists() == Drawings.from_lists(drawings).to_lists()
    assert found.word.tolist() == [("ant", "bee")[index % 2] for index in range(len(drawings))]
    assert found.row.tolist() == list(range(len(drawings)))


def test_what_is_known_of_drawings(tmp_path):
    columns = {
        "key_id": ["5", None],
        "countrycode": ["DE", None],
        "recognized": [False, None],
        "timestamp": pa.array([1_500_000_000_000_000, None], pa.timestamp("us", "UTC")),
    }
    drawings = read(write(tmp_path / "a.parquet", [GOOD, GOOD], **columns))
    assert drawings.key_id.tolist() == [5, 0] and drawings.countrycode.tolist() == [b"DE", b""]
    assert drawings.recognized.tolist() == [False, True]
    assert drawings.timestamp.astype(np.int64).tolist() == [1_500_000_000_000_000, 0]
    assert set(ParquetDrawings(tmp_path / "a.parquet", "a").columns) == set(columns)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("drawing", "reason"),
    [
        ([], "strokes"),
        (None, "strokes"),
        ([[[], []]], "points"),
        ([[[1, 2], [3]]], "different lengths"),
        ([*GOOD, [[1], []]], ""),
    ],
)
def test_malformed_rows_are_named(tmp_path, layout, drawing, reason):
    path = write(tmp_path / "a.parquet", [GOOD, drawing, GOOD[:1]], layout)
    with pytest.raises(UserError, match=f"^[^\n]*a.parquet:2: [^\n]*{reason}"):
        read(path)
    bad = BadRecords()
    found = read(path, bad=bad)
    assert found.to_lists() == Drawings.from_lists([GOOD, GOOD[:1]]).to_lists() and found.row.tolist() == [0, 2]
    assert (bad.count, bad.total) == (1, 3)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), None])
def test_numbers_that_are_no_coordinates(tmp_path, number):
    with pytest.raises(UserError, match="a.parquet:2: a coordinate is missing or too large"):
        read(write(tmp_path / "a.parquet", [GOOD, [[[1, number], [2, 3]]]]))


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
@pytest.mark.parametrize(
    "text", ["2017-03-02 23:25:10.07453 UTC", "2017-03-02T23:25:10.07453Z", "2017-03-02 23:25:10.074530000+00:00"]
)
def test_times_as_text(tmp_path, text, kind):
    path = write(tmp_path / "a.parquet", [GOOD, GOOD], timestamp=pa.array([text, None], kind))
    assert read(path).timestamp.tolist() == [datetime(2017, 3, 2, 23, 25, 10, 74530), datetime(1970, 1, 1)]


def test_text_and_bytes_as_polars_writes_them(tmp_path):
    table = pa.table(
        {
            "word": pa.array(["ant", "bee"], pa.string_view()),
            "drawing": pa.array([json.dumps(GOOD)] * 2, pa.string_view()),
            "countrycode": pa.array(["DE", None], pa.string_view()),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    drawings = read(tmp_path / "a.parquet")
    assert drawings.to_lists() == [GOOD, GOOD] and drawings.word.tolist() == ["ant", "bee"]
    assert drawings.countrycode.tolist() == [b"DE", b""]
    kind = pa.struct({"bytes": pa.binary_view(), "path": pa.string_view()})
    images = pa.table({"word": table["word"], "image": pa.array([{"bytes": b"x", "path": "a"}] * 2, kind)})
    pq.write_table(images, tmp_path / "b.parquet")
    file = ParquetDrawings(tmp_path / "b.parquet", "b")
    assert file.names() == ("ant", "bee")
    ((batch, words),) = file.batches()
    assert batch.take(pa.array([1])).column("image").to_pylist() == [{"bytes": b"x", "path": "a"}] and len(words) == 2


def test_words_without_a_list_of_classes(tmp_path):
    path = write(tmp_path / "a.parquet", [GOOD, GOOD], words=["cat", "ant"])
    assert ParquetDrawings(path, "a").names() == ("ant", "cat")
    assert read(path).word.tolist() == ["cat", "ant"]


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(UserError, match="^a: not a Parquet file [^\n]*$"):
        ParquetDrawings(tmp_path / "a.parquet", "a")
    pq.write_table(pa.table({"x": [1]}), tmp_path / "b.parquet")
    with pytest.raises(UserError, match="^b: expected columns drawing or image, word or label, found x$"):
        ParquetDrawings(tmp_path / "b.parquet", "b")
    pq.write_table(pa.table({"drawing": ["[]"], "word": [0]}), tmp_path / "c.parquet")
    with pytest.raises(UserError, match="^c: word contains numbers, but the metadata do not name the classes$"):
        ParquetDrawings(tmp_path / "c.parquet", "c")
