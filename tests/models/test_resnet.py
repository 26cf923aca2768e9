"""Residual networks: torchvision's names and numbers, and a block worked by hand."""

import numpy as np
import pytest

from tests.models.conftest import numbers


@pytest.mark.parametrize(
    ("builder", "parameters"),
    [("resnet18", 11_689_512), ("resnet34", 21_797_672), ("resnet50", 25_557_032)],
)
def test_numbers_of_parameters_are_torchvisions(library, builder, parameters):
    assert numbers(getattr(library.models("resnet"), builder)()) == parameters


def test_states_bear_torchvisions_names(library):
    state = library.models("resnet").resnet18(num_classes=2).state_dict()
    norm = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]

    def convolution(prefix, number):
        return [f"{prefix}conv{number}.weight", *(f"{prefix}bn{number}.{name}" for name in norm)]

    expected = convolution("", 1)
    for layer in (1, 2, 3, 4):
        for block in (0, 1):
            prefix = f"layer{layer}.{block}."
            expected += convolution(prefix, 1) + convolution(prefix, 2)
            if layer > 1 and block == 0:
                down = f"{prefix}downsample."
                expected += [f"{down}0.weight", *(f"{down}1.{name}" for name in norm)]
    assert list(state) == [*expected, "fc.weight", "fc.bias"]
    assert tuple(state["layer4.0.downsample.0.weight"].shape) == (512, 256, 1, 1)
    assert tuple(state["fc.weight"].shape) == (2, 512)


def test_maps_are_halved_five_times(library):
    model = library.models("resnet").resnet18(num_classes=10).eval()
    sides = []
    for layer in (model.conv1, model.maxpool, model.layer1, model.layer2, model.layer3, model.layer4):
        layer.register_forward_hook(lambda layer, inputs, output: sides.append(output.shape[-1]))
    assert model(library.lib.zeros(1, 3, 64, 64)).shape == (1, 10)
    assert sides == [32, 16, 16, 8, 4, 2]


def test_a_block_adds_its_input(library):
    """With batch norm's weight at 0 a block is relu(x): what He et al. call the identity."""
    block = library.models("resnet").BasicBlock(4, 4, stride=1).eval()
    library.nn.init.zeros_(block.bn2.weight)
    x = library.lib.randn(2, 4, 5, 5)
    assert np.array_equal(block(x).detach().numpy(), np.maximum(x.numpy(), 0))


def test_torch_gives_the_same_scores(on_both):
    ours, theirs = on_both.outputs("resnet", "resnet18", (2, 3, 64, 64), train=False)
    assert np.abs(ours - theirs).max() < 1e-4 * np.abs(theirs).max()
