"""The search space of a sweep, from overrides `-S KEY=VALUE` as in `dvc exp run`; VALUE may be a list or a range."""

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
DATA = ("source", "dataset", "datasets", "split", "analyze")  # parameters that a sweep cannot change


@dataclass(frozen=True)
class Space:
    """The search space: the parameters that all trials share, and those that vary.

    base           params.yaml with the fixed overrides
    fixed          the fixed overrides, as given
    distributions  key → distribution, for the parameters that vary
    """

    base: Params
    fixed: tuple[str, ...]
    distributions: dict[str, BaseDistribution]

    def params(self, values: Mapping[str, Value]) -> Params:
        """The parameters of a trial with `values`. Raises UserError if they are invalid."""
        tree = self.base.model_dump()
        for key, value in values.items():
            _set(tree, key, value)
        return _validated(tree)


def parse_space(params: Params, overrides: Sequence[str]) -> Space:
    """The search space of overrides in Hydra's grammar, which is that of `dvc exp run -S`.

    KEY=1,2 or KEY=choice(1,2) is one of the values, KEY=range(1,5) one of 1 to 4, KEY=interval(0.1,0.5) a number in
    that interval, KEY=int(interval(1,8)) an integer, and KEY=tag(log,interval(1e-4,1e-2)) a number on a logarithmic
    scale. Any other KEY=VALUE applies to all trials. Only parameters of the selected model and the seed can vary.

    Raises UserError for a malformed override, an unknown key, a key that affects the data, and a value that the schema
    rejects.
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
                raise UserError(f"-S {key}: a sweep can vary only `seed` and keys that begin with models.{base.model}.")
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
    """The override `KEY=VALUE` that `dvc exp run -S` parses as that value.

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
            f"first run: dvc exp run -S {override.key_or_group}=… preprocess"
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
    raise UserError(f"-S {key}: choices must be numbers, strings, true, false or null, found {found}")


def _ends(distribution: BaseDistribution) -> Sequence[Value]:
    """All choices, or the bounds of an interval."""
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    return distribution.low, distribution.high


def _set(tree: dict[str, Any], key: str, value: Any) -> None:
    """Set the parameter with the dotted key `key` in a tree. Raises UserError if it does not exist."""
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
