"""Workers share a study: its trials repeat, and those of killed workers are taken again."""

import os
import re
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

pytest.importorskip("optuna", reason="needs the extra `sweep`")

import optuna
from optuna.trial import TrialState

from sketch_classifier.errors import UserError
from sketch_classifier.params import load_params
from sketch_classifier.sweep import study as module
from sketch_classifier.sweep.space import parse_space
from sketch_classifier.sweep.study import Sweep, best_of, create_study, run_trials
from sketch_classifier.sweep.workers import environments

ROOT = Path(__file__).parents[2]
LR, EPOCHS = "models.cnn.optimizer.lr", "models.cnn.epochs"
RATES = f"{LR}=tag(log,interval(1e-4,1e-1))"


@pytest.fixture
def sweep(tmp_path, write_dataset):
    """A study of one number, in a new database."""
    return Sweep(
        name="rates",
        storage=f"sqlite:///{tmp_path}/sweeps.db",
        space=parse_space(load_params(ROOT / "params.yaml"), [RATES]),
        objective="validation_accuracy",
        num_trials=3,
        heartbeat=1,
        data=write_dataset((60, 20, 0)).folder,
        cache=tmp_path / "cache",
    )


@pytest.fixture
def untrained(monkeypatch):
    """Trials whose accuracy is a function of the learning rate; gives the list of those tried."""
    tried = []

    def validated(sweep, values, data, folder):
        tried.append(values[LR])
        return 1 - values[LR]

    monkeypatch.setattr(module, "_validated", validated)
    return tried


def test_a_study_repeats_and_goes_on(sweep, untrained, capsys):
    run_trials(replace(sweep, num_trials=2))
    run_trials(sweep)
    run_trials(sweep)  # has nothing to do
    assert len(set(untrained)) == 3
    run_trials(replace(sweep, name="again"))
    assert untrained[:3] == untrained[3:]
    assert capsys.readouterr().out.count("\n") == 6
    line, command = best_of(sweep).splitlines()
    assert line.startswith("best of 3 trials: validation_accuracy ")
    assert command == f"dvc exp run -S {LR}={min(untrained)}"


def test_the_trial_of_a_killed_worker_is_taken_again(sweep, untrained):
    study = create_study(sweep)
    killed = study.ask()
    killed.suggest_float(LR, 1e-4, 1e-1, log=True)
    study._storage.record_heartbeat(killed._trial_id)
    run_trials(sweep)
    trials = study.get_trials()
    assert [trial.state for trial in trials].count(TrialState.COMPLETE) == 3
    assert trials[killed.number].state == TrialState.FAIL
    assert len(untrained) == 3 and killed.params[LR] in untrained


def test_a_worker_that_was_thought_dead_goes_on(sweep, monkeypatch, capsys):
    def silent_at_first(sweep, values, data, folder):
        if folder.name == "trial-0":
            create_study(sweep).tell(0, state=TrialState.FAIL)  # what another worker does
        return 0.5

    monkeypatch.setattr(module, "_validated", silent_at_first)
    run_trials(sweep)
    assert [trial.value for trial in create_study(sweep).get_trials()] == [None, 0.5, 0.5, 0.5]
    assert "trial 0: left to another worker, because no heartbeat" in capsys.readouterr().out


def test_trials_that_fail_count(sweep, monkeypatch, capsys):
    def diverges(*_):
        raise UserError("epoch 1: the loss is not finite")

    monkeypatch.setattr(module, "_validated", diverges)
    run_trials(sweep)
    assert len(re.findall(r"trial \d: failed: epoch 1: the loss is not finite", capsys.readouterr().out)) == 3
    with pytest.raises(UserError, match="no trial has finished; the last: epoch 1: the loss is not finite"):
        best_of(sweep)


def test_a_study_is_of_one_kind(sweep, write_dataset):
    create_study(sweep)
    more = write_dataset((61, 20, 0), name="more").folder
    longer = parse_space(load_params(ROOT / "params.yaml"), [RATES, f"{EPOCHS}=99"])
    for other, what in (({"data": more}, "drawings"), ({"space": longer}, "parameters")):
        with pytest.raises(UserError, match=f"study 'rates' was started with other {what}"):
            create_study(replace(sweep, **other))


@pytest.mark.parametrize(
    "storage, message",
    [
        ("sweeps.db", "--storage: a URL such as sqlite:///sweeps.db"),
        ("sqlite:////no/such/folder/sweeps.db", "cannot be used (unable to open database file)"),
        ("postgresql+psycopg://me:secret@127.0.0.1:1/x", "postgresql+psycopg://me:***@127.0.0.1:1/x: cannot be used"),
        ("mysql+nosuchdriver://h/x", "mysql+nosuchdriver://h/x: "),
    ],
)
def test_databases_that_cannot_be_used(sweep, storage, message):
    with pytest.raises(UserError) as error:
        create_study(replace(sweep, storage=storage))
    assert message in str(error.value)
    assert "secret" not in str(error.value)


def test_workers_share_cores_and_gpus(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert environments(3, 16, ["0", "3"]) == [
        {"OMP_NUM_THREADS": "5", "CUDA_VISIBLE_DEVICES": gpu} for gpu in ("0", "3", "0")
    ]
    assert environments(4, 2, []) == [{"OMP_NUM_THREADS": "1"}] * 4


@pytest.mark.slow
def test_two_workers_of_which_one_is_killed(tmp_path, write_dataset):
    """The other one goes on with the trial, after the last epoch that was trained. There is no test set to look at."""
    write_dataset((200, 50, 0))
    (tmp_path / "data").mkdir()
    (tmp_path / "processed").rename(tmp_path / "data/processed")
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    command = [sys.executable, "-m", "stages.sweep", "two", "--trials", "3", "--workers", "2", "--heartbeat", "1"]
    command += ["-S", "train.device=cpu", "-S", f"{EPOCHS}=40", "-S", RATES]
    sweep = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        logs = tmp_path / ".cache/sweeps/two"
        _wait(lambda: _kill_one_that_trains(sweep, epochs=40), sweep)
        out, errors = sweep.communicate(timeout=400)
    finally:
        sweep.kill()
    assert sweep.returncode == 1 and "1 of 2 workers ended early (exit codes [-9])" in errors
    assert "Traceback" not in errors

    trials = optuna.load_study(study_name="two", storage=f"sqlite:///{tmp_path}/.cache/sweeps/sweeps.db").get_trials()
    finished = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    (killed,) = [trial for trial in trials if trial.state == TrialState.FAIL]
    assert 3 <= len(finished) <= 4
    assert killed.params in [trial.params for trial in finished if trial.number > killed.number]
    assert "resuming after epoch" in _text(logs / f"trial-{killed.number}.log")
    best = max(finished, key=lambda trial: trial.value)
    assert f"best of {len(finished)} trials: validation_accuracy {best.value:.4f}" in out
    assert f"\ndvc exp run -S train.device=cpu -S {EPOCHS}=40 -S {LR}=" in out
    assert not list(logs.glob("trial-*/")), "no checkpoint is left"


def _kill_one_that_trains(sweep, epochs: int) -> bool:
    """Kill a worker within a trial, after its first epoch; whether there is one at this moment."""
    with suppress(psutil.NoSuchProcess):  # a process that has ended meanwhile
        for worker in psutil.Process(sweep.pid).children():
            if "spawn_main" in str(worker.cmdline()):
                for file in worker.open_files():
                    said = _text(Path(file.path)) if file.path.endswith(".log") else ""
                    if f" 1/{epochs} " in said and f" {epochs}/{epochs} " not in said:
                        worker.kill()
                        return True
    return False


def _wait(condition, process) -> None:
    end = time.monotonic() + 400
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.05)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
