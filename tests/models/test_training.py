"""The networks of the reports learn as they do in PyTorch: the same outputs, and the same 100 losses.

In float32 a sum in another order ends in another last digit, Adam's first steps make a part of a step of it
where a gradient is nearly 0, a unit near ReLU's kink is decided otherwise, and a curve drifts, as
PyTorch's does from its own with other kernels (docs/results/README.md). Without kinks it does not, nor in
float64.
"""

import numpy as np
import pytest

from tests.models.side_by_side import NETWORKS, SideBySide

pytest.importorskip("torch")
pads_by_copying = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")


@pads_by_copying
@pytest.mark.parametrize("name", NETWORKS)
def test_the_outputs_are_the_same(name: str) -> None:
    ours, theirs = SideBySide(name, "float32", 1, 8).outputs()
    assert np.abs(ours - theirs).max() < 1e-5


@pytest.mark.parametrize("optimiser", ["Adam", "SGD"])
@pytest.mark.parametrize("name", ["wide_mlp", "deep_mlp", "cifar_mlp"])
def test_100_steps_of_a_dense_network(name: str, optimiser: str) -> None:
    pair = SideBySide(name, "float32", 100, 16)
    ours, theirs = pair.our_curve(optimiser), pair.their_curve(optimiser)
    assert theirs[-10:].mean() < theirs[:10].mean()  # it does learn
    assert np.abs(ours - theirs).max() < 1e-3


@pads_by_copying
@pytest.mark.parametrize(("name", "size"), [("small_cnn", 2), ("fashion_cnn", 2), ("fashion_row_norm", 8)])
def test_100_steps_of_a_convolutional_network(name: str, size: int) -> None:
    pair = SideBySide(name, "float64", 100, size)  # batch norm needs more than two samples to be steady
    assert np.abs(pair.our_curve("Adam") - pair.their_curve("Adam")).max() < 1e-3


@pytest.mark.parametrize("optimiser", ["Adam", "SGD"])
def test_100_steps_of_a_convolutional_network_without_kinks(optimiser: str) -> None:
    pair = SideBySide("small_cnn", "float32", 100, 16, smooth=True)
    ours, theirs = pair.our_curve(optimiser), pair.their_curve(optimiser)
    assert theirs[-10:].mean() < theirs[:10].mean()
    assert np.abs(ours - theirs).max() < 1e-5
