"""Backbone weights trained on drawings: reading those of this package, and writing new ones.

`python -m sketch_classifier.models.pretrained_weights models OUT.safetensors --command "dvc exp run …"`

writes the backbone of a trained model. `python -m stages.ship` writes a whole model.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load, save

from sketch_classifier.drawings.files import replaced_file
from sketch_classifier.entry_point import run, use_this_checkout
from sketch_classifier.errors import UserError, one_line
from sketch_classifier.models import shipped
from sketch_classifier.models.network import State
from sketch_classifier.models.saved import About, load_model

BACKBONE = "backbone."  # prefix of the backbone's entries in a network's state dict
ATTRIBUTION = (
    "Learnt from drawings of [The Quick, Draw! Dataset](https://github.com/googlecreativelab/quickdraw-dataset), made "
    "available by Google, Inc. under the [Creative Commons Attribution 4.0 International "
    "licence](https://creativecommons.org/licenses/by/4.0/) (CC BY 4.0)."
)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line; raises what `pack_model` raises."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path, help="the folder of a trained model")
    parser.add_argument("out", type=Path, help="the .safetensors file to write; its card (.md) is written next to it")
    parser.add_argument("--command", required=True, help="the command that trained the model, for the card")
    parser.add_argument("--began", default="", help="the source of the initial weights, for the card")
    options = parser.parse_args(arguments)
    num_bytes = pack_model(options.models, options.out, options.command, options.began)
    print(f"{options.out}: {num_bytes:,} bytes", file=sys.stderr)


def pack_model(folder: str | Path, out: str | Path, command: str, began: str = "") -> int:
    """Write the backbone of the model in `folder` to `out`, and its card next to it; returns the bytes of `out`.

    The file's metadata has one key, `about`: JSON with architecture, categories and licence. The same model and command
    give the same bytes.

    Raises UserError if there is no model in `folder`, `out` does not end in .safetensors, the architecture has no
    `sketches` weights, or the backbone was frozen, so that it was not trained on drawings.
    """
    out = Path(out)
    if out.suffix != ".safetensors":
        raise UserError(f"{out}: a path that ends in .safetensors is expected (a whole model: python -m stages.ship)")
    network, about = load_model(folder)
    if "sketches" not in network.pretrained:
        raise UserError(f"{folder}: {network.architecture} has no `sketches` weights, so there is nothing to pack")
    if about.frozen:
        raise UserError(f"{folder}: its backbone was frozen during training; train it with freeze_backbone: false")
    what = {"architecture": network.architecture, "categories": about.categories, "licence": ATTRIBUTION}
    state = packed(network.backbone.state_dict())
    data = save(state, {"about": json.dumps(what)})  # one key: their order in the file is undefined
    with replaced_file(out) as partial:
        partial.write_bytes(data)
    with replaced_file(out.with_suffix(".md")) as partial:
        partial.write_text(card(about, out.name, len(data), command, began), encoding="utf-8")
    return len(data)


def packed(state: State) -> State:
    """The state dict with kernels and matrices in float16.

    One-dimensional parameters stay float32: biases and batch normalisation, whose variances may exceed float16's range.
    """
    return {
        name: (value.half() if value.ndim > 1 else value).detach().cpu().contiguous() for name, value in state.items()
    }


def card(about: About, name: str, num_bytes: int, command: str, began: str = "") -> str:
    """The card of the file `name` of num_bytes, in Markdown: data, command, metrics and licence.

    began  the source of the initial weights; by default only their name
    """
    figures = "\n".join(
        f"| {metric.replace('_', ' ')} | {_shown(metric, value)} |" for metric, value in about.final.items()
    )
    assert about.preset.input.kind == "images"  # no network for strokes has `sketches` weights
    size = about.preset.input.size
    began = began or ("random weights" if about.weights == "none" else f"`{Path(about.weights).name}` weights")
    return f"""# {name}

The backbone of {about.preset.architecture}, for `weights: [sketches]`: {num_bytes:,} bytes of safetensors, convolution
kernels and matrices in float16, batch normalisation in float32. The classifier is not included.

- **Data**: {about.num_train:,} training and {about.num_validation:,} validation drawings of Quick, Draw!; the test
  drawings of the same split were not used.
- **Categories** ({len(about.categories)}): {", ".join(about.categories)}. Results on these say nothing about new ones.
- **Input**: {size}×{size} pixels. **Task**: {about.task}, {len(about.class_names)} classes.
- **Command**: `{command}`
- **Initial weights**: {began}.
- **Licence**: {ATTRIBUTION}

Metrics of the epoch that these weights are from:

| metric | value |
|---|--:|
{figures}
"""


def _shown(metric: str, value: float) -> str:
    if isinstance(value, int):
        return str(value)
    return f"{value:.1%}" if metric.endswith("accuracy") else f"{value:.4f}"


def read_sketches(architecture: str) -> State:
    """The state dict of the architecture's shipped backbone, in float16, float32 and int64.

    It is read from the file of the backbone, or from the shipped model if there is none. Raises UserError if the file
    is missing or damaged.
    """
    file = shipped.FOLDER / f"{architecture}_sketches.safetensors"
    if not file.exists():
        file = shipped.FOLDER / architecture / "model.safetensors"
    try:
        state = load(file.read_bytes())
    except (OSError, SafetensorError) as error:
        raise UserError(
            f"weights: sketches: {file.relative_to(shipped.FOLDER)}, which is part of this package, cannot be read "
            f"({one_line(error)}); reinstall the package"
        ) from None
    own = {name: value for name, value in state.items() if name.startswith(BACKBONE)}
    return {name.removeprefix(BACKBONE): value for name, value in own.items()} or state


if __name__ == "__main__":
    use_this_checkout()
    run(main)
