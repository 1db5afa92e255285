"""Training speed as ratios against named peers, measured in one run, in turn, by medians.

    python benchmarks/train.py
    python benchmarks/train.py --presets cnn cnn_small resnet18 mobilenet efficientnet_lite --drawings 65536   # a GPU

presets         (of image models) the training loop, with the preset's augmentation, against bare forward + backward +
                step on ready-made batches (target: at least 0.9), and against the usual way: a picture file a drawing,
                PIL, torchvision transforms, a DataLoader (target: at least 1.5)
mobilenet       3 epochs above a frozen backbone against one forward pass over the same drawings (target: at most 1.3)
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from checkout import run
from torch import nn
from torch.utils.data import DataLoader

from sketch_classifier.models.input import prepare
from sketch_classifier.models.network import build_network
from sketch_classifier.params import ModelPreset, load_params
from sketch_classifier.training.batches import Samples, place
from sketch_classifier.training.checkpoint import NoCheckpoint
from sketch_classifier.training.loop import fit
from sketch_classifier.training.optimizers import build_optimizer
from sketch_classifier.training.train import augmenting, network_input, only_classifier

NUM_CLASSES = 12


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9, help="measurements of each way, taken in turn")
    parser.add_argument("--presets", nargs="*", default=["cnn"], help="image models of params.yaml (default: cnn)")
    parser.add_argument("--drawings", type=int, default=2560, help="drawings an epoch of each preset")
    parser.add_argument("--workers", type=int, default=2, help="processes of the DataLoader")
    parser.add_argument("--mobilenet-drawings", type=int, default=384, help="training drawings of mobilenet_binary")
    arguments = parser.parse_args()
    presets = load_params().models
    accelerator = Accelerator()
    print(
        f"{accelerator.device}, {torch.get_num_threads()} threads, torch {torch.__version__}, rounds {arguments.rounds}"
    )
    for name in arguments.presets:
        epoch(name, presets[name], arguments, accelerator)
    mobilenet(presets["mobilenet_binary"], arguments.mobilenet_drawings, arguments.rounds, accelerator)


def epoch(name: str, preset: ModelPreset, arguments: argparse.Namespace, accelerator: Accelerator) -> None:
    """One epoch, each way."""
    num = arguments.drawings
    images, labels = drawings(num)
    preset = preset.model_copy(update={"epochs": 1, "keep": "last", "patience": None})
    with tempfile.TemporaryDirectory() as folder:
        write_pictures(images, labels, Path(folder))
        ways = {
            "ours": partial(ours, preset, images, labels, accelerator),
            "bare": partial(bare, preset, images, labels, accelerator),
            "usual": partial(usual, preset, Path(folder), arguments.workers, accelerator),
        }
        seconds = in_turn(ways, arguments.rounds)
    for way, value in seconds.items():
        print(f"{name} {way:6} {num / value:10,.0f} drawings/s")
    print(f"{name} ours / bare   {seconds['bare'] / seconds['ours']:.2f}  (target: at least 0.9)")
    print(f"{name} ours / usual  {seconds['usual'] / seconds['ours']:.2f}  (target: at least 1.5)")


def mobilenet(preset: ModelPreset, num: int, rounds: int, accelerator: Accelerator) -> None:
    """3 epochs above a frozen backbone with random weights: the same work as with any other weights."""
    images, labels = drawings(num + num // 7)
    labels = (labels > NUM_CLASSES // 2).astype(np.int64)
    network = build_network(preset.architecture, preset.input, 1)
    network.freeze()

    def frozen() -> None:
        splits = samples(preset, images, labels, accelerator, num)
        module, (train, validation) = only_classifier(network, splits, preset.batch_size, accelerator)
        fit(module, train, validation, preset, 0, accelerator, NoCheckpoint(), lambda row, new: None)

    def one_pass() -> None:
        network.to(memory_format=torch.channels_last).eval()
        with torch.inference_mode():
            for split in samples(preset, images, labels, accelerator, num):
                for indices in torch.arange(len(split)).split(preset.batch_size):
                    network(split.batch(indices)[0])

    seconds = in_turn({"3 epochs": frozen, "one pass": one_pass}, max(3, rounds // 3))
    for name, value in seconds.items():
        print(f"mobilenet_binary {name}  {value:.2f} s for {len(images)} drawings")
    ratio = seconds["3 epochs"] / seconds["one pass"]
    print(f"mobilenet_binary 3 epochs / one pass  {ratio:.2f}  (target: at most 1.3)")


def in_turn(ways: Mapping[str, Callable[[], float | None]], rounds: int) -> dict[str, float]:
    """The median seconds of each way. They are run in turn, so that what else the machine does falls on all alike.

    A way that returns seconds has measured itself. The first round warms up and does not count.
    """
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, way in ways.items():
            begun = time.perf_counter()
            own = way()
            seconds[name].append(time.perf_counter() - begun if own is None else own)
    return {name: statistics.median(values[1:]) for name, values in seconds.items()}


def ours(preset: ModelPreset, images: np.ndarray, labels: np.ndarray, accelerator: Accelerator) -> float:
    """An epoch of the loop, all but one drawing in the training split: bare steps do not validate either."""
    network = build_network(preset.architecture, preset.input, NUM_CLASSES)
    train, validation = samples(preset, images, labels, accelerator, len(images) - 1)
    begun = time.perf_counter()
    fit(network, train, validation, preset, 0, accelerator, NoCheckpoint(), lambda row, new: None)
    synchronize(accelerator)
    return time.perf_counter() - begun


def bare(preset: ModelPreset, images: np.ndarray, labels: np.ndarray, accelerator: Accelerator) -> float:
    """Forward + backward + step and nothing else, on batches that lie ready on the device."""
    network = build_network(preset.architecture, preset.input, NUM_CLASSES)
    network.to(accelerator.device).to(memory_format=torch.channels_last).train()
    loss = nn.CrossEntropyLoss()
    optimizer = build_optimizer(preset.optimizer, network)
    inputs = prepare(torch.from_numpy(images), preset.input).to(accelerator.device)
    targets = torch.from_numpy(labels).to(accelerator.device)
    ready = list(zip(inputs.split(preset.batch_size), targets.split(preset.batch_size), strict=True))
    begun = time.perf_counter()
    for batch, answers in ready:
        loss(network(batch), answers).backward()
        optimizer.step()
        optimizer.zero_grad()
    synchronize(accelerator)
    return time.perf_counter() - begun


def usual(preset: ModelPreset, folder: Path, num_workers: int, accelerator: Accelerator) -> float:
    """As tutorials do it: ImageFolder, transforms, DataLoader with workers, `loss.item()` every step."""
    from torchvision import transforms
    from torchvision.datasets import ImageFolder

    assert preset.input.kind == "images"
    steps = [
        transforms.Grayscale(preset.input.channels),
        transforms.Resize(preset.input.size),
        *augmentation(preset),
        transforms.ToTensor(),
        transforms.Normalize(preset.input.mean, preset.input.std),
    ]
    loader = DataLoader(
        ImageFolder(folder, transforms.Compose(steps)),
        batch_size=preset.batch_size,
        shuffle=True,
        num_workers=num_workers,
    )
    network = build_network(preset.architecture, preset.input, NUM_CLASSES).to(accelerator.device).train()
    loss = nn.CrossEntropyLoss()
    optimizer = getattr(torch.optim, preset.optimizer.name)(network.parameters(), lr=preset.optimizer.lr)
    begun = time.perf_counter()
    running = 0.0
    for batch, answers in loader:
        optimizer.zero_grad()
        value = loss(network(batch.to(accelerator.device)), answers.to(accelerator.device))
        value.backward()
        optimizer.step()
        running += value.item()
    return time.perf_counter() - begun


def augmentation(preset: ModelPreset) -> list:
    """The preset's augmentation as torchvision has it."""
    from torchvision import transforms

    settings = preset.augmentation
    if settings.is_none:
        return []
    moved = transforms.RandomAffine(
        settings.rotate,
        translate=(settings.translate, settings.translate),
        scale=(1 / (1 + settings.scale), 1 + settings.scale),
        shear=settings.shear,
    )
    return [transforms.RandomHorizontalFlip(settings.flip), moved]


def drawings(num: int) -> tuple[np.ndarray, np.ndarray]:
    """(num, 28, 28) uint8 and (num,) int64, at random: the steps take the same time on any pixels."""
    random = np.random.default_rng(0)
    return random.integers(0, 256, (num, 28, 28), dtype=np.uint8), random.integers(0, NUM_CLASSES, num)


def samples(
    preset: ModelPreset, images: np.ndarray, labels: np.ndarray, accelerator: Accelerator, num_train: int
) -> list[Samples]:
    rows = np.arange(len(images))
    plain = partial(network_input, input=preset.input)
    augmented = plain if preset.augmentation.is_none else augmenting(preset, mirror=True)
    parts = ((rows[:num_train], augmented), (rows[num_train:], plain))
    return [place(images, part, labels, accelerator.device, transform) for part, transform in parts]


def write_pictures(images: np.ndarray, labels: np.ndarray, folder: Path) -> None:
    from PIL import Image

    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        path = folder / f"{label:02d}" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(image).save(path)


def synchronize(accelerator: Accelerator) -> None:
    if accelerator.device.type == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    run(main)
