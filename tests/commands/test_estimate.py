"""Estimates: steps are measured, the rest is multiplied out."""

import ast
from pathlib import Path
from typing import Any

import pytest

import minigrad as mg
from lessons.reports.recipes import RECIPES
from minigrad import nn
from minigrad.commands import estimate
from minigrad.commands.estimate import LESSONS, Work, in_words
from models import dcgan
from models.cnn import small_cnn
from models.lookbook import gan
from models.lookbook.settings import QUICK, Settings
from models.mlp import wide_mlp

LESSON_FILES = Path(__file__).parents[2] / "lessons"


def test_what_is_measured_is_multiplied_out(monkeypatch):
    monkeypatch.setattr(estimate, "VALIDATION", 0.0)
    monkeypatch.setattr(estimate, "seconds_per_step", {"dense": 0.002, "convolutional": 0.01}.__getitem__)
    works = [
        Work(1, "", "dense", 5.0, 54_000, 10),  # 540 steps, ten times
        Work(
            2, "", "convolutional", 2 * estimate.MEASURED, 1_000, 3
        ),  # 10 steps of twice the work, three times
    ]
    assert estimate.estimate(works) == pytest.approx([10.8, 0.6])


def test_steps_are_trained_and_measured():
    for kind in ("dense", "convolutional"):
        assert 0 < estimate.seconds_per_step(kind) < 10


def test_the_measured_network_has_the_multiplications_it_is_said_to_have():
    """32 maps of 26 x 26 from 3 x 3 x 1; 64 of 11 x 11 from 3 x 3 x 32; 1600 x 128; 128 x 10."""
    count = 32 * 26 * 26 * 9 + 64 * 11 * 11 * 9 * 32 + 1600 * 128 + 128 * 10
    assert round(count / 1e6, 1) == estimate.MEASURED


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.1, "5 seconds"), (43, "45 seconds"), (100, "2 minutes"), (3600, "60 minutes"), (9000, "2.5 hours")],
)
def test_words_are_no_more_exact_than_the_estimate(seconds, words):
    assert in_words(seconds) == words


def test_every_lesson_that_trains_is_there():
    assert {work.lesson for work in LESSONS} >= {7, 8, 10, 11, 12, 13, 15, 16, 17, 18}


def rows(start: str) -> list[Work]:
    found = [work for work in LESSONS if work.title.startswith(start)]
    assert found
    return found


def millions(model: nn.Module, shape: tuple[int, ...] = (1, 28, 28)) -> float:
    return mg.summary(model, shape).multiply_adds / 1e6


@pytest.mark.parametrize("work", rows("lessons.reports"), ids=lambda work: work.title)
def test_the_reports_are_as_long_and_as_large_as_their_recipes(work):
    _, report, *network = work.title.replace("--networks ", "").split()
    (recipe,) = (r for r in RECIPES if r.report == report and r.name in (network or ["cnn"]))
    images, shape = (54_000, (1, 28, 28)) if recipe.data == "fashion-mnist" else (45_000, (3, 32, 32))
    assert work.millions == round(millions(recipe.network(), shape), 1)
    assert (work.images, work.epochs) == (images, recipe.epochs)


def program(lesson: str) -> tuple[dict[str, Any], list[ast.AST]]:
    """The numbers that a lesson gives names to, and all parts of it; it is not run, for it would train."""
    parts = list(ast.walk(ast.parse((LESSON_FILES / lesson).read_text(encoding="utf-8"))))
    numbers: dict[str, Any] = {}
    for part in parts:
        if isinstance(part, ast.Assign):
            try:
                values = ast.literal_eval(part.value)
            except ValueError:
                continue
            names = part.targets[0].elts if isinstance(part.targets[0], ast.Tuple) else part.targets
            values = values if isinstance(part.targets[0], ast.Tuple) else [values]
            numbers |= {ast.unparse(name): value for name, value in zip(names, values, strict=True)}
    return numbers, parts


def calls(parts: list[ast.AST], name: str) -> list[list[ast.expr]]:
    return [p.args for p in parts if isinstance(p, ast.Call) and ast.unparse(p.func) == name]


def test_lesson_7_is_as_long_and_as_large_as_its_recipes():
    numbers, parts = program("07_fashion_mnist.py")
    recipes = calls(parts, "Recipe")  # build, batch size, epochs, ...
    quick, full = (work for work in LESSONS if work.lesson == 7)
    assert quick.epochs == numbers["QUICK_EPOCHS"] * len(recipes)
    assert full.epochs == sum(ast.literal_eval(recipe[2]) for recipe in recipes)
    assert quick.images == full.images == 60_000 * 0.9
    assert quick.millions == full.millions == round(millions(wide_mlp()), 2)


def test_lesson_8_is_as_long_as_its_trainings():
    numbers, parts = program("08_regularisation.py")
    (work,) = (work for work in LESSONS if work.lesson == 8)
    assert work.epochs == numbers["EPOCHS"] * len(calls(parts, "learn"))


def test_lesson_10_is_as_long_and_as_large_as_it_says():
    numbers, _ = program("10_cnn.py")
    quick, full = (work for work in LESSONS if work.lesson == 10)
    assert (quick.epochs, quick.images) == (numbers["QUICK_EPOCHS"], numbers["QUICK_IMAGES"] * 0.9)
    assert (full.epochs, full.images) == (numbers["EPOCHS"], 60_000 * 0.9)
    assert quick.millions == full.millions == round(millions(small_cnn()), 1)


@pytest.mark.parametrize(
    ("lesson", "file"), [(13, "13_dcgan.py"), (17, "17_conditional.py"), (18, "18_srgan.py")]
)
def test_lessons_on_fashion_mnist_are_as_long_as_they_say(lesson, file):
    numbers, parts = program(file)
    trainings = max(1, len(calls(parts, "play")))
    quick, full = (work for work in LESSONS if work.lesson == lesson)
    assert (quick.images, quick.epochs) == (numbers["QUICK_IMAGES"], trainings * numbers["QUICK_EPOCHS"])
    assert (full.images, full.epochs) == (60_000, trainings * numbers["EPOCHS"])


def test_lessons_on_clothes_are_as_long_as_they_say():
    epochs = {work.title: work.epochs for work in LESSONS if work.lesson in (15, 16)}
    said = (LESSON_FILES / "15_clothes.py").read_text(encoding="utf-8")
    assert f"(64, options.epochs or {epochs['the same at 64x64, --full']})" in said
    assert f"(32, options.epochs or {epochs['a DCGAN on clothes in colour']})" in said
    said = (LESSON_FILES / "16_lookbook.py").read_text(encoding="utf-8")
    assert f"type=whole_number, default={epochs['a DCGAN for the lookbook']}, metavar" in said
    assert epochs["python -m models.lookbook"] == QUICK["gan_epochs"]


def in_turns(generator: nn.Module, discriminator: nn.Module, side: int, depth: int) -> float:
    """What a GAN multiplies in a step, over the three passes of another: of the generator three; of the
    discriminator three each for real and for generated images, and two in the generator's turn.
    """
    return millions(generator, (90,)) + 8 / 3 * millions(discriminator, (depth, side, side))


@pytest.mark.parametrize(
    ("title", "networks", "side", "depth"),
    [
        ("a DCGAN on Fashion-MNIST", (dcgan.generator28(), dcgan.discriminator28()), 28, 1),
        ("the same at 64x64, --full", (dcgan.generator64(), dcgan.discriminator64()), 64, 3),
        ("python -m models.lookbook", gan.networks(Settings(Path(), **QUICK), 13), 32, 3),
    ],
)
def test_what_was_measured_is_near_what_is_multiplied(title, networks, side, depth):
    """Not equal: large convolutions are done faster than the small ones that are measured here."""
    (work,) = rows(title)
    assert 0.4 < work.millions / in_turns(*networks, side, depth) < 1.2
