"""The generators and discriminators: shapes on the way, first weights, and where batch norm is and is not."""

import numpy as np
import pytest

from tests.models.conftest import by_layer, numbers


def shapes(model, x):
    """(C, H, W) after each layer that changes the shape of images."""
    result = []
    for layer in model:
        x = layer(x)
        if x.ndim == 4 and tuple(x.shape[1:]) not in result[-1:]:
            result.append(tuple(x.shape[1:]))
    return result, tuple(x.shape)


def test_28(library):
    file = library.models("dcgan")
    generator, discriminator = file.generator28(), file.discriminator28()
    assert shapes(generator, library.lib.zeros(2, 90))[0] == [(128, 7, 7), (64, 14, 14), (1, 28, 28)]
    assert shapes(discriminator, library.lib.zeros(2, 1, 28, 28)) == ([(64, 14, 14), (128, 7, 7)], (2, 1))
    # 90 * 6,272; 2 * 128 and as many running; 128 * 64 * 16; 2 * 64 and as many; 64 * 16 + 1
    assert by_layer(generator) == [564_480, 512, 131_072, 256, 1_025]
    assert by_layer(discriminator) == [1_088, 131_072, 512, 6_273]


def test_64(library):
    file = library.models("dcgan")
    generator, discriminator = file.generator64(), file.discriminator64()
    halved = [(64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4)]
    assert shapes(generator, library.lib.zeros(2, 90))[0] == [*halved[::-1], (3, 64, 64)]
    assert shapes(discriminator, library.lib.zeros(2, 3, 64, 64)) == (halved, (2, 1))
    assert (numbers(generator), numbers(discriminator)) == (3_494_787, 2_765_633)


def test_first_weights_are_normal_and_cut_at_two_deviations(library):
    """Of N(0, 1) between -2 and 2 the deviation is 0.8796: 1 - 4 phi(2) / (2 Phi(2) - 1) is its square."""
    library.lib.manual_seed(0)
    file = library.models("dcgan")
    for model in (file.generator28(), file.discriminator28()):
        for name, value in model.named_parameters():
            value = value.detach().numpy()
            if value.ndim == 1:
                assert np.all(value == (1 if name.endswith("weight") else 0)), name
            else:
                assert abs(value.mean()) < 0.002, name
                assert value.std() == pytest.approx(0.8796 * 0.02, rel=0.1), name
                assert np.abs(value).max() <= 0.04, name


def test_images_lie_within_1(library):
    images = library.models("dcgan").generator28()(library.lib.randn(4, 90)).detach().numpy()
    assert np.abs(images).max() <= 1


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize(
    ("builder", "shape"), [("generator28", (4, 90)), ("discriminator28", (4, 1, 28, 28))]
)
def test_torch_gives_the_same(on_both, builder, shape, train):
    ours, theirs = on_both.outputs("dcgan", builder, shape, train)
    assert np.abs(ours - theirs).max() < 1e-5
