"""params.yaml is read strictly, and a mistake gets one line that helps."""

import re
import shlex
from pathlib import Path

import pytest
import yaml
from dvc.utils.hydra import apply_overrides, get_hydra_sweeps

from sketch_classifier.errors import UserError
from sketch_classifier.params import DatasetPreset, ModelPreset, load_params, official_categories, read_params

ROOT = Path(__file__).parents[1]


@pytest.fixture
def write(tmp_path):
    """Write the project's params.yaml with a change; gives the path."""
    tree = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))

    def write(change=lambda params: None):
        change(tree)
        path = tmp_path / "params.yaml"
        path.write_text(yaml.safe_dump(tree), encoding="utf-8")
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
        (lambda p: p["datasets"]["car"].update(format="jpeg"), "'numpy_bitmap' or 'svhn', found 'jpeg'"),
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
        (lambda p: p["datasets"]["svhn"].update(channels=3), "datasets.svhn: channels: color is for format svhn, and only color"),
        (lambda p: p["datasets"]["svhn"].update(categories=["3", "ten"]), "svhn has the digits '0' to '9', found 'ten'"),
        (lambda p: p["datasets"]["svhn"].update(categories=[3, 8]), "datasets.svhn.categories.0: a text is expected, found 3"),
        (lambda p: p["datasets"]["svhn"].update(recognized_only=True), "recognized_only: svhn files do not say"),
        (lambda p: p["datasets"]["svhn"].update(max_bad_records=0.1), "max_bad_records: svhn files have no records"),
        (lambda p: p.update(dataset="svhn", model="conv_lstm"), "'conv_lstm' learns from strokes and dataset 'svhn' has pictures"),
        (lambda p: (p.update(dataset="svhn"), p["split"].update(folds=5)), "split.folds: dataset 'svhn' has a test file of its own"),
        (lambda p: (p.update(dataset="svhn"), p["split"].update(train=0.0, test=0.9)), "split.train: dataset 'svhn' has a test file"),
        (lambda p: p["split"].update(protocol="offical"), "split.protocol"),
        (lambda p: p["datasets"].update(car=None), "datasets.car: a group of parameters is expected, found None"),
    ],
)  # fmt: skip
def test_mistakes(write, change, message):
    path = write(change)
    with pytest.raises(UserError) as error:
        load_params(path)
    assert message in str(error.value)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


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
    tree = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    for presets, model in ((tree["datasets"], DatasetPreset), (tree["models"], ModelPreset)):
        for name, preset in presets.items():
            assert set(model.model_fields) == set(preset), name


def test_the_experiments_of_the_readme_run_one_after_the_other(write):
    """An override stays in params.yaml, so a command must also fit what those above it in its block have set."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    number = 0
    for block in re.findall(r"```bash\n(.*?)```", readme, re.DOTALL):
        path = write()
        for line in block.splitlines():
            if line.startswith("git restore params.yaml"):
                path = write()
            command = re.search(r"dvc exp run [^;]*", line)
            if command is None or "--run-all" in command[0]:
                continue
            words = shlex.split(command[0].replace("$fold", "4"), comments=True)
            overrides = [value for flag, value in zip(words, words[1:], strict=False) if flag == "-S"]
            for combination in get_hydra_sweeps({"params.yaml": overrides}):
                apply_overrides(path, combination["params.yaml"])
                load_params(path)
                number += 1
    assert number > 20
