"""All that is drawn of one run, and what DVC knows of it."""

import functools
import io
import json
import re
import shutil
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from benchmarks.kills import killed_and_repeated
from matplotlib.image import imread
from PIL import Image

from sketch_classifier.analysis import analyze as analyze_module
from sketch_classifier.analysis import report as report_module
from sketch_classifier.analysis import sheets as sheets_module
from sketch_classifier.analysis.analyze import analyze
from sketch_classifier.analysis.numbers import written
from sketch_classifier.errors import UserError
from sketch_classifier.evaluation.evaluate import evaluate
from sketch_classifier.evaluation.tables import read_figures, read_predictions, read_table
from sketch_classifier.models.network import build_network
from sketch_classifier.models.saved import About, save_model
from sketch_classifier.params import Analyze, ImageInput, ModelPreset, Optimizer
from sketch_classifier.params.yaml_file import parse_yaml

PICTURES = {
    "samples", "errors", "confusion_matrix", "class_distribution", "learning_curves", "look_alikes", "quality",
    "by_country", "reliability", "tsne_2d", "tsne_3d", "centroid_distances", "label_issues",
}  # fmt: skip
SEEDED = {
    *("samples.png", "tsne_2d.png", "tsne_3d.png", "tsne_3d.html", "report.html"),
    *("centroid_distances.csv", "centroid_distances.png", "label_issues.csv", "label_issues.png"),
}
PAGES = {"tsne_3d.html", "report.html"}
TABLES = {"quality.csv", "centroid_distances.csv", "label_issues.csv"}
STAGES = parse_yaml((Path(__file__).parents[2] / "dvc.yaml").read_bytes())["stages"]
PARAMS = Analyze(num_samples=3, num_errors=4, tsne_samples=10, tsne_perplexity=30.0, centroid_drawings=3)
PLAIN = {"positive": ("cat",), "positive_name": "pet"}
CATEGORIES = ("猫", '<blink>"$\\frac{1}$', "_a,b'{{ x }}")
UNUSUAL = {"categories": CATEGORIES, "positive": CATEGORIES[1:2], "positive_name": "<i>$x$ 🐱"}


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory, write_dataset):
    """A function from a task, a number of channels and whether the names are unusual to the folder of a run on which
    evaluate ran. Tests leave it as it is."""

    @functools.cache
    def evaluated(task="multiclass", channels=1, unusual=False) -> Path:
        folder = tmp_path_factory.mktemp("evaluated")
        dataset = write_dataset(folder / "processed", channels=channels, **(UNUSUAL if unusual else PLAIN))
        preset = ModelPreset(
            architecture="cnn", task=task, input=ImageInput(size=28, channels=1),
            optimizer=Optimizer(name="Adam", lr=0.001), batch_size=8, epochs=1,
        )  # fmt: skip
        names = dataset.class_names(task)
        about = About(
            name="preset", preset=preset, class_names=names, categories=dataset.categories, positive=dataset.positive,
            positive_name=dataset.positive_name, image_shape=(28, 28), channels=1, weights="none", failed_weights=(), frozen=False, flip_average=False, num_parameters=1,
            num_train=12, num_validation=6, seed=0, final={},
        )  # fmt: skip
        save_model(folder / "model", build_network("cnn", preset.input, 3 if task == "multiclass" else 1), about)
        evaluate(dataset.folder, folder / "model", folder / "metrics", folder / "evaluated")
        (folder / "curves.csv").write_text(
            "epoch,train_loss,validation_loss,train_accuracy,validation_accuracy\n1,2,2,.3,.3\n2,1,2,.5,.4\n"
        )
        (folder / "manifest.json").write_text('{"source": "synthetic"}')
        return folder

    return evaluated


@pytest.fixture
def run(tmp_path, evaluated):
    """The folder of a run of the test's own, on which evaluate ran."""
    return Path(shutil.copytree(evaluated(), tmp_path / "run"))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory, evaluated):
    """A function as `evaluated`, to what was drawn in plots/ of the folder, without a warning. Tests only read it."""

    @functools.cache
    def drawn(*which) -> SimpleNamespace:
        folder = Path(shutil.copytree(evaluated(*which), tmp_path_factory.mktemp("drawn") / "run"))
        out, err = io.StringIO(), io.StringIO()
        with warnings.catch_warnings(), redirect_stdout(out), redirect_stderr(err):
            warnings.simplefilter("error")
            figures = draw(folder)
        return SimpleNamespace(folder=folder, figures=figures, out=out.getvalue(), err=err.getvalue())

    return drawn


def draw(folder, plots="plots", seed=0) -> dict:
    inputs = (folder / name for name in ("manifest.json", "processed", "model", "metrics", "curves.csv"))
    return analyze(*inputs, folder / plots, PARAMS, seed, "pets")


@pytest.mark.parametrize("which", [(), ("binary", 3, True)], ids=["multiclass", "binary"])
def test_every_output_that_dvc_knows_and_no_other(evaluated, drawn, which):
    before = {path.name for folder in ("metrics", "evaluated") for path in (evaluated(*which) / folder).iterdir()}
    declared = STAGES["evaluate"]
    metrics = [name for entry in declared["metrics"] for name in entry]
    assert {Path(path).name for path in [*declared["outs"], *metrics]} == before
    folder = drawn(*which).folder
    assert drawn(*which).figures == read_figures(folder / "metrics/metrics.json")
    plots = {path.name for path in (folder / "plots").iterdir()}
    assert plots == {f"{name}.png" for name in PICTURES} | PAGES | {"errors"}
    tables = {path.name for path in (folder / "metrics").iterdir()} - before
    assert tables == TABLES
    assert {Path(path).name for path in STAGES["analyze"]["outs"]} == plots | tables
    for path in (folder / "plots").glob("*.png"):
        picture = imread(path)
        assert picture[..., :3].std() > 0.01 and min(picture.shape[:2]) > 150, path.name


def test_the_pages_of_errors_hold_all_of_them(drawn):
    folder = drawn().folder
    wrong = (~read_predictions(folder / "metrics/predictions.csv")["correct"]).sum()
    pages = sorted(path.name for path in (folder / "plots/errors").iterdir())
    assert pages == [f"page_{number:04}.png" for number in range(1, -(-wrong // PARAMS.num_errors) + 1)]
    first = (folder / "plots/errors/page_0001.png").read_bytes()
    assert first == (folder / "plots/errors.png").read_bytes()


@pytest.mark.usefixtures("two_threads")
def test_same_seed_same_bytes(run, drawn):
    def files(folder, plots):
        written = {path.name: path.read_bytes() for path in (folder / plots).iterdir() if path.is_file()}
        return written | {path: (folder / "metrics" / path).read_bytes() for path in TABLES}

    first, second = (draw(run, name, seed=1) and files(run, name) for name in ("a", "b"))
    assert first == second
    other = files(drawn().folder, "plots")
    changed = {name for name, content in first.items() if content != other[name]}
    assert {"samples.png", "tsne_2d.png", "tsne_3d.html"} <= changed <= SEEDED


@pytest.mark.slow
def test_analyze_is_killed_and_run_again(run):
    assert killed_and_repeated(run, lambda: draw(run), [0.1, 0.5, 0.9], "analyze") == []


def test_pages_need_nothing_from_elsewhere(drawn):
    folder = drawn().folder
    report = (folder / "plots/report.html").read_text(encoding="utf-8")
    turning = (folder / "plots/tsne_3d.html").read_text(encoding="utf-8")
    for page in (report, turning):
        assert re.findall(r"""<(?:script|link|img|iframe)[^>]*\s(?:src|href)=["'](?!data:)[^"']+""", page) == []
    shown = re.findall('role="group" aria-label="Figure: ([^"]+)"><img', report)
    assert report.count("data:image/png;base64,") == len(shown) == len(set(shown))
    assert set(shown) <= {name.replace("_", " ") for name in PICTURES}
    alts = re.findall('<img [^>]*alt="([^"]+)"', report)
    assert len(set(alts)) == len(shown) and min(map(len, alts)) > 40, "texts that say what is to be seen"
    assert 'name="viewport"' in report and "prefers-color-scheme: dark" in report
    table = pd.read_csv(folder / "metrics/intervals.csv").dropna()
    for row in table.itertuples():
        value, low, high = (written(row.figure, number, 2) for number in (row.value, row.low, row.high))
        assert f"<td>{value}</td><td>{low} – {high}</td>" in report
        assert ("%" in value) == ("loss" not in row.figure and "auc" not in row.figure)


def test_a_dataset_without_strokes_and_countries_has_no_section_on_them(drawn):
    folder = drawn().folder
    assert read_table(folder / "metrics/quality.csv").empty
    report = (folder / "plots/report.html").read_text(encoding="utf-8")
    assert not {"quality", "by country"} & set(re.findall('aria-label="Figure: ([^"]+)"', report))
    headings = re.findall("<h2 id=.*?>(.*?)</h2>", report)
    assert not {"Accuracy by drawing quality", "Accuracy by country"} & set(headings)
    assert "Commonly confused classes" in headings
    assert re.findall("""<a href="#.*?">(.*?)</a>""", report) == headings
    for section in report.split("<h2 ")[1:]:
        assert re.search("<p>|<figure>|<table", section), f"nothing in the section {section[:40]}"


@pytest.mark.parametrize(
    ("source", "channels"),
    [("synthetic", 1), ("official", 1), ("synthetic", "color"), ("/data/quickdraw/full", "color")],
)
def test_the_report_says_what_was_measured(run, source, channels, monkeypatch):
    """With blank pictures, which take less time."""

    def blank(picture, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("1", (1, 1)).save(path)

    monkeypatch.setattr("sketch_classifier.analysis.analyze.save", blank)
    (run / "manifest.json").write_text(json.dumps({"source": source}))
    about = run / "processed/classes.json"
    about.write_text(json.dumps(json.loads(about.read_text()) | {"channels": channels}))
    if channels == "color":
        path = run / "processed/images.npy"
        np.save(path, np.repeat(np.load(path)[:, None], 3, axis=1))
    draw(run)
    report = (run / "plots/report.html").read_text(encoding="utf-8")
    things = "photographs" if channels == "color" else "drawings"
    notice = f"These {things} are synthetic: this project generated them (seed 0)"
    assert (notice in report.split("<nav")[0]) == (source == "synthetic")
    least = re.findall(r"The (\w+) set is small: it has (\d+) (\w+) of class", report.split("<nav")[0])
    assert least == [("test", "4", things), ("validation", "2", things)]
    table = dict(re.findall("<dt>(.*?)</dt><dd>(.*?)</dd>", report))
    assert table["Source"] == source and table["Dataset"] == "pets: 3 classes" and table["Seed"] == "0"
    assert table[things.capitalize()] == "12 training, 6 validation, 12 test"
    assert table["Model"].startswith("preset: ") and table["Model"].endswith("initial weights: random")
    validation = read_figures(run / "metrics/metrics.json")["validation_accuracy"]
    assert f"accuracy {validation:.1%}" in table["Validation"]


def test_what_is_a_sample_says_of_how_many(run, drawn, monkeypatch):
    monkeypatch.setattr(analyze_module, "MOST_DISTANCES", 3)
    for module in (sheets_module, report_module, analyze_module):
        monkeypatch.setattr(module, "MOST_ERRORS", 5)
    draw(run)
    num_wrong = int((~read_predictions(run / "metrics/predictions.csv")["correct"]).sum())
    assert num_wrong > 5
    assert sorted(path.name for path in (run / "plots/errors").iterdir()) == ["page_0001.png", "page_0002.png"]
    table, whole = (read_table(path / "metrics/centroid_distances.csv") for path in (run, drawn().folder))
    assert len(table) == 3 and set(table["row"]) < set(whole["row"])
    page = (run / "plots/report.html").read_text(encoding="utf-8")
    assert f"The 5 most confident of {num_wrong} misclassified drawings, on 2 pages:" in page
    assert f"Of 3 misclassified drawings (a random sample of {num_wrong}), " in page


def test_every_step_is_announced_in_a_line_of_its_own(drawn):
    out, err = drawn().out, drawn().err
    assert out == "" and len(err.splitlines()) >= 5
    assert "\r" not in err and "\x1b" not in err
    for word in ("t-SNE", "centroids", "label errors", "report"):
        assert word in err


@pytest.mark.parametrize(
    ("missing", "stage"),
    [
        ("metrics/predictions.parquet", "evaluate"),
        ("metrics/calibration.csv", "evaluate"),
        ("curves.csv", "train"),
        ("manifest.json", "download"),
    ],
)
def test_what_to_run_first(run, missing, stage):
    (run / missing).unlink()
    with pytest.raises(UserError, match=f"dvc repro {stage}"):
        draw(run)
    assert not (run / "plots").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("row,actual,predicted,confidence,correct\n0,cat,zebra,0.5,False\n", "belongs to another model or dataset"),
        ("row,actual,predicted,confidence,correct\n999999,cat,cat,0.5,True\n", "belongs to another model or dataset"),
        ("garbage\n1\n", "damaged .no column"),
        ("", "damaged"),
    ],
)
def test_predictions_that_do_not_belong_here(run, text, said):
    path = run / "metrics/predictions.parquet"
    if text:
        pd.read_csv(io.StringIO(text)).to_parquet(path)
    else:
        path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match=f"predictions.parquet: {said}"):
        draw(run)


@pytest.mark.parametrize(("task", "channels"), [("multiclass", 1), ("binary", 3)])
def test_names_of_any_kind_are_text_wherever_they_stand(drawn, task, channels):
    folder = drawn(task, channels, True).folder
    for name in PAGES:
        page = (folder / "plots" / name).read_text(encoding="utf-8")
        assert "<blink>" not in page and "<i>$x$" not in page
    expected = set(CATEGORIES) if task == "multiclass" else {"<i>$x$ 🐱", "not <i>$x$ 🐱"}
    said = read_predictions(folder / "metrics/predictions.csv")
    assert set(said["actual"]) | set(said["predicted"]) <= expected
