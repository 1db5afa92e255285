"""`-S` of a sweep: what varies, between which values, and what is refused."""

import json
import re
import shlex
from pathlib import Path

import pytest

pytest.importorskip("optuna", reason="needs the extra `sweep`")

from dvc.utils.hydra import apply_overrides
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from stages import sweep

from sketch_classifier.errors import UserError
from sketch_classifier.params import Params, load_params
from sketch_classifier.sweep.space import override_of, parse_space

ROOT = Path(__file__).parents[2]
PATH = ROOT / "params.yaml"


@pytest.fixture(scope="module")
def params() -> Params:
    return load_params(PATH)


@pytest.mark.parametrize(
    "value, expected",
    [
        ("ema=0.5,0.9", CategoricalDistribution([0.5, 0.9])),
        ("ema=choice(0.5,0.9)", CategoricalDistribution([0.5, 0.9])),
        ("clip_norm=null,1.0", CategoricalDistribution([None, 1.0])),
        ("test_time_flip=true,false", CategoricalDistribution([True, False])),
        ("optimizer.name=Adam,'AdamW'", CategoricalDistribution(["Adam", "AdamW"])),
        ("epochs=range(1,7,2)", CategoricalDistribution([1, 3, 5])),
        ("ema=interval(0.1,0.5)", FloatDistribution(0.1, 0.5)),
        ("optimizer.lr=tag(log,interval(1e-4,1e-2))", FloatDistribution(1e-4, 1e-2, log=True)),
        ("batch_size=int(tag(log,interval(16,256)))", IntDistribution(16, 256, log=True)),
    ],
)
def test_what_can_vary(params, value, expected):
    space = parse_space(params, [f"models.cnn.{value}"])
    assert list(space.distributions.values()) == [expected]


def test_other_overrides_hold_for_all_trials(params):
    space = parse_space(
        params, ["model=sketchnet", "models.sketchnet.weights=[none]", "models.sketchnet.epochs=3", "seed=0,1,2"]
    )
    trial = space.params({"seed": 2})
    assert (trial.seed, trial.model, trial.models["sketchnet"].epochs) == (2, "sketchnet", 3)
    assert space.fixed == ("model=sketchnet", "models.sketchnet.weights=[none]", "models.sketchnet.epochs=3")
    assert (space.base.seed, params.models["sketchnet"].epochs) == (0, 15), "trials share nothing that they change"


@pytest.mark.parametrize(
    "overrides, message",
    [
        ([], "nothing varies"),
        (["models.cnn.epochs=3"], "nothing varies"),
        (["seed"], "cannot be read (missing EQUAL"),
        (["+seed=1,2"], "'+seed=1,2': KEY=VALUE is expected"),
        (["seed=1,2", "seed=3,4"], "-S seed: given twice"),
        (["seed=glob(*)"], "choices must be numbers, strings"),
        (["models.cnn.weights=[none],[imagenet]"], "choices must be numbers, strings"),
        (["models.cnn.epchs=1,2"], "models.cnn: unknown parameter 'epchs': did you mean 'epochs'?"),
        (["models.cnn.epochs.x=1,2"], "models.cnn.epochs: unknown parameter 'x'"),
        (["models.cnn.epochs=1,0"], "models.cnn.epochs: at least 1"),
        (["models.cnn.epochs=interval(1,9)"], "models.cnn.epochs: a whole number is expected, found 1.0"),
        (["models.cnn.ema=interval(0.5,0.1)"], "models.cnn.ema: `low <= high` must hold"),
        (["models.cnn.ema=tag(log,interval(0,0.5))"], "models.cnn.ema: `low > 0` must hold"),
        (["models.cnn.ema=interval(0.5,2)"], "models.cnn.ema: "),
        (["models.resnet18.epochs=1,2"], "a sweep can vary only `seed` and keys that begin with models.cnn."),
        (["model=cnn,resnet18"], "a sweep can vary only `seed` and keys that begin with models.cnn."),
        (["model=resnet50", "seed=1,2"], "unknown model 'resnet50': did you mean 'resnet18'?"),
        (["dataset=car,thirty"], "a sweep trains on data/processed as it is"),
        (["split.test=0.1", "seed=1,2"], "a sweep trains on data/processed as it is"),
    ],
)
def test_mistakes(params, overrides, message):
    with pytest.raises(UserError) as error:
        parse_space(params, overrides)
    assert message in str(error.value)
    assert str(error.value).isprintable()


@pytest.mark.parametrize("value", [1, 0.00017, 1e-05, None, True, "AdamW"])
def test_dvc_reads_the_overrides_of_the_best_trial(tmp_path, value):
    path = tmp_path / "params.json"
    path.write_text(json.dumps({"model": {"x": "before"}}))
    apply_overrides(path, [override_of("model.x", value)])
    assert json.loads(path.read_text()) == {"model": {"x": value}}


def test_the_commands_of_the_documents(params):
    text = (ROOT / "docs/many-machines.md").read_text(encoding="utf-8") + sweep.EXAMPLE
    text = text.replace("\\\n", " ")
    commands = re.findall(r"sketch-classifier sweep ([^'\n]+)", text)
    assert len(commands) == 4
    for command in commands:
        assert parse_space(params, sweep._parser().parse_args(shlex.split(command)).overrides).distributions
