"""The dense networks are those of the reports, and are written in what PyTorch understands."""

from itertools import pairwise

import pytest

import minigrad as mg
from minigrad import nn
from models.mlp import MLP, cifar_mlp, deep_mlp, wide_mlp
from tests.models.conftest import numbers


def shapes(model: nn.Module) -> list[tuple[int, ...]]:
    return [p.shape for p in model.parameters()]


def test_wide_has_the_layers_and_the_parameters_of_the_report() -> None:
    model = wide_mlp()
    assert shapes(model) == [(256, 784), (256,), (128, 256), (128,), (10, 128), (10,)]
    # 784 * 256 + 256 = 200,960; 256 * 128 + 128 = 32,896; 128 * 10 + 10 = 1,290
    assert sum(p.numel() for p in model.parameters()) == 200_960 + 32_896 + 1_290 == 235_146
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds == ["Flatten", "Linear", "ReLU", "Linear", "ReLU", "Dropout", "Linear"]
    assert model.layers[5].p == 0.2


def test_deep_has_the_layers_and_the_parameters_of_the_report() -> None:
    model = deep_mlp()
    sizes = [784, 32, 64, 128, 256, 10]
    assert shapes(model)[::2] == [(o, i) for i, o in pairwise(sizes)]
    # as the report's summary table has them, layer by layer
    assert sum(p.numel() for p in model.parameters()) == 25_120 + 2_112 + 8_320 + 33_024 + 2_570 == 71_146
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds == ["Flatten"] + ["Linear", "ReLU"] * 4 + ["Linear"]


def test_cifar_mlp_has_the_parameters_of_the_report() -> None:
    counts = [p.numel() for p in cifar_mlp().parameters()]
    by_layer = [weights + biases for weights, biases in zip(counts[::2], counts[1::2], strict=True)]
    assert by_layer == [98_336, 2_112, 8_320, 33_024, 2_570]
    assert sum(by_layer) == 144_362
    assert cifar_mlp()(mg.zeros(2, 3, 32, 32)).shape == (2, 10)
    assert [type(layer).__name__ for layer in cifar_mlp().layers].count("LeakyReLU") == 4


def test_one_hidden_unit_worked_by_hand() -> None:
    """x = (1, 2), hidden relu(1 * 1 - 1 * 2 + 3) = 2, scores (2 * 2 + 0, -1 * 2 + 1) = (4, -1)."""
    model = MLP([2, 1, 2])
    weights = [[[1.0, -1.0]], [3.0], [[2.0], [-1.0]], [0.0, 1.0]]
    model.load_state_dict(
        {name: mg.tensor(value) for name, value in zip(model.state_dict(), weights, strict=True)}
    )
    assert model(mg.tensor([[1.0, 2.0]])).tolist() == [[4.0, -1.0]]
    assert model(mg.tensor([[0.0, 5.0]])).tolist() == [[0.0, 1.0]]  # relu(-2) = 0: only the biases are left


def test_images_are_flattened() -> None:
    assert wide_mlp()(mg.zeros(3, 1, 28, 28)).shape == (3, 10)


def test_torch_takes_the_weights_and_gives_the_same_scores() -> None:
    torch = pytest.importorskip("torch")
    model = deep_mlp()
    layers = [torch.nn.Flatten()]
    for i, o in [(784, 32), (32, 64), (64, 128), (128, 256)]:
        layers += [torch.nn.Linear(i, o), torch.nn.ReLU()]
    other = torch.nn.Sequential(*layers, torch.nn.Linear(256, 10))
    other.load_state_dict(
        {name.removeprefix("layers."): torch.from_numpy(t.numpy()) for name, t in model.state_dict().items()}
    )
    mg.manual_seed(3)
    x = mg.rand(5, 28, 28)
    expected = other(torch.from_numpy(x.numpy())).detach().numpy()
    assert abs(model(x).detach().numpy() - expected).max() < 1e-6


def test_garment_mlp(library):
    model = library.models("mlp").garment_mlp()
    assert numbers(model) == 3 * 64 * 64 * 128 + 128 + 128 * 10 + 10 == 1_574_282
    assert tuple(model(library.lib.zeros(2, 3, 64, 64)).shape) == (2, 10)
