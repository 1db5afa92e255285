"""Builds the static page: a folder for any web server."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx

from app.choice import OWN_LABEL, shipped_label
from app.neighbours import load_neighbours
from sketch_classifier import Predictor, UserError
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.drawings.files import replaced_folder
from sketch_classifier.models.shipped import SMALL, shipped_folder, shipped_models

WEB = Path(__file__).resolve().parent
RUNTIME = WEB / "node_modules/onnxruntime-web"
RUNTIME_FILES = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
NUM_NEIGHBOURS = 1000  # training drawings to look for the nearest in: they are downloaded with the page


def build(models: Path | None, processed: Path, cache: Path, dist: Path) -> int:
    """Write the page with the model of the folder `models` into `dist`, which is replaced; return its size in bytes.

    The small shipped model is offered beside it, and alone where `models` is None. Training drawings come from
    `processed`, and their features from `cache` where these were computed before; the page does without where there are
    none. ONNX Runtime comes from npm, at the version of package-lock.json, once. Raises UserError if the model was
    not exported, reads what the page cannot draw, or npm fails.
    """
    predictor = _drawn_for(models) if models else None
    shipped = Predictor.pretrained(SMALL) if models is None or SMALL in shipped_models() else None
    install_runtime()
    with replaced_folder(dist) as partial:
        for source in (*WEB.glob("*.js"), *WEB.glob("*.html"), *WEB.glob("*.css"), *WEB.parent.glob("pad/pad.*")):
            shutil.copy(source, partial)
        for name in RUNTIME_FILES:
            shutil.copy(RUNTIME / "dist" / name, partial)
        offered = []
        if models and predictor:
            shutil.copy(models / "model.onnx", partial)
            about = {"label": OWN_LABEL, "file": "model.onnx"} | asdict(predictor.about)
            if (processed / "images.npy").exists():
                near = load_neighbours(models, predictor, Dataset.open(processed), cache, NUM_NEIGHBOURS)
                near.features.astype("<f4").tofile(partial / "features.bin")
                np.ascontiguousarray(near.images).tofile(partial / "images.bin")
                about["neighbours"] = {"names": near.names}
            offered.append(about)
        if shipped:
            graph = onnx.load(shipped_folder(SMALL) / "model.onnx")  # with its weights, which lie in another file
            (partial / f"{SMALL}.onnx").write_bytes(graph.SerializeToString(deterministic=True))
            offered.append({"label": shipped_label(SMALL), "file": f"{SMALL}.onnx"} | asdict(shipped.about))
        (partial / "models.json").write_text(json.dumps(offered, ensure_ascii=False) + "\n", encoding="utf-8")
    return sum(path.stat().st_size for path in dist.iterdir())


def _drawn_for(models: Path) -> Predictor:
    """The model of a folder. Raises UserError if it reads what the page cannot draw."""
    predictor = Predictor(models)
    if predictor.about.channels == "color":
        raise UserError(f"{models}: this model was trained on photographs and does not accept drawings")
    return predictor


def install_runtime() -> None:
    """Fetch ONNX Runtime from npm unless it is there at the locked version. Raises UserError if npm fails."""
    wanted = json.loads((WEB / "package.json").read_text(encoding="utf-8"))["dependencies"]["onnxruntime-web"]
    try:
        if json.loads((RUNTIME / "package.json").read_text(encoding="utf-8"))["version"] == wanted:
            return
    except (OSError, ValueError, KeyError):
        pass  # not there, or half of it: npm puts it right
    try:
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=WEB, capture_output=True, encoding="utf-8", errors="replace")
    except FileNotFoundError:
        raise UserError("npm is not installed: it fetches ONNX Runtime for the page (https://nodejs.org)") from None
    if done.returncode:
        reason = next(
            (line for line in done.stderr.splitlines() if "ERR" in line or "error" in line), "no reason given"
        )
        raise UserError(f"npm ci: {reason}")
