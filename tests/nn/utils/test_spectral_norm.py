"""Spectral normalisation: beside singular values, beside PyTorch, and beside differences."""

import copy
import pickle

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.nn.utils import remove_spectral_norm, spectral_norm
from minigrad.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

LAYERS = {
    "linear": (lambda lib: lib.nn.Linear(6, 4), (5, 6)),
    "conv": (lambda lib: lib.nn.Conv2d(3, 4, 3, bias=False), (2, 3, 5, 5)),
    "transposed": (lambda lib: lib.nn.ConvTranspose2d(3, 5, 4, stride=2), (2, 3, 4, 4)),
}


def as_matrix(weight, transposed=False):
    weight = np.moveaxis(weight, 1, 0) if transposed else weight
    return weight.reshape(len(weight), -1)


@pytest.mark.parametrize("name", LAYERS)
def test_after_many_rounds_the_largest_singular_value_is_1(name):
    build, shape = LAYERS[name]
    layer = spectral_norm(build(mg), n_power_iterations=200)
    layer(mg.randn(*shape))
    singular = np.linalg.svd(as_matrix(layer.weight.detach().numpy(), name == "transposed"), compute_uv=False)
    assert singular[0] == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", LAYERS)
def test_torch_gives_the_same_outputs_gradients_and_vectors(name):
    torch = pytest.importorskip("torch")
    build, shape = LAYERS[name]
    ours, theirs = spectral_norm(build(mg)), torch.nn.utils.spectral_norm(build(torch))
    state = {key: torch.tensor(value.numpy()) for key, value in ours.state_dict().items()}
    assert state.keys() == theirs.state_dict().keys()
    theirs.load_state_dict(state)
    for _ in range(2):  # two passes, both before the way back: the first one's vectors must last
        x = mg.randn(*shape)
        a, b = ours(x), theirs(torch.tensor(x.numpy()))
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), atol=1e-5)
        dy = mg.randn(*a.shape)
        first = (a * dy).sum(), (b * torch.tensor(dy.numpy())).sum()
        x = mg.randn(*shape)
        second = ours(x).sum(), theirs(torch.tensor(x.numpy())).sum()
        (first[0] + second[0]).backward()
        (first[1] + second[1]).backward()
    np.testing.assert_allclose(
        ours.weight_orig.grad.numpy(), theirs.weight_orig.grad.numpy(), atol=1e-4, rtol=1e-4
    )
    for key, value in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[key].numpy(), value.numpy(), atol=1e-5)


@pytest.mark.parametrize("name", LAYERS)
def test_before_the_first_pass_in_training_the_weight_is_divided_well(name):
    # A matrix of random numbers has singular values close together: 15 rounds find the first within 10 %.
    mg.manual_seed(0)
    build, shape = LAYERS[name]
    layer = spectral_norm(build(mg)).eval()
    layer(mg.randn(*shape))
    matrix = as_matrix(layer.weight.detach().numpy(), name == "transposed")
    assert 0.999 < np.linalg.svd(matrix, compute_uv=False)[0] < 1.1
    layer = remove_spectral_norm(spectral_norm(build(mg)))
    matrix = as_matrix(layer.weight.detach().numpy(), name == "transposed")
    assert 0.999 < np.linalg.svd(matrix, compute_uv=False)[0] < 1.1


def test_a_layer_in_use_can_be_copied_and_averaged():
    net = nn.Sequential(spectral_norm(nn.Linear(4, 3)), nn.ReLU(), spectral_norm(nn.Linear(3, 1)))
    x = mg.randn(5, 4)
    net(x).sum().backward()
    for copied in (copy.deepcopy(net), pickle.loads(pickle.dumps(net)), AveragedModel(net).module):
        assert copied.state_dict().keys() == net.state_dict().keys()
        assert copied[0].weight_orig is not net[0].weight_orig
        np.testing.assert_array_equal(copied.eval()(x).detach().numpy(), net.eval()(x).detach().numpy())
        copied.train()(x).sum().backward()
        assert copied[0].weight_orig.grad is not None
        net.train()
    average = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.5))
    before = net[0].weight_orig.detach().clone()
    for _ in range(2):
        average.update_parameters(net)
        with mg.no_grad():
            net[0].weight_orig += 2
    np.testing.assert_allclose(
        average.module[0].weight_orig.detach().numpy(), (before + 1).numpy(), rtol=1e-6
    )


def test_in_eval_mode_nothing_moves():
    layer = spectral_norm(nn.Linear(4, 3)).eval()
    before = {key: value.clone() for key, value in layer.state_dict().items()}
    layer(mg.randn(2, 4))
    assert all((before[key] == value).all() for key, value in layer.state_dict().items())


def test_the_gradient_of_the_divided_weight_by_differences():
    layer = spectral_norm(nn.Linear(4, 3)).double().eval()
    x, dy = mg.randn(2, 4, dtype=mg.float64), mg.randn(2, 3, dtype=mg.float64)
    (layer(x) * dy).sum().backward()
    aside = mg.randn(3, 4, dtype=mg.float64)
    start, h, sums = layer.weight_orig.detach().clone(), 1e-6, []
    for step in (h, -h):
        layer.weight_orig.detach().copy_(start + step * aside)
        sums.append((layer(x) * dy).sum().item())
    slope = (sums[0] - sums[1]) / (2 * h)
    assert (layer.weight_orig.grad * aside).sum().item() == pytest.approx(slope, rel=1e-7)


def test_removed_it_leaves_the_weight_as_it_was_last():
    layer = spectral_norm(nn.Linear(4, 3))
    x = mg.randn(2, 4)
    layer(x)
    expected = layer.eval()(x).detach().numpy()
    assert remove_spectral_norm(layer) is layer
    assert set(layer.state_dict()) == {"weight", "bias"}
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-6)
    with pytest.raises(ValueError, match="is not normalised"):
        remove_spectral_norm(layer)


def test_it_is_refused_where_it_makes_no_sense():
    with pytest.raises(RuntimeError, match="normalised already"):
        spectral_norm(spectral_norm(nn.Linear(4, 3)))
    with pytest.raises(ValueError, match="no parameter 'weight'; it has none"):
        spectral_norm(nn.ReLU())
    with pytest.raises(ValueError, match="n_power_iterations"):
        spectral_norm(nn.Linear(4, 3), n_power_iterations=0)
