"""The game: a prompt, twenty seconds, and whether the drawing was recognised."""

import random

import pytest
from app.game import SECONDS, judge, next_round, with_article

CLASSES = ("cat", "dog", "house")


def test_rounds_are_numbered_and_prompts_do_not_repeat():
    rng, round_ = random.Random(0), None
    for number in range(1, 30):
        before, round_ = round_, next_round(CLASSES, round_, 5.0, rng)
        assert round_.number == number and round_.prompt in CLASSES
        assert before is None or round_.prompt != before.prompt


def test_a_single_class_and_a_binary_model_have_prompts():
    rng = random.Random(0)
    first = next_round(("cat",), None, 0.0, rng)
    assert next_round(("cat",), first, 0.0, rng).prompt == "cat"
    for classes, prompt in ((("not vehicle", "vehicle"), "vehicle"), (("negative", "positive"), "positive")):
        assert {next_round(classes, None, 0.0, rng).prompt for _ in range(20)} == {prompt}


def test_a_round_is_won_by_the_prompt_alone_and_in_time():
    round_ = next_round(CLASSES, None, 100.0, random.Random(0))
    other = next(name for name in CLASSES if name != round_.prompt)
    assert judge(round_, other, 0.99, 101.0) == round_
    assert judge(round_, round_.prompt, 0.4, 101.0) == round_
    assert judge(round_, None, 0.0, 101.0) == round_
    won = judge(round_, round_.prompt, 0.9, 104.0)
    assert won.over and won.seconds == 4.0 and won.left(104.0) == 0
    assert judge(won, other, 0.99, 105.0) == won
    late = judge(round_, round_.prompt, 0.9, 100.0 + SECONDS + 0.1)
    assert late.over and late.seconds is None


def test_the_clock_runs_down():
    round_ = next_round(CLASSES, None, 100.0, random.Random(0))
    assert [round_.left(at) for at in (100.0, 115.0, 130.0)] == [20.0, 5.0, 0.0]


@pytest.mark.parametrize(
    "name, said",
    [
        ("cat", "a cat"),
        ("ice cream", "an ice cream"),
        ("hourglass", "an hourglass"),
        ("umbrella", "an umbrella"),
        ("scissors", "scissors"),
        ("The Eiffel Tower", "the Eiffel Tower"),
        ("not motor vehicle", "not motor vehicle"),
    ],
)
def test_articles(name, said):
    assert with_article(name) == said
