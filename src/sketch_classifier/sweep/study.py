"""Runs a sweep as an Optuna study: any number of workers, on one or more machines, share trials through a database."""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

import optuna
import torch
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    distribution_to_json,
)
from optuna.exceptions import UpdateFinishedTrialError
from optuna.samplers import TPESampler
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback, fail_stale_trials
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.engine import make_url

from sketch_classifier.data.dataset import Dataset
from sketch_classifier.errors import UserError, one_line, writing
from sketch_classifier.models.saved import load_model
from sketch_classifier.sweep.space import Space, Value, override_of
from sketch_classifier.training.batches import derived_seed
from sketch_classifier.training.train import train

Objective = Literal["validation_accuracy", "validation_loss"]  # never the test set
FAILURES = (UserError, torch.OutOfMemoryError)
RETRIES = 3  # of a trial whose worker was killed
SQLITE_TIMEOUT = 300.0  # seconds that a worker waits for a database lock


@dataclass(frozen=True)
class Sweep:
    """The settings of a study and its trials.

    name        name of the study in the database, and of the folder of its logs in `cache`
    storage     SQLAlchemy URL: sqlite:///FILE for workers on one machine, postgresql://… for several machines
    space       the search space
    objective   the metric to optimize
    num_trials  number of trials of the study, over all workers
    heartbeat   seconds between heartbeats; after twice as long without one, another worker retries the trial
    data        folder of the preprocessed dataset
    cache       folder of the logs and of the checkpoints of unfinished trials
    """

    name: str
    storage: str
    space: Space
    objective: Objective
    num_trials: int
    heartbeat: int
    data: Path
    cache: Path


def create_study(sweep: Sweep) -> optuna.Study:
    """Create the study, or load it if it exists.

    Raises UserError if the drawings are missing, if the database cannot be used, or if the existing study has other
    parameters, drawings or another objective.
    """
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    identity = _identity(sweep)
    with _usable(sweep.storage) as shown_url:
        is_file = sweep.storage.startswith("sqlite")
        study = optuna.create_study(
            study_name=sweep.name,
            storage=RDBStorage(
                sweep.storage,
                engine_kwargs={"connect_args": {"timeout": SQLITE_TIMEOUT}} if is_file else {},
                heartbeat_interval=sweep.heartbeat,
                grace_period=2 * sweep.heartbeat,
                heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(max_retry=RETRIES),
            ),
            direction="minimize" if sweep.objective == "validation_loss" else "maximize",
            load_if_exists=True,
        )
        begun = study.user_attrs
        for key, value in identity.items():
            if begun.get(key, value) != value:
                raise UserError(f"{shown_url}: study {sweep.name!r} was started with other {key}; choose another name")
            study.set_user_attr(key, value)
    return study


def run_trials(sweep: Sweep) -> None:
    """Run trials, one after the other, until the study has `num_trials`, including those of other workers.

    Each trial trains a model as the stage `train` does; its value is the objective of the saved weights on the
    validation set. The result is printed as one line on stdout, and the output of training is in
    `cache/NAME/trial-NUMBER.log`. A trial whose worker was killed is retried with the same parameters, and resumes
    after its last epoch if `cache` is shared. A trial that fails because training diverged or the device is out of
    memory counts as one of the trials.

    The parameters of a trial depend on the seed, its number and the trials that have finished before it. Workers that
    start their last trials at the same moment may exceed `num_trials` by one each.
    """
    data = Dataset.open(sweep.data)
    study = create_study(sweep)

    begun = []  # numbers of trials

    def value_of(trial: Trial) -> float:
        begun.append(trial.number)
        seed = derived_seed(sweep.space.base.seed, "sweep", trial.number) % 2**32
        study.sampler = TPESampler(seed=seed, constant_liar=True)
        values = {key: _suggest(trial, key, among) for key, among in sweep.space.distributions.items()}
        frozen = study.get_trials(deepcopy=False)[trial.number]
        first = RetryHeartbeatStaleTrialCallback.retried_trial_number(frozen)
        number = trial.number if first is None else first
        try:
            return _validated(sweep, values, data, sweep.cache / sweep.name / f"trial-{number}")
        except FAILURES as error:
            trial.set_user_attr("error", one_line(error))
            raise
        except KeyboardInterrupt:  # another worker will continue the trial
            RetryHeartbeatStaleTrialCallback()(study, frozen)
            raise

    def report(study: optuna.Study, trial: FrozenTrial) -> None:
        print(_line(study, trial, sweep.objective), flush=True)

    idle_since = None
    while True:
        fail_stale_trials(study)
        trials = study.get_trials(deepcopy=False)
        states = {trial.state for trial in trials}
        if sum(map(_counts, trials)) < sweep.num_trials or TrialState.WAITING in states:
            try:
                study.optimize(value_of, n_trials=1, catch=FAILURES, callbacks=[report], gc_after_trial=True)
            except (AssertionError, ValueError, UpdateFinishedTrialError):  # of Optuna, if another worker took over
                if study.get_trials(deepcopy=False)[begun[-1]].state != TrialState.FAIL:
                    raise
                silent = f"no heartbeat reached the database for {2 * sweep.heartbeat} s"
                print(f"trial {begun[-1]}: left to another worker, because {silent}", flush=True)
            idle_since = None
            continue
        # The worker of a running trial may have been killed, which is detected after twice the heartbeat.
        idle_since = idle_since or time.monotonic()
        if TrialState.RUNNING not in states or time.monotonic() > idle_since + 3 * sweep.heartbeat:
            return
        time.sleep(1)


def best_of(sweep: Sweep) -> str:
    """Two lines of text: the result of the best trial, and the command that trains its model.

    Raises UserError if no trial has finished.
    """
    study = create_study(sweep)
    trials = study.get_trials(deepcopy=False)
    finished = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    if not finished:
        errors = [trial.user_attrs["error"] for trial in trials if "error" in trial.user_attrs]
        last = f"; the last: {errors[-1]}" if errors else ""
        raise UserError(f"study {sweep.name!r}: no trial has finished{last}")
    best = study.best_trial
    overrides = [*sweep.space.fixed, *(override_of(key, value) for key, value in best.params.items())]
    command = " ".join(f"-S {shlex.quote(override)}" for override in overrides)
    line = f"best of {len(finished)} trials: {sweep.objective} {best.value:.4f}, trial {best.number}"
    return f"{line}; to train its model:\ndvc exp run {command}"


def _validated(sweep: Sweep, values: Mapping[str, Value], data: Dataset, folder: Path) -> float:
    """Train with `values` and return the objective on the validation set. Only `folder`.log is kept."""
    params = sweep.space.params(values)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="sketch-classifier-") as out,
        folder.with_suffix(".log").open("a", buffering=1, encoding="utf-8") as log,  # line-buffered
        contextlib.redirect_stderr(log),
    ):
        train(
            data,
            params.models[params.model],
            params.train.model_copy(update={"loggers": ()}),
            name=params.model,
            seed=params.seed,
            out=Path(out, "models"),
            curves=Path(out, "curves"),
            cache=folder,
        )
        _, about = load_model(Path(out, "models"))
    shutil.rmtree(folder, ignore_errors=True)
    return about.final[sweep.objective]


def _suggest(trial: Trial, key: str, distribution: BaseDistribution) -> Value:
    if isinstance(distribution, CategoricalDistribution):
        return trial.suggest_categorical(key, distribution.choices)
    if isinstance(distribution, FloatDistribution):
        return trial.suggest_float(key, distribution.low, distribution.high, log=distribution.log)
    assert isinstance(distribution, IntDistribution)
    return trial.suggest_int(key, distribution.low, distribution.high, log=distribution.log)


def _counts(trial: FrozenTrial) -> bool:
    """Whether the trial counts towards `num_trials`: not if its worker was killed, because it is retried."""
    return trial.state != TrialState.FAIL or "error" in trial.user_attrs


def _line(study: optuna.Study, trial: FrozenTrial, objective: Objective) -> str:
    chosen = " ".join(override_of(key, value) for key, value in trial.params.items())
    if trial.value is None:
        return f"trial {trial.number}: failed: {trial.user_attrs.get('error', 'interrupted')} ({chosen})"
    best = study.best_trial
    return f"trial {trial.number}: {objective} {trial.value:.4f} ({chosen}); best {best.value:.4f}, trial {best.number}"


def _identity(sweep: Sweep) -> dict[str, str]:
    """Digests of everything that the trials of a study must share for their values to be comparable."""
    base, data = sweep.space.base, Dataset.open(sweep.data)
    split = [len(data.rows(name)) for name in ("train", "validation")]
    shared = {
        "drawings": [data.categories, data.images.shape, data.channels, data.positive, split],
        "parameters": [base.model, base.models[base.model].model_dump(mode="json"), base.seed, base.train.precision],
        "choices": {key: distribution_to_json(among) for key, among in sweep.space.distributions.items()},
        "objective": sweep.objective,
    }
    return {key: sha256(json.dumps(value, sort_keys=True).encode()).hexdigest() for key, value in shared.items()}


@contextlib.contextmanager
def _usable(storage: str) -> Iterator[str]:
    """Yield the URL without its password, for messages, and turn errors of the database into UserError."""
    try:
        shown_url = make_url(storage).render_as_string(hide_password=True)
    except Exception:
        example = "sqlite:///sweeps.db or postgresql+psycopg://user@host/name"
        raise UserError(f"--storage: a URL such as {example} is expected") from None
    try:
        yield shown_url
    except UserError:
        raise
    except ImportError as error:
        raise UserError(f"{shown_url}: its driver is not installed ({one_line(error)})") from error
    except Exception as error:
        raise UserError(f"{shown_url}: cannot be used ({one_line(getattr(error, 'orig', None) or error)})") from error
