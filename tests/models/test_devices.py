"""A training step of each network is the same on every device, but for rounding: it begins with one state."""

import numpy as np
import pytest

import minigrad as mg
import minigrad.nn.functional as F
from minigrad import nn, optim
from models import cnn, dcgan, efficientnet, mlp, resnet

NETWORKS = {
    "wide_mlp": (lambda: mlp.wide_mlp(), (4, 1, 28, 28)),
    "deep_mlp": (lambda: mlp.deep_mlp(), (4, 1, 28, 28)),
    "fashion_cnn": (lambda: cnn.fashion_cnn(), (4, 1, 28, 28)),
    "fashion_row_norm": (lambda: cnn.fashion_row_norm(), (4, 1, 28, 28)),
    "generator28": (lambda: dcgan.generator28(), (4, 90)),
    "discriminator28": (lambda: dcgan.discriminator28(), (4, 1, 28, 28)),
    # Of fewer or smaller images the last batch norms would be over two numbers: chaos, on any device.
    "resnet18": (lambda: resnet.resnet18(num_classes=10), (4, 3, 64, 64)),
    "efficientnet_b0": (lambda: efficientnet.efficientnet_b0(10, padding="same"), (4, 3, 64, 64)),
}


def trained(model: nn.Module, x: np.ndarray) -> tuple[float, dict[str, np.ndarray]]:
    """The loss of the second step, and the parameters and buffers after it, on the CPU."""
    optimiser = optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    for _ in range(2):
        optimiser.zero_grad()
        mg.manual_seed(1)  # what dropout drops
        y = model(mg.tensor(x))
        if y.ndim == 2 and y.shape[1] > 1:
            loss = F.cross_entropy(y, mg.arange(len(x)) % y.shape[1])
        else:
            weights = mg.tensor(np.random.default_rng(3).normal(size=y.shape).astype(np.float32))
            loss = (y * weights).mean()
        loss.backward()
        optimiser.step()
    return loss.item(), {key: value.cpu().numpy() for key, value in model.state_dict().items()}


@pytest.mark.devices("foreign", "cuda")
@pytest.mark.parametrize("name", NETWORKS)
def test_two_steps(device, name):
    build, shape = NETWORKS[name]
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    with mg.device("cpu"), mg.backend("reference"):
        mg.manual_seed(0)
        model = build()
        state = {key: value.clone() for key, value in model.state_dict().items()}
        expected, there = trained(model, x)
    other = build()
    other.load_state_dict(state)
    loss, here = trained(other, x)
    assert loss == pytest.approx(expected, rel=1e-3, abs=1e-5)
    for key, value in there.items():
        np.testing.assert_allclose(here[key], value, rtol=2e-2, atol=2e-4, err_msg=key)
