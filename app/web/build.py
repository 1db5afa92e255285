"""Builds the static page: a folder that any web server can serve."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import pyarrow as pa
from PIL import Image

from app.choice import OWN_LABEL, shipped_label
from app.neighbours import load_neighbours
from sketch_classifier import Predictor, UserError, rasterize
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.drawings.files import replaced_file, replaced_folder
from sketch_classifier.models.shipped import SMALL, shipped_folder, shipped_models
from sketch_classifier.serving.predictor import FILE, SMALL_FILE
from sketch_classifier.serving.quantise import quantise_weights
from sketch_classifier.synthetic import generate

WEB = Path(__file__).resolve().parent
NODE = WEB / "node_modules"
RUNTIME = "onnxruntime-web/dist/ort-wasm-simd-threaded.wasm"
SCRIPTS = ("onnxruntime-web/dist/ort.wasm.bundle.min.mjs", "fzstd/esm/index.mjs")
NAMES = {"index.mjs": "fzstd.mjs"}  # file names in the page's folder
STYLES = ("pad.css", "page.css")
NUM_NEIGHBOURS = 1000  # training drawings for the nearest-neighbour search, which are downloaded with the page
LEVEL = 19  # Zstandard level: compresses the runtime to 2.5 MB (gzip: 3.7 MB) in 20 seconds, once
ICONS = (192, 512)  # pixels per side
ICON_BACKGROUND = (194, 65, 12)


def build(models: Path | None, processed: Path, cache: Path, dist: Path) -> int:
    """Write the page with the model of the folder `models` into `dist`, which is replaced; return its size in bytes.

    The page also offers the small shipped model, or only that if `models` is None, both with 8-bit weights. Training
    drawings come from `processed`, and their features from `cache` if they have been computed before; without them,
    the page shows no nearest drawings. ONNX Runtime is downloaded once from npm, at the version in package-lock.json.
    Raises UserError if the model was not exported, if its input is not drawings, or if npm fails.
    """
    own = _own_model(models) if models else None
    shipped = Predictor.pretrained(SMALL) if models is None or SMALL in shipped_models() else None
    install_runtime()
    with replaced_folder(dist) as partial:
        sources = [*WEB.glob("*.js"), *WEB.glob("*.css"), *WEB.glob("*.webmanifest"), *WEB.parent.glob("pad/pad.*")]
        for source in sources:
            shutil.copy(source, partial)
        for script in SCRIPTS:
            name = Path(script).name
            shutil.copy(NODE / script, partial / NAMES.get(name, name))
        _draw_icons(partial)
        runtime = _packed_runtime()
        shutil.copy(runtime, partial)
        offered = []
        if own:
            path, predictor = own
            about = _pack_model(partial, path, OWN_LABEL, FILE) | asdict(predictor.about)
            if (processed / "images.npy").exists():
                near = load_neighbours(path, predictor, Dataset.open(processed), cache, NUM_NEIGHBOURS)
                _pack(partial / "features.bin", near.features.astype("<f4").tobytes())
                _pack(partial / "images.bin", np.ascontiguousarray(near.images).tobytes())
                about["neighbours"] = {"names": near.names}
            offered.append(about)
        if shipped:
            path = shipped_folder(SMALL) / FILE
            offered.append(_pack_model(partial, path, shipped_label(SMALL), f"{SMALL}.onnx") | asdict(shipped.about))
        contents = {"runtime": {"file": runtime.stem, "bytes": runtime.stat().st_size}, "models": offered}
        (partial / "models.json").write_text(json.dumps(contents, ensure_ascii=False) + "\n", encoding="utf-8")
        _write_index(partial)
        _write_service_worker(partial)
    return sum(path.stat().st_size for path in dist.iterdir())


def _own_model(models: Path) -> tuple[Path, Predictor]:
    """The path and predictor of the model in a folder, with 8-bit weights if available.

    Raises UserError if the model's input is not drawings.
    """
    int8 = (models / SMALL_FILE).exists()
    predictor = Predictor(models, int8=int8)
    if predictor.about.channels == "color":
        raise UserError(f"{models}: this model was trained on photographs and does not accept drawings")
    return models / (SMALL_FILE if int8 else FILE), predictor


def _pack_model(folder: Path, path: Path, label: str, name: str) -> dict:
    """Write a model to `folder`, with its weights in the same file; return its entry for models.json."""
    graph = onnx.load(path)
    if path.name != SMALL_FILE:
        graph = quantise_weights(graph)
    return {"label": label, "file": name, "bytes": _pack(folder / name, graph.SerializeToString(deterministic=True))}


def _pack(path: Path, data: bytes) -> int:
    """Write data as `path`.zst; return its size in bytes."""
    packed = pa.Codec("zstd", compression_level=LEVEL).compress(data, asbytes=True)
    with replaced_file(path.with_name(path.name + ".zst")) as partial:
        partial.write_bytes(packed)
    return len(packed)


def _packed_runtime() -> Path:
    """The compressed file of ONNX Runtime, kept in npm's folder so that npm removes it with that version."""
    path = NODE / RUNTIME
    packed = path.with_name(path.name + ".zst")
    if not packed.exists():
        _pack(path, path.read_bytes())
    return packed


def _draw_icons(folder: Path) -> None:
    """Draw a synthetic drawing in white, within the circle of 4/5 of the width to which launchers may crop icons."""
    drawings, _ = generate("cat", 1, seed=3)
    for side in ICONS:
        ink = round(0.75 * side)
        icon = Image.new("RGB", (side, side), ICON_BACKGROUND)
        place = ((side - ink) // 2,) * 2
        icon.paste((255, 255, 255), place, Image.fromarray(rasterize(drawings, size=ink)[0]))
        icon.save(folder / f"icon-{side}.png", optimize=True)


def _write_index(folder: Path) -> None:
    """Write index.html with inlined styles and modulepreload links, so that the page loads faster."""
    links = "\n    ".join(f'<link rel="modulepreload" href="{name}" />' for name in ("game.js", "pad.js"))
    styles = "".join((folder / name).read_text(encoding="utf-8") for name in STYLES)
    text = (WEB / "index.html").read_text(encoding="utf-8")
    text = text.replace("<!-- modules -->", links).replace("<!-- styles -->", f"<style>\n{styles}</style>")
    for name in STYLES:
        (folder / name).unlink()
    (folder / "index.html").write_text(text, encoding="utf-8")


def _write_service_worker(folder: Path) -> None:
    """Write sw.js with the names of all files and a version that changes with their contents."""
    files = sorted(path for path in folder.iterdir() if path.name != "sw.js")
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode() + path.read_bytes())
    text = (WEB / "sw.js").read_text(encoding="utf-8")
    text = text.replace('VERSION = ""', f'VERSION = "{digest.hexdigest()[:16]}"')
    text = text.replace("FILES = []", f"FILES = {json.dumps(['./', *(path.name for path in files)])}")
    (folder / "sw.js").write_text(text, encoding="utf-8")


def install_runtime() -> None:
    """Install ONNX Runtime with npm unless the locked version is installed. Raises UserError if npm fails."""
    wanted = json.loads((WEB / "package.json").read_text(encoding="utf-8"))["dependencies"]
    try:
        found = {name: json.loads((NODE / name / "package.json").read_text(encoding="utf-8")) for name in wanted}
        if all(found[name]["version"] == version for name, version in wanted.items()):
            return
    except (OSError, ValueError, KeyError):
        pass  # missing or incomplete: npm installs it again
    try:
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=WEB, capture_output=True, encoding="utf-8", errors="replace")
    except FileNotFoundError:
        raise UserError("npm is not installed; it is needed to download ONNX Runtime (https://nodejs.org)") from None
    if done.returncode:
        reason = next(
            (line for line in done.stderr.splitlines() if "ERR" in line or "error" in line), "no reason given"
        )
        raise UserError(f"npm ci: {reason}")
