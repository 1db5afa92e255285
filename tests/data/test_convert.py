"""The same drawings in another format: what it can hold comes back, and nothing is left behind where it cannot be."""

import dataclasses
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sketch_classifier.data.convert import convert
from sketch_classifier.data.reading import recognise
from sketch_classifier.drawings.formats import read_ndjson, write_ndjson
from sketch_classifier.drawings.formats.writers import WRITABLE
from sketch_classifier.drawings.raster import rasterize
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError
from sketch_classifier.synthetic.generate import generate

NAMES = ("1 cat", '猫, "a" 🐱')
WHOLE = ("binary", "csv", "parquet")  # formats that hold all that a simplified drawing has

coordinates = st.integers(0, 255)
strokes = st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=6).map(
    lambda points: [list(axis) for axis in zip(*points, strict=True)]
)
drawings = st.lists(st.lists(strokes, min_size=1, max_size=3), min_size=1, max_size=4)


def written(folder, of_class, name="simplified"):
    (folder / name).mkdir(parents=True)
    for word, some in of_class.items():
        write_ndjson(folder / name / f"{word}.ndjson", dataclasses.replace(some, word=np.full(len(some), word)))
    return folder


def fills(drawing) -> bool:
    """Whether a simplified drawing reaches 0 in x and in y, and 255 in one of them."""
    xs, ys = (sum((stroke[axis] for stroke in drawing), []) for axis in (0, 1))
    return min(xs) == min(ys) == 0 and max(xs + ys) == 255


def contents(folder) -> dict:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def raw() -> dict[str, Drawings]:
    return {name: generate(category, 6, 1)[0] for name, category in zip(NAMES, ("cat", "house"), strict=True)}


@pytest.fixture(scope="module")
def source(raw, tmp_path_factory):
    """A folder with simplified drawings."""
    return written(tmp_path_factory.mktemp("source"), {name: simplify(some) for name, some in raw.items()})


@pytest.mark.slow
@settings(max_examples=4)
@given(drawings, drawings, st.data())
def test_strokes_come_back_byte_for_byte(tmp_path_factory, first, second, data):
    folder = tmp_path_factory.mktemp("round")
    columns = [
        {
            "key_id": data.draw(st.lists(st.integers(0, 2**64 - 1), min_size=len(some), max_size=len(some))),
            "countrycode": data.draw(
                st.lists(st.sampled_from(["DE", "", "NA"]), min_size=len(some), max_size=len(some))
            ),
            "recognized": data.draw(st.lists(st.booleans(), min_size=len(some), max_size=len(some))),
            "timestamp": np.full(len(some), np.datetime64("2017-03-09T00:28:55", "us")),
        }
        for some in (first, second)
    ]
    made = [Drawings.from_lists(some, **about) for some, about in zip((first, second), columns, strict=True)]
    source = written(folder / "source", dict(zip(NAMES, made, strict=True)))
    for name in WHOLE:
        convert(str(source), folder / name, name)
        convert(str(folder / name), folder / f"from {name}", "simplified", source_format=name)
        assert contents(folder / f"from {name}") == contents(source), name
    convert(str(source), folder / "raw", "raw")
    lines = {f"raw/{name}.ndjson": (source / f"simplified/{name}.ndjson").read_bytes() for name in NAMES}
    assert contents(folder / "raw") == lines
    convert(str(source), folder / "p5", "p5")
    convert(str(folder / "p5"), folder / "from p5", "simplified")
    for name, some in zip(NAMES, made, strict=True):
        back = read_ndjson(folder / f"from p5/simplified/{name}.ndjson")
        assert back.to_lists() == some.to_lists()


@settings(max_examples=6)
@given(drawings)
def test_tfrecords_lose_no_more_than_the_place(tmp_path_factory, some):
    some = [drawing for drawing in some if len(drawing[0][0]) > 1] or [[[[0, 255], [3, 4]]]]
    folder = tmp_path_factory.mktemp("tfrecord")
    source = written(folder / "source", {"a": Drawings.from_lists(some)})
    convert(str(source), folder / "tf", "tfrecord")
    convert(str(folder / "tf"), folder / "back", "raw")
    back = read_ndjson(folder / "back/raw/a.ndjson")
    for before, after in zip(some, back.to_lists(), strict=True):
        assert [len(stroke[0]) for stroke in before] == [len(stroke[0]) for stroke in after]
        old, new = (np.concatenate([np.array(stroke, float).T for stroke in drawing]) for drawing in (before, after))
        unit = 2 ** np.ceil(np.log2(max(np.ptp(old, axis=0).max(), 1)))
        np.testing.assert_array_equal(new * unit, old - old[0])


@pytest.mark.slow
def test_raw_drawings_keep_times_and_fractions(raw, tmp_path):
    source = written(tmp_path / "source", raw, "raw")
    for name in ("csv", "parquet"):
        done = convert(str(source), tmp_path / name, name)
        assert (done.lost, done.num_changed) == ((), 0)
        convert(str(tmp_path / name), tmp_path / f"from {name}", "raw")
        assert contents(tmp_path / f"from {name}") == contents(source)
    done = convert(str(source), tmp_path / "simple", "simplified")
    assert done.lost == ("times of points",) and done.num_changed == 12
    for name, some in raw.items():
        assert read_ndjson(tmp_path / f"simple/simplified/{name}.ndjson").to_lists() == simplify(some).to_lists()


@pytest.mark.parametrize("name", WRITABLE)
def test_what_is_written_is_recognised_and_read(source, raw, tmp_path, name):
    """And gives the same bitmaps, whichever format these come from."""
    convert(str(source), tmp_path / "to", name)
    found = recognise(str(tmp_path / "to"))
    assert (found.format, found.has_strokes) == (name, name not in ("numpy_bitmap", "image_folder"))
    done = convert(str(tmp_path / "to"), tmp_path / "bitmaps", "numpy_bitmap", reading="resize")
    assert done.counts == dict.fromkeys(NAMES, 6)
    for word, some in raw.items():
        bitmaps = np.load(tmp_path / f"bitmaps/numpy_bitmap/{word}.npy").reshape(-1, 28, 28)
        # A TFRecord does not say where a drawing lay: one that does not fill its region is enlarged.
        same = [name != "tfrecord" or fills(drawing) for drawing in simplify(some).to_lists()]
        assert sum(same) >= 3
        np.testing.assert_array_equal(bitmaps[same], rasterize(some)[same])


def test_pictures_are_those_of_the_rasteriser(source, raw, tmp_path):
    done = convert(str(source), tmp_path / "png", "image_folder", size=96, limit=2)
    assert done.counts == dict.fromkeys(NAMES, 2)
    assert set(done.lost) == {"strokes", "country", "recognized", "timestamp"}
    for word, some in raw.items():
        paths = sorted((tmp_path / "png" / word).iterdir())
        pictures = np.stack([np.asarray(Image.open(path)) for path in paths])
        np.testing.assert_array_equal(pictures, 255 - rasterize(some, 96)[:2])
        assert [path.stem.split("_")[1] for path in paths] == some.key_id[:2].astype(str).tolist()


def test_svg_holds_the_strokes(source, raw, tmp_path):
    convert(str(source), tmp_path / "svg", "image_folder", size=1000, image="svg")
    for word, some in raw.items():
        expected = simplify(some)
        paths = sorted((tmp_path / "svg" / word).glob("*.svg"))
        assert len(paths) == 6
        for path, drawing in zip(paths, expected.to_lists(), strict=True):
            svg = ElementTree.parse(path).getroot()
            assert (svg.get("width"), svg.get("viewBox")) == ("1000", "0 0 304 304")
            lines = svg[1].get("d").split("M")[1:]
            found = [[[float(n) for n in line.split()][axis::2] for axis in (0, 1)] for line in lines]
            assert found == drawing


def test_bitmaps_cannot_become_strokes(source, tmp_path):
    convert(str(source), tmp_path / "bitmaps", "numpy_bitmap")
    before = contents(tmp_path)
    for arguments in ({"format": "simplified"}, {"format": "csv"}, {"format": "image_folder", "image": "svg"}):
        with pytest.raises(UserError, match="^[^\n]*bitmaps cannot become strokes$"):
            convert(str(tmp_path / "bitmaps"), tmp_path / "out", **arguments)
    assert contents(tmp_path) == before and not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["p5", "parquet", "image_folder"])
def test_bitmaps_come_back(source, tmp_path, name):
    convert(str(source), tmp_path / "bitmaps", "numpy_bitmap")
    convert(str(tmp_path / "bitmaps"), tmp_path / "to", name)
    convert(str(tmp_path / "to"), tmp_path / "back", "numpy_bitmap", reading="resize")
    assert contents(tmp_path / "back") == contents(tmp_path / "bitmaps")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"format": "jpeg"}, "--format: unknown format 'jpeg'"),
        ({"format": "csv", "source_format": "cvs"}, "--from: unknown format 'cvs': did you mean 'csv'?"),
        ({"format": "csv", "size": 64}, "--size: bitmaps of csv have 28 pixels per side"),
        ({"format": "csv", "image": "svg"}, "--image: only image_folder supports svg files"),
        ({"format": "image_folder", "size": 5000}, "size: a whole number from 16 to"),
        ({"format": "csv", "categories": ["1 cta"]}, "unknown category '1 cta': did you mean '1 cat'"),
    ],
)  # fmt: skip
def test_refusals(source, tmp_path, arguments, message):
    with pytest.raises(UserError, match=re.escape(message)):
        convert(str(source), tmp_path / "out", **arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_stays(source, tmp_path):
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(UserError, match="exists and is not an empty folder"):
        convert(str(source), tmp_path, "csv")
    with pytest.raises(UserError, match="exists and is not an empty folder"):
        convert(str(source), tmp_path / "notes", "csv")
    assert contents(tmp_path) == {"notes": b"mine"}


def test_what_fails_on_the_way_leaves_nothing(tmp_path):
    ancient = Drawings.from_lists([[[[0, 9], [0, 255]]]], timestamp=np.array(["1900-01-01"], "datetime64[us]"))
    source = written(tmp_path / "source", {"a": ancient})
    with pytest.raises(UserError, match="before 1970"):
        convert(str(source), tmp_path / "out", "binary")
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_malformed_records_are_left_out_and_named(source, tmp_path):
    mine = tmp_path / "source/simplified"
    mine.mkdir(parents=True)
    lines = (source / f"simplified/{NAMES[0]}.ndjson").read_bytes().splitlines(keepends=True)
    (mine / "a.ndjson").write_bytes(b"".join([lines[0], b'{"drawing": 3}\n', *lines[1:]]))
    done = convert(str(tmp_path / "source"), tmp_path / "out", "csv")
    assert done.counts == {"a": 6} and done.bad.count == 1
    assert str(done.bad.first[0]).startswith(f"{mine}/a.ndjson:2: ")
