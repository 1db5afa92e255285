"""params.yaml is read strictly, and a mistake gets one line that helps."""

import copy
import json
import math
import re
import shlex
from datetime import date
from pathlib import Path

import pytest
import yaml
from dvc.utils.hydra import apply_overrides, get_hydra_sweeps
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sketch_classifier.errors import UserError
from sketch_classifier.params import (
    FORMATS,
    DatasetPreset,
    ModelPreset,
    Params,
    load_params,
    official_categories,
    read_params,
)
from sketch_classifier.params.refusal import refusal
from sketch_classifier.params.yaml_file import parse_yaml

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def project_params() -> dict:
    """The project's params.yaml, parsed once: strict parsing takes a tenth of a second."""
    return parse_yaml((ROOT / "params.yaml").read_bytes())


@pytest.fixture
def write(project_params, tmp_path, monkeypatch):
    """Write the project's params.yaml with a change; gives the path. It is parsed in no time: that is not what is tested."""
    tree = copy.deepcopy(project_params)
    monkeypatch.setattr("sketch_classifier.params.parse_yaml", lambda data: yaml.load(data, Loader=yaml.CSafeLoader))

    def write(change=lambda params: None):
        change(tree)
        path = tmp_path / "params.yaml"
        path.write_text(yaml.dump(tree, Dumper=yaml.CSafeDumper, sort_keys=False), encoding="utf-8")
        return path

    return write


def test_every_preset_of_the_project_is_accepted(write):
    params = load_params(write())
    assert set(params.datasets) >= {"starter", "animals_2", "animals_4", "animals_8", "thirty", "car", "all", "svhn"}
    assert set(params.models) >= {"cnn", "mobilenet_binary"}
    assert len(params.datasets["thirty"].categories) == 30
    assert params.datasets["starter"].positive == ("bus", "car", "truck")
    sketches = [preset for preset in params.datasets.values() if preset.format != "svhn"]
    assert {category for preset in sketches for category in preset.categories} <= set(official_categories())


def test_every_model_preset_has_every_key(project_params):
    """`-S` can only set keys that the file has."""
    for name, preset in project_params["models"].items():
        assert set(preset) == set(ModelPreset.model_fields), name
        for key in ("augmentation", "optimizer", "schedule", "distillation"):
            assert set(preset[key]) == set(ModelPreset.model_fields[key].annotation.model_fields), f"{name}.{key}"


def test_all_is_the_345_official_categories(write):
    categories = load_params(write()).datasets["all"].categories
    assert len(set(categories)) == 345
    assert categories[0] == "aircraft carrier" and categories[-1] == "zigzag"


def test_read_gives_what_is_named_and_nothing_else(write):
    path = write(lambda p: p.update(dataset="animals_2", model="cnn"))
    params = read_params("dataset", "model", "seed", path=path)
    assert params.dataset.categories == ("cow", "panda")
    assert params.model.architecture == "cnn"
    assert params.seed == 0
    with pytest.raises(AttributeError):
        params.source  # noqa: B018


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p.update(modell=1), "unknown parameter 'modell': did you mean 'model'?"),
        (lambda p: p.update(model="cn"), "model: unknown model 'cn': did you mean 'cnn'?"),
        (lambda p: p.update(dataset="Thirty"), "dataset: unknown dataset 'Thirty': did you mean 'thirty'?"),
        (lambda p: p["datasets"]["car"].update(lmit=1), "datasets.car: unknown parameter 'lmit': did you mean 'limit'?"),
        (lambda p: p["models"]["cnn"]["input"].update(sze=1), "models.cnn.input: unknown parameter 'sze': did you mean 'size'?"),
        (lambda p: p["models"]["cnn"].update(epochs="ten"), "models.cnn.epochs: a whole number is expected, found 'ten'"),
        (lambda p: p["models"]["cnn"].update(epochs=2.5), "models.cnn.epochs"),
        (lambda p: p["models"]["cnn"].update(epochs=0), "models.cnn.epochs"),
        (lambda p: p["models"]["cnn"].pop("epochs"), "models.cnn.epochs: missing"),
        (lambda p: p["datasets"]["car"].update(format="jpeg"), "'image_folder' or 'p5', found 'jpeg'"),
        (lambda p: p["datasets"]["car"].update(categories=["cat"]), "at least 2 are needed, found 1"),
        (lambda p: p["datasets"]["car"].update(positive=["van", "van"]), "positive: 'van' is listed twice"),
        (lambda p: p["datasets"]["car"].update(positive=["vann"]), "positive: unknown category 'vann': did you mean 'van'?"),
        (lambda p: p["datasets"]["car"].update(recognized_only=True), "recognized_only: numpy_bitmap files do not say"),
        (lambda p: p["datasets"]["car"].update(channels=2), "datasets.car.channels"),
        (lambda p: p["split"].update(train=0.9), "split: train + validation + test must be 1, found 1.2"),
        (lambda p: p["split"].update(train=-0.1), "split.train"),
        (lambda p: p.update(model="mobilenet_binary", dataset="thirty"), "dataset 'thirty' has no `positive` group"),
        (lambda p: p.update(seed=-1), "seed"),
        (lambda p: p.update(seed=2**32), "seed"),
        (lambda p: p["datasets"]["car"].update(categories="cat"), "a list of categories, or `all`, is expected, found 'cat'"),
        (lambda p: p["datasets"]["car"].update(extra=True), "datasets.car: extra: only format svhn has extra files"),
        (lambda p: p["datasets"]["car"].update(channels="color"), "datasets.car: channels: color is for format svhn"),
        (lambda p: p["datasets"]["svhn"].update(channels=3), "datasets.svhn: channels: svhn files are in color, found 3"),
        (lambda p: p["datasets"]["svhn"].update(categories=["3", "ten"]), "svhn has the digits '0' to '9', found 'ten'"),
        (lambda p: p["datasets"]["svhn"].update(categories=[3, 8]), "datasets.svhn.categories.0: a string is expected, found 3"),
        (lambda p: p["datasets"]["svhn"].update(recognized_only=True), "recognized_only: svhn files do not say"),
        (lambda p: p["datasets"]["svhn"].update(max_bad_records=0.1), "max_bad_records: svhn files have no records"),
        (lambda p: p["datasets"]["car"].update(reading="ink"), "datasets.car: reading: only format image_folder reads pictures"),
        (lambda p: p["datasets"]["car"].update(categories=[]), "datasets.car.categories: at least 2 are needed, found 0"),
        (lambda p: p["datasets"]["car"].update(format="image_folder", reading="ink", channels="color"), "color is for format svhn, and for image_folder with"),
        (lambda p: p.update(dataset="svhn", model="conv_lstm"), "'conv_lstm' needs strokes, but dataset 'svhn' has only images"),
        (lambda p: (p.update(dataset="svhn"), p["split"].update(folds=5)), "split.folds: dataset 'svhn' has its own test file"),
        (lambda p: (p.update(dataset="svhn"), p["split"].update(train=0.0, test=0.9)), "split.train: dataset 'svhn' has its own test file"),
        (lambda p: p["split"].update(protocol="offical"), "split.protocol"),
        (lambda p: p["datasets"].update(car=None), "datasets.car: a group of parameters is expected, found null"),
        (lambda p: p.update(model="resnet50"), "did you mean 'resnet18'? Accepted are sketchnet, sketchnet_tiny, sketchnet_large, "),
        (lambda p: p.update(model="resnet50", dataset="cat"), "dataset: unknown dataset 'cat': did you mean 'car'? Accepted are starter, "),
        (lambda p: p.update(model="resnet50", dataset="cat"), "; model: unknown model 'resnet50'"),
        (lambda p: p["models"]["cnn"].update(architecture="resnet50"), "models.cnn.architecture: unknown architecture 'resnet50': did you mean 'resnet18'?"),
        (lambda p: p["models"]["cnn"]["optimizer"].update(name="Adm"), "models.cnn.optimizer.name: unknown optimizer 'Adm': did you mean 'Adam'?"),
        (lambda p: p["models"]["cnn"]["schedule"].update(name="OneCycle"), "models.cnn.schedule.name: unknown schedule 'OneCycle': did you mean 'OneCycleLR'?"),
        (lambda p: p["models"]["cnn"].update(input={"kind": "image"}), "models.cnn.input.kind: unknown kind 'image': did you mean 'images'?"),
        (lambda p: p["models"]["cnn"]["input"].update(kind="raster"), "models.cnn.input.kind: unknown kind 'raster': did you mean 'rasters'?"),
        (lambda p: p["models"]["cnn"]["input"].update(kind="rasters", size=300), "models.cnn.input.size: at least 16 and at most 256 is accepted, found 300"),
        (lambda p: p.update(dataset="svhn", model="sketchnet_strokes"), "'sketchnet_strokes' needs strokes, but dataset 'svhn' has only images"),
        (lambda p: p["datasets"]["starter"].update(categories=["cat", "doog"]), "datasets.starter.categories: unknown category 'doog': did you mean 'dog'?"),
        (lambda p: (p.update(source="official"), p["datasets"]["starter"].update(categories=["cat", "doog"], positive=[])), "categories: unknown category 'doog'"),
        (lambda p: p["datasets"]["starter"].update(categories=["cat", "dog"]), "positive: unknown category 'bus': accepted are cat, dog (also: 'car', 'truck')"),
        (lambda p: (p["models"]["cnn"].pop("epochs"), p["models"]["cnn"].pop("task")), "models.cnn.task: missing; models.cnn.epochs: missing"),
        (lambda p: p["models"].update(mine={"architecture": "cnn"}), "mine.task: missing; models.mine.input: missing; models.mine.optimizer: missing; models.mine.batch_size: missing; models.mine.epochs: missing"),
        (lambda p: [p["models"][name].pop("epochs") for name in list(p["models"])], "models.cnn.epochs: missing; and 7 more"),
        (lambda p: p["models"]["cnn"]["input"].update(std=[0]), "models.cnn.input.std.0: at least 1e-06 and at most 1,000 is accepted, found 0"),
        (lambda p: p["models"]["cnn"]["input"].update(std=[float("inf")]), "models.cnn.input.std.0: a finite number is expected, found inf"),
        (lambda p: p["models"]["cnn"]["input"].update(mean=[float("nan")]), "models.cnn.input.mean.0: a finite number is expected, found nan"),
        (lambda p: p["models"]["cnn"]["input"].update(channels=True), "models.cnn.input.channels: input should be 1 or 3, found true"),
        (lambda p: p["datasets"]["car"].update(channels=True), "datasets.car.channels: input should be 1 or 3 or 'stroke_order' or 'color', found true"),
        (lambda p: p["datasets"]["car"].update(limit=0), "datasets.car.limit: at least 1 and at most 1,000,000,000 is accepted, found 0"),
        (lambda p: p["datasets"]["car"].update(limit=10**40), "datasets.car.limit: at least 1 and at most 1,000,000,000 is accepted, found 1000"),
        (lambda p: p["models"]["conv_lstm"].update(clip_norm=-1.0), "models.conv_lstm.clip_norm: above 0 and at most 1,000,000,000 is accepted, found -1.0"),
        (lambda p: p["models"]["conv_lstm"]["input"].update(max_points=1), "models.conv_lstm.input.max_points: at least 2 and at most 2,000 is accepted, found 1"),
        (lambda p: p["models"]["cnn"]["optimizer"]["arguments"].update(eps=float("inf")), "models.cnn.optimizer.arguments.eps: a finite number, a string"),
        (lambda p: p["models"]["cnn"]["schedule"]["arguments"].update(a={"b": 1}), "models.cnn.schedule.arguments.a: a finite number, a string"),
        (lambda p: p["models"]["conv_lstm"]["augmentation"].update(mixup=0.2), "models.conv_lstm: augmentation.mixup: not for a model whose input is strokes"),
        (lambda p: p["models"]["conv_lstm"]["augmentation"].update(cutmix=0.2), "models.conv_lstm: augmentation.cutmix: not for a model whose input is strokes"),
        (lambda p: p["models"]["conv_lstm"].update(test_time_flip=True), "models.conv_lstm: test_time_flip: not for a model whose input is strokes"),
        (lambda p: p["models"]["cnn"]["augmentation"].update(mixup=-0.1), "models.cnn.augmentation.mixup: at least 0 and at most 100 is accepted, found -0.1"),
        (lambda p: p["models"]["cnn"].update(loss="focal"), "'cross_entropy' or 'generalized_cross_entropy', found 'focal'"),
        (lambda p: p["models"]["cnn"]["distillation"].update(weight=1.5), "models.cnn.distillation.weight: at least 0 and at most 1 is accepted, found 1.5"),
        (lambda p: p["models"]["cnn"]["distillation"].update(temperature=0), "models.cnn.distillation.temperature: at least 0.01 and at most 1,000 is accepted, found 0"),
        (lambda p: p["models"]["cnn"]["distillation"].update(techer="x"), "models.cnn.distillation: unknown parameter 'techer': did you mean 'teacher'?"),
        (lambda p: p["models"]["cnn"]["distillation"].update(teacher=5), "models.cnn.distillation.teacher: the folder of a model is expected, or a list of them, found 5"),
        (lambda p: p["models"]["cnn"]["distillation"].update(teacher=[]), "models.cnn.distillation.teacher: the folder of a model is expected, or a list of them, found []"),
        (lambda p: p["models"]["cnn"]["distillation"].update(teacher=["a", 5]), "models.cnn.distillation.teacher: the folder of a model is expected, or a list of them, found ['a', 5]"),
        (lambda p: p["analyze"].update(tsne_perplexity=0), "analyze.tsne_perplexity: above 0 and at most 1,000,000 is accepted, found 0"),
        (lambda p: p["models"].update({3: {}}), "models.3: the name of a parameter must be a string, found 3"),
        (lambda p: p.update({None: 1}), "the name of a parameter must be a string, found null"),
        (lambda p: p.update({"a\nb": 1}), r"unknown parameter 'a\nb'"),
        (lambda p: p["models"].update({"a\nb": 1}), r"models.'a\nb': a group of parameters is expected, found 1"),
        (lambda p: p["datasets"]["car"].update(positive_name="a</script>"), "positive_name: 'a</script>' contains the character '/'"),
        (lambda p: p["datasets"]["car"].update(positive_name=date(2001, 1, 2)), "found 2001-01-02 (which YAML reads as a date; put it in quotes)"),
    ],
)  # fmt: skip
def test_mistakes(write, change, message):
    path = write(change)
    with pytest.raises(UserError) as error:
        load_params(path)
    assert message in str(error.value)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_a_folder_may_have_categories_of_its_own(write):
    def own(params):
        params["source"] = "my/drawings"
        params["datasets"]["starter"].update(categories=["cat", "doog"], positive=["doog"])

    assert load_params(write(own)).datasets["starter"].categories == ("cat", "doog")


@pytest.mark.parametrize("format", FORMATS)
def test_a_block_needs_no_more_than_format_categories_and_limit(write, format):
    mine = {"format": format, "categories": "all", "limit": None}
    preset = load_params(
        write(lambda p: (p["datasets"].update(mine=mine), p.update(source="x", dataset="mine")))
    ).datasets["mine"]
    is_svhn = format == "svhn"
    assert (preset.image_size, preset.channels, preset.mirror) == ((32, "color", False) if is_svhn else (28, 1, True))
    assert preset.categories == (tuple("0123456789") if is_svhn else ())
    assert preset.reading == ("ink" if format == "image_folder" else None)


@pytest.mark.parametrize("source", ["synthetic", "official"])
def test_sources_of_ours_have_some_formats(write, source):
    mine = {"format": "csv", "categories": ["cat", "dog"], "limit": None}
    path = write(lambda p: (p["datasets"].update(mine=mine), p.update(source=source, dataset="mine")))
    with pytest.raises(
        UserError, match=f"source: {source} has simplified, raw, .*, and dataset 'mine' has format csv: set source"
    ):
        load_params(path)


PATHS = (
    "source",
    "seed",
    "split",
    "train",
    "analyze",
    "datasets.starter",
    "datasets.svhn",
    "models.cnn",
    "models.conv_lstm",
)


def numbers(value, path=()):
    """The paths of all numbers within."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return [found for key, inner in items for found in numbers(inner, (*path, key))]
    return [path] if isinstance(value, int | float) and not isinstance(value, bool) else []


TREE = parse_yaml((ROOT / "params.yaml").read_bytes())


@pytest.mark.parametrize("path", [path for path in numbers(TREE) if ".".join(map(str, path)).startswith(PATHS)])
def test_no_number_may_be_anything(path):
    """Each is refused in one line that names the key and what was found."""
    tree = copy.deepcopy(TREE)
    group = tree
    for key in path[:-1]:
        group = group[key]
    for value in (math.inf, -math.inf, math.nan, True, -1e300, 1e300, 10**400, "1", [1], {}):
        group[path[-1]] = value
        with pytest.raises(ValidationError) as error:
            Params.model_validate(tree)
        line = refusal(error.value, Params)
        assert line.startswith(f"{'.'.join(map(str, path))}: ") and "found " in line
        assert line.isprintable() and len(line) < 250


@settings(max_examples=30, deadline=None)
@given(text=st.text(min_size=1, max_size=3000), key=st.sampled_from(["source", "model", "dataset", "seed"]))
@example(text="x" * 100_000, key="model")
@example(text="a\nb", key="dataset")
def test_what_is_found_is_quoted_briefly_on_one_line(text, key):
    try:
        Params.model_validate(TREE | {key: text})
    except ValidationError as error:
        line = refusal(error, Params)
        assert line.isprintable() and len(line) < 500
    else:
        assert key == "source" or text in TREE[f"{key}s"]


def test_files_that_are_no_parameters(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        load_params(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("a: [1,\n b: 2")
    with pytest.raises(UserError, match="not valid YAML"):
        load_params(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("- a list")
    with pytest.raises(UserError, match="found list"):
        load_params(tmp_path / "params.yaml")


def test_every_key_of_a_preset_can_be_overridden():
    """DVC's -S sets only keys that params.yaml has."""
    tree = parse_yaml((ROOT / "params.yaml").read_bytes())
    for presets, model in ((tree["datasets"], DatasetPreset), (tree["models"], ModelPreset)):
        for name, preset in presets.items():
            assert set(model.model_fields) - {"reading"} == set(preset), name


@pytest.mark.parametrize(
    "document, least",
    [
        ("README.md", 4),
        ("docs/models.md", 10),
        ("docs/compare.md", 10),
        ("docs/data.md", 2),
        ("docs/many-machines.md", 2),
        ("docs/scale.md", 0),
        ("docs/street-view-digits.md", 3),
    ],
)
def test_the_experiments_of_the_documents_run_one_after_the_other(project_params, tmp_path, document, least):
    """An override stays in params.yaml, so a command must also fit what those above it in its block have set."""
    path = tmp_path / "params.json"  # which DVC changes as it does params.yaml, but reads and writes in no time
    text = (ROOT / document).read_text(encoding="utf-8")
    number = 0
    for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL):
        path.write_text(json.dumps(project_params), encoding="utf-8")
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("git restore params.yaml"):
                path.write_text(json.dumps(project_params), encoding="utf-8")
            command = re.search(r"dvc exp run [^;]*", line)
            if command is None or "--run-all" in command[0]:
                continue
            words = shlex.split(command[0].replace("$fold", "4").replace("$names", "cat,dog"), comments=True)
            overrides = [value for flag, value in zip(words, words[1:], strict=False) if flag == "-S"]
            for combination in get_hydra_sweeps({"params.yaml": overrides}):
                apply_overrides(path, combination["params.yaml"])
                Params.model_validate(json.loads(path.read_text(encoding="utf-8")))
                number += 1
    assert number > least
