"""Starts the workers of a sweep on one machine: processes that share its cores and GPUs."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from functools import partial

import torch

from sketch_classifier.entry_point import run
from sketch_classifier.sweep.study import Sweep, run_trials


def run_workers(sweep: Sweep, num_workers: int) -> list[int]:
    """Run all trials in `num_workers` processes; returns their exit codes, −n for one killed by signal n.

    A KeyboardInterrupt, which the workers get, too, is raised after they have ended. If this process is terminated, so
    are the workers.
    """
    context = multiprocessing.get_context("spawn")
    before, workers = dict(os.environ), []
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        for variables in environments(num_workers, os.cpu_count() or 1, _gpus()):
            os.environ.update(variables)
            workers.append(context.Process(target=_work, args=(sweep,), daemon=True))
            workers[-1].start()
    finally:
        os.environ.clear()
        os.environ.update(before)
    try:
        for worker in workers:
            worker.join()
    except KeyboardInterrupt:
        for worker in workers:
            worker.join()
        raise
    return [worker.exitcode or 0 for worker in workers]


def environments(num_workers: int, num_cores: int, gpus: Sequence[str]) -> list[dict[str, str]]:
    """The environment variables of each worker: its share of the cores, unless already set, and a GPU in turn.

    >>> environments(2, 8, ["0", "1"])[1]
    {'OMP_NUM_THREADS': '4', 'CUDA_VISIBLE_DEVICES': '1'}
    """
    cores = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(max(1, num_cores // num_workers)))}
    devices = [{"CUDA_VISIBLE_DEVICES": gpus[number % len(gpus)]} if gpus else {} for number in range(num_workers)]
    return [cores | device for device in devices]


def _gpus() -> list[str]:
    """The names of the GPUs that this process may use."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    return named.split(",") if named else [str(number) for number in range(torch.cuda.device_count())]


def _work(sweep: Sweep) -> None:
    run(partial(run_trials, sweep))
