"""Averages of weights: by hand, and PyTorch's."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.optim import swa_utils


def network(lib=mg):
    return lib.nn.Sequential(lib.nn.Linear(3, 4), lib.nn.BatchNorm1d(4), lib.nn.Linear(4, 2))


def one_weight(value):
    layer = nn.Linear(1, 1, bias=False)
    layer.load_state_dict({"weight": mg.tensor([[value]])})
    return layer


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, 4.0),  # the mean of 1, 3 and 8
        ({"avg_fn": swa_utils.get_swa_avg_fn()}, 4.0),
        ({"multi_avg_fn": swa_utils.get_ema_multi_avg_fn(0.5)}, 5.0),  # 1; (1 + 3) / 2 = 2; (2 + 8) / 2
        ({"avg_fn": swa_utils.get_ema_avg_fn(0.5)}, 5.0),
    ],
)
def test_averages_by_hand(options, expected):
    model = one_weight(0.0)
    average = swa_utils.AveragedModel(model, **options)
    for value in (1.0, 3.0, 8.0):
        model.load_state_dict({"weight": mg.tensor([[value]])})
        average.update_parameters(model)
    assert average(mg.ones(1, 1)).item() == pytest.approx(expected)
    assert average.n_averaged.item() == 3
    assert model.weight.item() == 8  # the model itself stays as it is


@pytest.mark.parametrize(
    ("multi", "use_buffers"),  # the mean of counts, which are integers, PyTorch refuses
    [("get_ema_multi_avg_fn", False), ("get_ema_multi_avg_fn", True), ("get_swa_multi_avg_fn", False)],
)
def test_torch_gives_the_same(multi, use_buffers):
    torch = pytest.importorskip("torch")
    from torch.optim import swa_utils as theirs

    def run(lib, utils):
        model = network(lib)
        average = utils.AveragedModel(model, multi_avg_fn=getattr(utils, multi)(), use_buffers=use_buffers)
        rng = np.random.default_rng(0)
        for _ in range(4):
            state = model.state_dict()
            for key, value in state.items():
                if value.ndim:
                    state[key] = lib.tensor(rng.normal(size=tuple(value.shape)).astype(np.float32))
                else:
                    state[key] = lib.tensor(int(value.item()) + 10)  # batches counted
            model.load_state_dict(state)
            average.update_parameters(model)
        return {key: value.numpy() for key, value in average.state_dict().items()}

    ours, expected = run(mg, swa_utils), run(torch, theirs)
    assert ours.keys() == expected.keys()
    for key, value in expected.items():
        np.testing.assert_allclose(ours[key], value, atol=1e-6, err_msg=key)


def test_update_bn_measures_means_over_all_batches():
    model = nn.Sequential(nn.BatchNorm1d(1, momentum=0.3))
    batches = [(mg.tensor([[1.0], [3.0]]), "label"), mg.tensor([[5.0], [9.0]])]
    model.eval()
    swa_utils.update_bn(batches, model)
    assert model[0].running_mean.item() == pytest.approx((2 + 7) / 2)
    assert model[0].running_var.item() == pytest.approx((2 + 8) / 2)  # with n - 1: each has two numbers
    assert model[0].momentum == 0.3
    assert not model.training


def test_update_bn_takes_batches_to_the_device_that_is_named(device):
    model = nn.Sequential(nn.BatchNorm1d(1)).to(device)
    swa_utils.update_bn([mg.tensor([[1.0], [3.0]], device="cpu")], model, device)
    assert model[0].running_mean.item() == 2.0


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(mg.tensor([2.0, 3.0]))

    def forward(self, x, *, by=1.0):
        return x * self.weight * by


def test_the_average_takes_what_the_model_takes():
    assert swa_utils.AveragedModel(Scaled())(mg.tensor([1.0, 1.0]), by=5.0).tolist() == [10.0, 15.0]


@pytest.mark.parametrize("asked", [True, False])
def test_the_average_is_where_it_is_asked_to_be(device, asked):
    """By default the weights stay where they are, and the count is on the CPU, as in PyTorch."""
    average = swa_utils.AveragedModel(Scaled(), device=device if asked else None)
    assert average.module.weight.device.type == device.type
    assert average.n_averaged.device.type == (device.type if asked else "cpu")


def test_what_cannot_be_averaged_is_refused():
    with pytest.raises(AssertionError, match="at most one"):
        swa_utils.AveragedModel(
            nn.Linear(1, 1), avg_fn=swa_utils.get_swa_avg_fn(), multi_avg_fn=swa_utils.get_swa_multi_avg_fn()
        )
    with pytest.raises(ValueError, match="decay"):
        swa_utils.get_ema_avg_fn(1.5)
