"""How a network of a report is trained."""

from pathlib import Path

import pytest

import minigrad as mg
from lessons.reports.recipes import RECIPES
from lessons.reports.training import Images, Run, load
from minigrad import nn


@pytest.mark.parametrize(
    "name, images, epochs, momentum",
    [
        ("fashion-own", 10_000, 3, 0.1),  # --quick: 270 steps
        ("fashion-channels", 10_000, 3, 0.1),
        ("fashion-own", 60_000, 100, 0.01),  # as in the report
    ],
)
def test_running_means_of_a_short_run_follow_faster(
    name: str, images: int, epochs: int, momentum: float
) -> None:
    """After n steps a share (1 - momentum)^n of a running mean is what it began with: 0.99^270 = 0.07."""
    recipe = next(recipe for recipe in RECIPES if recipe.name == name)
    run = Run(recipe, 0, Images([], [], images), epochs, Path())
    norms = [layer for layer in run.network().modules() if hasattr(layer, "running_mean")]
    assert {norm.momentum for norm in norms} == {momentum} and len(norms) == 5
    assert ("running means" in run.settings) == (momentum == 0.1)
    assert (1 - momentum) ** run.steps < 1e-4


def test_a_network_without_norms_is_as_ever() -> None:
    recipe = next(recipe for recipe in RECIPES if recipe.name == "ann")
    run = Run(recipe, 0, Images([], [], 1000), 1, Path())
    assert run.steps == 8  # 900 images in batches of 128
    assert "running means" not in run.settings and isinstance(run.network(), nn.Module)


@pytest.mark.devices("foreign", "cuda")
def test_on_a_device_it_is_trained_and_measured_and_comes_back(device: mg.device, tmp_path: Path) -> None:
    recipe = next(recipe for recipe in RECIPES if recipe.name == "ann")
    with mg.device("cpu"):
        images = load("fashion-mnist", None, sample=True)
        images.count = 600
        run = Run(recipe, 0, images, 2, tmp_path / "run", device)
        result = run.result(progress=False)
        again = run.result(progress=False)
    assert result.scores["accuracy"] > 0.4 and len(result.history) == 2
    assert again.scores == pytest.approx(result.scores, rel=1e-6)
    assert {p.device.type for p in result.model.parameters()} == {"cpu"}
    assert ("device" in run.settings) == (device.type == "cuda")
