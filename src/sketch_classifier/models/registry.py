"""From an architecture's name to a network. Every file of this folder that defines `build` is an architecture."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import torch

from sketch_classifier.errors import UserError, unknown_name
from sketch_classifier.models.network import Network
from sketch_classifier.params import Input


def architectures() -> tuple[str, ...]:
    """The names that `build_network` knows."""
    modules = (module.name for module in iter_modules([str(Path(__file__).parent)]))
    return tuple(sorted(name for name in modules if hasattr(_module(name), "build")))


def build_network(architecture: str, input: Input, num_outputs: int, seed: int = 0) -> Network:
    """A network with initial weights that depend on `seed` alone; the global random state stays as it was.

    Raises UserError for an unknown architecture and for an input that it cannot take.
    """
    if architecture not in architectures():
        raise UserError(unknown_name("architecture", architecture, architectures()))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _module(architecture).build(input, num_outputs)


def _module(name: str):
    return import_module(f"{__package__}.{name}")
