"""Summarises several runs in tables: parameters and metrics, repeated runs, paired tests, distances. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from sketch_classifier.comparison.paired import compare_paired, holm
from sketch_classifier.comparison.runs import Run
from sketch_classifier.comparison.shared_drawings import shared
from sketch_classifier.evaluation.confusion import wilson

DIGITS = 6
OWN_COLUMN = {"model", "dataset", "seed", "split.fold", "split.folds"}  # parameters with their own column
REPEATED = {"seed", "split.fold"}  # runs that differ only in these are repetitions
NO_EFFECT = ("train.", "analyze.")  # parameters that do not affect metrics
MISSING = object()
FIRST = (  # metrics that come first, starting with those for model selection
    *("validation_accuracy", "validation_accuracy_std", "validation_loss", "validation_loss_std"),
    *("num_test", "accuracy", "accuracy_low", "accuracy_high", "accuracy_std"),
)


@dataclass(frozen=True)
class Repeats:
    """Runs that differ only in their seed or fold."""

    name: str
    runs: tuple[Run, ...]

    @property
    def is_cross_validation(self) -> bool:
        """Whether each run has its own fold, so that their test sets do not overlap."""
        return len({_value(run, "split.fold") for run in self.runs}) == len(self.runs)


def repeats(runs: Sequence[Run]) -> list[Repeats]:
    """The groups of at least two runs that differ only in `seed` or `split.fold`; duplicates of a run count once."""
    groups: dict[str, dict[tuple, Run]] = {}
    for run in runs:
        rest = {key: value for key, value in flat(selected(run.params)).items() if not _is_free(key)}
        group = groups.setdefault(repr(sorted(rest.items())), {})
        group.setdefault((_value(run, "seed"), _value(run, "split.fold")), run)
    found = [tuple(group.values()) for group in groups.values() if len(group) > 1]
    return [Repeats(f"{same[0].name} … {same[-1].name}", same) for same in found]


def summary(runs: Sequence[Run], groups: Sequence[Repeats]) -> pd.DataFrame:
    """One row per run, then one per group: name, num_runs, model, dataset, seed, fold, folds, changed, and the metrics.

    `changed` lists the other parameters of the selected model and dataset in which the runs differ, with the values of
    this run. A run has accuracy_low and accuracy_high, the 95% interval from its metrics or, if these lack it, Wilson's
    interval. A group has the mean of each metric over its runs, the sample standard deviation as <metric>_std, and
    the total number of test drawings of its runs as num_test.
    """
    changed = changes([run.params for run in runs])
    rows = [_about([run], text) | _figures(run) for run, text in zip(runs, changed, strict=True)]
    texts = dict(zip((run.name for run in runs), changed, strict=True))
    for group in groups:
        figures = pd.DataFrame([_figures(run) for run in group.runs]).select_dtypes("number")
        figures = figures[[name for name in figures if not name.endswith(("_low", "_high"))]].dropna(axis=1)
        deviations = figures.drop(columns="num_test").std(ddof=1).add_suffix("_std")
        row = _about(group.runs, texts[group.runs[0].name]) | {"name": group.name}
        row |= figures.mean().round(DIGITS).to_dict() | deviations.round(DIGITS).to_dict()
        rows.append(row | {"num_test": int(figures["num_test"].sum())})
    table = pd.DataFrame(rows)
    first = [name for name in FIRST if name in table]
    about = list(_about(runs[:1], ""))
    return table[[*about, *first, *(name for name in table if name not in {*about, *first})]]


def changes(params: Sequence[dict]) -> list[str]:
    """For each run, the parameters that it uses and in which the runs differ, as "key=value, …".

    Parameters with their own column and presets that are not selected are left out. Keys within a preset are written
    without the preset's name.
    """
    trees = [flat(tree) for tree in params]
    keys = dict.fromkeys(key for tree in trees for key in tree)
    differing = [key for key in keys if len({repr(tree.get(key, MISSING)) for tree in trees}) > 1]
    texts = []
    for tree, whole in zip(trees, params, strict=True):
        used = flat(selected(whole))
        texts.append(
            ", ".join(
                f"{_short(key, whole)}={_shown(tree[key])}"
                for key in differing
                if key in used and key not in OWN_COLUMN and not key.startswith(NO_EFFECT)
            )
        )
    return texts


def selected(params: dict) -> dict:
    """`params` with only the selected presets of `models` and `datasets`."""
    kept = dict(params)
    for chosen, presets in (("model", "models"), ("dataset", "datasets")):
        if isinstance(params.get(presets), dict):
            kept[presets] = {name: value for name, value in params[presets].items() if name == params.get(chosen)}
    return kept


def flat(tree: dict, prefix: str = "") -> dict[str, Any]:
    """Flatten a tree to dotted keys: {"a": {"b": 1}} → {"a.b": 1}."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) and value else {f"{prefix}{key}": value}
    return found


def pairs(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Compare every pair of prediction tables (name → table from `identified`) on the drawings that they share.

    Columns a, b, num_shared, accuracy_a, accuracy_b, n01 (only b correct), n10 (only a correct), difference (b − a),
    low, high, p_value (McNemar's test), p_holm (adjusted for the number of pairs tested) and note, which says why a
    pair could not be compared.
    """
    rows = []
    for (a, left), (b, right) in combinations(tables.items(), 2):
        both = shared(left, right)
        row = {"a": a, "b": b, "num_shared": len(both), "note": ""}
        if not len(both):
            row["note"] = "no shared test drawing"
        elif (both["actual_a"] != both["actual_b"]).any():
            row["note"] = "the classes are not the same"
        else:
            row |= asdict(compare_paired(both["correct_a"].to_numpy(), both["correct_b"].to_numpy()))
        rows.append(row)
    columns = ["a", "b", "num_shared", "accuracy_a", "accuracy_b", "n01", "n10", "difference", "low", "high", "p_value"]
    table = pd.DataFrame(rows, columns=[*columns, "p_holm", "note"])
    tested = table["p_value"].notna()
    table["p_holm"] = pd.Series(holm(table.loc[tested, "p_value"]), index=table.index[tested], dtype=float)
    table = table.astype({"n01": "Int64", "n10": "Int64"})
    shares = ["accuracy_a", "accuracy_b", "difference", "low", "high"]
    return table.assign(**{name: table[name].astype(float).round(DIGITS) for name in shares})


def distances(runs: Iterable[Run]) -> pd.DataFrame:
    """Distances of misclassified drawings to the centroids of their true and predicted class, one row per run.

    Columns run, num_misclassified, distance_actual and distance_predicted (means, in the units of each network's own
    features, so not comparable between networks), ratio (mean of predicted / actual, comparable) and
    share_nearer_to_predicted. Runs without such a table are left out.
    """
    rows = []
    for run in runs:
        found = None if run.distances is None else _distance_columns(run.distances)
        if found is None:
            continue
        actual, predicted = found
        rows.append(
            {
                "run": run.name,
                "num_misclassified": len(actual),
                "distance_actual": np.mean(actual) if len(actual) else np.nan,
                "distance_predicted": np.mean(predicted) if len(actual) else np.nan,
                "ratio": np.mean(predicted[actual > 0] / actual[actual > 0]) if (actual > 0).any() else np.nan,
                "share_nearer_to_predicted": np.mean(predicted < actual) if len(actual) else np.nan,
            }
        )
    names = ["run", "num_misclassified", "distance_actual", "distance_predicted", "ratio", "share_nearer_to_predicted"]
    return pd.DataFrame(rows, columns=names).round(DIGITS)


def _distance_columns(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray] | None:
    found = []
    for names in (("actual", "true"), ("predicted",)):
        columns = [name for name in table if "distance" in name and any(part in name for part in names)]
        if len(columns) != 1:
            return None
        found.append(table[columns[0]].to_numpy(np.float64))
    return found[0], found[1]


def _about(runs: Sequence[Run], changed: str) -> dict[str, Any]:
    first = runs[0]
    folds = _value(first, "split.folds") or 0
    return {
        "name": first.name,
        "num_runs": len(runs),
        "model": _value(first, "model"),
        "dataset": _value(first, "dataset"),
        "seed": _listed(_value(run, "seed") for run in runs),
        "fold": _listed(_value(run, "split.fold") for run in runs) if folds else "",
        "folds": folds or "",
        "changed": changed,
    }


def _figures(run: Run) -> dict[str, Any]:
    figures = {name: value for name, value in run.figures.items() if name not in ("model", "dataset", "name")}
    if run.predictions is None:
        num_test = int(figures.get("num_test", 0))
        num_correct = round(figures["accuracy"] * num_test)
        figures = {"num_test": num_test} | figures
    else:
        correct = run.predictions["correct"]
        num_test, num_correct = len(correct), int(correct.sum())
        figures = {"num_test": num_test, "accuracy": round(float(correct.mean()), DIGITS)} | figures
    if not {"accuracy_low", "accuracy_high"} <= figures.keys():
        low, high = wilson(num_correct, num_test) if num_test else (np.nan, np.nan)
        figures |= {"accuracy_low": round(low, DIGITS), "accuracy_high": round(high, DIGITS)}
    return figures


def _is_free(key: str) -> bool:
    return key in REPEATED or key.startswith(NO_EFFECT)


def _value(run: Run, key: str) -> Any:
    return flat(run.params).get(key)


def _listed(values: Iterable[Any]) -> str:
    return " ".join(str(value) for value in dict.fromkeys(values))


def _short(key: str, params: dict) -> str:
    for presets, chosen in (("models", "model"), ("datasets", "dataset")):
        key = key.removeprefix(f"{presets}.{params.get(chosen)}.")
    return key


def _shown(value: Any) -> str:
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 40 else text[:39] + "…"
