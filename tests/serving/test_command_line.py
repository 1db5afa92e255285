"""`python -m sketch_classifier predict`, as a user sees it."""

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image
from tests.serving import photos

from sketch_classifier import Predictor, rasterize, simplify
from sketch_classifier.drawings.formats import write_ndjson
from sketch_classifier.entry_point import exit_code
from sketch_classifier.models import shipped
from sketch_classifier.serving.command_line import main


@pytest.fixture(scope="module")
def files(tmp_path_factory, unseen):
    """A folder of the same 4 houses in each form."""
    folder = tmp_path_factory.mktemp("files")
    raw = unseen("house", 6)[:4]
    write_ndjson(folder / "raw.ndjson", raw)
    write_ndjson(folder / "simplified.ndjson", simplify(raw))
    bitmaps = rasterize(simplify(raw))
    np.save(folder / "images.npy", bitmaps)
    np.save(folder / "rows.npy", bitmaps.reshape(-1, 784))
    (folder / "within").mkdir()
    for index in range(len(raw)):
        (folder / f"within/{index}.jpg").write_bytes(photos.photo(raw.strokes(index), quality=90).read())
    return folder


@pytest.fixture
def command(model_folder, capsys):
    """Run it, and give its exit code and the lines of its two outputs."""

    def run(*arguments, models=None):
        models = models or model_folder()
        capsys.readouterr()  # of its training
        code = exit_code(lambda: main(["predict", *map(str, arguments), "--models", str(models)]))
        captured = capsys.readouterr()
        return code, captured.out.splitlines(), captured.err.splitlines()

    return run


def test_every_form_gives_the_probabilities_of_predictor(command, files, trained, unseen):
    expected = trained().predict_strokes(unseen("house", 6)[:4])
    for name in ("raw.ndjson", "simplified.ndjson", "images.npy", "rows.npy"):
        code, lines, errors = command(files / name, "--json")
        assert (code, errors) == (0, [])
        found = [json.loads(line) for line in lines]
        assert [(line["file"], line["drawing"]) for line in found] == [(str(files / name), n) for n in (1, 2, 3, 4)]
        for line, row in zip(found, expected, strict=True):
            shares = {answer["class"]: answer["probability"] for answer in line["predictions"]}
            assert list(shares.values()) == sorted(shares.values(), reverse=True)
            np.testing.assert_allclose([shares[name] for name in trained().classes], row, atol=1e-6)


def test_a_folder_for_people(command, files):
    code, lines, errors = command(files)
    assert (code, errors) == (0, [])
    assert [line.split("  ")[0] for line in lines] == [
        *(f"{files / name}:{number}" for name in ("images.npy", "raw.ndjson", "rows.npy", "simplified.ndjson") for number in (1, 2, 3, 4)),
        *(str(files / f"within/{index}.jpg") for index in range(4)),
    ]  # fmt: skip
    houses = [line.split("  ")[1].startswith("house ") for line in lines]
    assert np.mean(houses) > 0.8
    name, share = lines[0].split("  ")[1].split(", ")[0].rsplit(" ", 1)
    assert share.endswith("%") and 100 / 3 <= float(share[:-1]) <= 100


def test_the_small_model(command, files):
    code, lines, errors = command(files / "images.npy", "--int8")
    assert (code, len(lines), errors) == (0, 4, [])


@pytest.mark.parametrize("name", ["raw.ndjson", "images.npy", "within/0.jpg"])
def test_standard_input(name, command, files, monkeypatch):
    expected = command(files / name, "--json")[1]
    stream = io.TextIOWrapper(io.BufferedReader(io.BytesIO((files / name).read_bytes())))
    monkeypatch.setattr(sys, "stdin", stream)
    code, lines, errors = command("-", "--json")
    assert (code, errors) == (0, [])
    assert [json.loads(line) | {"file": ""} for line in lines] == [json.loads(line) | {"file": ""} for line in expected]


def test_bad_files_get_a_line_each_and_the_rest_goes_on(command, files, tmp_path):
    contents = {
        "a.png": b"\x89PNG\r\n\x1a\nnonsense",
        "b.ndjson": b"nonsense\nmore\n",
        "c.npy": b"\x93NUMPYnonsense",
        "d.jpg": b"",
        "f.ndjson": b"\n",
        "i.png": b"8BPS\0\1" + bytes(20),  # of Photoshop
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    np.save(tmp_path / "e.npy", np.full((2, 28, 28), 7.0))
    np.save(tmp_path / "g.npy", np.array([None]), allow_pickle=True)
    np.save(tmp_path / "j.npy", np.zeros((2, 3, 28, 28), np.uint8))
    np.save(tmp_path / "k.npy", np.zeros((0, 784), np.uint8))
    lines = (files / "raw.ndjson").read_bytes().splitlines(keepends=True)
    (tmp_path / "h.ndjson").write_bytes(b"".join([lines[0], b'{"drawing":[[[1],[]]]}\n', b"{}\n", lines[1]]))
    empty = tmp_path / "empty"
    empty.mkdir()
    code, found, errors = command(tmp_path, tmp_path / "missing", empty, files / "images.npy")
    assert code == 1
    assert len(found) == 2 + 4
    parts = [
        ("empty: no .ndjson, .npy, .png, .jpg, .jpeg, .webp, ", ".heif files in this folder",), ("a.png: not a picture",),
        ("b.ndjson: neither", "line 1"), ("c.npy: not an .npy file",), ("d.jpg: empty",), ("e.npy: images: ", "float64"),
        ("f.ndjson: neither",), ("g.npy: an array of numbers",), ("h.ndjson:2: ", "1 more malformed"),
        ("i.png: neither", "(PNG, JPEG, WebP"), ("j.npy: images: this model reads grey",), ("k.npy: no images",), ("missing: not found",),
    ]  # fmt: skip
    assert len(errors) == len(parts)
    for line, expected in zip(errors, parts, strict=True):
        assert line.startswith("error: ") and all(part in line for part in expected), line


def test_a_picture_for_a_model_that_needs_strokes(command, files, model_folder):
    code, lines, errors = command(files / "within/0.jpg", files / "raw.ndjson", models=model_folder("stroke_order"))
    assert (code, len(lines), len(errors)) == (1, 4, 1)
    assert "needs strokes" in errors[0]


def test_a_picture_for_a_model_of_photographs(command, model_folder, tmp_path):
    """It is looked at in colour, the square in its middle, and no lines are searched in it."""
    model = onnx.load(model_folder("stroke_order") / "model.onnx")
    next(entry for entry in model.metadata_props if entry.key == "channels").value = '"color"'
    onnx.save(model, tmp_path / "model.onnx")
    pixels = np.random.default_rng(0).integers(0, 256, (28, 50, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photograph.png")
    expected = Predictor(tmp_path).predict_images(np.moveaxis(pixels[:, 11:39], -1, 0)[None])[0]
    code, lines, errors = command(tmp_path / "photograph.png", "--json", models=tmp_path)
    assert (code, errors) == (0, [])
    shares = {answer["class"]: answer["probability"] for answer in json.loads(lines[0])["predictions"]}
    np.testing.assert_allclose([shares[name] for name in Predictor(tmp_path).classes], expected, atol=1e-6)


@pytest.mark.parametrize("encoding", ["utf-8:strict", "ascii"])
def test_names_that_the_output_cannot_show(encoding, files, model_folder, tmp_path):
    names = [tmp_path / "Kätzchen ☃.npy", Path(f"{tmp_path}/\udcff.npy")]
    for name in names:
        name.write_bytes((files / "images.npy").read_bytes())
    program = [sys.executable, "-m", "sketch_classifier", "predict", str(tmp_path), "--models", str(model_folder())]
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    text, lines = (
        subprocess.run([*program, *more], env=environment, capture_output=True, check=True).stdout.splitlines()
        for more in ([], ["--json"])
    )
    assert len(text) == 8
    assert {json.loads(line)["file"] for line in lines} == set(map(str, names))


def test_no_model(command, files, tmp_path):
    code, lines, errors = command(files / "images.npy", models=tmp_path)
    assert (code, lines) == (1, [])
    assert errors == [f"error: {tmp_path / 'model.onnx'}: no exported model here; run `dvc repro export`"]


@pytest.fixture
def bare(pretrained, tmp_path, monkeypatch, capsys):
    """Run it without `--models` in an empty folder: its exit code and the lines of its two outputs."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        capsys.readouterr()
        code = exit_code(lambda: main(["predict", *map(str, arguments)]))
        captured = capsys.readouterr()
        return code, captured.out.splitlines(), captured.err.splitlines()

    return run


def test_without_a_model_the_shipped_one_answers_and_a_line_says_so(bare, files):
    code, lines, errors = bare(files / "images.npy", files / "within/0.jpg", "--json")
    num = len(Predictor.pretrained().classes)
    assert (code, errors) == (
        0,
        [f"no model in models/; using the pre-trained sketchnet ({num} categories)"],
    )
    expected = Predictor.pretrained().predict_images(np.load(files / "images.npy")).max(axis=1)
    found = [json.loads(line)["predictions"][0]["probability"] for line in lines]
    assert len(found) == 5
    np.testing.assert_allclose(found[:4], expected, atol=1e-6)


def test_a_shipped_model_by_its_name(bare, files, model_folder, tmp_path):
    shutil.copytree(model_folder(), tmp_path / "models")
    assert bare(files / "images.npy") == (0, bare(files / "images.npy", "--models", "models")[1], [])
    for name in ("sketchnet", "sketchnet_tiny"):
        code, lines, errors = bare(files / "images.npy", "--model", name, "--json")
        assert (code, errors) == (0, [])
        share = Predictor.pretrained(name).predict_images(np.load(files / "images.npy")).max(axis=1)[0]
        assert json.loads(lines[0])["predictions"][0]["probability"] == pytest.approx(share, abs=1e-6)
    code, lines, errors = bare(files / "images.npy", "--model", "sketchnot")
    assert (code, lines, len(errors)) == (1, [], 1) and "did you mean 'sketchnet'" in errors[0]
    code, lines, errors = bare(files / "images.npy", "--model", "sketchnet", "--int8")
    assert (code, lines) == (1, [])
    assert errors == ["error: --int8: the pre-trained model sketchnet has no 8-bit version"]


def test_a_model_that_was_not_exported_is_not_passed_over(bare, files, model_folder, tmp_path):
    (tmp_path / "models").mkdir()
    shutil.copy(model_folder() / "model.json", tmp_path / "models")
    assert bare(files / "images.npy")[::2] == (
        1,
        ["error: models/model.onnx: no exported model here; run `dvc repro export`"],
    )


def test_a_package_without_trained_models(bare, files, tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    assert bare(files / "images.npy")[::2] == (
        1,
        ["error: models/model.onnx: no exported model here; run `dvc repro export`"],
    )


@pytest.mark.slow
def test_as_a_program_whose_reader_stops_early(files, model_folder):
    """`… | head -1` ends without a traceback."""
    many = [str(files / "raw.ndjson")] * 2000
    program = [sys.executable, "-m", "sketch_classifier", "predict", *many, "--models", str(model_folder())]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline().startswith(str(files).encode())
        process.stdout.close()
        errors = process.stderr.read().decode()
    assert "Traceback" not in errors and "rror" not in errors.replace("error=", "")
