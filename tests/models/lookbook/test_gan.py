"""Which networks a lookbook trains, and which garments its generator is asked for."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.errors import DataError
from models import dcgan, dcgan128
from models.lookbook.gan import asked, networks, widths
from models.lookbook.settings import Settings

SETTINGS = Settings(Path("output"))


def shapes(network: nn.Module) -> list[tuple[int, ...]]:
    return [tuple(parameter.shape) for parameter in network.parameters()]


def test_at_64_they_are_those_of_dcgan() -> None:
    generator, discriminator = networks(SETTINGS, 5)
    assert shapes(generator) == shapes(dcgan.generator64())
    assert shapes(discriminator) == shapes(dcgan.discriminator64())
    assert widths(replace(SETTINGS, side=32, width=128)) == [128, 64, 32]


def test_at_128_they_are_the_report_s() -> None:
    generator, discriminator = networks(replace(SETTINGS, side=128, width=32), 5)
    assert shapes(generator) == shapes(dcgan128.generator128(width=32))
    assert shapes(discriminator) == shapes(dcgan128.discriminator128(width=32))
    assert generator(mg.randn(2, 90)).shape == (2, 3, 128, 128)
    assert {layer.kernel_size for layer in generator.modules() if isinstance(layer, nn.ConvTranspose2d)} == {
        (5, 5)
    }


@pytest.mark.parametrize("side", [32, 128])
def test_both_are_told_the_kind(side: int) -> None:
    mg.manual_seed(0)
    generator, discriminator = networks(replace(SETTINGS, side=side, width=32, conditional=True), 5)
    z = mg.randn(1, 90).expand(5, 90)
    images = generator(z, mg.arange(5))
    assert images.shape == (5, 3, side, side)
    assert all((images[0] != images[i]).any().item() for i in range(1, 5))
    same = images[:1].expand(5, 3, side, side)
    scores = discriminator(same, mg.arange(5))
    assert scores.shape == (5, 1) and len(set(scores[:, 0].tolist())) == 5


def test_kinds_are_asked_for_in_turn() -> None:
    classes = ["boots", "hats", "scarves"]
    few = replace(SETTINGS, generated=5)
    np.testing.assert_array_equal(asked(few, classes), [0, 1, 2, 0, 1])
    np.testing.assert_array_equal(asked(replace(few, only=("scarves", "boots")), classes), [2, 0, 2, 0, 2])
    with pytest.raises(DataError, match="no kind 'socks' here; there are boots, hats, scarves"):
        asked(replace(few, only=("socks",)), classes)
