"""Learning curves: a line per epoch on stderr, a CSV file, and loggers (DVCLive, Weights & Biases, TensorBoard)."""

from __future__ import annotations

import csv
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from tqdm import tqdm

from sketch_classifier.errors import UserError, one_line
from sketch_classifier.training.checkpoint import Row

COLUMNS = ("epoch", "train_loss", "validation_loss", "train_accuracy", "validation_accuracy")

PACKAGES = {"dvclive": "dvclive", "wandb": "wandb", "tensorboard": "tensorboard"}
PREFIXES = {"train_": "train/", "validation_": "validation/"}  # loggers group metrics by the part before the slash

# Settings of Weights & Biases, unless its environment variables (WANDB_PROJECT and so on) are set.
WANDB = {
    "project": "sketch-classifier",
    "silent": True,
    "console": "off",
    "reinit": "create_new",  # does not end a run that the caller has open
    "finish_timeout": 60,  # seconds; without it, a lost network connection blocks the end of training
    "finish_timeout_raises": True,
}


class Curves:
    """Writes each row to learning_curves.csv in `folder` and to all `loggers`. The CSV file contains no times."""

    def __init__(self, folder: Path, loggers: list[Logger]):
        self.file = folder / "learning_curves.csv"
        self.loggers = loggers
        with self.file.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(COLUMNS)

    def add(self, row: Row) -> None:
        with self.file.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow([row[name] for name in COLUMNS])
        for logger in self.loggers:
            logger.add(row)


@contextmanager
def open_curves(folder: Path, loggers: Sequence[str], cache: Path, config: dict[str, Any]) -> Iterator[Curves]:
    """Curves with the loggers `loggers`, closed at the end of the block; see `open_logger` for the other arguments."""
    with ExitStack() as stack:
        opened = []
        for name in loggers:
            opened.append(open_logger(name, folder, cache, config))
            stack.callback(opened[-1].close)
        yield Curves(folder, opened)


class EpochLine:
    """Prints a line per epoch on stderr: loss, accuracy, and the time taken by training and validation."""

    def __init__(self, epochs: int):
        self.epochs = epochs
        self.since = time.perf_counter()

    def print(self, row: Row) -> None:
        now = time.perf_counter()
        tqdm.write(
            f"epoch {row['epoch']:>{len(str(self.epochs))}}/{self.epochs}"
            f"  train loss {row['train_loss']:.4f} accuracy {100 * row['train_accuracy']:.1f}%"
            f"  validation loss {row['validation_loss']:.4f} accuracy {100 * row['validation_accuracy']:.1f}%"
            f"  {now - self.since:.1f} s",
            file=sys.stderr,
        )
        self.since = now


class Logger(Protocol):
    """Receives the rows of a run, epoch by epoch; a resumed run passes all rows again, from the first epoch."""

    def add(self, row: Row) -> None: ...
    def close(self) -> None: ...


def check_loggers(names: Sequence[str]) -> None:
    """Raise UserError if the package of a logger is not installed. Imports nothing."""
    for name in names:
        spec = find_spec(PACKAGES[name])
        # A folder wandb/, which wandb creates where it runs, looks like a namespace package, which has no origin.
        if spec is None or spec.origin is None:
            raise UserError(f'train.loggers: {name} is not installed; pip install -e ".[loggers]"')


def open_logger(name: str, folder: Path, cache: Path, config: dict[str, Any]) -> Logger:
    """The logger `name`. DVCLive writes to `folder`; the others, whose files contain times, to `cache`/`name`.

    `config` describes the run: Weights & Biases records it, and TensorBoard's folder is named after its "name". If
    Weights & Biases or TensorBoard fails, this is reported in one line on stderr and training continues.
    """
    if name == "dvclive":
        return _DVCLive(folder)
    return _FailSafe(name, {"wandb": _WandB, "tensorboard": _TensorBoard}[name], cache, config)


def figures(row: Row) -> dict[str, float]:
    """The metrics of a row with names that loggers group: train/loss, validation/loss and so on."""
    return {_grouped(name): value for name, value in row.items() if name != "epoch"}


def _grouped(name: str) -> str:
    for prefix, group in PREFIXES.items():
        if name.startswith(prefix):
            return group + name.removeprefix(prefix)
    return name


class _DVCLive:
    """Writes files without times, so that the same run gives the same bytes."""

    def __init__(self, folder: Path):
        from dvclive import Live  # here, as for the other loggers: imported only if it is used

        self.live = Live(dir=str(folder), dvcyaml=False, save_dvc_exp=False, report=None)

    def add(self, row: Row) -> None:
        self.live.step = int(row["epoch"])
        for name, value in figures(row).items():
            self.live.log_metric(name, value, timestamp=False)
        self.live.make_summary()

    def close(self) -> None:
        self.live.end()


class _WandB:
    """A run in `cache`/wandb; offline if no server can be reached. Never prompts on the terminal."""

    def __init__(self, cache: Path, config: dict[str, Any]):
        cache.mkdir(parents=True, exist_ok=True)
        self.cache, self.config = cache, config
        self.run = self._start()
        self.run.define_metric("epoch")
        self.run.define_metric("*", step_metric="epoch")

    def add(self, row: Row) -> None:
        self.run.log({"epoch": row["epoch"]} | figures(row), step=int(row["epoch"]))

    def close(self) -> None:
        import wandb

        try:
            self.run.finish()
        except TimeoutError:
            raise TimeoutError(f"not all data was uploaded; run `wandb sync {_run_folder(self.run)}`") from None
        except Exception:
            with suppress(Exception):
                wandb.teardown()  # its process has died; without this there would be a traceback at exit
            raise

    def _start(self):
        """A run in the mode that the user has configured; by default online, or offline if that fails."""
        import wandb

        configured = wandb.setup(wandb.Settings(**_unless_in_environment("silent"))).settings.mode
        if "WANDB_MODE" in os.environ or configured != "online":
            return self._init()
        try:
            if wandb.login(prompt=False):
                return self._init()
            reason = "not logged in"
        except Exception as error:  # no network, a rejected key, a server error
            reason = one_line(error)
        run = self._init(mode="offline")
        print(f"wandb: offline ({reason}); `wandb sync {_run_folder(run)}` uploads this run later", file=sys.stderr)
        return run

    def _init(self, **chosen: Any):
        import wandb

        settings = _unless_in_environment(*WANDB)
        if "WANDB_DIR" not in os.environ:
            settings["root_dir"] = str(self.cache)  # wandb creates a folder wandb/ in it
        return wandb.init(config=self.config, settings=wandb.Settings(**settings, **chosen))


def _unless_in_environment(*names: str) -> dict[str, Any]:
    return {name: WANDB[name] for name in names if f"WANDB_{name.upper()}" not in os.environ}


def _run_folder(run) -> Path:
    """The folder to pass to `wandb sync`."""
    return Path(run.dir).parent


class _TensorBoard:
    """Writes each run to its own folder in `cache`/tensorboard, named after the preset and the start time."""

    def __init__(self, cache: Path, config: dict[str, Any]):
        from datetime import datetime

        from torch.utils.tensorboard import SummaryWriter

        name = f"{config['name']}-{datetime.now():%Y-%m-%d-%H-%M-%S-%f}-{os.getpid()}"
        self.writer = SummaryWriter(str(cache / "tensorboard" / name))

    def add(self, row: Row) -> None:
        for name, value in figures(row).items():
            self.writer.add_scalar(name, value, int(row["epoch"]))
        self.writer.flush()

    def close(self) -> None:
        self.writer.close()


class _FailSafe:
    """Wraps a logger: after its first failure, reports it on stderr and ignores all further calls."""

    def __init__(self, name: str, kind: type, cache: Path, config: dict[str, Any]):
        self.name = name
        self.logger: Logger | None = None
        with self._failures_reported():
            self.logger = kind(cache, config)

    def add(self, row: Row) -> None:
        if self.logger is not None:
            with self._failures_reported():
                self.logger.add(row)

    def close(self) -> None:
        logger, self.logger = self.logger, None
        if logger is not None:
            with self._failures_reported():
                logger.close()

    @contextmanager
    def _failures_reported(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # an external service may raise anything
            print(f"{self.name}: logging stopped: {one_line(error)}", file=sys.stderr)
            logger, self.logger = self.logger, None
            if logger is not None:
                with suppress(Exception):
                    logger.close()
