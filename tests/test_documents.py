"""What documents and comments tell a reader to run or open is there."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml
from dvc.cli.parser import get_main_parser

from sketch_classifier import project_commands
from sketch_classifier.analysis import inspect_command
from sketch_classifier.data import convert_command
from sketch_classifier.params import Params
from sketch_classifier.serving.command_line import _parser

ROOT = Path(__file__).parents[1]
PAGES = sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "benchmarks/README.md", *PAGES)
OF_PYTHON = {"venv", "http.server"}
FOLDER = re.compile(r"(?<![\w./-])(?:src|stages|app|benchmarks|docs|tests)/[\w./-]*\w")
FILE = re.compile(r"(?<![\w./-])\w+/[\w/]*\w\.(?:py|js|css|jinja|txt)\b")
WRITTEN = {"app/web/dist"}  # by a command
COMMANDS = ("predict", "inspect", "convert", "app", "web", "compare", "sweep")
IGNORED = {"node_modules", "dist"}
SOURCES = [
    path for folder in ("src", "stages", "app", "benchmarks") for path in sorted((ROOT / folder).rglob("*.[pj][ys]"))
]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_modules_that_are_run_exist(document):
    modules = set(re.findall(r"(?<!\w)-m ([a-z_][\w.]*)", _text(document))) - OF_PYTHON - {"stages.NAME"}
    assert [name for name in sorted(modules) if not _can_be_run(name)] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_paths_exist(document):
    text = _text(document)
    paths = {*FOLDER.findall(text), *FILE.findall(text)} - WRITTEN
    assert paths or document.startswith("docs/")
    assert [path for path in sorted(paths) if not _exists(path)] == []


def test_paths_in_the_sources_exist():
    named = {path: FILE.findall(path.read_text(encoding="utf-8")) for path in SOURCES if not IGNORED & set(path.parts)}
    assert any(named.values())
    assert [f"{path.name}: {name}" for path, names in named.items() for name in names if not _exists(name, path)] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_to_files_and_headings(document):
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", _text(document)):
        name, _, anchor = target.partition("#")
        path = (ROOT / document).parent / name if name else ROOT / document
        assert path.exists(), target
        assert not anchor or anchor in _anchors(path), target


def test_the_readme_is_short_and_leads_to_every_page():
    text = _text("README.md")
    assert len(text.splitlines()) <= 200
    assert [page for page in PAGES if f"]({page}" not in text] == []


def test_every_dependency_is_explained():
    pinned = re.findall(r"^([\w-]+)==", _text("requirements.txt"), re.M)
    extras = tomllib.loads(_text("pyproject.toml"))["project"]["optional-dependencies"].values()
    pinned += [re.match(r"[\w-]+", package)[0] for extra in extras for package in extra if "==" in package]
    words = set(re.findall(r"[\w-]+", _text("docs/architecture.md").partition("## Dependencies")[2]))
    assert len(pinned) > 40 and [package for package in pinned if package not in words] == []


@pytest.mark.parametrize("document", ["README.md", *PAGES])
def test_the_commands_of_the_documents_are_accepted(document):
    """Those of `sketch-classifier`, with their options; `dvc exp run` is tried in test_params.py."""
    parser = _parser((inspect_command.add, convert_command.add, project_commands.add))
    commands = [
        shlex.split(command, comments=True)
        for block in re.findall(r"```bash\n(.*?)```", _text(document).replace("\\\n", " "), re.S)
        for command in re.findall(r"(?<!/)\bsketch-classifier ([^|>\n]+)", block)
        if command.split()[0] in COMMANDS
    ]
    for command in commands:
        options = parser.parse_args(command)
        if command[0] in ("compare", "web"):
            assert command[0] == "web" or options.arguments
    assert commands or document not in ("README.md", "docs/data.md", "docs/predict.md", "docs/compare.md")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_dvc_commands_of_the_documents_are_accepted(document):
    """With their options, and with stages that there are; what `-S` sets is tried in test_params.py."""
    stages = yaml.safe_load(_text("dvc.yaml"))["stages"]
    commands = [
        shlex.split(command, comments=True)
        for block in re.findall(r"```bash\n(.*?)```", _text(document).replace("\\\n", " "), re.S)
        for command in re.findall(
            r"""(?<![\w./"-])dvc ((?:'[^'\n]*'|"[^"\n]*"|[^|&;>\n])+)""", block.replace("$fold", "4")
        )
    ]
    parser = get_main_parser()
    for command in commands:
        options = parser.parse_args(command)  # exits where one is unknown
        assert options.cmd != "repro" or set(options.targets) <= set(stages), command
    assert commands or document not in ("README.md", "docs/data.md", "docs/models.md", "docs/compare.md")


def test_the_dataset_of_the_page_is_one_of_params_yaml():
    (block,) = re.findall(r"```yaml\n(datasets:.*?)```", _text("docs/data.md"), re.S)
    tree = yaml.safe_load(_text("params.yaml"))
    tree["datasets"] |= yaml.safe_load(block)["datasets"]
    preset = Params.model_validate(tree | {"dataset": "mine", "source": "/data/sketches"}).datasets["mine"]
    assert (preset.format, preset.reading) == ("image_folder", "ink")


def _text(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def _exists(path: str, named_in: Path = ROOT / "README.md") -> bool:
    """Whether it is there: under the root, or for short under the package or beside what names it. NAME is any name."""
    path = path.partition("NAME")[0]
    return any((folder / path).exists() for folder in (ROOT, ROOT / "src/sketch_classifier", named_in.parent))


def _can_be_run(module: str) -> bool:
    """Whether `python -m module` has something to run."""
    path = ROOT / ("src" if module.startswith("sketch_classifier") else "") / module.replace(".", "/")
    return path.with_suffix(".py").exists() or (path / "__main__.py").exists()


def _anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
