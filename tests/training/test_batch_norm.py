"""Batch normalisation of two processes is that of one: outputs, gradients and running statistics.

Run as a program, this file is the second of the two processes.
"""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from timm.layers import BatchNormAct2d
from torch import nn

from sketch_classifier.training.batch_norm import synchronized

BATCH = 7
EVEN, UNEVEN, LOPSIDED = (slice(0, None, 2), slice(1, None, 2)), (slice(0, 2), slice(2, 7)), (slice(0, 6), slice(6, 7))


def network():
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, bias=False), BatchNormAct2d(8, act_layer=nn.ReLU6), nn.Conv2d(8, 4, 3), nn.BatchNorm2d(4)
    )


# name: (layer, one drawing's shape, shares of the two processes, what makes the inputs of normal numbers)
CASES = {
    "flat": (lambda: nn.BatchNorm1d(4), (4,), EVEN, lambda x: x),
    "sequences": (lambda: nn.BatchNorm1d(4), (4, 9), UNEVEN, lambda x: x),
    "images": (lambda: nn.BatchNorm2d(4), (4, 5, 5), UNEVEN, lambda x: x),
    "channels_last": (
        lambda: nn.BatchNorm2d(4),
        (4, 5, 5),
        UNEVEN,
        lambda x: x.contiguous(memory_format=torch.channels_last),
    ),
    "one_drawing": (lambda: nn.BatchNorm1d(4), (4,), LOPSIDED, lambda x: x),
    "timm": (lambda: BatchNormAct2d(4, eps=1e-3, act_layer=nn.ReLU6), (4, 5, 5), EVEN, lambda x: 4 * x + 2),
    "cumulative": (lambda: nn.BatchNorm2d(4, momentum=None), (4, 5, 5), EVEN, lambda x: x),
    "not_affine": (lambda: nn.BatchNorm2d(4, affine=False), (4, 5, 5), EVEN, lambda x: x),
    "untracked": (lambda: nn.BatchNorm2d(4, track_running_stats=False), (4, 5, 5), EVEN, lambda x: x),
    "float64": (lambda: nn.BatchNorm2d(4).double(), (4, 5, 5), UNEVEN, lambda x: x.double()),
    "bfloat16": (lambda: nn.BatchNorm2d(4), (4, 5, 5), UNEVEN, lambda x: x.bfloat16()),
    "far_from_0": (lambda: nn.BatchNorm2d(4), (4, 5, 5), UNEVEN, lambda x: x + 512),
    "frozen": (lambda: nn.BatchNorm2d(4).eval(), (4, 5, 5), EVEN, lambda x: x),
    "network": (lambda: network().double(), (3, 9, 9), UNEVEN, lambda x: x.double()),
}
# One unit in the last place of bfloat16 is 0.8 %; that of a number near 512 is 6e-5 in float32.
TOLERANCES = {"float64": 1e-12, "network": 1e-12, "bfloat16": 2e-2, "far_from_0": 2e-4}


def learn(name, share=None):
    """Two batches forward and backward; by name, the rows and the gradients of a process, and the state."""
    build, shape, _, change = CASES[name]
    torch.manual_seed(0)
    layer = build()
    for parameter in layer.parameters():
        nn.init.normal_(parameter, 1.0)
    found = {}
    if share is not None:
        layer = synchronized(layer)
    for step in range(2):
        x = change(torch.randn(BATCH, *shape))[share or slice(None)].detach().requires_grad_()
        out = layer(x)
        # Not the same gradient for every value of the output: of that, normalisation lets nothing through to x.
        pull = torch.randn(BATCH, *out.shape[1:])[share or slice(None)]
        (out.to(torch.promote_types(out.dtype, torch.float32)) * pull).sum().backward()
        found |= {f"rows.out.{step}": out.detach(), f"rows.gradient.{step}": x.grad}
    found |= {f"sum.{key}": parameter.grad for key, parameter in layer.named_parameters()}
    found |= {f"state.{key}": value for key, value in layer.state_dict().items()}
    return {key: value.contiguous() for key, value in found.items()}


def main(rank, folder):
    start = f"file://{folder / 'start'}"
    wait = timedelta(seconds=120)
    torch.distributed.init_process_group("gloo", init_method=start, rank=rank, world_size=2, timeout=wait)
    try:
        for name, (_, _, shares, _) in CASES.items():
            save_file(learn(name, shares[rank]), folder / f"{name}.{rank}.safetensors")
    finally:
        torch.distributed.destroy_process_group()


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """What each of two processes found, by the case's name; this process is the first of them."""
    folder = tmp_path_factory.mktemp("two")
    with subprocess.Popen([sys.executable, __file__, "1", str(folder)], stderr=subprocess.PIPE, text=True) as second:
        try:
            main(0, folder)
            errors = second.communicate(timeout=120)[1]
        finally:
            second.kill()
    assert second.returncode == 0, errors
    assert "Warning" not in errors
    return {name: [load_file(folder / f"{name}.{rank}.safetensors") for rank in range(2)] for name in CASES}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_two_processes_do_what_one_does(two, name):
    one = learn(name)
    first, second = two[name]
    shares = CASES[name][2]
    assert first.keys() == one.keys(), "the same state, under the same names"
    for key, value in one.items():
        what = key.split(".")[0]
        if what == "rows":
            together = torch.zeros_like(value)
            together[shares[0]], together[shares[1]] = first[key], second[key]
        elif what == "sum":
            together = first[key] + second[key]
        else:
            assert torch.equal(first[key], second[key])
            together = first[key]
        tolerance = TOLERANCES.get(name, 1e-5)
        torch.testing.assert_close(
            together, value, rtol=tolerance, atol=tolerance, msg=lambda text, key=key: f"{key}: {text}"
        )


def test_the_gradient_runs_through_the_statistics_of_the_other_process(two):
    """What plain batch normalisation of each share would give is far from what both give together."""
    first, _ = two["images"]
    torch.manual_seed(0)
    layer = nn.BatchNorm2d(4)
    for parameter in layer.parameters():
        nn.init.normal_(parameter, 1.0)
    x = torch.randn(BATCH, 4, 5, 5)[UNEVEN[0]].requires_grad_()
    out = layer(x)
    (out * torch.randn(BATCH, 4, 5, 5)[UNEVEN[0]]).sum().backward()
    assert float((first["rows.gradient.0"] - x.grad).abs().max()) > 0.05
    assert float((first["rows.out.0"] - out.detach()).abs().max()) > 0.05


def test_without_other_processes_it_is_the_layer_that_it_was():
    torch.manual_seed(0)
    plain, x = network(), torch.randn(BATCH, 3, 9, 9)
    state = {name: value.clone() for name, value in plain.state_dict().items()}
    expected = plain(x)
    changed = synchronized(synchronized(network()))
    changed.load_state_dict(state, strict=True)
    assert torch.equal(changed(x), expected)
    assert changed.state_dict().keys() == state.keys()
    fresh = network()
    fresh.load_state_dict(changed.state_dict(), strict=True)
    assert torch.equal(fresh.eval()(x), plain.eval()(x))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
