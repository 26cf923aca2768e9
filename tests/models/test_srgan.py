"""SRGAN's networks: sizes, numbers, and PyTorch computes the same."""

from itertools import pairwise

import numpy as np
import pytest

import minigrad as mg
from models import srgan
from tests.models.conftest import numbers


@pytest.mark.parametrize("scale", [2, 4])
def test_any_size_is_enlarged(library, scale):
    enlarger = library.models("srgan").Enlarger(scale, width=8, blocks=2)
    assert tuple(enlarger(library.lib.zeros(1, 3, 5, 6)).shape) == (1, 3, 5 * scale, 6 * scale)


def test_the_papers_size(library):
    file = library.models("srgan")
    first, last = 3 * 64 * 81 + 64, 64 * 3 * 81 + 3
    block = 2 * (64 * 64 * 9 + 2 * 64)
    shuffled = 2 * (64 * 256 * 9 + 256)
    slopes = 1 + 16 + 2  # of PReLU: one for each layer that has it
    assert numbers(file.Enlarger(4)) == first + 16 * block + block // 2 + shuffled + last + slopes
    widths = [64, 64, 128, 128, 256, 256, 512, 512]
    convolutions = sum(a * b * 9 + 2 * b for a, b in pairwise(widths))
    assert numbers(file.discriminator()) == 3 * 64 * 9 + 64 + convolutions + 513


def test_the_discriminator_halves_four_times(library):
    discriminator = library.models("srgan").discriminator(width=4)
    x, sides = library.lib.zeros(1, 3, 32, 32), []
    for layer in discriminator:
        x = layer(x)
        if x.ndim == 4:
            sides.append(x.shape[-1])
    assert sorted(set(sides), reverse=True) == [32, 16, 8, 4, 2, 1]
    assert tuple(x.shape) == (1, 1)


def test_another_scale_is_refused():
    with pytest.raises(ValueError, match="power of 2"):
        srgan.Enlarger(3)


def test_torch_gives_the_same():
    torch = pytest.importorskip("torch")
    from benchmarks.frameworks import torch_models

    mg.manual_seed(0)
    theirs = torch_models.models("srgan")
    pairs = [
        (srgan.Enlarger(4, 8, 2), theirs.Enlarger(4, 8, 2), (2, 3, 6, 6)),
        (srgan.discriminator(4), theirs.discriminator(4), (4, 3, 32, 32)),
    ]
    for ours, other, shape in pairs:
        other.load_state_dict({key: torch.tensor(value.numpy()) for key, value in ours.state_dict().items()})
        x = 2 * mg.rand(*shape) - 1
        expected = other(torch.tensor(x.numpy())).detach().numpy()
        assert np.abs(ours(x).detach().numpy() - expected).max() < 2e-5
