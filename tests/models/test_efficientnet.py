"""EfficientNet-B0: torchvision's names and numbers, both paddings, and its parts worked by hand."""

import numpy as np
import pytest

from models import efficientnet
from tests.models.conftest import numbers

NORM = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]


def test_the_number_of_parameters_is_torchvisions(library):
    assert numbers(library.models("efficientnet").efficientnet_b0()) == 5_288_548


def test_states_bear_torchvisions_names(library):
    state = library.models("efficientnet").efficientnet_b0(num_classes=2).state_dict()

    def conv_norm(prefix):
        return [f"{prefix}0.weight", *(f"{prefix}1.{name}" for name in NORM)]

    expected = conv_norm("features.0.")
    for stage, blocks in enumerate((1, 2, 2, 3, 3, 4, 1), 1):
        for block in range(blocks):
            prefix = f"features.{stage}.{block}.block."
            first = 0 if stage == 1 else 1  # the first stage does not widen
            expected += conv_norm(f"{prefix}0.")
            if first:
                expected += conv_norm(f"{prefix}1.")
            squeeze = f"{prefix}{first + 1}."
            expected += [f"{squeeze}{fc}.{name}" for fc in ("fc1", "fc2") for name in ("weight", "bias")]
            expected += conv_norm(f"{prefix}{first + 2}.")
    expected += [*conv_norm("features.8."), "classifier.1.weight", "classifier.1.bias"]
    assert list(state) == expected
    for name, shape in {
        "features.0.0.weight": (32, 3, 3, 3),
        "features.2.0.block.1.0.weight": (96, 1, 3, 3),
        "features.2.0.block.2.fc1.weight": (4, 96, 1, 1),
        "features.7.0.block.3.0.weight": (320, 1152, 1, 1),
        "classifier.1.weight": (2, 1280),
    }.items():
        assert tuple(state[name].shape) == shape


def test_stochastic_depth_grows_with_depth(library):
    model = library.models("efficientnet").efficientnet_b0()
    drops = [layer.p for layer in model.modules() if type(layer).__name__ == "StochasticDepth"]
    assert drops == [pytest.approx(0.2 * i / 16) for i in range(16)]


@pytest.mark.parametrize("padding", ["symmetric", "same"])
def test_maps_are_halved_five_times(library, padding):
    model = library.models("efficientnet").efficientnet_b0(num_classes=10, padding=padding).eval()
    sides = []
    for layer in model.features:
        layer.register_forward_hook(lambda layer, inputs, output: sides.append(tuple(output.shape[2:])))
    assert model(library.lib.zeros(1, 3, 66, 63)).shape == (1, 10)
    assert sides == [(33, 32), (33, 32), (17, 16), (9, 8), (5, 4), (5, 4), (3, 2), (3, 2), (3, 2)]


@pytest.mark.parametrize(
    ("size", "places"),
    [
        (4, [2, 4]),  # at 0 and 2: nothing before, one zero after
        (5, [1, 3, 4]),  # at -1, 1 and 3: one zero on both sides
    ],
)
def test_same_padding_by_hand(library, size, places):
    """A kernel of three ones over ones, moved by 2: how many of its three are on the image."""
    conv = library.models("efficientnet").SameConv2d(1, 1, 3, 2, bias=False)
    library.nn.init.ones_(conv.weight)
    expected = {4: [3, 2], 5: [2, 3, 2]}[size]
    y = conv(library.lib.ones(1, 1, size, size)).detach().numpy()
    np.testing.assert_array_equal(y[0, 0], np.outer(expected, expected))


def test_same_padding_of_a_kernel_that_is_spread(library):
    """Three ones, three apart, reach over seven pixels, so 5 zeros are added to four: 2 before, 3 after.
    First the middle one is on the image, at place 1; moved by 2, the first two are, at 0 and 3.
    """
    conv = library.models("efficientnet").SameConv2d(1, 1, 3, 2, dilation=3, bias=False)
    library.nn.init.ones_(conv.weight)
    y = conv(library.lib.tensor([[[[1.0, 2.0, 4.0, 8.0]] * 4]])).detach().numpy()
    np.testing.assert_array_equal(y[0, 0], [[2, 9], [4, 18]])


def test_symmetric_padding_by_hand(library):
    conv = library.models("efficientnet").conv_norm(1, 1, 3, 2)[0]
    library.nn.init.ones_(conv.weight)
    y = conv(library.lib.ones(1, 1, 4, 4)).detach().numpy()
    np.testing.assert_array_equal(y[0, 0], np.outer([2, 3], [2, 3]))


def test_squeeze_and_excitation_by_hand(library):
    """Two maps with means 1 and 2: fc1 adds them, 3 sigmoid(3) = 2.857722; fc2 takes 1 and -1 times that."""
    layer = library.models("efficientnet").SqueezeExcitation(2, 1)
    state = {"fc1.weight": [[[[1.0]], [[1.0]]]], "fc1.bias": [0.0]}
    state |= {"fc2.weight": [[[[1.0]]], [[[-1.0]]]], "fc2.bias": [0.0, 0.5]}
    layer.load_state_dict({name: library.lib.tensor(value) for name, value in state.items()})
    x = library.lib.tensor([[[[0.0, 2.0]], [[1.0, 3.0]]]])
    y = layer(x).detach().numpy()
    s1, s2 = 1 / (1 + np.exp(-2.857722)), 1 / (1 + np.exp(2.857722 - 0.5))  # 0.945730, 0.086444
    np.testing.assert_allclose(y, [[[[0, 2 * s1]], [[s2, 3 * s2]]]], rtol=1e-6)


def test_stochastic_depth_keeps_images_whole_and_the_mean(library):
    layer = library.models("efficientnet").StochasticDepth(0.25)
    library.lib.manual_seed(0)
    y = layer(library.lib.ones(4000, 2, 3, 3)).numpy()
    kept = y[:, 0, 0, 0]
    assert set(np.unique(kept.round(5))) == {np.float32(0), np.float32(1.33333)}
    np.testing.assert_array_equal(y, np.broadcast_to(kept[:, None, None, None], y.shape))
    assert abs(kept.mean() - 1) < 0.05  # five deviations of the mean of 4,000
    layer.eval()
    assert (layer(library.lib.ones(5, 1, 1, 1)).numpy() == 1).all()


def test_a_block_adds_its_input(library):
    """With the last batch norm's weight at 0 a block is what comes in."""
    module = library.models("efficientnet")
    block = module.MBConv(module.Stage(6, 5, 1, 4, 4, 1), 4, 1, 0.5, "same")
    library.nn.init.zeros_(block.block[3][1].weight)
    x = library.lib.randn(2, 4, 5, 5)
    assert np.array_equal(block(x).detach().numpy(), x.numpy())


def test_first_weights(library):
    """Deviations of He et al.: sqrt(2 / (outputs of a pixel times kernel)); zeros for biases."""
    library.lib.manual_seed(0)
    state = library.models("efficientnet").efficientnet_b0().state_dict()
    wide = state["features.7.0.block.0.0.weight"].numpy()  # (1152, 192, 1, 1)
    assert wide.std() == pytest.approx((2 / 1152) ** 0.5, rel=0.02)
    dense = state["classifier.1.weight"].numpy()
    assert np.abs(dense).max() <= 1000**-0.5 and dense.std() == pytest.approx((3 * 1000) ** -0.5, rel=0.02)
    assert not state["features.7.0.block.2.fc2.bias"].numpy().any()


@pytest.mark.parametrize("train", [True, False])
def test_torch_gives_the_same_scores(on_both, monkeypatch, train):
    torch_file = pytest.importorskip("benchmarks.frameworks.torch_models").models("efficientnet")
    for file in (efficientnet, torch_file):
        monkeypatch.setattr(file, "STOCHASTIC_DEPTH", 0.0)  # each draws for itself
    ours, theirs = on_both.outputs("efficientnet", "efficientnet_b0", (4, 3, 64, 64), train=train)
    assert np.abs(ours - theirs).max() < 1e-4 * np.abs(theirs).max()


def test_another_padding_is_refused():
    with pytest.raises(ValueError, match=r'"symmetric" .* or "same" .*, not \'valid\''):
        efficientnet.efficientnet_b0(padding="valid")
