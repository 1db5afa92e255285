"""A sweep as a study of Optuna: any number of workers, on any machines, take trials from one database."""

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
SQLITE_TIMEOUT = 300.0  # seconds that a worker waits for the others' writes


@dataclass(frozen=True)
class Sweep:
    """A study and how its trials are run.

    name        of the study in the database, and of the folder of the logs in `cache`
    storage     a URL of SQLAlchemy: sqlite:///FILE for the workers of one machine, postgresql://… for many machines
    space       what varies
    objective   what is compared
    num_trials  of the study, over all its workers
    heartbeat   seconds between signs of life; after twice as long without one, another worker takes the trial again
    data        what `preprocess` wrote
    cache       folder of the logs, and of the checkpoints of trials that are not finished
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
    """The study, new or continued.

    Raises UserError where the drawings are missing, where the database cannot be used, and where the study was begun
    with other parameters, drawings or another objective.
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
                raise UserError(f"{shown_url}: study {sweep.name!r} was begun with other {key}; choose another name")
            study.set_user_attr(key, value)
    return study


def run_trials(sweep: Sweep) -> None:
    """Take trials, one after the other, until the study has `num_trials`, those of other workers included.

    Each is trained as the stage `train` does it, and its value is that of the saved weights on the validation set; a
    line on stdout says how it went. What training prints is in `cache/NAME/trial-NUMBER.log`. A trial whose worker was
    killed is taken again, with the same parameters, and resumes after its last epoch where `cache` is shared. A trial
    that fails, because training diverged or the device's memory is full, counts as one.

    What a trial chooses depends on the seed, on its number and on the trials that have finished before it. Workers that
    begin their last trials at the same moment may exceed `num_trials` by one each.
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
        except KeyboardInterrupt:  # the next worker goes on with it
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
            except (AssertionError, ValueError, UpdateFinishedTrialError):  # of Optuna, if the trial is not its own
                if study.get_trials(deepcopy=False)[begun[-1]].state != TrialState.FAIL:
                    raise
                silent = f"no sign of life reached the database for {2 * sweep.heartbeat} s"
                print(f"trial {begun[-1]}: left to another worker, because {silent}", flush=True)
            idle_since = None
            continue
        # A trial that runs may be that of a killed worker, which is known after twice the heartbeat.
        idle_since = idle_since or time.monotonic()
        if TrialState.RUNNING not in states or time.monotonic() > idle_since + 3 * sweep.heartbeat:
            return
        time.sleep(1)


def best_of(sweep: Sweep) -> str:
    """What the study has found, in a line, and in another the command that trains the best trial's model.

    Raises UserError where no trial has finished.
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
    """Train with these values; the objective on the validation set. Only `folder`.log is left."""
    params = sweep.space.params(values)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="sketch-classifier-") as out,
        folder.with_suffix(".log").open("a", buffering=1, encoding="utf-8") as log,  # each line as it comes
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
    """Whether it is one of the trials asked for: not if its worker was killed, for then another takes its place."""
    return trial.state != TrialState.FAIL or "error" in trial.user_attrs


def _line(study: optuna.Study, trial: FrozenTrial, objective: Objective) -> str:
    chosen = " ".join(override_of(key, value) for key, value in trial.params.items())
    if trial.value is None:
        return f"trial {trial.number}: failed: {trial.user_attrs.get('error', 'interrupted')} ({chosen})"
    best = study.best_trial
    return f"trial {trial.number}: {objective} {trial.value:.4f} ({chosen}); best {best.value:.4f}, trial {best.number}"


def _identity(sweep: Sweep) -> dict[str, str]:
    """What all trials of a study share, so that their values can be compared, as a digest of each."""
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
    """How a message shows the URL: without its password. What the database raises within becomes UserError."""
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
