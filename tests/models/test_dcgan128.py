"""The lookbook's DCGAN: shapes on the way and numbers of parameters, layer by layer."""

from tests.models.conftest import by_layer
from tests.models.test_dcgan import shapes


def test_the_generator(library):
    generator = library.models("dcgan128").generator128()
    doubled = [(1024, 8, 8), (512, 16, 16), (256, 32, 32), (128, 64, 64), (64, 128, 128)]
    assert shapes(generator, library.lib.zeros(1, 90))[0] == [*doubled, (3, 128, 128)]
    # 90 * 65,536 + 65,536; then width * next width * 25 and 4 * next width in turn; 64 * 3 * 25 + 3
    products = [1024 * 512 * 25, 512 * 256 * 25, 256 * 128 * 25, 128 * 64 * 25]
    normed = [4 * 512, 4 * 256, 4 * 128, 4 * 64]
    between = [n for pair in zip(products, normed, strict=True) for n in pair]
    assert by_layer(generator) == [5_963_776, *between, 4_803]


def test_the_discriminator(library):
    discriminator = library.models("dcgan128").discriminator128()
    maps = [(64, 64, 64), (128, 32, 32), (256, 16, 16), (512, 16, 16), (1024, 8, 8)]
    assert shapes(discriminator, library.lib.zeros(1, 3, 128, 128)) == (maps, (1, 1))
    products = [3 * 64 * 25, 64 * 128 * 25, 128 * 256 * 25, 256 * 512 * 25, 512 * 1024 * 25]
    normed = [4 * 64, 4 * 128, 4 * 256, 4 * 512, 4 * 1024]
    between = [n for pair in zip(products, normed, strict=True) for n in pair]
    assert by_layer(discriminator) == [*between, 65_537]


def test_batch_norm_has_the_reports_epsilon(library):
    file = library.models("dcgan128")
    for model in (file.generator128(), file.discriminator128()):
        assert {m.eps for m in model.modules() if type(m).__name__ == "BatchNorm2d"} == {8e-5}
