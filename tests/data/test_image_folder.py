"""Pictures in a folder a class: their splits, their order, and what is said of what is no picture."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from sketch_classifier.data.dataset import Dataset
from sketch_classifier.data.download import download
from sketch_classifier.data.preprocess import preprocess
from sketch_classifier.data.reading import recognise
from sketch_classifier.drawings.picture import picture_to_bitmap
from sketch_classifier.drawings.picture_kinds import PICTURE_SUFFIXES
from sketch_classifier.drawings.resize import resize
from sketch_classifier.errors import UserError
from sketch_classifier.params import DatasetPreset, Split

SHARES = {"train": 0.5, "validation": 0.25, "test": 0.25}


def draw(seed: int, size: int = 28) -> np.ndarray:
    """(size, size) uint8: a white cross somewhere on black, and a number as grey dots, so that no two are alike."""
    rng = np.random.default_rng(seed)
    image = np.zeros((size, size), np.uint8)
    y, x = rng.integers(size // 4, 3 * size // 4, 2)
    image[size // 5 : -size // 5, x] = image[y, size // 5 : -size // 5] = 255
    image[2, 2:10] = rng.integers(0, 100, 8)
    return image


@pytest.fixture
def folder(tmp_path):
    """folder({"train/cat": 3, …}) is a source with so many pictures in each folder."""

    def folder(counts: dict[str, int], size: int = 28):
        for number, (name, count) in enumerate(counts.items()):
            (tmp_path / "source" / name).mkdir(parents=True)
            for index in range(count):
                Image.fromarray(draw(100 * number + index, size)).save(tmp_path / "source" / name / f"{index}.png")
        return tmp_path / "source"

    return folder


def run(source, out, categories="all", limit=None, protocol="official", folds=0, **changes) -> Dataset:
    preset = DatasetPreset(format="image_folder", categories=categories, limit=limit, **changes)
    download(str(source), "image_folder", preset.files, limit, out / "raw", seed=0, cache=None, progress=False)
    preprocess(out / "raw", preset, Split(**SHARES, protocol=protocol, folds=folds), out / "processed")
    return Dataset.open(out / "processed")


def test_pictures_in_the_natural_order_of_their_names(folder, tmp_path):
    dataset = run(folder({"cat": 12, "dog": 2}), tmp_path)
    assert dataset.categories == ("cat", "dog")
    np.testing.assert_array_equal(dataset.images, [draw(seed) for seed in [*range(12), 100, 101]])


@pytest.mark.parametrize("names", [("train", "validation", "test"), ("Training", "val", "testing")])
def test_a_division_of_its_own(folder, tmp_path, names):
    counts = {f"{name}/{category}": 4 for name in names for category in ("cat", "dog")}
    source = folder(counts)
    index = run(source, tmp_path / "official").index
    assert index["file"].tolist()[::4] == [f"{name}/{category}" for name in SHARES for category in ("cat", "dog")]
    assert (index["split"].astype(str) == index["file"].astype(str).str.split("/").str[0]).all()
    pooled = run(source, tmp_path / "random", protocol="random").index
    assert (pooled["split"].astype(str) != index["split"].astype(str)).any()
    with pytest.raises(UserError, match="^split.folds: the source has its own splits"):
        run(source, tmp_path / "folds", folds=3)
    run(source, tmp_path / "folds", folds=3, protocol="random")


@pytest.mark.parametrize("there", ["test", "validation"])
def test_a_missing_part_is_taken_from_the_training_pictures(folder, tmp_path, there):
    dataset = run(folder({"train/cat": 40, "train/dog": 40, f"{there}/cat": 3, f"{there}/dog": 3}), tmp_path)
    counts = dataset.index["split"].value_counts()
    missing = "test" if there == "validation" else "validation"
    assert counts[there] == 6 and 10 <= counts[missing] <= 45 and counts.sum() == 86


def test_training_pictures_alone_are_divided_as_any(folder, tmp_path):
    divided = run(folder({"train/cat": 20, "train/dog": 20}), tmp_path / "a")
    (tmp_path / "source").rename(tmp_path / "moved")
    plain = run(tmp_path / "moved/train", tmp_path / "b")
    np.testing.assert_array_equal(divided.split, plain.split)
    assert len(set(plain.split.tolist())) == 3


def test_a_class_that_is_named_like_a_split(folder, tmp_path):
    assert run(folder({"car": 2, "train": 2}), tmp_path, ["train", "car"]).categories == ("train", "car")


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({"train/cat": 2, "train/dog": 2, "dog": 2}, "train contains class folders, but dog beside it does not"),
        ({"val/cat": 2, "val/dog": 2, "valid/cat": 2}, "val and valid both stand for validation"),
        ({"test/cat": 2, "test/dog": 2}, "expected a folder train beside test"),
        (
            {"cat": 2, "dog": 0},
            "source/dog: no .png, .jpg, .jpeg, .webp, .bmp, .gif, .tif, .tiff, .heic, .heif files; found nothing",
        ),
        ({"cat": 2}, "categories: all: at least 2 are needed, "),
    ],
)
def test_folders_that_cannot_be_read(folder, tmp_path, counts, message):
    with pytest.raises(UserError, match="^[^\n]*$") as error:
        run(folder(counts), tmp_path / "out")
    assert message in str(error.value)
    assert not (tmp_path / "out/raw").exists()


def test_files_that_are_no_pictures_are_named_and_left_out(folder, tmp_path, capsys):
    source = folder({"cat": 2, "dog": 2})
    for name in ("cat/notes.txt", "cat/.DS_Store", "cat/Thumbs.db", "README.md"):
        (source / name).write_text("no picture")
    assert len(run(source, tmp_path).images) == 4
    lines = [line for line in capsys.readouterr().err.splitlines() if "not images" in line]
    assert lines == [f"{source}/cat: ignored entries that are not images (1): 'notes.txt'"]


def test_a_picture_that_cannot_be_read(folder, tmp_path, capsys):
    source = folder({"cat": 4, "dog": 4})
    (source / "cat/2.png").write_bytes((source / "cat/2.png").read_bytes()[:60])
    with pytest.raises(UserError, match="^cat/2.png:3: not a picture that can be read"):
        run(source, tmp_path / "strict")
    dataset = run(source, tmp_path / "lenient", max_bad_records=0.5)
    assert dataset.index["row"].tolist() == [0, 1, 3, 0, 1, 2, 3]
    assert "left out: 1 of 4 records are malformed; the first: cat/2.png:3: " in capsys.readouterr().err


@pytest.mark.parametrize("size", [28, 40])
def test_ink_is_read_as_predict_reads_it(folder, tmp_path, size):
    dataset = run(folder({"cat": 1, "dog": 1}, size=120), tmp_path, image_size=size)
    expected = [picture_to_bitmap(draw(seed, 120), size) for seed in (0, 100)]
    np.testing.assert_array_equal(dataset.images, expected)


@pytest.mark.parametrize("size", [28, 40])
def test_resized_pictures(folder, tmp_path, size):
    dataset = run(folder({"cat": 1, "dog": 1}, size=120), tmp_path, image_size=size, reading="resize")
    np.testing.assert_array_equal(dataset.images, [resize(draw(seed, 120), size) for seed in (0, 100)])


@pytest.mark.parametrize("size", [257, 400, 640])
def test_large_pictures_are_resized_in_one_step(folder, tmp_path, size):
    """To the byte as `resize` defines it, and within one grey level of Pillow's filter of the same name."""
    dataset = run(folder({"cat": 1, "dog": 1}, size), tmp_path, reading="resize")
    for seed, found in zip((0, 100), dataset.images, strict=True):
        np.testing.assert_array_equal(found, resize(draw(seed, size), 28))
        pillow = np.asarray(Image.fromarray(draw(seed, size)).resize((28, 28), Image.Resampling.BILINEAR))
        assert np.abs(found.astype(int) - pillow).max() <= 1


def test_the_shorter_side_gains_paper(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / "source" / name).mkdir(parents=True)
        wide = np.full((14, 28), 250, np.uint8)
        wide[4:10, 3 if name == "cat" else 20] = 0
        Image.fromarray(wide).save(tmp_path / "source" / name / "a.png")
    images = run(tmp_path / "source", tmp_path, reading="resize").images
    assert images[0, 11:17, 3].tolist() == [255] * 6 and images[1, 11:17, 20].tolist() == [255] * 6
    assert (np.delete(images[0], 3, axis=1) == 5).all()


def test_photographs_in_color(tmp_path):
    for name, color in (("red", (200, 0, 0)), ("green", (0, 200, 0))):
        (tmp_path / "source" / name).mkdir(parents=True)
        Image.new("RGB", (50, 40), color).save(tmp_path / "source" / name / "a.png")
    dataset = run(tmp_path / "source", tmp_path, channels="color", image_size=32)
    assert dataset.images.shape == (2, 3, 32, 32)
    assert dataset.images[:, :, 0, 0].tolist() == [[0, 200, 0], [200, 0, 0]]


@pytest.mark.parametrize("reading", ["resize", "ink"])
@pytest.mark.parametrize("ending", PICTURE_SUFFIXES)
def test_every_kind_of_picture_that_predict_reads(tmp_path, ending, reading):
    for category, kind in (("cat", ending.upper()), ("dog", ".png")):
        (tmp_path / "source" / category).mkdir(parents=True)
        if ending in (".heic", ".heif"):
            pytest.importorskip("pillow_heif").register_heif_opener()
        image = Image.fromarray(255 - draw(5, 64)).convert("RGB")
        image.save(tmp_path / f"source/{category}/a{kind}", **({"quality": 95} if kind != ".png" else {}))
    first, second = run(tmp_path / "source", tmp_path, reading=reading).images
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] > 0.95


def test_folders_without_a_picture_are_of_another_format(tmp_path):
    (tmp_path / "train_simplified").mkdir()
    (tmp_path / "train_simplified/cat.csv.gz").write_bytes(b"")
    with pytest.raises(UserError, match="no drawings found; accepted are simplified "):
        recognise(str(tmp_path))


def test_links_are_followed_and_those_to_nothing_left_out(folder, tmp_path):
    source = folder({"cat": 2, "dog": 2})
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "cat").symlink_to(source / "cat")
    (source / "dog").rename(linked / "dog")
    (linked / "dog/linked.png").symlink_to(source / "cat/0.png")
    (linked / "dog/dangling.png").symlink_to("nowhere.png")
    dataset = run(linked, tmp_path)
    assert dataset.categories == ("cat", "dog")
    assert np.bincount(dataset.labels).tolist() == [2, 3]


def test_a_folder_named_like_a_picture_is_none(folder, tmp_path):
    source = folder({"cat": 2, "dog": 2})
    (source / "cat/folder.png").mkdir()
    assert len(run(source, tmp_path).images) == 4


def test_folders_of_folders_of_folders(folder, tmp_path):
    source = folder({"animals/cat": 2, "animals/dog": 2})
    with pytest.raises(
        UserError, match="animals: expected pictures, found folders .'cat', 'dog'.; .* set source to it"
    ):
        run(source, tmp_path)


def test_the_reason_names_no_object(folder, tmp_path):
    source = folder({"cat": 1, "dog": 1})
    (source / "cat/empty.png").write_bytes(b"")
    with pytest.raises(
        UserError, match=r"^cat/empty.png:2: not a picture that can be read \(no PNG, JPEG, .*GIF, TIFF, HEIF\)$"
    ):
        run(source, tmp_path)


@pytest.mark.parametrize("reading", ["resize", "ink"])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "LA", "I;16", "interlaced"])
def test_a_picture_means_the_same_in_every_kind_of_png(tmp_path, mode, reading):
    for category in ("cat", "dog"):
        (tmp_path / "source" / category).mkdir(parents=True)
    grey = 255 - draw(5, 300 if reading == "resize" else 28)
    Image.fromarray(grey).save(tmp_path / "source/cat/a.png")
    image = Image.fromarray(grey)
    if mode == "interlaced":
        (tmp_path / "source/dog/a.png").write_bytes(interlaced(grey))
    else:
        image = Image.fromarray(grey.astype(np.uint16) * 257) if mode == "I;16" else image.convert(mode)
        image.save(tmp_path / "source/dog/a.png")
    first, second = run(tmp_path / "source", tmp_path, reading=reading).images
    np.testing.assert_array_equal(first, second)


def interlaced(grey: np.ndarray) -> bytes:
    """A PNG in the seven passes of Adam7 (PNG specification, section 8), without filters."""
    steps = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    passes = [grey[top::down, left::right] for top, left, down, right in steps]
    rows = b"".join(b"\0" + row.tobytes() for part in passes for row in part)
    height, width = grey.shape
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 1)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
