"""What a sweep varies: `-S KEY=VALUE` as `dvc exp run` takes it, where a VALUE may be several or a range."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import (
    ChoiceSweep,
    IntervalSweep,
    Override,
    OverrideType,
    QuotedString,
    RangeSweep,
)
from hydra.errors import HydraException
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from pydantic import ValidationError

from sketch_classifier.errors import UserError, one_line, shown, unknown_name
from sketch_classifier.params import Params
from sketch_classifier.params.refusal import refusal

Value = str | int | float | bool | None
DATA = ("source", "dataset", "datasets", "split", "analyze")  # what a sweep takes as it finds it


@dataclass(frozen=True)
class Space:
    """The parameters that all trials share, and what each trial chooses.

    base           params.yaml with the fixed overrides
    fixed          those overrides, as they were given
    distributions  of the parameters that vary, by key
    """

    base: Params
    fixed: tuple[str, ...]
    distributions: dict[str, BaseDistribution]

    def params(self, values: Mapping[str, Value]) -> Params:
        """The parameters of a trial that chose `values`. Raises UserError where they are not accepted."""
        tree = self.base.model_dump()
        for key, value in values.items():
            _set(tree, key, value)
        return _validated(tree)


def parse_space(params: Params, overrides: Sequence[str]) -> Space:
    """The space of overrides in the grammar of Hydra, which is that of `dvc exp run -S`.

    KEY=1,2 or KEY=choice(1,2) is one of these values, KEY=range(1,5) one of 1 to 4, KEY=interval(0.1,0.5) a number
    between, KEY=int(interval(1,8)) a whole one, and KEY=tag(log,interval(1e-4,1e-2)) one on a logarithmic scale. Any
    other KEY=VALUE holds for all trials. What varies belongs to the selected model, or is the seed.

    Raises UserError for an override that cannot be read, an unknown key, one that decides the data, and a value that
    the schema does not accept.
    """
    parsed = [_parsed(text) for text in overrides]
    tree = params.model_dump()
    fixed = [override for override in parsed if not override.is_sweep_override()]
    for override in fixed:
        _set(tree, override.key_or_group, override.value())
    base = _validated(tree)
    distributions: dict[str, BaseDistribution] = {}
    for override in parsed:
        if override.is_sweep_override():
            key = override.key_or_group
            if key in distributions:
                raise UserError(f"-S {key}: given twice")
            if key != "seed" and not key.startswith(f"models.{base.model}."):
                raise UserError(f"-S {key}: a sweep varies `seed` and what begins with models.{base.model}.")
            distributions[key] = _distribution(override)
    if not distributions:
        raise UserError("nothing varies: give several values or an interval, -S KEY=1,2 or -S 'KEY=interval(0.1,0.5)'")
    space = Space(base, tuple(str(override.input_line) for override in fixed), distributions)
    first = {key: _ends(distribution)[0] for key, distribution in distributions.items()}
    for key, distribution in distributions.items():
        for value in _ends(distribution):
            space.params(first | {key: value})
    return space


def override_of(key: str, value: Value) -> str:
    """`KEY=VALUE`, which `dvc exp run -S` reads as that value.

    >>> override_of("models.cnn.clip_norm", None), override_of("models.cnn.ema", 0.5)
    ('models.cnn.clip_norm=null', 'models.cnn.ema=0.5')
    """
    return f"{key}={value if isinstance(value, str) else json.dumps(value)}"


def _parsed(text: str) -> Override:
    try:
        override = OverridesParser.create().parse_override(text)
    except HydraException as error:
        raise UserError(f"-S {shown(text)}: cannot be read ({one_line(error)}); KEY=VALUE is expected") from None
    if override.type != OverrideType.CHANGE or override.package is not None:
        raise UserError(f"-S {shown(text)}: KEY=VALUE is expected")
    if override.key_or_group.split(".")[0] in DATA:
        raise UserError(
            f"-S {override.key_or_group}: a sweep trains on data/processed as it is; "
            f"make that first: dvc exp run -S {override.key_or_group}=… preprocess"
        )
    return override


def _distribution(override: Override) -> BaseDistribution:
    key, sweep = override.key_or_group, override.value()
    try:
        if isinstance(sweep, IntervalSweep):
            kind: Callable = IntDistribution if isinstance(sweep.start, int) else FloatDistribution
            return kind(sweep.start, sweep.end, log="log" in sweep.tags)
        if isinstance(sweep, RangeSweep | ChoiceSweep):
            values = list(sweep.range()) if isinstance(sweep, RangeSweep) else sweep.list
            choices: list[Any] = [value.text if isinstance(value, QuotedString) else value for value in values]
            if all(value is None or isinstance(value, Value) for value in choices):
                return CategoricalDistribution(choices)
    except (ValueError, TypeError) as error:
        raise UserError(f"-S {key}: {one_line(error)}") from None
    found = shown(override.input_line)
    raise UserError(f"-S {key}: numbers, words, true, false and null can be chosen from, found {found}")


def _ends(distribution: BaseDistribution) -> Sequence[Value]:
    """All choices, or the lowest and the highest number."""
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    return distribution.low, distribution.high


def _set(tree: dict[str, Any], key: str, value: Any) -> None:
    """Set the parameter `key`, names with dots between them, in a tree. Raises UserError if it is not there."""
    names = key.split(".")
    group: Any = tree
    for number, name in enumerate(names):
        if not isinstance(group, dict) or name not in group:
            where = ".".join(names[:number])
            accepted = group if isinstance(group, dict) else ()
            raise UserError(f"-S {key}: {where and where + ': '}{unknown_name('parameter', name, accepted)}")
        parent, group = group, group[name]
    parent[names[-1]] = copy.deepcopy(value)


def _validated(tree: dict[str, Any]) -> Params:
    try:
        return Params.model_validate(tree)
    except ValidationError as error:
        raise UserError(refusal(error, Params)) from None
