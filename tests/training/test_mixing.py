"""Mixup and cutmix: what a mixture consists of is what its targets say."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sketch_classifier.models.network import summed_loss
from sketch_classifier.params import Augmentation, ModelPreset, Train
from sketch_classifier.training.batches import Noise, Samples
from sketch_classifier.training.losses import generalized_cross_entropy, training_loss
from sketch_classifier.training.mixing import Targets, mix, mixed_batch
from sketch_classifier.training.order import Shuffle
from sketch_classifier.training.train import train

WAYS = {"mixup": {"mixup": 0.4}, "cutmix": {"cutmix": 0.7}, "both": {"mixup": 0.4, "cutmix": 0.7}}
ways = st.sampled_from(list(WAYS.values()))
sizes = st.tuples(st.integers(1, 40), st.integers(1, 40))
alphas = st.floats(0.01, 100)
seeds = st.integers(0, 2**32)


def mixture(settings, seed=0, number=6, size=(7, 9), share=slice(None)):
    """Images and others of random values, their mixtures and shares."""
    generator = torch.Generator().manual_seed(seed)
    images, others = (torch.rand(number, 2, *size, generator=generator)[share] for _ in range(2))
    noise = Noise(seed, number, share, "cpu")
    return images, others, *mix(images, others, Augmentation(**settings), noise)


@given(alphas, seeds, sizes)
def test_mixup_is_the_weighted_mean(alpha, seed, size):
    images, others, mixed, shares = mixture({"mixup": alpha}, seed, size=size)
    assert shares.shape == (6,) and shares.dtype == torch.float32
    assert 0.5 <= float(shares.min()) and float(shares.max()) <= 1
    weights = shares.view(-1, 1, 1, 1)
    torch.testing.assert_close(mixed, weights * images + (1 - weights) * others)


@given(alphas, seeds, sizes)
def test_cutmix_puts_a_rectangle_of_the_other_one_in(alpha, seed, size):
    images, others, mixed, shares = mixture({"cutmix": alpha}, seed, size=size)
    assert 0.5 <= float(shares.min()) and float(shares.max()) <= 1
    cut = (mixed == others).all(dim=1)
    assert torch.equal(mixed, torch.where(cut[:, None], others, images))
    torch.testing.assert_close(1 - cut.float().mean(dim=(1, 2)), shares)
    for one in cut:
        rows, columns = one.any(dim=1).nonzero(), one.any(dim=0).nonzero()
        if len(rows):
            assert one[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].all()


@given(seeds)
def test_both_are_one_or_the_other(seed):
    images, others, mixed, shares = mixture(WAYS["both"], seed, number=8)
    is_cut = ((mixed == images) | (mixed == others)).all(dim=3).all(dim=2).all(dim=1)
    weights = shares.view(-1, 1, 1, 1)
    blended = (mixed - (weights * images + (1 - weights) * others)).abs().amax(dim=(1, 2, 3)) < 1e-5
    assert (is_cut | blended).all()


def test_both_come_equally_often_and_rectangles_lie_everywhere():
    images, others, mixed, _ = mixture(WAYS["both"], number=4000)
    is_cut = ((mixed == images) | (mixed == others)).all(dim=3).all(dim=2).all(dim=1)
    assert float(is_cut.float().mean()) == pytest.approx(0.5, abs=0.03)
    _, others, mixed, shares = mixture({"cutmix": 1.0}, number=4000)
    covered = (mixed == others).all(dim=1).float().mean(dim=0)
    assert float(covered.min()) > 0.03 and float(covered.max()) < 0.5
    torch.testing.assert_close(covered, covered.flip(0), atol=0.04, rtol=0)
    torch.testing.assert_close(covered, covered.flip(1), atol=0.04, rtol=0)


def test_shares_are_of_the_beta_distribution():
    """Folded at one half; of Beta(1, 1) that is uniform."""
    shares = mixture({"mixup": 1.0}, number=4000, size=(1, 1))[3]
    deciles = torch.quantile(shares, torch.linspace(0.1, 0.9, 9))
    torch.testing.assert_close(deciles, torch.linspace(0.55, 0.95, 9), atol=0.02, rtol=0)


@given(ways, seeds, st.integers(1, 4))
def test_several_processes_get_what_one_gets(settings, seed, num_processes):
    whole = mixture(settings, seed)
    for index in range(num_processes):
        share = slice(index, None, num_processes)
        for own, of_one in zip(mixture(settings, seed, share=share), whole, strict=True):
            assert torch.equal(own, of_one[share])


@given(ways, seeds)
def test_the_same_seed_gives_the_same_and_another_one_something_else(settings, seed):
    first, again = mixture(settings, seed), mixture(settings, seed)
    assert all(map(torch.equal, first, again))
    images, others, _, shares = first
    other = mix(images, others, Augmentation(**settings), Noise(seed + 1, 6, slice(None), "cpu"))
    assert not torch.equal(other[1], shares)


def numbered(count) -> Samples:
    """Samples whose image, everywhere, and target are their number."""
    inputs = torch.arange(count).view(-1, 1, 1, 1).expand(-1, 1, 8, 8).float()
    return Samples(inputs, torch.arange(count), lambda stored, noise: stored, Shuffle(count))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("num_processes", [1, 3])
def test_targets_are_those_of_the_images_that_were_mixed(way, num_processes):
    indices = torch.tensor([5, 2, 9, 0, 7])
    seen = []
    for index in range(num_processes):
        noise = Noise(1, 5, slice(index, None, num_processes), "cpu")
        inputs, targets = mixed_batch(numbered(10), indices, noise, Augmentation(**WAYS[way]))
        expected = targets.shares * targets.labels + (1 - targets.shares) * targets.others
        torch.testing.assert_close(inputs.mean(dim=(1, 2, 3)), expected)
        seen += list(zip(targets.labels.tolist(), targets.others.tolist(), strict=True))
    assert sorted(seen) == sorted([(5, 7), (2, 5), (9, 2), (0, 9), (7, 0)])


def test_nothing_is_mixed_where_nothing_is_asked_for():
    inputs, targets = mixed_batch(numbered(4), torch.tensor([3, 1]), Noise(0, 2, slice(None), "cpu"), Augmentation())
    assert inputs[:, 0, 0, 0].tolist() == [3, 1] and targets.labels.tolist() == [3, 1]
    assert targets.others is None and targets.shares is None


@pytest.mark.parametrize("task", ["multiclass", "binary"])
@pytest.mark.parametrize("loss", ["cross_entropy", "generalized_cross_entropy"])
def test_the_loss_of_a_mixture_is_that_of_both_by_their_shares(cnn, task, loss):
    preset = ModelPreset.model_validate(cnn.model_dump() | {"task": task, "loss": loss, "label_smoothing": 0.1})
    logits = torch.randn(4, 1 if task == "binary" else 3)
    labels, others = torch.tensor([0, 1, 1, 0]), torch.tensor([1, 1, 0, 0])
    shares = torch.tensor([0.5, 0.7, 0.9, 1.0])
    found = training_loss(logits, Targets(labels, others, shares), preset)
    expected = sum(
        share * training_loss(logits[[row]], Targets(labels[[row]]), preset)
        + (1 - share) * training_loss(logits[[row]], Targets(others[[row]]), preset)
        for row, share in enumerate(shares)
    )
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("task", ["multiclass", "binary"])
def test_generalized_cross_entropy_is_that_of_the_definition(task):
    logits = torch.tensor([[1.5], [-0.5]]) if task == "binary" else torch.tensor([[1.0, 0.2, -3.0], [0.0, 2.0, 1.0]])
    both = torch.cat([1 - logits.sigmoid(), logits.sigmoid()], dim=1) if task == "binary" else logits.softmax(1)
    targets = torch.tensor([0, 1])
    losses = (1 - both**0.7) / 0.7
    own = losses[torch.arange(2), targets]
    torch.testing.assert_close(generalized_cross_entropy(logits, targets, task), own.sum())
    smoothed = (0.8 * own + 0.2 * losses.mean(dim=1)).sum()
    torch.testing.assert_close(generalized_cross_entropy(logits, targets, task, 0.2), smoothed)


def test_a_wrong_label_pulls_less_than_with_cross_entropy_and_never_to_infinity():
    logits = torch.tensor([[300.0, 0.0]], requires_grad=True)
    wrong = torch.tensor([1])
    pulls = [
        torch.autograd.grad(loss(logits, wrong, "multiclass"), logits)[0].abs().max()
        for loss in (generalized_cross_entropy, summed_loss)
    ]
    assert float(pulls[0]) < 0.01 < 0.99 < float(pulls[1])


@pytest.mark.parametrize("task", ["multiclass", "binary"])
def test_a_run_with_mixtures_and_the_robust_loss_learns_and_repeats_itself(write_dataset, cnn, tmp_path, task):
    dataset = write_dataset(positive=("high", "low"))
    augmentation = {"mixup": 0.2, "cutmix": 0.5}
    changes = {"task": task, "loss": "generalized_cross_entropy", "augmentation": augmentation, "epochs": 5}
    preset = ModelPreset.model_validate(cnn.model_dump() | changes)
    written = []
    for number in (1, 2):
        folders = {key: tmp_path / str(number) / key for key in ("out", "curves", "cache")}
        train(dataset, preset, Train(device="cpu", loggers=()), name="preset", seed=0, **folders)
        written.append([(folders["out"] / name).read_bytes() for name in ("model.json", "model.safetensors")])
    assert written[0] == written[1]
    curves = np.genfromtxt(folders["curves"] / "learning_curves.csv", delimiter=",", names=True)
    assert curves["validation_accuracy"][-1] > 0.9
