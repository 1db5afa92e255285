"""`sketch-classifier` is one program with all commands, and `--help` never runs anything."""

import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COMMANDS = ("predict", "inspect", "convert", "app", "web", "compare", "sweep")
REST = [("web", "--models"), ("compare", "--out"), ("sweep", "--trials")]
STAGES = ("check", "download", "preprocess", "train", "export", "evaluate", "analyze")


def python(*arguments, cwd=ROOT):
    return subprocess.run([sys.executable, *arguments], cwd=cwd, capture_output=True, text=True)


def test_the_console_script_is_the_module():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _, function = project["scripts"]["sketch-classifier"].partition(":")
    assert module == "sketch_classifier.__main__" and callable(getattr(import_module(module), function))


def test_the_help_lists_every_command():
    done = python("-m", "sketch_classifier", "--help")
    assert done.returncode == 0
    assert all(f"\n    {name} " in done.stdout for name in COMMANDS)


@pytest.mark.parametrize(
    "name, option",
    [
        ("app", "--port"),
        *(pytest.param(*case, marks=pytest.mark.slow) for case in REST),
    ],
)
def test_commands_of_the_project_pass_their_options_on(name, option):
    """From any folder of the checkout, too."""
    done = python("-m", "sketch_classifier", name, "--help", cwd=ROOT / "tests")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: sketch-classifier {name} ") and option in done.stdout


def test_outside_a_checkout_they_say_what_they_need(tmp_path, monkeypatch):
    from sketch_classifier import project_commands
    from sketch_classifier.entry_point import exit_code
    from sketch_classifier.serving.command_line import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(project_commands, "PACKAGE", tmp_path)
    code = exit_code(lambda: main(["compare", "HEAD", "--out", "x"], more=[project_commands.add]))
    assert code == 1


@pytest.mark.parametrize("name", STAGES)
def test_the_help_of_a_stage_runs_nothing(name, tmp_path, monkeypatch, capsys):
    import stages

    stage = import_module(f"stages.{name}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [f"stages/{name}.py", "--help"])
    with pytest.raises(SystemExit) as end:
        stages.run_stage(stage.main, stage.__doc__)
    assert end.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith(f"usage: python -m stages.{name}") and stage.__doc__.strip().splitlines()[0] in text
    assert list(tmp_path.iterdir()) == []


def test_a_stage_takes_no_arguments(monkeypatch, capsys):
    import stages

    monkeypatch.setattr(sys, "argv", ["stages/check.py", "--force"])
    with pytest.raises(SystemExit) as end:
        stages.run_stage(lambda: pytest.fail("it ran"), "Stage: x.")
    assert end.value.code == 2
    assert "unrecognized arguments: --force" in capsys.readouterr().err
