"""What documents and comments tell a reader to run or open is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "benchmarks/README.md",
    "docs/models.md",
    "docs/data.md",
    "docs/reliability.md",
)
OF_PYTHON = {"venv", "http.server"}
FOLDER = re.compile(r"(?<![\w./-])(?:src|stages|app|benchmarks|docs|tests)/[\w./-]*\w")
FILE = re.compile(r"(?<![\w./-])\w+/[\w/]*\w\.(?:py|js|css|jinja|txt)\b")
WRITTEN = {"app/web/dist"}  # by a command
IGNORED = {"node_modules", "dist"}
SOURCES = [
    path for folder in ("src", "stages", "app", "benchmarks") for path in sorted((ROOT / folder).rglob("*.[pj][ys]"))
]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_modules_that_are_run_exist(document):
    modules = set(re.findall(r"(?<!\w)-m ([a-z_][\w.]*)", _text(document))) - OF_PYTHON
    assert modules or document != "README.md"
    assert [name for name in sorted(modules) if not _can_be_run(name)] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_paths_exist(document):
    text = _text(document)
    paths = {*FOLDER.findall(text), *FILE.findall(text)} - WRITTEN
    assert paths
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
