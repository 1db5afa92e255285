"""The recorded figures of all model presets as Markdown, between markers of README.md and docs/models.md."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from preset_results import DATASET, accuracy_stamp, cost_stamp, thirty, valid

from sketch_classifier.errors import UserError
from sketch_classifier.params import Params, misfit

UNKNOWN = "–"
COLUMNS = (
    "`model`",
    "parameters",
    "MB",
    "MB, int8",
    "ms",
    "ms, int8",
    "drawings/s",
    "initial weights",
    "validation",
    "test",
)
WIDTH = 130  # of a line of text
ALL = "all"


def preset_table(params: Params, costs: Mapping[str, Any], accuracies: Mapping[str, Any]) -> str:
    """A row a preset of params.yaml, and what was measured where. Figures of a preset that has changed are left out.

    The columns of accuracies are there where one is known.
    """
    measured, trained = _valid(params, costs, accuracies)
    rows = [COLUMNS, *(_row(name, params, measured.get(name, {}), trained.get(name, {})) for name in params.models)]
    columns, *rows = rows if trained else [row[:-2] for row in rows]
    lines = _table(columns, rows, numbers=range(1, 7))
    texts = (_about_costs(params, costs, measured), _about_accuracies(params, accuracies, trained))
    return "\n\n".join(["\n".join(lines), *map(_wrapped, texts)])


def hours_table(params: Params, costs: Mapping[str, Any]) -> str:
    """How long each preset that fits the dataset `all` would train on it, from the drawings/s that were measured."""
    measured, _ = _valid(params, costs, {"presets": {}})
    dataset = params.datasets[ALL]
    assert dataset.limit is not None
    num = round(len(dataset.categories) * dataset.limit * params.split.train)
    rows = []
    for name, preset in params.models.items():
        if misfit(name, preset, ALL, dataset) is None:
            rate = measured.get(name, {}).get("drawings_per_s")
            hours = UNKNOWN if rate is None else _short(num * preset.epochs / rate / 3600)
            rows.append([f"`{name}`", str(preset.epochs), UNKNOWN if rate is None else _short(rate), hours])
    lines = _table(("`model`", "epochs", "drawings/s", "hours"), rows, numbers=range(1, 4))
    sum_ = f"{len(dataset.categories)} × {dataset.limit:,} × {params.split.train:g} = {num:,}"
    where = f", on {_machine(costs)}" if measured else f"; {UNKNOWN}: not measured yet"
    text = f"{sum_} training drawings per epoch; hours = drawings × epochs / (drawings/s) / 3,600{where}."
    return "\n".join([*lines, "", _wrapped(text)])


def replace_block(path: str | Path, name: str, block: str) -> bool:
    """Put `block` between the markers `<!-- name -->` and `<!-- /name -->` of the file; whether that changes it."""
    path = Path(path)
    before = path.read_text(encoding="utf-8")
    after = with_block(before, name, block, path)
    if after != before:
        path.write_text(after, encoding="utf-8")
    return after != before


def with_block(text: str, name: str, block: str, path: str | Path) -> str:
    """`text`, which is that of the file `path`, with its block replaced. Raises UserError if a marker is missing."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(end) < text.index(begin):
        raise UserError(f"{path}: one line {begin} and after it one line {end} are expected")
    head, tail = text[: text.index(begin) + len(begin)], text[text.index(end) :]
    return f"{head}\n{block}\n{tail}"


def _valid(params: Params, costs: Mapping[str, Any], accuracies: Mapping[str, Any]) -> tuple[dict, dict]:
    return valid(costs, params.models, cost_stamp), valid(accuracies, params.models, accuracy_stamp)


def _row(name: str, params: Params, cost: Mapping[str, Any], accuracy: Mapping[str, Any]) -> list[str]:
    def number(key: str, form: str, factor: float = 1) -> str:
        return UNKNOWN if key not in cost else format(cost[key] * factor, form)

    rate = _short(cost["drawings_per_s"]) if "drawings_per_s" in cost else UNKNOWN
    figures = [
        number("parameters", ","),
        number("bytes_onnx", ".2f", 1e-6),
        number("bytes_int8", ".2f", 1e-6),
        number("ms_onnx", ".2f"),
        number("ms_int8", ".2f"),
        rate,
    ]
    if misfit(name, params.models[name], DATASET, thirty(params)):
        found = ["needs strokes", "needs strokes"]
    else:
        found = [_percent(accuracy, "validation_accuracy"), _percent(accuracy, "test_accuracy")]
        if "test_low" in accuracy:
            found[1] += f" ({100 * accuracy['test_low']:.1f}–{100 * accuracy['test_high']:.1f})"
    return [f"`{name}`", *figures, _weights(accuracy or cost), *found]


def _weights(row: Mapping[str, Any]) -> str:
    if "weights" not in row:
        return UNKNOWN
    used = row["weights"]
    text = {"none": "random", "imagenet": "ImageNet"}.get(used, f"`{Path(used).name}`")
    missing = ", ".join({"imagenet": "ImageNet"}.get(name, name) for name in row["failed_weights"])
    return f"{text} ({missing} not available)" if missing else text


def _about_costs(params: Params, costs: Mapping[str, Any], measured: Mapping[str, Any]) -> str:
    how = "`python benchmarks/presets.py --costs`"
    if not measured:
        return f"Costs: not measured yet ({how})."
    num_classes = len(params.datasets[DATASET].categories)
    return (
        f"Costs ({how}): {num_classes} classes, on {_machine(costs)}. MB: size of the exported ONNX file. ms: time per "
        "drawing in ONNX Runtime on one thread, preprocessing included. drawings/s: training speed in float32, without "
        "a teacher. "
        "Initial weights: those used in this measurement; those not available could not be downloaded to that machine."
    )


def _about_accuracies(params: Params, accuracies: Mapping[str, Any], trained: Mapping[str, Any]) -> str:
    how = "`python benchmarks/presets.py --train PRESET`"
    if not trained:
        return f"Accuracies on `{DATASET}`: not measured yet ({how})."
    data = accuracies["data"]
    seeds = ", ".join(sorted({str(row["seed"]) for row in trained.values()}))
    text = (
        f"Accuracies ({how}): `{DATASET}` from {data['source']}, {data['num_train']:,} training, "
        f"{data['num_validation']:,} validation and {data['num_test']:,} test drawings, seed {seeds}; {UNKNOWN}: not "
        "measured yet. Choose by the validation accuracy; test accuracies have 95% intervals and are read once."
    )
    binary = [f"`{name}`" for name in trained if params.models[name].task == "binary"]
    if binary:
        positive = thirty(params).positive
        others = len(params.datasets[DATASET].categories) - len(positive)
        text += f" {', '.join(binary)}: two classes, {', '.join(positive)} against the other {others} categories."
    return text


def _machine(costs: Mapping[str, Any]) -> str:
    about = costs["machine"]
    threads = f"{about['threads']} thread{'s' if about['threads'] > 1 else ''}"
    return f"{threads} of an {about['processor']}, torch {about['torch']}, ONNX Runtime {about['onnxruntime']}"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _percent(row: Mapping[str, Any], key: str) -> str:
    return UNKNOWN if key not in row else f"{100 * row[key]:.1f}%"


def _short(value: float) -> str:
    """Three significant digits at most above 1, else two decimals' worth."""
    if value >= 100:
        digits = len(str(int(value))) - 3
        return f"{round(value, -digits):,.0f}"
    return f"{value:.3g}"


def _table(columns, rows, numbers) -> list[str]:
    rule = ["--:" if number in numbers else "---" for number in range(len(columns))]
    return [f"| {' | '.join(cells)} |" for cells in (columns, rule, *rows)]
