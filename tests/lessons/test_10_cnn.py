"""Lesson 10 as a user runs it, on the sample that comes with minigrad; and its check."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad import course, nn, train
from minigrad.data import DataLoader, FashionMNIST, transforms
from models.cnn import small_cnn
from tests.lessons.conftest import COMPILING, ONE_THREAD, definitions, how_it_stands

ROOT = Path(__file__).parents[2]
LESSON = ROOT / "lessons" / "10_cnn.py"
SOLUTION = """\
    apart, wide = 1, 1
    for k, stride in layers:
        wide += (k - 1) * apart
        apart *= stride
    return wide
"""


def run(folder: Path, *options: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": ""}
    return subprocess.run(
        [sys.executable, "-W", "error", str(LESSON), "--sample", *map(str, options)],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def two_seeds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("lesson")
    done = run(folder, "--epochs", 1, "--seeds", 0, 1, "--results", "results.json")
    assert done.returncode == 0, done.stderr
    lines = done.stderr.replace(COMPILING, "", 1).splitlines()
    assert [re.match(r"cnn-\d 1/1: [\d.]+ s, loss ", line) is not None for line in lines] == [True, True]
    return folder, done.stdout


def test_it_shows_the_layers_and_how_well_each_class_is_found(two_seeds: tuple[Path, str]) -> None:
    _, printed = two_seeds
    for line in (
        "Conv2d (64, 32, 3, 3)                 (64, 11, 11)      18,496",
        "MaxPool2d                               (64, 5, 5)",
        "all                                                    225,034",
        "5,000 training and 1,000 test images from the sample",
        "(report: 91.07%, 0.3858)",
    ):
        assert line in printed
    for name in FashionMNIST.classes:
        assert len(re.findall(rf"^{name} +\d\.\d+ +\d\.\d+ +\d\.\d+ +0\.\d\d$", printed, re.MULTILINE)) == 2
    assert printed.splitlines()[-2] == (
        "Exercise: seen() is still to be written. Write it in 10_cnn.py, and run the lesson again."
    )


def test_the_page_shows_kernels_and_maps(two_seeds: tuple[Path, str]) -> None:
    folder, printed = two_seeds
    output = folder / "output" / "10_cnn"
    page = output / "index.html"
    assert printed.splitlines()[-1] == f"The page that shows it all: {page.resolve()}"
    text = page.read_text(encoding="utf-8")
    assert (
        text.count("<img ") == 2 + 2 * 6
    )  # layers, graph; per seed curves, confusion, mistakes, these three
    assert text.count("32 maps of 3 x 3") == text.count("32 maps of 26 x 26") == 2
    assert text.count("64 maps of 11 x 11") == 2
    assert "225,034" in text
    for seed in (0, 1):
        for name in ("filters", "maps1", "maps2"):
            assert (output / f"cnn-seed{seed}" / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_the_weights_on_disk_have_the_accuracy_that_is_told(two_seeds: tuple[Path, str]) -> None:
    folder, printed = two_seeds
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))["networks"]["cnn"]
    assert results["parameters"] == 225_034
    assert results["published"] == {"accuracy": 0.9107, "loss": 0.3858}
    assert [one["seed"] for one in results["runs"]] == [0, 1]
    model = small_cnn()
    model.load_state_dict(mg.load(folder / "output/10_cnn/cnn-seed1.safetensors"))
    test = DataLoader(FashionMNIST(train=False, transform=transforms.ToTensor(), sample="only"), 250)
    scores = train.evaluate(model, test, nn.CrossEntropyLoss(), {"accuracy": train.accuracy})
    assert results["runs"][1]["test"] == pytest.approx(scores, abs=1e-4)
    assert f"seed 1: test accuracy {scores['accuracy']:.2%}" in printed
    assert scores["accuracy"] > 0.5  # one short epoch is worth that much


def test_its_exercise_can_be_solved() -> None:
    assert how_it_stands(LESSON.name, SOLUTION) == "Exercise: seen() is right. Solved!"


Layers = Sequence[tuple[int, int]]


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    return definitions(LESSON.name)


def right(layers: Layers) -> int:
    apart, wide = 1, 1
    for k, stride in layers:
        wide += (k - 1) * apart
        apart *= stride
    return wide


def backwards(layers: Layers) -> int:
    """Another right answer: from the number down to the image."""
    wide = 1
    for k, stride in reversed(layers):
        wide = stride * (wide - 1) + k
    return wide


WRONG: dict[str, Callable[[Layers], Any]] = {
    "nothing": lambda layers: None,
    "the last kernel": lambda layers: layers[-1][0],
    "kernels added": lambda layers: sum(k for k, _ in layers),
    "kernels multiplied": lambda layers: int(np.prod([k for k, _ in layers])),
    "no strides": lambda layers: 1 + sum(k - 1 for k, _ in layers),
    "from the wrong end": lambda layers: right(layers[::-1]),
    "stride before its own layer": lambda layers: right([(k, 1) for k, _ in layers]) * layers[0][1],
    "one too many": lambda layers: right(layers) + 1,
}


def test_its_check_knows_right_from_wrong(names: dict[str, Any]) -> None:
    names["check"](right)
    names["check"](backwards)
    for answer in WRONG.values():
        with pytest.raises(course.NotYet):
            names["check"](answer)


def test_the_gradient_sees_what_the_network_sees(names: dict[str, Any]) -> None:
    for layers in ([(3, 1)], [(3, 1), (2, 2), (3, 1), (2, 2)], [(4, 3), (2, 1)]):
        assert names["pixels_with_a_part"](layers) == right(layers)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--epochs", "0"], "expected a whole number of at least 1, got '0'"),
        (["--quick", "--full"], "not allowed with argument --quick"),
        (["--data", "nowhere"], "there is no folder 'nowhere'"),
    ],
)
def test_bad_arguments_are_told_before_anything_starts(
    refused: Callable[..., str], options: list[str], message: str
) -> None:
    assert message in refused(LESSON.name, "--sample", *options)
