"""dvc.yaml says what the stages use: no parameter and no source file more or less."""

import ast
from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides

from sketch_classifier.params.yaml_file import parse_yaml

ROOT = Path(__file__).parents[2]
STAGES = parse_yaml((ROOT / "dvc.yaml").read_bytes())["stages"]

# Checks and messages: they change no output, so an edit of them rebuilds nothing.
PARAMS = {
    f"src/sketch_classifier/params/{name}.py"
    for name in ("__init__", "block", "dataset", "formats", "model", "names", "refusal", "yaml_file")
}
NO_OUTPUT = {
    *PARAMS,
    "src/sketch_classifier/drawings/limits.py",
    "src/sketch_classifier/drawings/names.py",
    "src/sketch_classifier/drawings/picture_kinds.py",
    "src/sketch_classifier/errors.py",
    "src/sketch_classifier/entry_point.py",
    "src/sketch_classifier/progress.py",
    "src/sketch_classifier/__init__.py",
}


@pytest.mark.parametrize("name", STAGES)
def test_parameters_declared_are_those_read(name):
    tree = ast.parse((ROOT / f"stages/{name}.py").read_text(encoding="utf-8"))
    calls = [
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "read_params"
    ]
    read = {argument.value for call in calls for argument in call.args}
    presets = {"dataset": "datasets.${dataset}", "model": "models.${model}"}
    expected = read | {presets[key] for key in read if key in presets}
    if name == "check":  # of the names alone, or DVC would complain first
        expected = set(presets)
    assert set(STAGES[name].get("params", [])) == expected


@pytest.mark.parametrize("name", STAGES)
def test_sources_declared_are_those_imported(name):
    declared = [ROOT / dep for dep in STAGES[name]["deps"] if dep.startswith(("src/", "stages/"))]
    assert [path for path in declared if not path.exists()] == []
    covered = {file for path in declared for file in (path.rglob("*.py") if path.is_dir() else [path])}
    imported = (
        _imports(ROOT / f"stages/{name}.py") - {ROOT / path for path in NO_OUTPUT} - {ROOT / "stages/__init__.py"}
    )
    packages = {path for path in imported if path.name == "__init__.py" and path.stat().st_size == 0}
    assert sorted(str(path.relative_to(ROOT)) for path in imported - packages - covered) == []
    unused = {path for path in declared if not any(path == file or path in file.parents for file in imported)}
    assert unused == set()


def _imports(start: Path) -> set[Path]:
    """`start` and every file of the project that it imports, directly or not, at the top or within a function."""
    found, todo = set(), [start]
    while todo:
        path = todo.pop()
        if path in found:
            continue
        found.add(path)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: import by the full name"
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            todo += [file for name in names for file in _files(name)]
    return found


def _files(module: str) -> list[Path]:
    base = (ROOT / "src" if module.startswith("sketch_classifier") else ROOT) / module.replace(".", "/")
    if module.split(".")[0] not in ("sketch_classifier", "stages"):
        return []
    return [file for file in (base.with_suffix(".py"), base / "__init__.py") if file.exists()]


def test_an_override_changes_its_own_line_and_no_other(tmp_path):
    path = tmp_path / "params.yaml"
    before = (ROOT / "params.yaml").read_text(encoding="utf-8")
    path.write_text(before, encoding="utf-8")
    apply_overrides(path, ["model=mobilenet_binary", "seed=7"])
    pairs = zip(before.splitlines(), path.read_text(encoding="utf-8").splitlines(), strict=True)
    assert [new.split("#")[0].strip() for old, new in pairs if old != new] == ["model: mobilenet_binary", "seed: 7"]
