"""Drawings that stay on the disk: the order in which they come, and the thread that reads them ahead."""

import threading
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sketch_classifier.params import Train
from sketch_classifier.training import batches as batches_module
from sketch_classifier.training.batches import place
from sketch_classifier.training.order import LANES, WHOLE_BYTES, Shuffle
from sketch_classifier.training.streaming import Streamed
from sketch_classifier.training.train import train

BITMAP = 28 * 28


@given(st.integers(1, 700), st.integers(1, 90), st.integers(20, 300), st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_an_order_of_blocks_has_each_sample_once(num_samples, block, window, seed, epoch):
    order, ends = Shuffle(window, block).order(num_samples, seed, epoch)
    assert torch.equal(order.sort().values, torch.arange(num_samples))
    assert ends[-1] == num_samples and (np.diff(ends, prepend=0) > 0).all()
    again, _ = Shuffle(window, block).order(num_samples, seed, epoch)
    assert torch.equal(order, again)


def test_each_window_has_the_classes_in_their_shares():
    """Of drawings that lie class by class, whose blocks a window has by turns: never one more than its share."""
    labels, block = np.repeat(np.arange(10), 6400), 64
    order, ends = Shuffle(window=6400, block=block).order(len(labels), seed=0, epoch=1)
    windows = np.split(order.numpy(), ends[:-1])
    assert len(windows) == 10
    for window in windows:
        counts = np.bincount(labels[window], minlength=10)
        assert np.abs(counts - 640).max() <= block
    batches = order.numpy()[: 6400 // 128 * 128].reshape(-1, 128)
    assert min(len(set(labels[batch])) for batch in batches) >= 8, "no batch of few classes"


def test_the_order_differs_from_epoch_to_epoch():
    orders = [Shuffle(1280, 64).order(6400, 0, epoch)[0] for epoch in (1, 2)]
    assert (orders[0] != orders[1]).float().mean() > 0.9


@pytest.mark.parametrize("num_processes", [2, 64])
def test_processes_read_blocks_of_their_own(num_processes):
    num_samples, shuffle = 20_000, Shuffle.of("blocks", 20_000, BITMAP)
    assert shuffle.block % LANES == 0
    order = Shuffle(shuffle.block * 100, shuffle.block).order(num_samples, seed=3, epoch=1)[0].numpy()
    process = np.arange(num_samples) % 128 % num_processes  # that takes the sample, of batches of 128
    pairs = np.unique(np.stack([order // shuffle.block, process]), axis=1)
    readers = np.bincount(pairs[0])
    assert readers.sum() <= len(readers) + LANES * 2, "each has one, but for blocks that are cut where a lane ends"


def test_in_blocks_the_partner_of_a_sample_is_one_of_the_same_process():
    batch = torch.randperm(128)
    for num_processes in (2, 64):
        for process in range(num_processes):
            own = batch[process::num_processes]
            mates = Shuffle(6400, 64).partners(batch)[process::num_processes]
            assert sorted(mates.tolist()) == sorted(own.tolist()) and not (mates == own).any()


@pytest.mark.parametrize(
    ("mode", "num_samples", "has_blocks"),
    [
        ("auto", WHOLE_BYTES // BITMAP, False),
        ("auto", WHOLE_BYTES // BITMAP + 1, True),
        ("full", 10**9, False),
        ("blocks", 10, True),
    ],
)
def test_large_data_sets_are_shuffled_in_blocks(mode, num_samples, has_blocks):
    assert bool(Shuffle.of(mode, num_samples, BITMAP).block) is has_blocks


class Recorded:
    """An array that counts the reads of each row, and by which thread they came."""

    def __init__(self, array):
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.reads, self.threads = Counter(), set()

    def __len__(self):
        return len(self.array)

    def __getitem__(self, rows):
        if np.ndim(rows):
            self.reads.update(np.asarray(rows).tolist())
            self.threads.add(threading.current_thread().name)
        return self.array[rows]


@pytest.fixture
def stored():
    return Recorded(np.random.default_rng(0).integers(0, 256, (3000, 2, 2), dtype=np.uint8))


def requests(order, ends, batch_size=50):
    parts = order.split(batch_size)
    return [(int(np.searchsorted(ends, number * batch_size, "right")), part) for number, part in enumerate(parts)]


@pytest.mark.parametrize("block", [0, 16])
def test_what_is_read_ahead_is_what_was_asked_for(stored, block):
    """Also where a batch lies in two windows, and where a sample is asked for that was not announced."""
    rows = np.flatnonzero(np.arange(3000) % 3)
    streamed = Streamed(stored, rows, torch.device("cpu"))
    order, ends = Shuffle(330, block).order(len(rows), 0, 1)
    announced = requests(order, ends)
    with streamed.reading(announced):
        for _, indices in announced:
            found = streamed.select(indices)
            np.testing.assert_array_equal(found.numpy(), stored.array[rows[indices.numpy()]])
        assert stored.threads == {"read ahead"} and set(stored.reads.values()) == {1}
        streamed.select(order[:7])
        assert stored.threads == {"read ahead", threading.current_thread().name}
    assert set(stored.reads) == set(rows.tolist())


def test_at_most_two_windows_are_in_memory(stored):
    streamed = Streamed(stored, np.arange(3000), torch.device("cpu"))
    order, ends = Shuffle(300).order(3000, 0, 1)
    announced = requests(order, ends)
    with streamed.reading(announced):
        for number, (_, indices) in enumerate(announced):
            streamed.select(indices)
            assert sum(stored.reads.values()) <= 300 * (number // 6 + 2)


def test_a_failure_to_read_is_raised_where_the_batch_is_wanted(stored):
    order, ends = Shuffle(300).order(3000, 0, 1)
    streamed = Streamed(stored, np.arange(1, 3001), torch.device("cpu"))  # one row too many
    announced = requests(order, ends)
    with pytest.raises(IndexError), streamed.reading(announced):
        for _, indices in announced:
            streamed.select(indices)
    assert "read ahead" not in {thread.name for thread in threading.enumerate()}


def test_the_thread_ends_with_an_interrupted_epoch(stored):
    streamed = Streamed(stored, np.arange(3000), torch.device("cpu"))
    order, ends = Shuffle(300).order(3000, 0, 1)
    with pytest.raises(KeyboardInterrupt), streamed.reading(requests(order, ends)):
        streamed.select(order[:50])
        raise KeyboardInterrupt
    assert "read ahead" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize("options", [{}, {"augmentation": {"rotate": 10.0, "mixup": 0.3, "cutmix": 0.3}}])
def test_streamed_blocks_give_the_same_bytes_as_held_ones(write_dataset, cnn, tmp_path, monkeypatch, options):
    dataset = write_dataset()
    preset = cnn.model_validate(cnn.model_dump() | {"epochs": 2} | options)
    monkeypatch.setattr(Shuffle, "of", lambda *_: Shuffle(64, 8))
    files = []
    for share in (0.5, 0):
        monkeypatch.setattr(batches_module, "MEMORY_SHARE", share)
        folders = {name: tmp_path / str(share) / name for name in ("out", "curves", "cache")}
        train(dataset, preset, Train(device="cpu", loggers=()), name="preset", seed=0, **folders)
        files.append([path.read_bytes() for path in sorted((tmp_path / str(share)).rglob("*.*")) if path.is_file()])
    assert files[0] == files[1]


def test_the_shuffle_is_a_parameter(write_dataset):
    dataset = write_dataset()
    place_with = (dataset.images, dataset.rows("train"), dataset.labels, torch.device("cpu"), lambda *_: None)
    assert not place(*place_with).shuffle.block and place(*place_with, "blocks").shuffle.block
