"""The table of all model presets: what is measured, what is recorded, and what the documents show of it."""

import json
import sys
from pathlib import Path

import pytest
import yaml

from sketch_classifier.errors import UserError
from sketch_classifier.params import ModelPreset, load_params
from sketch_classifier.params.yaml_file import parse_yaml

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "benchmarks"))

from preset_results import ACCURACIES, accuracy_stamp, cost_stamp, read  # noqa: E402
from preset_tables import hours_table, preset_table, with_block  # noqa: E402
from presets import main  # noqa: E402

NOTHING = {"presets": {}}
MACHINE = {"processor": "PDP-11", "threads": 2, "torch": "2.0", "onnxruntime": "1.0"}
COST = {
    "parameters": 1_234_567, "bytes_onnx": 4_938_268, "bytes_int8": 1_300_000, "weights": "sketches",
    "failed_weights": ["imagenet"], "ms_onnx": 1.234, "ms_int8": 0.5, "drawings_per_s": 1000.0,
}  # fmt: skip
ACCURACY = {
    "seed": 0, "weights": "none", "failed_weights": [], "epoch": 10, "validation_accuracy": 0.9123,
    "test_accuracy": 0.9, "test_low": 0.89, "test_high": 0.91,
}  # fmt: skip
DATA = {"source": "a drawer", "num_train": 70, "num_validation": 10, "num_test": 20, "sha256": "0"}


@pytest.fixture(scope="module")
def params():
    return load_params(ROOT / "params.yaml")


@pytest.fixture
def project(tmp_path):
    """A folder with documents, and a params.yaml of three small models and four categories."""
    tree = parse_yaml((ROOT / "params.yaml").read_bytes())
    tree["models"] = {name: tree["models"][name] for name in ("cnn", "conv_lstm", "mobilenet_binary")}
    tree["models"]["cnn"] |= {"epochs": 1, "batch_size": 32}
    tree["models"]["cnn"]["input"]["size"] = 12
    tree["datasets"]["thirty"] |= {"categories": ["bee", "cat", "house", "tree"], "limit": 40}
    (tmp_path / "docs").mkdir()
    for document, name in (("README.md", "preset-table"), ("docs/models.md", "hours-table")):
        (tmp_path / document).write_text(f"# Title\n<!-- {name} -->\n<!-- /{name} -->\nThe end\n", encoding="utf-8")

    def write(change=lambda tree: None) -> Path:
        change(tree)
        (tmp_path / "params.yaml").write_text(yaml.dump(tree, Dumper=yaml.CSafeDumper), encoding="utf-8")
        return tmp_path

    return write


def row(table: str, name: str) -> list[str]:
    (line,) = [line for line in table.splitlines() if line.startswith(f"| `{name}` |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def costs_of(params, name):
    return {"machine": MACHINE, "presets": {name: {"settings": cost_stamp(params.models[name])} | COST}}


def accuracies_of(params, name):
    return {"data": DATA, "presets": {name: {"settings": accuracy_stamp(params.models[name])} | ACCURACY}}


def changed(params, name, **values):
    models = params.models | {name: params.models[name].model_copy(update=values)}
    return params.model_copy(update={"models": models})


def test_the_documents_show_what_is_recorded():
    main(["--check"])


def test_what_is_not_measured_is_shown_as_a_dash(params):
    table = preset_table(params, NOTHING, accuracies_of(params, "cnn"))
    for name in params.models.keys() - {"cnn"}:
        accuracy = "needs strokes" if params.models[name].input.kind != "images" else "–"
        assert row(table, name)[1:] == ["–"] * 7 + [accuracy] * 2


def test_the_columns_of_accuracies_are_left_out_where_none_is_known(params):
    table = preset_table(params, costs_of(params, "cnn"), NOTHING)
    assert "validation" not in table.splitlines()[0]
    assert row(table, "cnn")[-2:] == ["1,000", "`sketches` (ImageNet not available)"]
    assert "Accuracies on `thirty`: not measured yet" in table


def test_recorded_figures_are_shown(params):
    table = preset_table(params, costs_of(params, "cnn"), accuracies_of(params, "cnn"))
    costs = ["1,234,567", "4.94", "1.30", "1.23", "0.50", "1,000"]
    assert row(table, "cnn")[1:] == [*costs, "random", "91.2%", "90.0% (89.0–91.0)"]
    text = " ".join(table.split())
    assert "PDP-11" in text and "a drawer, 70 training, 10 validation and 20 test drawings" in text
    assert (
        row(preset_table(params, costs_of(params, "cnn"), NOTHING), "cnn")[7] == "`sketches` (ImageNet not available)"
    )


def test_figures_of_a_preset_that_has_changed_are_left_out(params):
    costs, accuracies = costs_of(params, "cnn"), accuracies_of(params, "cnn")
    accuracies["presets"] |= accuracies_of(params, "cnn_small")["presets"]
    longer = row(preset_table(changed(params, "cnn", epochs=99), costs, accuracies), "cnn")
    assert longer[1] == "1,234,567" and longer[8:] == ["–", "–"]
    larger = row(preset_table(changed(params, "cnn", batch_size=99), costs, accuracies), "cnn")
    assert larger[1:] == ["–"] * 9


def test_a_new_setting_leaves_the_figures_of_those_that_do_not_use_it(params):
    class Longer(ModelPreset):
        another: int = 0

    values = params.models["cnn"].model_dump()
    assert accuracy_stamp(Longer.model_validate(values)) == accuracy_stamp(params.models["cnn"])
    assert accuracy_stamp(Longer.model_validate(values | {"another": 1})) != accuracy_stamp(params.models["cnn"])


def test_hours_follow_from_the_measured_speed(params):
    table = hours_table(changed(params, "cnn", epochs=10), costs_of(params, "cnn"))
    assert row(table, "cnn")[1:] == ["10", "1,000", "6.71"]  # 345 × 10,000 × 0.7 × 10 / 1,000 / 3,600
    assert row(table, "conv_lstm")[2:] == ["–", "–"]
    assert "345 × 10,000 × 0.7 = 2,415,000" in table
    assert "mobilenet_binary" not in table


def test_only_the_block_is_replaced():
    text = "before <!-- a --> old <!-- /a --> after"
    assert with_block(text, "a", "new", "x.md") == "before <!-- a -->\nnew\n<!-- /a --> after"
    for wrong in ("<!-- a -->", "<!-- /a --> <!-- a -->", text + text):
        with pytest.raises(UserError, match=r"^x\.md: one line <!-- a -->"):
            with_block(wrong, "a", "new", "x.md")


def test_check_compares_the_documents_with_what_is_recorded(project):
    root = project()
    with pytest.raises(UserError, match=r"^README\.md: not the recorded figures"):
        main(["--check"], root)
    main([], root)
    main(["--check"], root)
    document = root / "docs/models.md"
    document.write_text(document.read_text(encoding="utf-8").replace("–", "9000"), encoding="utf-8")
    with pytest.raises(UserError, match=r"^docs/models\.md: not the recorded figures"):
        main(["--check"], root)


def test_training_records_validation_and_only_a_test_run_reads_the_test_set(project, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SKETCH_CLASSIFIER_CACHE", str(tmp_path / "cache"))
    root, options = project(), ["--source", "synthetic", "--work", str(tmp_path / "work")]
    with pytest.raises(UserError, match="conv_lstm.*strokes"):
        main(["--train", "cnn", "conv_lstm", *options], root)
    with pytest.raises(UserError, match="--train cnn"):
        main(["--test", "cnn", *options], root)
    assert not (root / "benchmarks").exists()

    main(["--train", "cnn", *options], root)
    trained = read(root / "benchmarks/results" / ACCURACIES)
    assert 0 < trained["presets"]["cnn"]["validation_accuracy"] <= 1
    assert "test_accuracy" not in trained["presets"]["cnn"]
    main(["--train", "cnn", *options], root)
    main(["--test", "cnn", *options], root)
    tested = read(root / "benchmarks/results" / ACCURACIES)
    capsys.readouterr()
    main(["--test", "cnn", *options], root)
    assert "cnn: recorded already" in capsys.readouterr().err
    assert read(root / "benchmarks/results" / ACCURACIES) == tested
    figures = tested["presets"]["cnn"]
    assert trained["presets"]["cnn"].items() <= figures.items()
    assert figures["test_low"] <= figures["test_accuracy"] <= figures["test_high"]
    shown = row((root / "README.md").read_text(encoding="utf-8"), "cnn")
    assert shown[8] == f"{100 * figures['validation_accuracy']:.1f}%"
    assert shown[9].startswith(f"{100 * figures['test_accuracy']:.1f}% (")

    project(lambda tree: tree.update(seed=1))
    with pytest.raises(UserError, match="other drawings"):
        main(["--train", "cnn", *options], root)
    assert read(root / "benchmarks/results" / ACCURACIES) == tested


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["binary", "strokes"])
def test_costs_are_measured(project, kind):
    from preset_costs import measure_costs

    params = load_params(project() / "params.yaml")
    changed = {"binary": ("cnn", {"task": "binary"}), "strokes": ("conv_lstm", {"batch_size": 32})}
    name, change = changed[kind]
    presets = {kind: params.models[name].model_copy(update=change)}
    found = measure_costs(presets, params.datasets["thirty"], rounds=1, seconds=0.01, drawings=12)
    json.dumps(found)
    assert set(found["machine"]) == set(MACHINE)
    (figures,) = found["presets"].values()
    assert set(found["presets"]) == {kind} and set(figures) == set(COST)
    assert 0 < figures["bytes_int8"] < figures["bytes_onnx"]
    assert figures["bytes_onnx"] > 3 * figures["parameters"]  # of 4 bytes; some are folded into others
    assert min(figures["ms_onnx"], figures["ms_int8"], figures["drawings_per_s"]) > 0
    assert figures["weights"] == "none" and figures["failed_weights"] == []


@pytest.mark.slow
def test_the_costs_of_every_kind_of_preset_can_be_measured(params):
    from preset_costs import measure_costs

    presets = {name: params.models[name] for name in ("sketchnet_strokes", "conv_lstm", "mobilenet_binary")}
    found = measure_costs(presets, params.datasets["thirty"], rounds=1, seconds=0.01, drawings=12)
    assert set(found["presets"]) == set(presets)
