"""Dropout: torch's own for one process, and for several together what one would get."""

import pytest
import torch
from torch import nn

from sketch_classifier.models.network import Dropout, global_rows


def masks(num_processes, calls=2):
    """What so many processes, seeded alike, make of a global batch of 7 rows of ones; put together again."""
    whole = [torch.zeros(7, 50) for _ in range(calls)]
    for index in range(num_processes):
        torch.manual_seed(3)
        share = slice(index, None, num_processes)
        layer = Dropout(0.4).train()
        with global_rows(7, share):
            for out in whole:
                out[share] = layer(torch.ones(7, 50)[share])
    return whole


@pytest.mark.parametrize("num_processes", [2, 3, 7])
def test_processes_get_together_what_one_gets(num_processes):
    one = masks(1)
    assert not torch.equal(one[0], one[1])
    assert all(torch.equal(a, b) for a, b in zip(masks(num_processes), one, strict=True))


def test_without_a_global_batch_it_is_the_same_as_with_its_own_rows():
    torch.manual_seed(3)
    alone = Dropout(0.4).train()(torch.ones(7, 50))
    assert torch.equal(alone, masks(1)[0])


def test_keeps_the_share_and_the_mean():
    torch.manual_seed(0)
    x = torch.ones(200, 500, requires_grad=True)
    out = Dropout(0.3).train()(x)
    assert out.unique().tolist() == pytest.approx([0.0, 1 / 0.7])
    assert float((out == 0).float().mean()) == pytest.approx(0.3, abs=0.01)
    out.sum().backward()
    assert torch.equal(x.grad, out.detach())


def test_does_nothing_in_evaluation_or_with_probability_0_and_everything_with_1():
    x = torch.rand(3, 4)
    assert Dropout(0.5).eval()(x) is x
    assert Dropout(0.0).train()(x) is x
    assert torch.equal(Dropout(1.0).train()(x), torch.zeros(3, 4))


def test_a_global_batch_ends_with_its_block_also_after_an_error():
    layer = Dropout(0.5).train()
    with pytest.raises(RuntimeError, match="stop"), global_rows(7, slice(2, 4)):
        assert layer(torch.ones(2, 5)).shape == (2, 5)
        with global_rows(9, slice(0, 3)):
            assert layer(torch.ones(3, 5)).shape == (3, 5)
        assert layer(torch.ones(2, 5)).shape == (2, 5)
        raise RuntimeError("stop")
    assert layer(torch.ones(4, 5)).shape == (4, 5)


def test_can_work_in_place():
    x = torch.ones(7, 50)
    assert Dropout(0.4, inplace=True).train()(x) is x and 0 < int((x == 0).sum()) < x.numel()


def test_nothing_of_it_is_left_in_an_exported_network():
    network = nn.Sequential(nn.Linear(4, 3), Dropout(0.5)).eval()
    x = torch.rand(2, 4)
    exported = torch.export.export(network, (x,))
    assert torch.equal(exported.module()(x), network(x))
    assert not [node for node in exported.graph.nodes if "bernoulli" in str(node.target) or "drop" in str(node.target)]


def test_looks_like_torchs():
    assert str(Dropout(0.4)) == str(nn.Dropout(0.4)) and not Dropout(0.4).state_dict()
