"""Preprocessing goes on after a kill, and shares its work among processes, with the same bytes."""

import multiprocessing
import os
import shutil
import signal
import sys
import threading
import time
import tracemalloc
from contextlib import closing
from functools import partial

import pytest

from sketch_classifier import synthetic
from sketch_classifier.data import finished
from sketch_classifier.data import preprocess as module
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.data.preprocess import preprocess
from sketch_classifier.data.workers import in_order, num_workers
from sketch_classifier.drawings.files import NpyWriter, alone
from sketch_classifier.errors import UserError
from sketch_classifier.params import DatasetPreset, Split

CATEGORIES = ("cat", "house", "tree")
SPLIT = Split(train=0.7, validation=0.1, test=0.2)
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raw")
    synthetic.write(folder, "simplified", CATEGORIES, 30, seed=1)
    return folder


@pytest.fixture(scope="module")
def expected(raw, tmp_path_factory):
    """What a run gives that nothing interrupts and that keeps nothing."""
    out = tmp_path_factory.mktemp("expected") / "out"
    run(raw, out)
    return contents(out)


def run(raw, out, **more) -> None:
    preset = DatasetPreset(format="simplified", categories=CATEGORIES, limit=None)
    preprocess(raw, preset, SPLIT, out, **more)


def contents(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def run_until_killed(raw, folder, owner, name, call) -> None:
    """Run in a process that is killed right after this call, from 1, of a function."""

    def body():
        original = getattr(owner, name)
        calls = iter(range(1, sys.maxsize))

        def deadly(*arguments, **more):
            result = original(*arguments, **more)
            if next(calls) == call:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        setattr(owner, name, deadly)
        run(raw, folder / "out", work=folder / "work", workers=1)  # others would not have the deadly function

    process = multiprocessing.get_context("fork").Process(target=body)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def made(monkeypatch) -> list[str]:
    """The names of the parts that are read from here on."""
    names = []
    original = module._batches

    def batches(job, part, report):
        names.append(part.name)
        return original(job, part, report)

    monkeypatch.setattr(module, "_batches", batches)
    return names


KILLS = {  # where it is killed: which parts the next run has to make
    "in the first part": ((finished.PartWriter, "append", 2), ["cat", "house", "tree"]),
    "in the second part": ((finished.PartWriter, "append", 5), ["house", "tree"]),
    "before the second part is joined": ((finished.PartWriter, "finish", 2), ["tree"]),
    "while the second part is joined": ((NpyWriter, "flush", 5), ["tree"]),
    "when the second part is joined": ((finished.PartFiles, "remove_arrays", 4), ["tree"]),
    "when all parts are joined": ((module, "_finish_all", 1), []),
    "when the index is written": ((module, "_write_index", 1), []),
    "while the result is moved": ((shutil, "move", 1), ["cat", "house", "tree"]),
}


@pytest.mark.parametrize("where", KILLS)
def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(raw, expected, tmp_path, monkeypatch, where):
    call, rest = KILLS[where]
    run_until_killed(raw, tmp_path, *call)
    assert not (tmp_path / "out").exists()
    names = made(monkeypatch)
    run(raw, tmp_path / "out", work=tmp_path / "work")
    assert contents(tmp_path / "out") == expected
    assert names == rest
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "work", "work.lock"]


def test_a_clock_that_is_set_back_changes_nothing(raw, expected, tmp_path, monkeypatch):
    """All files are from the future then."""
    shutil.copytree(raw, tmp_path / "raw")
    call, rest = KILLS["before the second part is joined"]
    run_until_killed(tmp_path / "raw", tmp_path, *call)
    for path in tmp_path.rglob("*"):
        os.utime(path, (4e9, 4e9))
    names = made(monkeypatch)
    run(tmp_path / "raw", tmp_path / "out", work=tmp_path / "work")
    assert contents(tmp_path / "out") == expected
    assert names == rest
    assert list((tmp_path / "work").iterdir()) == []


def test_whatever_file_is_damaged_in_between_the_bytes_are_the_same(raw, expected, tmp_path):
    run_until_killed(raw, tmp_path, finished.PartWriter, "finish", 2)  # one part joined, and one not yet
    shutil.copytree(tmp_path / "work", tmp_path / "killed")
    names = [path.name for path in (tmp_path / "killed").glob("*/*")]
    assert {"images.npy", "points.npy", "offsets.npy", "000000.index", "000001.images", "000001.record"} <= set(names)
    for name in names:
        for damage in (flipped, cut, bytes):
            shutil.rmtree(tmp_path / "work")
            shutil.copytree(tmp_path / "killed", tmp_path / "work")
            (path,) = (tmp_path / "work").glob(f"*/{name}")
            path.write_bytes(damage(path.read_bytes()))
            run(raw, tmp_path / "out", work=tmp_path / "work")
            assert contents(tmp_path / "out") == expected, (name, damage)


def flipped(data: bytes) -> bytes:
    return data[:-40] + bytes([data[-40] ^ 1]) + data[-39:]


def cut(data: bytes) -> bytes:
    return data[:-1]


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_file_that_has_changed_in_between_is_read_again(raw, tmp_path, monkeypatch, category):
    run_until_killed(raw, tmp_path, finished.PartWriter, "finish", 2)
    shutil.copytree(raw, tmp_path / "raw")
    path = tmp_path / f"raw/simplified/{category}.ndjson"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[5:]))
    names = made(monkeypatch)
    run(tmp_path / "raw", tmp_path / "out", work=tmp_path / "work")
    assert names == sorted({category, "tree"})
    run(tmp_path / "raw", tmp_path / "fresh")
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh")


@pytest.mark.parametrize("changes", [{"mirror": False}, {"recognized_only": True}, {"image_size": 32}])
def test_another_preset_begins_anew(raw, tmp_path, monkeypatch, changes):
    run_until_killed(raw, tmp_path, finished.PartWriter, "finish", 2)
    preset = DatasetPreset(format="simplified", categories=CATEGORIES, limit=None, **changes)
    names = made(monkeypatch)
    preprocess(raw, preset, SPLIT, tmp_path / "out", work=tmp_path / "work")
    assert names == list(CATEGORIES)
    assert list((tmp_path / "work").iterdir()) == []


def test_what_was_said_of_a_finished_part_is_said_again(raw, tmp_path, capfd):
    shutil.copytree(raw, tmp_path / "raw")
    path = tmp_path / "raw/simplified/cat.ndjson"
    path.write_bytes(path.read_bytes() + b'{"drawing":[[[10,700],[20,90]]]}\n')
    run_until_killed(tmp_path / "raw", tmp_path, finished.PartWriter, "finish", 2)
    capfd.readouterr()
    run(tmp_path / "raw", tmp_path / "out", work=tmp_path / "work")
    assert "cat.ndjson: 1 drawings were not simplified" in capfd.readouterr().err


@pytest.mark.slow
def test_any_number_of_processes_gives_the_same_bytes_and_the_same_errors(raw, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SMALL", 0)
    run(raw, tmp_path / "out", workers=2, work=tmp_path / "work")
    assert contents(tmp_path / "out") == expected
    run_until_killed(raw, tmp_path, finished.PartWriter, "finish", 2)
    run(raw, tmp_path / "out", workers=3, work=tmp_path / "work")
    assert contents(tmp_path / "out") == expected
    shutil.copytree(raw, tmp_path / "raw")
    (tmp_path / "raw/simplified/tree.ndjson").write_text("nonsense\n")
    with pytest.raises(UserError, match="tree.ndjson:1: "):
        run(tmp_path / "raw", tmp_path / "out", workers=2, work=tmp_path / "work")
    assert contents(tmp_path / "out") == expected


class _Deadly:
    """Ends the process that receives it."""

    def __reduce__(self):
        return os._exit, (1,)


def test_a_process_that_is_killed_is_one_line():
    with pytest.raises(UserError, match="one of 2 processes was killed.* SKETCH_CLASSIFIER_WORKERS "):
        list(in_order(divmod, [_Deadly(), 1], 2, lambda count: None))


def _sleeping(seconds, report):
    report(1)
    time.sleep(seconds)
    return os.getpid()


@pytest.mark.timeout(300)
def test_an_interrupt_does_not_wait_for_the_processes():
    """Which may be compiling, say, and report nothing meanwhile."""
    with pytest.raises(KeyboardInterrupt), closing(in_order(_sleeping, [0, 3600, 3600], 2, lambda count: None)) as pids:
        pid = next(pids)
        raise KeyboardInterrupt
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_second_run_waits_for_the_first(raw, expected, tmp_path, capsys):
    second = threading.Thread(target=partial(run, raw, tmp_path / "out", work=tmp_path / "work"))
    with alone(tmp_path / "work.lock", lambda: None):
        second.start()
        second.join(0.3)
        assert second.is_alive() and not (tmp_path / "out").exists()
    second.join()
    assert contents(tmp_path / "out") == expected
    assert "waiting" in capsys.readouterr().err


def test_memory_does_not_grow_with_the_number_of_drawings(raw, tmp_path, monkeypatch):
    for name in ("sketch_classifier.drawings.formats.ndjson.BLOCK", "sketch_classifier.data.finished.BLOCK"):
        monkeypatch.setattr(name, 1 << 14)
    monkeypatch.setattr("sketch_classifier.data.formats.simplified.CHUNK", 50)
    monkeypatch.setattr(module, "ROW_GROUP", 100)
    peaks = []
    for copies in (6, 24):
        folder = tmp_path / str(copies)
        (folder / "simplified").mkdir(parents=True)
        for category in CATEGORIES:
            text = (raw / f"simplified/{category}.ndjson").read_bytes()
            (folder / f"simplified/{category}.ndjson").write_bytes(text * copies)
        tracemalloc.start()
        run(folder, folder / "out", workers=1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(Dataset.open(folder / "out").images) == 90 * copies
    assert peaks[1] < 1.1 * peaks[0]


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", "99999", "²"])
def test_a_number_of_processes_that_is_none_is_refused(monkeypatch, text):
    monkeypatch.setenv("SKETCH_CLASSIFIER_WORKERS", text)
    with pytest.raises(UserError, match="SKETCH_CLASSIFIER_WORKERS: a whole number from 1 to 10000"):
        num_workers()


def test_the_number_of_processes_is_that_of_the_variable_or_of_the_cores(monkeypatch):
    monkeypatch.setenv("SKETCH_CLASSIFIER_WORKERS", "3")
    assert num_workers() == 3
    monkeypatch.delenv("SKETCH_CLASSIFIER_WORKERS")
    assert num_workers() >= 1
