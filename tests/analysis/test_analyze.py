"""All that is drawn of one run, and what DVC knows of it."""

import json
import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from sketch_classifier.analysis.analyze import analyze
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


@pytest.fixture
def inputs(tmp_path, make_dataset):
    """A function from a task and a number of channels to the paths that `analyze` reads, after evaluate ran."""

    def make(task="multiclass", channels=1, **named) -> tuple:
        dataset = make_dataset(channels=channels, **({"positive": ("cat",), "positive_name": "pet"} | named))
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
        save_model(tmp_path / "model", build_network("cnn", preset.input, 3 if task == "multiclass" else 1), about)
        evaluate(dataset.folder, tmp_path / "model", tmp_path / "metrics", tmp_path / "evaluated")
        (tmp_path / "curves.csv").write_text(
            "epoch,train_loss,validation_loss,train_accuracy,validation_accuracy\n1,2,2,.3,.3\n2,1,2,.5,.4\n"
        )
        (tmp_path / "manifest.json").write_text('{"source": "synthetic"}')
        return (
            tmp_path / "manifest.json",
            dataset.folder,
            tmp_path / "model",
            tmp_path / "metrics",
            tmp_path / "curves.csv",
        )

    return make


def draw(inputs, plots, seed=0) -> dict:
    return analyze(*inputs, plots, PARAMS, seed, "pets")


@pytest.mark.parametrize(("task", "channels"), [("multiclass", 1), ("binary", 3)])
def test_every_output_that_dvc_knows_and_no_other(tmp_path, inputs, task, channels):
    arguments = inputs(task, channels)
    evaluated = {path.name for folder in ("metrics", "evaluated") for path in (tmp_path / folder).iterdir()}
    declared = STAGES["evaluate"]
    metrics = [name for entry in declared["metrics"] for name in entry]
    assert {Path(path).name for path in [*declared["outs"], *metrics]} == evaluated
    figures = draw(arguments, tmp_path / "plots")
    assert figures == read_figures(tmp_path / "metrics/metrics.json")
    plots = {path.name for path in (tmp_path / "plots").iterdir()}
    assert plots == {f"{name}.png" for name in PICTURES} | PAGES | {"errors"}
    tables = {path.name for path in (tmp_path / "metrics").iterdir()} - evaluated
    assert tables == TABLES
    assert {Path(path).name for path in STAGES["analyze"]["outs"]} == plots | tables
    for path in (tmp_path / "plots").glob("*.png"):
        picture = imread(path)
        assert picture[..., :3].std() > 0.01 and min(picture.shape[:2]) > 150, path.name


def test_the_pages_of_errors_hold_all_of_them(tmp_path, inputs):
    draw(inputs(), tmp_path / "plots")
    wrong = (~read_predictions(tmp_path / "metrics/predictions.csv")["correct"]).sum()
    pages = sorted(path.name for path in (tmp_path / "plots/errors").iterdir())
    assert pages == [f"page_{number:04}.png" for number in range(1, -(-wrong // PARAMS.num_errors) + 1)]
    first = (tmp_path / "plots/errors/page_0001.png").read_bytes()
    assert first == (tmp_path / "plots/errors.png").read_bytes()


@pytest.mark.usefixtures("two_threads")
def test_same_seed_same_bytes(tmp_path, inputs):
    arguments = inputs()
    written = {}
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        draw(arguments, tmp_path / name, seed)
        written[name] = {path.name: path.read_bytes() for path in (tmp_path / name).iterdir() if path.is_file()}
        written[name] |= {path: (tmp_path / "metrics" / path).read_bytes() for path in TABLES}
    assert written["a"] == written["b"]
    changed = {name for name, content in written["a"].items() if content != written["c"][name]}
    assert {"samples.png", "tsne_2d.png", "tsne_3d.html"} <= changed <= SEEDED


def test_pages_need_nothing_from_elsewhere(tmp_path, inputs):
    draw(inputs(), tmp_path / "plots")
    report = (tmp_path / "plots/report.html").read_text(encoding="utf-8")
    turning = (tmp_path / "plots/tsne_3d.html").read_text(encoding="utf-8")
    for page in (report, turning):
        assert re.findall(r"""<(?:script|link|img|iframe)[^>]*\s(?:src|href)=["'](?!data:)[^"']+""", page) == []
    shown = set(re.findall('alt="([^"]+)"', report))
    assert report.count("data:image/png;base64,") == len(shown)
    assert shown <= {name.replace("_", " ") for name in PICTURES}
    assert 'name="viewport"' in report and "prefers-color-scheme: dark" in report
    table = pd.read_csv(tmp_path / "metrics/intervals.csv").dropna()
    for row in table.itertuples():
        assert f"<td>{row.value:.4f}</td><td>{row.low:.4f} – {row.high:.4f}</td>" in report


def test_a_dataset_without_strokes_and_countries_has_no_section_on_them(tmp_path, inputs):
    draw(inputs(), tmp_path / "plots")
    assert read_table(tmp_path / "metrics/quality.csv").empty
    report = (tmp_path / "plots/report.html").read_text(encoding="utf-8")
    assert not {"quality", "by country"} & set(re.findall('alt="([^"]+)"', report))
    headings = re.findall("<h2 id=.*?>(.*?)</h2>", report)
    assert not {"Drawing quality", "Countries"} & set(headings) and "Confused classes" in headings
    assert re.findall("""<a href="#.*?">(.*?)</a>""", report) == headings
    for section in report.split("<h2 ")[1:]:
        assert re.search("<p>|<figure>|<table", section), f"nothing in the section {section[:40]}"


@pytest.mark.parametrize("channels", [1, "color"])
@pytest.mark.parametrize("source", ["synthetic", "official", "/data/quickdraw/full"])
def test_the_report_says_what_was_measured(tmp_path, inputs, source, channels):
    paths = inputs()
    (tmp_path / "manifest.json").write_text(json.dumps({"source": source}))
    about = paths[1] / "classes.json"
    about.write_text(json.dumps(json.loads(about.read_text()) | {"channels": channels}))
    if channels == "color":
        np.save(paths[1] / "images.npy", np.repeat(np.load(paths[1] / "images.npy")[:, None], 3, axis=1))
    draw(paths, tmp_path / "plots")
    report = (tmp_path / "plots/report.html").read_text(encoding="utf-8")
    things = "photographs" if channels == "color" else "drawings"
    notice = f"These {things} are synthetic: this project generated them (seed 0)"
    assert (notice in report.split("<nav")[0]) == (source == "synthetic")
    table = dict(re.findall("<dt>(.*?)</dt><dd>(.*?)</dd>", report))
    assert table["Source"] == source and table["Dataset"] == "pets: 3 classes" and table["Seed"] == "0"
    assert table[things.capitalize()] == "12 train, 6 validation, 12 test"
    assert table["Model"].startswith("preset: ")
    validation = read_figures(tmp_path / "metrics/metrics.json")["validation_accuracy"]
    assert f"accuracy {validation:.4f}" in table["Validation"]


def test_every_step_is_announced_in_a_line_of_its_own(tmp_path, inputs, capsys):
    draw(inputs(), tmp_path / "plots")
    said = capsys.readouterr()
    assert said.out == "" and len(said.err.splitlines()) >= 5
    assert "\r" not in said.err and "\x1b" not in said.err
    for word in ("t-SNE", "centroids", "label errors", "report"):
        assert word in said.err


@pytest.mark.parametrize(
    ("missing", "stage"),
    [
        ("metrics/predictions.csv", "evaluate"),
        ("metrics/calibration.csv", "evaluate"),
        ("curves.csv", "train"),
        ("manifest.json", "download"),
    ],
)
def test_what_to_run_first(tmp_path, inputs, missing, stage):
    arguments = inputs()
    (tmp_path / missing).unlink()
    with pytest.raises(UserError, match=f"dvc repro {stage}"):
        draw(arguments, tmp_path / "plots")
    assert not (tmp_path / "plots").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("row,actual,predicted,confidence,correct\n0,cat,zebra,0.5,False\n", "of another model or dataset"),
        ("row,actual,predicted,confidence,correct\n999999,cat,cat,0.5,True\n", "of another model or dataset"),
        ("garbage\n1\n", "damaged .no column"),
        ("", "damaged"),
    ],
)
def test_predictions_that_do_not_belong_here(tmp_path, inputs, text, said):
    arguments = inputs()
    (tmp_path / "metrics/predictions.csv").write_text(text)
    with pytest.raises(UserError, match=f"predictions.csv: {said}"):
        draw(arguments, tmp_path / "plots")


@pytest.mark.parametrize("task", ["multiclass", "binary"])
def test_names_of_any_kind_are_text_wherever_they_stand(tmp_path, inputs, task):
    categories = ("猫", '<blink>"$\\frac{1}$', "_a,b'{{ x }}")
    arguments = inputs(task, categories=categories, positive=categories[1:2], positive_name="<i>$x$ 🐱")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw(arguments, tmp_path / "plots")
    for name in PAGES:
        page = (tmp_path / "plots" / name).read_text(encoding="utf-8")
        assert "<blink>" not in page and "<i>$x$" not in page
    expected = set(categories) if task == "multiclass" else {"<i>$x$ 🐱", "not <i>$x$ 🐱"}
    said = read_predictions(tmp_path / "metrics/predictions.csv")
    assert set(said["actual"]) | set(said["predicted"]) <= expected
