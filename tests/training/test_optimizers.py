"""Optimizers and schedules by their names: what they are given, what they spare, and what is refused."""

import pytest
import torch
from torch import nn

from sketch_classifier.errors import UserError
from sketch_classifier.params import Optimizer, Schedule
from sketch_classifier.params.names import OPTIMIZERS, SCHEDULES
from sketch_classifier.training import optimizers as optimizers_module
from sketch_classifier.training.optimizers import build_optimizer, build_schedule


def network():
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2), nn.LSTM(2, 2))


def rates(schedule, module, ticks, lr=0.1):
    """The learning rate before each tick of a schedule, and after the last."""
    optimizer = build_optimizer(Optimizer(name="SGD", lr=lr), module)
    built = build_schedule(schedule, optimizer, num_steps=ticks, num_epochs=ticks)
    seen = [optimizer.param_groups[0]["lr"]]
    for _ in range(ticks):
        optimizer.step()
        built.step()
        seen.append(optimizer.param_groups[0]["lr"])
    return seen


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop"])
def test_weight_decay_shrinks_weights_and_spares_biases_and_normalisation(name):
    module = network()
    for parameter in module.parameters():
        nn.init.ones_(parameter)
        parameter.grad = torch.zeros_like(parameter)
    build_optimizer(Optimizer(name=name, lr=0.1, weight_decay=0.5), module).step()
    for key, parameter in module.named_parameters():
        shrunk = bool((parameter < 1).all())
        assert shrunk == (key in {"0.weight", "3.weight", "4.weight_ih_l0", "4.weight_hh_l0"}), key


def test_no_weight_decay_where_none_is_asked_for():
    module = network()
    for parameter in module.parameters():
        nn.init.ones_(parameter)
        parameter.grad = torch.zeros_like(parameter)
    build_optimizer(Optimizer(name="AdamW", lr=0.1), module).step()  # torch's own default is 0.01
    assert all(bool((parameter == 1).all()) for parameter in module.parameters())


def test_frozen_parameters_are_left_out():
    module = network()
    module[0].requires_grad_(False)
    groups = build_optimizer(Optimizer(name="SGD", lr=0.1, weight_decay=0.1), module).param_groups
    given = {id(parameter) for group in groups for parameter in group["params"]}
    assert given == {id(parameter) for parameter in module.parameters() if parameter.requires_grad}


def test_a_cosine_ends_at_nothing_at_the_end_of_the_run():
    seen = rates(Schedule(name="CosineAnnealingLR"), network(), 10)
    assert seen[0] == 0.1 and seen[5] == pytest.approx(0.05) and seen[10] == pytest.approx(0, abs=1e-9)
    assert seen == sorted(seen, reverse=True)


def test_one_cycle_reaches_the_optimizers_rate_and_ends_with_the_run():
    seen = rates(Schedule(name="OneCycleLR"), network(), 20)[:-1]
    assert max(seen) == pytest.approx(0.1, rel=0.05) and 0 < seen.index(max(seen)) < 10
    assert seen[-1] == pytest.approx(0.1 / 25 / 1e4)


def test_arguments_win_over_what_is_filled_in():
    seen = rates(Schedule(name="CosineAnnealingLR", arguments={"T_max": 5, "eta_min": 0.01}), network(), 5)
    assert seen[-1] == pytest.approx(0.01)
    seen = rates(Schedule(name="StepLR", arguments={"step_size": 2, "gamma": 0.5}), network(), 4)
    assert seen == pytest.approx([0.1, 0.1, 0.05, 0.05, 0.025])


def test_none_is_a_constant_rate():
    assert build_schedule(Schedule(), build_optimizer(Optimizer(name="SGD", lr=0.1), network()), 1, 1) is None


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ({"name": "CosineAnealingLR"}, "schedule.name: unknown schedule 'CosineAnealingLR': did you mean"),
        ({"name": "LambdaLR"}, "schedule.name: unknown schedule"),
        ({"name": "StepLR"}, "schedule.arguments: StepLR: .*step_size"),
        ({"name": "StepLR", "arguments": {"step": 1}}, "schedule.arguments: StepLR"),
        ({"name": "CosineAnnealingLR", "arguments": {"eta_min": "small"}}, "schedule.arguments: CosineAnnealingLR: "),
        (
            {"name": "ReduceLROnPlateau", "every": "epoch", "arguments": {"factor": "half"}},
            "schedule.arguments: Reduce",
        ),
        ({"name": "ReduceLROnPlateau"}, "schedule.every: ReduceLROnPlateau .* epoch"),
    ],
)
def test_an_unfit_schedule_is_refused(schedule, said):
    optimizer = build_optimizer(Optimizer(name="SGD", lr=0.1), network())
    with pytest.raises(UserError, match=said):
        build_schedule(Schedule.model_validate(schedule), optimizer, 10, 10)


@pytest.mark.parametrize("arguments", [{"momentum": "0.9"}, {"no_such": 1}, {"momentum": [0.9]}])
def test_unfit_arguments_of_an_optimizer_are_refused(arguments):
    with pytest.raises(UserError, match="optimizer.arguments: SGD: "):
        build_optimizer(Optimizer(name="SGD", lr=0.1, arguments=arguments), network())


def test_betas_that_are_too_few_are_refused():
    with pytest.raises(UserError, match="optimizer.arguments: Adam: "):
        build_optimizer(Optimizer(name="Adam", lr=0.1, arguments={"betas": [0.9]}), network())


def test_every_schedule_that_params_yaml_may_name_is_torchs():
    optimizers = optimizers_module._classes(torch.optim, torch.optim.Optimizer, optimizers_module.UNFIT_OPTIMIZERS)
    schedules = optimizers_module._classes(
        torch.optim.lr_scheduler, torch.optim.lr_scheduler.LRScheduler, optimizers_module.UNFIT_SCHEDULES
    )
    assert OPTIMIZERS == tuple(optimizers)
    assert SCHEDULES == ("none", *schedules)


def test_weight_decay_for_an_optimizer_without_it_is_refused():
    with pytest.raises(UserError, match="optimizer.weight_decay: Rprop has no weight decay"):
        build_optimizer(Optimizer(name="Rprop", lr=0.1, weight_decay=0.1), network())


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_one_kernel_a_step_unless_another_implementation_is_asked_for(name):
    results = []
    for arguments in ({}, {"foreach": True}):
        torch.manual_seed(0)
        module = network()
        optimizer = build_optimizer(Optimizer(name=name, lr=0.1, weight_decay=0.1, arguments=arguments), module)
        assert bool(optimizer.param_groups[0]["fused"]) == (not arguments)
        for _ in range(3):
            for parameter in module.parameters():
                parameter.grad = torch.randn_like(parameter)
            optimizer.step()
        results.append(torch.nn.utils.parameters_to_vector(module.parameters()))
    torch.testing.assert_close(*results)
