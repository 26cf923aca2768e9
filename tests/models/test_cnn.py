"""The convolutional networks are those of the reports, with every number of their summary tables."""

import numpy as np
import pytest

from tests.models.conftest import by_layer, numbers


def kinds(model):
    return [type(layer).__name__ for layer in model]


def test_small_cnn_has_the_layers_of_the_report(library):
    model = library.models("cnn").small_cnn()
    block = ["Conv2d", "ReLU", "MaxPool2d"]
    assert kinds(model) == [*block, *block, "Flatten", "Linear", "ReLU", "Dropout", "Linear"]
    # 32 * 9 + 32; 64 * 32 * 9 + 64; 1,600 * 128 + 128; 128 * 10 + 10
    assert by_layer(model) == [320, 18_496, 204_928, 1_290]
    assert model[9].p == 0.25
    assert model(library.lib.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_fashion_cnn_pools_after_the_hidden_convolutions(library):
    model = library.models("cnn").fashion_cnn()
    pooled = ["Conv2d", "ReLU", "MaxPool2d"]
    assert kinds(model) == ["Conv2d", "ReLU", *pooled, *pooled, "Flatten", "Linear"]
    assert by_layer(model) == [320, 9_248, 18_496, 31_370]
    assert model(library.lib.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_cifar_cnn_has_the_numbers_of_the_table(library):
    model = library.models("cnn").cifar_cnn()
    assert by_layer(model) == [896, 9_248, 18_496, 73_856, 20_490]
    assert numbers(model) == 122_986
    assert model(library.lib.zeros(2, 3, 32, 32)).shape == (2, 10)


TABLES = {  # layer by layer, then in all and trainable
    "fashion_row_norm": (
        (1, 28, 28),
        [112, 320, 112, 18_496, 56, 16_448, 28, 36_928, 4_096, 32_800, 330],
        109_726,
        107_524,
    ),
    "cifar_row_norm": (
        (3, 32, 32),
        [128, 896, 128, 9_248, 64, 18_496, 32, 36_928, 16, 73_856, 2_048, 8_208, 170],
        150_218,
        149_010,
    ),
    "cifar100_row_norm": (
        (3, 32, 32),
        [128, 896, 128, 18_496, 64, 73_856, 32, 147_584, 16, 295_168, 4_096, 131_200, 12_900],
        684_564,
        682_332,
    ),
}

CORRECTED = {  # 4 numbers per channel where a row had 4: each channel's scale, shift, mean and variance
    "fashion_channel_norm": ((1, 28, 28), [4, 128, 256, 256], 110_062),
    "cifar_channel_norm": ((3, 32, 32), [12, 128, 128, 256, 256], 150_630),
    "cifar100_channel_norm": ((3, 32, 32), [12, 128, 256, 512, 512], 685_616),
}

pads_by_copying = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")


@pads_by_copying
@pytest.mark.parametrize("builder", TABLES)
def test_row_norm_networks_have_the_numbers_of_the_tables(library, builder):
    """They come out only if batch norm has a mean and a variance for each row of the maps."""
    image, layers, everything, trainable = TABLES[builder]
    model = getattr(library.models("cnn"), builder)()
    assert by_layer(model) == layers
    assert numbers(model, state=True) == everything
    assert numbers(model) == trainable
    assert model(library.lib.rand(2, *image)).shape == (2, model[-1].out_features)


@pads_by_copying
@pytest.mark.parametrize("builder", CORRECTED)
def test_the_corrected_networks_differ_in_the_norms_of_the_maps_alone(library, builder):
    image, norms, everything = CORRECTED[builder]
    models = library.models("cnn")
    model = getattr(models, builder)()
    reported = getattr(models, builder.replace("channel", "row"))()
    assert kinds(reported) == [kind.replace("BatchNorm2d", "BatchNorm") for kind in kinds(model)]
    counts = by_layer(model)
    assert counts[0 : 2 * len(norms) : 2] == norms
    assert counts[1 : 2 * len(norms) : 2] == by_layer(reported)[1 : 2 * len(norms) : 2]
    assert numbers(model, state=True) == everything
    assert model(library.lib.rand(2, *image)).shape == (2, model[-1].out_features)


def test_row_norm_brings_rows_to_mean_0_and_variance_1(library):
    """The channels stay as different as they were."""
    norm = library.models("cnn").fashion_row_norm()[3]
    x = library.lib.rand(4, 32, 28, 28)
    y = norm(x).detach().numpy()
    assert np.abs(y.mean(axis=(0, 1, 3))).max() < 1e-5
    assert np.abs(y.var(axis=(0, 1, 3)) - 1).max() < 0.02  # eps = 0.001 beside a variance of 1 / 12
    assert np.abs(y.mean(axis=(0, 2, 3))).max() > 1e-3


@pads_by_copying
@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize(
    ("builder", "image"),
    [("small_cnn", (1, 28, 28)), ("cifar_cnn", (3, 32, 32)), ("fashion_row_norm", (1, 28, 28))],
)
def test_torch_gives_the_same_scores(on_both, builder, image, train):
    ours, theirs = on_both.outputs("cnn", builder, (3, *image), train)
    assert np.abs(ours - theirs).max() < 1e-5 * max(1, np.abs(theirs).max())


def test_garment_cnn(library):
    """Convolution and batch norm in turn, 4 numbers of that per map; 4 * 4 maps of 256 into 128."""
    model = library.models("cnn").garment_cnn()
    convolutions = [3 * 32 * 9, 128, 32 * 64 * 9, 256, 64 * 128 * 9, 512, 128 * 256 * 9, 1024]
    assert by_layer(model) == [*convolutions, 4096 * 128 + 128, 1290]
    assert numbers(model) == 914_602
    small = library.models("cnn").garment_cnn(1, 28, 10, [8, 16, 32])
    assert tuple(small(library.lib.zeros(2, 1, 28, 28)).shape) == (2, 10)
