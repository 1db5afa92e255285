"""The page without a server, as a folder that any web server can hand out."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path

from sketch_classifier import Predictor, UserError
from sketch_classifier.data.files import replaced_folder

WEB = Path(__file__).resolve().parent
RUNTIME = WEB / "node_modules/onnxruntime-web"
RUNTIME_FILES = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")


def build(models: Path, dist: Path) -> int:
    """Write the page with the model of the folder `models` into `dist`, which is replaced; return its size in bytes.

    ONNX Runtime comes from npm, at the version of package-lock.json, once. Raises UserError where the model was not
    exported, reads what the page cannot draw, or npm fails.
    """
    about = Predictor(models).about
    if about.channels == "stroke_order":
        raise UserError(f"{models}: this model reads the order of the strokes, which the page does not draw")
    install_runtime()
    with replaced_folder(dist) as partial:
        for source in (*WEB.glob("*.js"), *WEB.glob("*.html"), *WEB.glob("*.css"), *WEB.parent.glob("pad/pad.*")):
            shutil.copy(source, partial)
        for name in RUNTIME_FILES:
            shutil.copy(RUNTIME / "dist" / name, partial)
        shutil.copy(models / "model.onnx", partial)
        (partial / "model.json").write_text(json.dumps(asdict(about), ensure_ascii=False) + "\n", encoding="utf-8")
    return sum(path.stat().st_size for path in dist.iterdir())


def install_runtime() -> None:
    """Fetch ONNX Runtime from npm unless it is there at the locked version. Raises UserError where npm fails."""
    wanted = json.loads((WEB / "package.json").read_text(encoding="utf-8"))["dependencies"]["onnxruntime-web"]
    try:
        if json.loads((RUNTIME / "package.json").read_text(encoding="utf-8"))["version"] == wanted:
            return
    except (OSError, ValueError, KeyError):
        pass  # not there, or half of it: npm puts it right
    try:
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=WEB, capture_output=True, text=True)
    except FileNotFoundError:
        raise UserError("npm is not installed: it fetches ONNX Runtime for the page (https://nodejs.org)") from None
    if done.returncode:
        reason = next(
            (line for line in done.stderr.splitlines() if "ERR" in line or "error" in line), "no reason given"
        )
        raise UserError(f"npm ci: {reason}")
