"""Reads the results of a finished run from a Git revision through DVC, without checking it out."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

import pandas as pd
from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException, NotDvcRepoError
from dvc.repo import Repo
from dvc.scm import RevError

from sketch_classifier.errors import UserError, one_line, unknown_name
from sketch_classifier.evaluation.tables import parse_predictions
from sketch_classifier.params.yaml_file import parse_yaml

WORKSPACE = "workspace"


@dataclass(frozen=True)
class Files:
    """The paths of the files of a run, relative to the root of the project."""

    params: str
    lock: str
    metrics: str
    predictions: str
    distances: str
    raw: str


@dataclass(frozen=True)
class Run:
    """A finished run.

    name         the revision as the user gave it
    params       params.yaml, overridden by the values that dvc.lock records for the run
    stale        the keys of params.yaml that have been changed since the run
    figures      metrics.json
    predictions  one row per test drawing: row, key_id (str), actual, predicted, confidence, correct, …; None if the
                 file is not in DVC's cache, for example in a fresh clone, which has only the metrics
    distances    centroid_distances.csv; None if the revision does not have it or it is not in DVC's cache
    data         DVC's hash of the downloaded files; None if DVC does not track them
    """

    name: str
    params: dict[str, Any]
    stale: tuple[str, ...]
    figures: dict[str, Any]
    predictions: pd.DataFrame | None
    distances: pd.DataFrame | None
    data: str | None


def read_run(name: str, files: Files) -> Run:
    """The run of the revision `name`: a branch, tag, commit, experiment, or "workspace" for the current files.

    Must be called in the project's repository. Raises UserError for an unknown revision and a missing or damaged file.
    """
    fs = _open(name)
    try:
        params, stale = _run_params(fs, name, files)
        predictions = _cached(fs, name, files.predictions)
        table = None if predictions is None else _predictions(name, files.predictions, predictions)
        figures = _parse(name, files.metrics, json.loads, _read(fs, name, files.metrics))
        if table is None and not isinstance(figures.get("accuracy"), float | int):
            raise UserError(f"{name}: {files.metrics}: damaged (no accuracy)")
        distances = _cached(fs, name, files.distances) if _exists(fs, files.distances) else None
        return Run(
            name=name,
            params=params,
            stale=stale,
            figures=figures,
            predictions=table,
            distances=_parse(name, files.distances, _table, distances) if distances else None,
            data=_hash(fs, files.raw),
        )
    except DvcException as error:
        raise UserError(f"{name}: {one_line(error)}") from None
    finally:
        fs.close()


def _predictions(name: str, path: str, data: bytes) -> pd.DataFrame:
    table = _parse(name, path, _table, data)
    missing = {"row", "actual", "predicted", "confidence"} - set(table)
    if missing:
        raise UserError(f"{name}: {path}: damaged (no column {sorted(missing)[0]})")
    key_id = table["key_id"] if "key_id" in table else ""
    return table.assign(key_id=key_id, correct=table["actual"] == table["predicted"])


def read_data(name: str, files: Files) -> tuple[dict[str, Any], str | None]:
    """`params` and `data` of a revision, as in `Run`, even without a finished run."""
    fs = _open(name)
    try:
        return _run_params(fs, name, files)[0], _hash(fs, files.raw)
    finally:
        fs.close()


def _open(name: str) -> DVCFileSystem:
    try:
        fs = DVCFileSystem(rev=None if name == WORKSPACE else name)
        fs.repo  # noqa: B018  opens the repository, which raises for an unknown revision
        return fs
    except RevError:
        message = unknown_name("revision", name, [WORKSPACE, "HEAD", *_known()])
        raise UserError(f"{message}; `dvc exp list --all-commits` lists the experiments") from None
    except NotDvcRepoError:
        raise UserError("not in a DVC repository; run from the root of the project") from None
    except DvcException as error:
        raise UserError(f"{name}: {one_line(error)}") from None


def _known() -> list[str]:
    """The names of branches, tags and experiments."""
    with Repo() as repo:
        experiments = [name for listed in repo.experiments.ls(all_commits=True).values() for name, _ in listed]
        return [*repo.scm.list_branches(), *experiments, *repo.scm.list_tags()]


def _run_params(fs: DVCFileSystem, name: str, files: Files) -> tuple[dict[str, Any], tuple[str, ...]]:
    params = _parse(name, files.params, parse_yaml, _read(fs, name, files.params))
    lock = _optional(fs, name, files.lock)
    done = _params_of(_parse(name, files.lock, parse_yaml, lock), files.params) if lock else {}
    return _overlaid(params, done), tuple(key for key, value in done.items() if _lookup(params, key) != value)


def _read(fs: DVCFileSystem, name: str, path: str) -> bytes:
    data = _cached(fs, name, path)
    if data is None:
        raise UserError(f"{name}: {path} is not in DVC's cache: {how_to_get(path)}")
    return data


def how_to_get(path: str) -> str:
    """Instructions to get a file that is not in DVC's cache."""
    return (
        f"fetch it from a DVC remote with `dvc fetch --all-commits {path}` (`dvc exp pull` for an experiment), "
        "or run `dvc repro` in that revision"
    )


def _cached(fs: DVCFileSystem, name: str, path: str) -> bytes | None:
    """The content of a file of the revision; None if it is neither in DVC's cache nor on a remote."""
    try:
        return fs.read_bytes(path)
    except (OSError, DvcException):
        if not _exists(fs, path):
            again = (
                "`dvc repro`" if name == WORKSPACE else f"`dvc exp apply {name}` (or `git checkout`) and `dvc repro`"
            )
            raise UserError(f"{name}: has no {path}: the pipeline has not been run; {again} creates it") from None
        return None


def _optional(fs: DVCFileSystem, name: str, path: str) -> bytes | None:
    return _read(fs, name, path) if _exists(fs, path) else None


def _exists(fs: DVCFileSystem, path: str) -> bool:
    """Whether the revision has the file, in Git or DVC. Unlike `fs.exists`, which returns False for any error."""
    try:
        fs.info(path)
    except FileNotFoundError:
        return False
    return True


def _parse(name: str, path: str, parse, data: bytes):
    try:
        parsed = parse(data)
    except ValueError as error:  # the errors of JSON and of pandas, too
        raise UserError(f"{name}: {path}: damaged ({one_line(error)})") from None
    if not isinstance(parsed, dict | pd.DataFrame):
        raise UserError(f"{name}: {path}: damaged (found {type(parsed).__name__})")
    return parsed


def _table(data: bytes) -> pd.DataFrame:
    return parse_predictions(io.BytesIO(data))


def _hash(fs: DVCFileSystem, path: str) -> str | None:
    return fs.info(path).get("dvc_info", {}).get("md5") if _exists(fs, path) else None


def _params_of(lock: dict, path: str) -> dict[str, Any]:
    """{dotted key: value} of the parameters of all stages in dvc.lock."""
    stages = lock.get("stages", {}).values()
    return {key: value for stage in stages for key, value in stage.get("params", {}).get(path, {}).items()}


def _lookup(tree: Any, key: str) -> Any:
    for part in key.split("."):
        tree = tree.get(part) if isinstance(tree, dict) else None
    return tree


def _overlaid(params: dict, done: dict[str, Any]) -> dict:
    """`params`, overridden by the values of `done` at its dotted keys."""
    for key, value in done.items():
        first, _, rest = key.partition(".")
        below = params.get(first)
        params = params | {first: _overlaid(below if isinstance(below, dict) else {}, {rest: value}) if rest else value}
    return params
