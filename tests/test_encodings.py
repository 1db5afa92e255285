"""Text goes into files as UTF-8, and to any terminal in what that terminal can show.

Run as a program, this file prints what every command answers in the locale that it was started with.
"""

import ast
import functools
import io
import json
import os
import runpy
import subprocess
import sys
import traceback
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = [path for folder in ("src", "stages", "app", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
TEXT = {"open", "read_text", "write_text", "NamedTemporaryFile", "TextIOWrapper"}
BINARY = {"rb", "wb", "ab", "xb", "r+b", "rb+", "w+b", "wb+"}
NOT_FILES = {"os", "Image", "Dataset", "SvhnFile", "archive", "_zip", "tarfile"}  # whose `open` is another
ENCODINGS = [{"PYTHONIOENCODING": "cp1252"}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}]
ARGUMENTS = {  # of the commands, by module
    "sketch_classifier": ["predict", "猫.npy", "--models", "🐈"],
    "sketch_classifier.synthetic": ["OUT", "--categories", "猫🐈"],
    "sketch_classifier.models.pretrained_weights": ["猫", "🐈.safetensors", "--command", "x"],
    "stages.compare": ["猫🐈"],
    "stages.ship": ["--models", "猫🐈", "--command", "x"],
    "app.web": ["--models", "猫🐈"],
}


def without_encoding(source: str) -> list[int]:
    """The lines that open a file as text and leave its encoding to the machine."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        opener = getattr(node.func, "value", None)
        if name not in TEXT or getattr(opener, "id", getattr(opener, "attr", "")) in NOT_FILES:
            continue
        is_binary = any(part.value in BINARY for part in ast.walk(node) if isinstance(part, ast.Constant))
        if not is_binary and not any(word.arg == "encoding" for word in node.keywords):
            found.append(node.lineno)
    return found


def test_the_check_itself():
    assert without_encoding("path.read_text()\nopen('a')\nopen('a', 'rb')\npath.open('w', encoding='utf-8')") == [1, 2]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_text_file_names_its_encoding(path):
    assert without_encoding(path.read_text(encoding="utf-8")) == []


def run(environment: dict, *command: str, cwd: Path = ROOT) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *command], env=os.environ | environment, cwd=cwd, capture_output=True)


@pytest.mark.parametrize("environment", ENCODINGS, ids=lambda environment: "-".join(environment.values()))
@pytest.mark.parametrize("imported", ["from stages import run", "from sketch_classifier.entry_point import run"])
def test_what_a_terminal_lacks_is_printed_as_escapes(environment, imported):
    code = f"""{imported}
from sketch_classifier.errors import UserError
def main():
    print("\\u732b \\U0001f408 \\udcff")
    raise UserError("\\u732b \\U0001f408")
run(main)
"""
    done = run(environment, "-c", code)
    assert done.returncode == 1
    assert done.stdout.strip() == rb"\u732b \U0001f408 \udcff"
    assert done.stderr.strip() == rb"error: \u732b \U0001f408"


def answer(module: str, encoding: str | None = None) -> tuple[object, str]:
    """The exit code of `python -m module …`, and what it prints on stderr, run in this process.

    Its streams have an encoding, as with PYTHONIOENCODING, or else those that this process was started with.
    """
    streams = [
        io.TextIOWrapper(io.BytesIO(), encoding or stream.encoding, errors if encoding else stream.errors)
        for stream, errors in ((sys.__stdout__, "strict"), (sys.__stderr__, "backslashreplace"))
    ]
    code = 0
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        for name, stream in zip(("stdout", "stderr"), streams, strict=True):
            patch.setattr(sys, name, stream)
        arguments = [folder if word == "OUT" else os.fsdecode(word.encode()) for word in ARGUMENTS[module]]
        patch.setattr(sys, "argv", [module, *arguments])
        patch.chdir(ROOT)
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        except SystemExit as end:
            code = end.code
        except BaseException:
            traceback.print_exc()
    streams[1].flush()
    return code, streams[1].buffer.getvalue().decode(streams[1].encoding)


@pytest.fixture(scope="module")
def answers():
    """A function that gives the answers of all modules in an encoding.

    They come from two processes, each of which imports the libraries once. In that of locale C the names of files are
    in ASCII, too.
    """

    @functools.cache
    def all_answers(locale: int | None, *encodings: str) -> dict:
        environment = {} if locale is None else ENCODINGS[locale]
        done = run(environment, "-m", "tests.test_encodings", *encodings)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return lambda encoding: (all_answers(2) if encoding == "C" else all_answers(None, "cp1252", "ascii"))[encoding]


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", pytest.param("C", marks=pytest.mark.slow)])
@pytest.mark.parametrize("module", ARGUMENTS)
def test_every_command_answers(module, encoding, answers):
    """With names that the terminal cannot show: one line, no traceback."""
    code, errors = answers(encoding)[module]
    assert code == 1
    assert "Traceback" not in errors and errors.count("error: ") == 1


@pytest.mark.parametrize("environment", ENCODINGS[:2], ids=["cp1252", "ascii"])
def test_drawings_of_any_category_name_are_written_and_read(environment, tmp_path):
    code = """
import json, sys
from pathlib import Path
from sketch_classifier.entry_point import run
from sketch_classifier.drawings.files import replaced_file
def main():
    with replaced_file(Path(sys.argv[1]) / "猫 🐈.json") as path:
        path.write_text(json.dumps("猫 🐈", ensure_ascii=False), encoding="utf-8")
    print(path)
run(main)
"""
    done = run(environment, "-c", code, str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "猫 🐈.json").read_text(encoding="utf-8")) == "猫 🐈"


if __name__ == "__main__":
    warnings.filterwarnings("ignore", ".*found in sys.modules")
    print(
        json.dumps(
            {name or "C": {module: answer(module, name) for module in ARGUMENTS} for name in sys.argv[1:] or [None]}
        )
    )
