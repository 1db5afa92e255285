"""Imports go one way, as CONTRIBUTING.md says: no module imports one of a layer above its own."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src/sketch_classifier"
# From the bottom up. A module may import from its own package and from any layer below; `drawings` from `errors` alone.
LAYERS = (
    {"errors", "progress"},
    {"drawings", "entry_point"},
    {"params"},
    {"synthetic"},
    {"data"},
    {"models"},
    {"training", "evaluation", "serving"},
    {"analysis"},
    {"comparison", "project_commands", "sweep"},
    {"__init__", "__main__"},
)
HEIGHT = {name: height for height, names in enumerate(LAYERS) for name in names}
WITHOUT_TORCH = {"errors", "progress", "entry_point", "drawings", "params", "synthetic", "data"}
TORCH = {"torch", "torchvision", "accelerate", "timm"}
USERS = {"app", "stages", "benchmarks", "tests"}


def test_every_part_of_the_package_has_a_layer():
    assert {part for part, _, _ in _imports_of_the_package()} | {"errors", "progress"} == set(HEIGHT)


def test_no_import_goes_upwards():
    upwards = []
    for part, path, name in _imports_of_the_package():
        _, _, other = name.partition("sketch_classifier.")
        other = other.split(".")[0]
        if other == part or other not in HEIGHT:
            continue
        if HEIGHT[other] >= HEIGHT[part] or (part == "drawings" and other != "errors"):
            upwards.append(f"{path}: {name}")
    assert upwards == []


def test_the_package_imports_none_of_its_users():
    assert [f"{path}: {name}" for _, path, name in _imports_of_the_package() if name.split(".")[0] in USERS] == []


def test_what_reads_drawings_imports_no_torch():
    imports = [(path, name) for part, path, name in _imports_of_the_package() if part in WITHOUT_TORCH]
    assert [f"{path}: {name}" for path, name in imports if name.split(".")[0] in TORCH] == []


def test_only_the_stages_read_params():
    readers = {f"sketch_classifier.params.{name}" for name in ("load_params", "read_params")}
    elsewhere = [(path, name) for part, path, name in _imports_of_the_package() if part != "params"]
    elsewhere += [(path, name) for path in sorted((ROOT / "app").rglob("*.py")) for name in _imported(path)]
    assert [f"{path}: {name}" for path, name in elsewhere if name in readers] == []
    assert any(readers & _imported(path) for path in (ROOT / "stages").glob("*.py"))


@cache
def _imports_of_the_package() -> list[tuple[str, Path, str]]:
    """(the folder or module right below the package, the file in it, the full name imported) for every import."""
    return [
        (path.relative_to(PACKAGE).with_suffix("").parts[0], path.relative_to(ROOT), name)
        for path in sorted(PACKAGE.rglob("*.py"))
        for name in sorted(_imported(path))
    ]


@cache
def _imported(path: Path) -> frozenset[str]:
    """The modules that a file imports, at the top or within a function, and what it takes from them, by full name."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(names)
