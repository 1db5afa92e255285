"""Learning curves: a line per epoch on stderr, a CSV file, and DVCLive, Weights & Biases, TensorBoard."""

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
PREFIXES = {"train_": "train/", "validation_": "validation/"}  # loggers group figures by what stands before a slash

# Of Weights & Biases, unless its own environment variables (WANDB_PROJECT and so on) say otherwise.
WANDB = {
    "project": "sketch-classifier",
    "silent": True,
    "console": "off",
    "reinit": "create_new",  # a run of the caller's own is left alone
    "finish_timeout": 60,  # seconds; without it, a network that is gone keeps the end of training waiting
    "finish_timeout_raises": True,
}


class Curves:
    """Writes each row to learning_curves.csv of a folder, and to all `loggers`. The CSV file holds no time."""

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
    """Curves with the loggers of those names, closed at the end of the block; see `open_logger` for the others."""
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
    """Takes the rows of a run, epoch by epoch; a resumed run gives all of them from the first."""

    def add(self, row: Row) -> None: ...
    def close(self) -> None: ...


def check_loggers(names: Sequence[str]) -> None:
    """Raise UserError where a logger's package is not installed. Imports nothing."""
    for name in names:
        spec = find_spec(PACKAGES[name])
        # Wherever wandb ran, there is a folder wandb/: Python takes it for a package without origin.
        if spec is None or spec.origin is None:
            raise UserError(f'train.loggers: {name} is not installed; pip install -e ".[loggers]"')


def open_logger(name: str, folder: Path, cache: Path, config: dict[str, Any]) -> Logger:
    """The logger of that name. DVCLive writes into `folder`, the others, which write times, into `cache`/name.

    `config` is what the run is: it goes to Weights & Biases, and its "name" into TensorBoard's. What comes from outside
    fails without harm: a line on stderr, and training goes on.
    """
    if name == "dvclive":
        return _DVCLive(folder)
    return _Careful(name, {"wandb": _WandB, "tensorboard": _TensorBoard}[name], cache, config)


def figures(row: Row) -> dict[str, float]:
    """A row's figures under the names that loggers group by: train/loss, validation/loss and so on."""
    return {_grouped(name): value for name, value in row.items() if name != "epoch"}


def _grouped(name: str) -> str:
    for prefix, group in PREFIXES.items():
        if name.startswith(prefix):
            return group + name.removeprefix(prefix)
    return name


class _DVCLive:
    """No file holds a time, so the same run gives the same bytes."""

    def __init__(self, folder: Path):
        from dvclive import Live  # here, like the others: it is imported only when asked for

        self.live = Live(dir=str(folder), dvcyaml=False, save_dvc_exp=False, report=None)

    def add(self, row: Row) -> None:
        self.live.step = int(row["epoch"])
        for name, value in figures(row).items():
            self.live.log_metric(name, value, timestamp=False)
        self.live.make_summary()

    def close(self) -> None:
        self.live.end()


class _WandB:
    """A run in `cache`/wandb, offline where no server can be reached: nothing is asked on the terminal."""

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
            raise TimeoutError(f"not all was sent; `wandb sync {_run_folder(self.run)}` sends it") from None
        except Exception:
            with suppress(Exception):
                wandb.teardown()  # its process is gone: at exit, this would be a traceback
            raise

    def _start(self):
        """A run in the mode that the user chose; where none was chosen, online if that works."""
        import wandb

        configured = wandb.setup(wandb.Settings(**_unless_in_environment("silent"))).settings.mode
        if "WANDB_MODE" in os.environ or configured != "online":
            return self._init()
        try:
            if wandb.login(prompt=False):
                return self._init()
            reason = "nobody is logged in"
        except Exception as error:  # no network, a key that is refused, a server in trouble
            reason = one_line(error)
        run = self._init(mode="offline")
        print(f"wandb: offline ({reason}); `wandb sync {_run_folder(run)}` uploads this run later", file=sys.stderr)
        return run

    def _init(self, **chosen: Any):
        import wandb

        settings = _unless_in_environment(*WANDB)
        if "WANDB_DIR" not in os.environ:
            settings["root_dir"] = str(self.cache)  # wandb makes the folder wandb/ in it
        return wandb.init(config=self.config, settings=wandb.Settings(**settings, **chosen))


def _unless_in_environment(*names: str) -> dict[str, Any]:
    return {name: WANDB[name] for name in names if f"WANDB_{name.upper()}" not in os.environ}


def _run_folder(run) -> Path:
    """What `wandb sync` takes."""
    return Path(run.dir).parent


class _TensorBoard:
    """A folder of its own for every run in `cache`/tensorboard, named by the moment it began."""

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


class _Careful:
    """Passes everything on until it fails once; then says so and does nothing more."""

    def __init__(self, name: str, kind: type, cache: Path, config: dict[str, Any]):
        self.name = name
        self.logger: Logger | None = None
        with self._forgiven():
            self.logger = kind(cache, config)

    def add(self, row: Row) -> None:
        if self.logger is not None:
            with self._forgiven():
                self.logger.add(row)

    def close(self) -> None:
        logger, self.logger = self.logger, None
        if logger is not None:
            with self._forgiven():
                logger.close()

    @contextmanager
    def _forgiven(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # of a service that is not ours: any
            print(f"{self.name}: logging stopped: {one_line(error)}", file=sys.stderr)
            logger, self.logger = self.logger, None
            if logger is not None:
                with suppress(Exception):
                    logger.close()
