"""Random numbers of a batch do not depend on how many processes share it."""

import pytest
import torch

from sketch_classifier.training.batches import Noise


def _calls(seed: int, num_samples: int, share: slice) -> list[torch.Tensor]:
    noise = Noise(seed, num_samples, share, "cpu")
    return [noise.uniform(), noise.normal(7, 2), noise.uniform(5), noise.uniform(5), noise.normal()]


@pytest.mark.parametrize("num_processes", [1, 2, 3])
@pytest.mark.parametrize("num_samples", [3, 8, 100])
def test_shares_of_several_processes_are_the_numbers_of_one(num_processes, num_samples):
    shares = [slice(index, None, num_processes) for index in range(num_processes)]
    alone = _calls(11, num_samples, slice(None))
    together = [_calls(11, num_samples, share) for share in shares]
    for number, whole in enumerate(alone):
        assert len(whole) == num_samples
        for share, calls in zip(shares, together, strict=True):
            assert torch.equal(calls[number], whole[share])


def test_same_seed_same_numbers_and_no_others():
    first, again, other = (_calls(seed, 10, slice(None)) for seed in (3, 3, 4))
    assert all(map(torch.equal, first, again))
    assert not any(map(torch.equal, first, other))


def test_each_call_and_each_row_has_numbers_of_its_own():
    _, _, third, fourth, _ = _calls(0, 50, slice(None))
    assert not torch.equal(third, fourth)
    assert len(third.unique(dim=0)) == 50


def test_global_random_state_is_neither_used_nor_changed():
    torch.manual_seed(5)
    state = torch.get_rng_state()
    first = _calls(3, 10, slice(None))
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(6)
    assert all(map(torch.equal, first, _calls(3, 10, slice(None))))


def test_distributions():
    noise = Noise(0, 20000, slice(None), "cpu")
    uniform, normal = noise.uniform(4), noise.normal(4)
    assert uniform.dtype == normal.dtype == torch.float32
    assert 0 <= uniform.min() and uniform.max() < 1
    assert uniform.mean() == pytest.approx(0.5, abs=0.01)
    assert uniform.std() == pytest.approx(12**-0.5, abs=0.01)
    assert normal.mean() == pytest.approx(0, abs=0.02)
    assert normal.std() == pytest.approx(1, abs=0.02)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_numbers_are_drawn_on_the_gpu():
    whole, half = (Noise(2, 9, share, "cuda") for share in (slice(None), slice(1, None, 2)))
    expected = whole.normal(3)
    assert expected.device.type == "cuda"
    assert torch.equal(half.normal(3), expected[1::2])
