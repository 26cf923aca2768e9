"""Features are computed once, and again when something that they depend on has changed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.data.transforms import Compose, Normalize, ToTensor
from minigrad.evaluation import kept_features

SCALED = Compose([ToTensor(), Normalize([0.5] * 3, [0.25] * 3)])


class Counting(nn.Module):
    """A network that counts how many images it has looked at."""

    def __init__(self) -> None:
        super().__init__()
        mg.manual_seed(0)
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
        self.flatten = nn.Flatten()
        self.head = nn.Linear(4, 2)
        self.doubled = False
        self.count = [0]

    @property
    def seen(self) -> int:
        return self.count[0]

    def forward(self, x: mg.Tensor) -> mg.Tensor:
        self.count[0] += len(x)
        x = self.flatten(self.body(x))
        return self.head(x + x if self.doubled else x)


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (10, 6, 5, 3), np.uint8)


def look(model: Counting, images: Any, folder: Path, **options: Any) -> tuple[np.ndarray, int]:
    before = model.seen
    options = {"transform": SCALED.batch, "together": 4} | options
    return kept_features(model, images, folder, **options), model.seen - before


def test_they_are_what_enters_the_head_in_evaluation(images: np.ndarray, tmp_path: Path) -> None:
    model = Counting()
    found, _ = look(model, images, tmp_path)
    with mg.no_grad():
        expected = model.eval().flatten(model.body(SCALED.batch(images))).numpy()
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_network_looks_once(images: np.ndarray, tmp_path: Path) -> None:
    model = Counting()
    first, seen = look(model, images, tmp_path)
    again, more = look(Counting(), images, tmp_path)  # another object with the same numbers
    assert (seen, more) == (10, 0)
    np.testing.assert_array_equal(first, again)


def test_another_image_is_looked_at_with_those_beside_it_alone(images: np.ndarray, tmp_path: Path) -> None:
    model = Counting()
    look(model, images, tmp_path)
    images[9, 0, 0, 0] ^= 1
    _, seen = look(model, images, tmp_path)
    assert seen == 2  # the last file has images 8 and 9


@pytest.mark.parametrize("change", ["weight", "statistics", "transform", "layer", "activation", "setting"])
def test_what_they_depend_on(images: np.ndarray, tmp_path: Path, change: str) -> None:
    model = Counting()
    before, _ = look(model, images, tmp_path)
    options: dict[str, Any] = {}
    if change == "weight":
        with mg.no_grad():
            model.body[0].weight[0, 0, 0, 0] += 1e-3
    elif change == "statistics":
        model.body[1].running_mean += 0.1
    elif change == "transform":
        options["transform"] = ToTensor().batch
    elif change == "layer":
        options["layer"] = model.body[1]
    elif change == "activation":
        model.body[2] = nn.Tanh()
    else:  # which no repr shows
        model.doubled = True
    after, seen = look(model, images, tmp_path, **options)
    assert seen == 10
    assert before.shape != after.shape or not np.array_equal(before, after)


def test_a_run_that_was_killed_goes_on_and_damage_is_mended(images: np.ndarray, tmp_path: Path) -> None:
    model, told = Counting(), []
    look(model, images[:8], tmp_path)  # two files of three
    whole, seen = look(model, images, tmp_path, tell=lambda done, count: told.append((done, count)))
    assert seen == 2 and told == [(10, 10)]
    next(tmp_path.glob("*.npy")).write_bytes(b"half of it")
    again, seen = look(model, images, tmp_path)
    assert 0 < seen <= 4
    np.testing.assert_array_equal(whole, again)


def test_no_images(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no images to look at"):
        kept_features(Counting(), np.empty((0, 6, 5, 3), np.uint8), tmp_path)
