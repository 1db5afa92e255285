"""`python -m sketch_classifier inspect` and `convert`, as a user sees them."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sketch_classifier.analysis import inspect_command
from sketch_classifier.data import convert_command
from sketch_classifier.data.convert import convert
from sketch_classifier.data.inspection import inspect
from sketch_classifier.drawings.formats import write_ndjson
from sketch_classifier.drawings.raster import rasterize
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.entry_point import exit_code
from sketch_classifier.params import Params
from sketch_classifier.params.yaml_file import parse_yaml
from sketch_classifier.serving.command_line import main
from sketch_classifier.synthetic import write
from sketch_classifier.synthetic.generate import generate

ROOT = Path(__file__).parents[2]
NAMES = ("1", "null", '- it\'s: "x"', "猫 🐱", "a, b #c", "{curly}")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Simplified drawings of six classes; of the second one a line is damaged."""
    folder = tmp_path_factory.mktemp("inspected")
    (folder / "simplified").mkdir()
    drawings = simplify(generate("cat", 24, 1)[0])
    for number, name in enumerate(NAMES):
        write_ndjson(folder / f"simplified/{name}.ndjson", drawings[4 * number : 4 * number + 4])
    with (folder / "simplified/null.ndjson").open("ab") as file:
        file.write(b'{"drawing": []}\n')
    return folder


@pytest.fixture
def command(capsys):
    """Run a command, and give its exit code and its two outputs."""

    def run(*arguments):
        add = (inspect_command.add, convert_command.add)
        code = exit_code(lambda: main([*map(str, arguments)], add))
        return code, *capsys.readouterr()

    return run


def test_what_inspect_says(command, source, tmp_path):
    code, out, _ = command("inspect", source, "--out", tmp_path / "sheet.png")
    assert code == 0
    assert "format      simplified\n" in out and "classes     6\n" in out and "drawings    24 read, all of them" in out
    assert re.search(rf"unreadable  1 of 25 records, the first: {source}/simplified/null.ndjson:5: ", out)
    assert re.search(r"recognized  \d+ of 24", out) and re.search(r"countries   [A-Z]{2} \d", out)
    for name in NAMES:
        assert re.search(rf"^{re.escape(name)} +4 ", out, re.MULTILINE)
    page = np.asarray(Image.open(tmp_path / "sheet.png").convert("L"))
    assert page.shape[0] > 6 * 64 and (page < 128).any()


def test_the_block_is_one_of_params_yaml(command, source, tmp_path):
    _, out, _ = command("inspect", source, "--out", tmp_path / "sheet.png")
    given = parse_yaml(out[out.index("# params.yaml") :].encode())
    tree = parse_yaml((ROOT / "params.yaml").read_bytes())
    tree |= {"source": given["source"], "dataset": "mine"}
    tree["datasets"] |= given["datasets"]
    preset = Params.model_validate(tree).datasets["mine"]
    assert (preset.format, set(preset.categories), preset.max_bad_records) == ("simplified", set(NAMES), 0.04)


def test_a_limit_is_stated(command, source, tmp_path):
    _, out, _ = command("inspect", source, "--limit", 2, "--out", tmp_path / "sheet.png")
    assert "drawings    12 read, the first 2 of each class at most (--limit)" in out
    assert len(re.findall(r" 2\+ ", out)) == 6


def test_pictures_have_no_flags_and_countries(command, source, tmp_path):
    convert(str(source), tmp_path / "png", "image_folder")
    code, out, _ = command("inspect", tmp_path / "png", "--out", tmp_path / "sheet.png")
    assert code == 0 and "format      image_folder\n" in out and "content     pictures\n" in out
    assert "recognized" not in out and "countries" not in out


@pytest.mark.parametrize(
    ("kind", "reading"), [("bitmap", "resize"), ("clean", "resize"), ("wide", "ink"), ("thin", "ink"), ("photo", "ink")]
)
def test_the_reading_that_is_proposed(tmp_path, kind, reading):
    """`resize` for clean square bitmaps like those of the dataset; `ink` for all others."""
    drawings = simplify(generate("cat", 4, 1)[0])
    for number, name in enumerate(("cat", "dog")):
        (tmp_path / "png" / name).mkdir(parents=True)
        two = drawings[2 * number : 2 * number + 2]
        for index, bitmap in enumerate(rasterize(two, 28 if kind == "bitmap" else 160, as_is=True)):
            grey = 255 - bitmap
            if kind == "wide":
                grey = np.pad(grey, ((0, 0), (0, 160)), constant_values=255)
            elif kind == "thin":
                grey = np.where(bitmap > 250, 255 - (bitmap - 250) * 20, 255).astype(np.uint8)
                grey = np.pad(grey, 80, constant_values=255)
            elif kind == "photo":
                light = np.linspace(0.4, 1, 160)
                grey = (grey * light).astype(np.uint8)
            Image.fromarray(grey).save(tmp_path / "png" / name / f"{index}.png")
    assert inspect(str(tmp_path / "png"), limit=2).block()["reading"] == reading
    if kind == "clean":
        assert inspect(str(tmp_path / "png"), reading="ink", limit=1).block()["reading"] == "ink"


def test_nothing_recognised(command, tmp_path):
    (tmp_path / "empty").mkdir()
    for source in (tmp_path / "empty", tmp_path / "absent"):
        code, out, error = command("inspect", source, "--out", tmp_path / "sheet.png")
        assert (code, out) == (1, "") and re.fullmatch(rf"error: source '{source}': no [^\n]*\n", error)


def test_convert_says_what_is_lost(command, source, tmp_path):
    code, out, error = command("convert", source, tmp_path / "p5", "--format", "p5", "--categories", "1", "null")
    assert (code, out) == (0, f"{tmp_path}/p5: 8 drawings of 2 classes, from simplified to p5\n")
    assert "left out, because p5 cannot store it: key_id, country, recognized, timestamp\n" in error
    assert "1 of 9 records are malformed" in error
    code, out, error = command("convert", tmp_path / "p5", tmp_path / "back", "--format", "simplified")
    assert (
        code == 0 and "not in p5, so simplified gets a default value: key_id, country, recognized, timestamp\n" in error
    )
    code, out, error = command("convert", source, tmp_path / "p5", "--format", "csv")
    assert (code, out) == (1, "") and error.startswith("error: ") and "not an empty folder" in error


def test_the_commands_of_the_page(command, tmp_path, monkeypatch):
    """All `inspect` and `convert` commands of docs/data.md, one after another, with folders instead of the network."""
    for format in ("simplified", "raw"):
        write(tmp_path / "bucket", format, ("cat", "dog", "fish"), 3, seed=0)
    convert(str(tmp_path / "bucket"), tmp_path / "kaggle", "csv", limit=3)
    convert(str(tmp_path / "bucket"), tmp_path / "sketches", "image_folder", limit=3)
    folders = {"official": "bucket", "/data/sketches": "sketches", "/data/kaggle": "kaggle"}
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```bash\n(.*?)```", (ROOT / "docs/data.md").read_text(encoding="utf-8"), re.S)
    lines = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    commands = [words[1:] for words in lines if words and words[0] == "sketch-classifier"]
    assert len(commands) == 6
    for words in commands:
        code, _, error = command(*(folders.get(word, word) for word in words))
        assert code == 0, (words, error)
    assert len(list(Path("cats").rglob("*.png"))) == 6 and len(list(Path("cats_svg").rglob("*.svg"))) == 3
    assert Path("cats_and_dogs.png").exists() and len(list(Path("ndjson/simplified").iterdir())) == 3
    assert list(Path("tf").rglob("*.tfrecord*"))
