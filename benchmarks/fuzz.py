"""Damage files of every format and read them: each must give drawings or one line, in bounded memory and time.

    python -m benchmarks.fuzz --minutes 10 [READER…]

Files of a few drawings are changed at random (bytes flipped, cut out, repeated, replaced by extreme numbers) and read
in a process that may take no more than 2 GiB. Anything but a UserError of one line is a find: it is printed, and its
file is kept in tests/seeds/READER, from where `tests/test_seeds.py` reads it ever after. With `--atheris` the changes
are chosen by the coverage of the Python code (`pip install atheris`; compiled loops are not covered).
"""

from __future__ import annotations

import argparse
import io
import random
import resource
import struct
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from hashlib import sha256
from pathlib import Path

import numpy as np

import sketch_classifier
from sketch_classifier.errors import UserError

SEEDS = Path(__file__).parents[1] / "tests/seeds"
MEMORY = 2 << 30  # bytes beyond what is taken before the first file
SLOW = 10.0  # seconds for a file of a few kilobytes
COVERED = ["sketch_classifier", "ruamel", "PIL", "safetensors"]  # packages whose code guides `--atheris`
NUMBERS = (
    b"\0",
    b"\xff",
    b"\x7f",
    b"\xff\xff\xff\xff",
    b"\0\0\0\x80",
    b"\xff\xff\xff\x7f",
    b"[" * 500,
    b"9" * 50,
    b"\n",
)
LINES = b"".join(
    b'{"word":"cat","countrycode":"DE","timestamp":"2017-03-02 23:25:10.07453 UTC","recognized":true,'
    b'"key_id":"%d","drawing":[[[0,%d,9],[3,4,255]],[[1],[2]]]}\n' % (number, number % 200)
    for number in range(20)
)


def read_ndjson(path: Path) -> None:
    _all(_formats().iter_ndjson(path, bad=_formats().BadRecords()))


def read_csv(path: Path) -> None:
    _all(_formats().iter_csv(path, bad=_formats().BadRecords()))


def read_binary(path: Path) -> None:
    _all(_formats().iter_binary(path, bad=_formats().BadRecords()))


def read_tfrecord(path: Path) -> None:
    _all(_formats().iter_tfrecord(path, classes=["cat", "dog"], bad=_formats().BadRecords()))


def read_parquet(path: Path) -> None:
    from sketch_classifier.drawings.formats.parquet import ParquetDrawings, iter_parquet

    file = ParquetDrawings(path, str(path))
    file.names()
    _all(iter_parquet(path, str(path), bad=_formats().BadRecords()) if file.has_strokes else file.batches())


def read_npy(path: Path) -> None:
    from sketch_classifier.drawings.formats.bitmap import open_npy, read_npy

    np.asarray(open_npy(path)[:1])
    with path.open("rb") as file:
        read_npy(file, str(path))


def read_npz(path: Path) -> None:
    from sketch_classifier.drawings.formats.sketch_rnn import iter_sketch_rnn, sketch_rnn_lists

    for name in sketch_rnn_lists(path):
        _all(iter_sketch_rnn(path, name, bad=_formats().BadRecords()))


def read_mat(path: Path) -> None:
    from sketch_classifier.data.svhn import SvhnFile

    _all(SvhnFile.open(path).images())


def read_picture(path: Path) -> None:
    from sketch_classifier.drawings.picture import bitmaps_of

    for reading in ("ink", "color", "resize"):
        _, _, reasons = bitmaps_of([path.read_bytes()], reading, 28)
        if reasons[0] and "\n" in reasons[0]:
            raise AssertionError(f"two lines: {reasons[0]}")


def read_zip(path: Path) -> None:
    from sketch_classifier.data.sources import Source

    for file in Source(str(path)).find("raw", None):
        file.read(0, min(file.size, 1 << 20))


def read_weights(path: Path) -> None:
    from sketch_classifier.models.weights import read_state

    read_state(path, "file")


def read_model(path: Path) -> None:
    from sketch_classifier.models.saved import load_model

    path.replace(path.parent / "model/model.json")
    load_model(path.parent / "model")


def read_onnx(path: Path) -> None:
    from sketch_classifier.models.shipped import shipped_folder
    from sketch_classifier.serving.onnx_session import Session

    Session(path, weights=shipped_folder("sketchnet_tiny") / "model.safetensors")


def read_params(path: Path) -> None:
    from sketch_classifier.params import load_params

    load_params(path)


READERS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "ndjson": (".ndjson", read_ndjson),
    "csv": (".csv", read_csv),
    "binary": (".bin", read_binary),
    "tfrecord": (".tfrecord", read_tfrecord),
    "parquet": (".parquet", read_parquet),
    "npy": (".npy", read_npy),
    "npz": (".npz", read_npz),
    "mat": (".mat", read_mat),
    "picture": (".png", read_picture),
    "zip": (".zip", read_zip),
    "tar": (".tar.gz", read_zip),
    "safetensors": (".safetensors", read_weights),
    "pth": (".pth", read_weights),
    "model": (".json", read_model),
    "onnx": (".onnx", read_onnx),
    "params": (".yaml", read_params),
}


def failure_of(reader: str, data: bytes, folder: Path, slow: float = float("inf")) -> str | None:
    """What is wrong with how a reader takes a file: an exception other than UserError, a line that is none, or what is
    printed; and how long it takes where that is more than `slow` seconds."""
    suffix, read = READERS[reader]
    path = folder / f"file{suffix}"
    path.write_bytes(data)
    started = time.monotonic()
    printed = io.StringIO()
    try:
        with warnings.catch_warnings(), redirect_stdout(printed):
            warnings.simplefilter("ignore")
            read(path)
    except UserError as error:
        text = str(error)
        if not text.isprintable() or len(text) > 1000:
            return f"not one short line: {text[:300]!r}"
    except Exception:
        return traceback.format_exc(limit=-3)
    if printed.getvalue():
        return f"printed: {printed.getvalue()[:300]!r}"
    seconds = time.monotonic() - started
    return f"{seconds:.1f} s" if seconds > slow else None


def good_files(reader: str, folder: Path) -> list[bytes]:
    """Files that can be read, to be damaged."""
    made = _MAKERS[reader](folder)
    return made + [path.read_bytes() for path in sorted((SEEDS / reader).glob("*"))]


def _formats():
    from sketch_classifier.drawings import formats

    return formats


def _all(items) -> None:
    for _ in items:
        pass


def _lines(_: Path) -> list[bytes]:
    return [LINES, b'{"drawing": [[[0.5, 1e3], [3, 4], [0, 17]]]}\n' * 5]


def _csv(_: Path) -> list[bytes]:
    row = b'DE,"[[[0, 1], [2, 3]]]",123,True,2017-03-02 23:25:10.074530,cat\n'
    return [b"countrycode,drawing,key_id,recognized,timestamp,word\n" + row * 10, b'drawing\n"[[[1],[2]]]"\n']


def _binary(folder: Path) -> list[bytes]:
    path = folder / "made.bin"
    _formats().write_binary(path, _drawings(folder))
    return [path.read_bytes()]


def _drawings(folder: Path):
    path = folder / "made.ndjson"
    path.write_bytes(LINES)
    return _formats().read_ndjson(path)


def _written(name: str) -> Callable[[Path], list[bytes]]:
    def make(folder: Path) -> list[bytes]:
        from sketch_classifier.drawings.formats.writers import Form, writer_of

        out = folder / f"made_{name}"
        out.mkdir(exist_ok=True)
        drawings = _drawings(folder)
        with writer_of(name)(out, ["cat", "dog"], Form()) as writer:
            writer.strokes(drawings, np.zeros(len(drawings), np.int64), None)
        return [path.read_bytes() for path in sorted(out.rglob("*")) if path.suffix not in (".classes", "")]

    return make


def _npy(_: Path) -> list[bytes]:
    files = []
    for array in (np.zeros((3, 784), np.uint8), np.asfortranarray(np.ones((2, 3))), np.zeros((0, 784), np.uint8)):
        for version in ((1, 0), (2, 0), (3, 0)):
            file = io.BytesIO()
            np.lib.format.write_array(file, array, version=version)
            files.append(file.getvalue())
    return files


def _mat(_: Path) -> list[bytes]:
    from scipy.io import savemat

    files = []
    for compressed in (True, False):
        file = io.BytesIO()
        savemat(file, {"X": np.zeros((32, 32, 3, 3), np.uint8), "y": np.ones((3, 1))}, do_compression=compressed)
        files.append(file.getvalue())
    return files


def _pictures(_: Path) -> list[bytes]:
    from PIL import Image

    files = []
    values = np.random.default_rng(0).integers(0, 255, (40, 40, 4), np.uint8)
    for mode in ("L", "RGB", "RGBA", "P", "1"):
        for kind in ("PNG", "BMP", "GIF", "WEBP", "JPEG"):
            if kind == "JPEG" and mode not in ("L", "RGB"):
                continue
            file = io.BytesIO()
            Image.fromarray(values).convert(mode).save(file, kind)
            files.append(file.getvalue())
    return files


def _archive(kind: str) -> Callable[[Path], list[bytes]]:
    def make(folder: Path) -> list[bytes]:
        import tarfile
        import zipfile

        path = folder / f"made.{kind}"
        if kind == "zip":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("raw/cat.ndjson", LINES)
        else:
            with tarfile.open(path, "w:gz") as tar:
                member = tarfile.TarInfo("raw/cat.ndjson")
                member.size = len(LINES)
                tar.addfile(member, io.BytesIO(LINES))
        return [path.read_bytes()]

    return make


def _params(_: Path) -> list[bytes]:
    return [(SEEDS.parents[1] / "params.yaml").read_bytes()[:3000], b"a: {b: [1, 2001-01-01, !!int x]}\n"]


def _weights(suffix: str) -> Callable[[Path], list[bytes]]:
    def make(folder: Path) -> list[bytes]:
        import torch
        from safetensors.torch import save_file

        state = {"layer.weight": torch.ones(3, 2), "layer.bias": torch.zeros(3, dtype=torch.float16)}
        path = folder / f"made{suffix}"
        save_file(state, path) if suffix == ".safetensors" else torch.save(state, path)
        return [path.read_bytes()]

    return make


def _model(folder: Path) -> list[bytes]:
    from sketch_classifier.models.shipped import shipped_folder

    shipped = shipped_folder("sketchnet_tiny")
    (folder / "model").mkdir(exist_ok=True)
    (folder / "model/model.safetensors").write_bytes((shipped / "model.safetensors").read_bytes())
    return [(shipped / "model.json").read_bytes()]


def _onnx(_: Path) -> list[bytes]:
    from sketch_classifier.models.shipped import shipped_folder

    return [(shipped_folder("sketchnet_tiny") / "model.onnx").read_bytes()]


_MAKERS: dict[str, Callable[[Path], list[bytes]]] = {
    "ndjson": _lines,
    "csv": _csv,
    "binary": _binary,
    "tfrecord": _written("tfrecord"),
    "parquet": _written("parquet"),
    "npy": _npy,
    "npz": _written("p5"),
    "mat": _mat,
    "picture": _pictures,
    "zip": _archive("zip"),
    "tar": _archive("tar"),
    "safetensors": _weights(".safetensors"),
    "pth": _weights(".pth"),
    "model": _model,
    "onnx": _onnx,
    "params": _params,
}


def damaged(data: bytes, choose: random.Random) -> bytes:
    """The file with one to five changes."""
    changed = bytearray(data)
    for _ in range(choose.randint(1, 5)):
        place = choose.randrange(len(changed) + 1)
        match choose.randrange(6):
            case 0 if place < len(changed):
                changed[place] ^= 1 << choose.randrange(8)
            case 1:
                del changed[place : place + choose.randint(1, 40)]
            case 2:
                changed[place:place] = changed[place : place + choose.randint(1, 40)] * choose.randint(1, 20)
            case 3:
                number = choose.choice(NUMBERS)
                changed[place : place + len(number)] = number
            case 4:
                changed[place : place + 8] = struct.pack(choose.choice("<>") + "Q", choose.getrandbits(64))
            case 5 if choose.random() < 0.2:
                del changed[place:]
    return bytes(changed)


def _keep(reader: str, data: bytes, failure: str) -> None:
    path = SEEDS / reader / sha256(data).hexdigest()[:16]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    print(f"{reader}: {path.name}: {failure}", flush=True)


def _run(reader: str, seconds: float, seed: int) -> int:
    choose, finds, tried, kinds = random.Random(seed), 0, 0, set()
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (most, most))  # while libraries are loaded
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = good_files(reader, folder)
        for data in files:  # also loads and compiles what is needed
            failure_of(reader, data, folder)
        taken = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, most))
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            data = damaged(choose.choice(files), choose)
            tried += 1
            if failure := failure_of(reader, data, folder, SLOW):
                finds += 1
                if (kind := failure.splitlines()[-1][:60]) not in kinds:
                    kinds.add(kind)
                    _keep(reader, data, failure)
    print(f"{reader}: {tried:,} files, {finds} finds of {len(kinds)} kinds", flush=True)
    return finds


def _guided(reader: str, seconds: float) -> None:
    """Let libFuzzer choose the changes; it ends the process. What takes too long or too much is a find as well."""
    import atheris
    import numba  # noqa: F401  what it loads is not covered

    package = Path(sketch_classifier.__file__).parent
    compiled = [
        ".".join(path.relative_to(package.parent).with_suffix("").parts)
        for path in package.rglob("*.py")
        if "drawings.jit import" in path.read_text(encoding="utf-8")
    ]
    folder, kinds = Path(tempfile.mkdtemp()), set()
    corpus = folder / "corpus"
    corpus.mkdir()
    with atheris.instrument_imports(include=COVERED, exclude=compiled):
        files = good_files(reader, folder)
        for number, data in enumerate(files):
            (corpus / str(number)).write_bytes(data)
            failure_of(reader, data, folder)

    def one(data: bytes) -> None:
        failure = failure_of(reader, data, folder)
        if failure and (kind := failure.splitlines()[-1][:60]) not in kinds:
            kinds.add(kind)
            _keep(reader, data, failure)

    (SEEDS / reader).mkdir(parents=True, exist_ok=True)
    limits = [f"-max_total_time={int(seconds)}", f"-timeout={int(SLOW)}", "-rss_limit_mb=4096", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], str(corpus), *limits, f"-artifact_prefix={SEEDS / reader}/"], one)
    atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("readers", nargs="*", metavar="READER", help=f"any of {', '.join(READERS)} (default: all)")
    parser.add_argument("--minutes", type=float, default=10, help="for each reader (default: 10)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--atheris", action="store_true", help="guided by coverage; one reader")
    options = parser.parse_args()
    unknown = set(options.readers) - set(READERS)
    if unknown or (options.atheris and len(options.readers) != 1):
        parser.error(f"unknown reader {', '.join(sorted(unknown))}" if unknown else "--atheris takes one reader")
    if options.atheris:
        return _guided(options.readers[0], 60 * options.minutes)
    finds = [_run(reader, 60 * options.minutes, options.seed) for reader in options.readers or READERS]
    sys.exit(1 if any(finds) else 0)


if __name__ == "__main__":
    main()
