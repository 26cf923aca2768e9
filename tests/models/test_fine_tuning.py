"""Twenty steps of fine-tuning end with PyTorch's weights: within 0.0001 of their size, and a millionth
in float64.

Both libraries run the same file of models/ from the same state on the same images, without what each draws
for itself: dropout and stochastic depth. In float32 the ResNet is smoothed, with SiLU in ReLU's place and the
mean in that of the largest of a pool: units near ReLU's kink, and the largest, are decided otherwise where
sums are taken in another order, and twenty steps amplify it. In float64 they are not. That is not the
library's doing: PyTorch on two threads ends as far from PyTorch on one (``tools/measure_fine_tuning.py``).
"""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from models import efficientnet, resnet

torch = pytest.importorskip("torch")
from benchmarks.frameworks import torch_models  # noqa: E402 (imports torch)

STEPS, BATCH, SIDE = 20, 6, 48
NETWORKS = {
    "resnet18": (resnet, lambda file: file.resnet18(), "fc", 512),
    "efficientnet_b0": (
        efficientnet,
        lambda file: file.efficientnet_b0(padding="same"),
        "classifier.1",
        1280,
    ),
}


def smooth(model, nn):
    """Take out the kinks: nowhere do the network's derivatives jump."""
    for layer in [*model.modules()]:
        if type(getattr(layer, "relu", None)).__name__ == "ReLU":
            layer.relu = nn.SiLU()
    if hasattr(model, "maxpool"):
        model.maxpool = nn.AvgPool2d(3, stride=2, padding=1)


def without_draws(model):
    for layer in model.modules():
        if type(layer).__name__ in ("Dropout", "StochasticDepth"):
            layer.p = 0.0


@pytest.fixture(params=["float64", "float32"])
def dtype(request):
    return request.param


@pytest.fixture(params=NETWORKS)
def pair(request, dtype):
    """The network here and in PyTorch, with a head of two classes, running statistics of the images, images
    and classes.
    """
    file, build, head, features = NETWORKS[request.param]
    mg.manual_seed(0)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2 * BATCH, 3, SIDE, SIDE)).astype(dtype)
    y = np.arange(2 * BATCH) % 2
    x[y == 1, 0] += 0.5  # there is something to be learnt
    ours = build(file)
    theirs = build(torch_models.models(file.__name__.removeprefix("models.")))
    ours.set_submodule(head, nn.Linear(features, 2))
    theirs.set_submodule(head, torch.nn.Linear(features, 2))
    for layer in ours.modules():
        if hasattr(layer, "momentum"):
            layer.momentum = None  # the first batch's own statistics, as if it had been trained
    if dtype == "float64":
        ours.double()
        theirs.double()
    without_draws(ours)
    without_draws(theirs)
    with mg.no_grad():
        ours(mg.tensor(x))
    for layer in ours.modules():
        if hasattr(layer, "momentum"):
            layer.momentum = 0.1
    theirs.load_state_dict({key: torch.tensor(value.numpy()) for key, value in ours.state_dict().items()})
    return ours, theirs, head, x, y


def fine_tune(lib, functional, optimizer, model, x, y):
    losses = []
    for step in range(STEPS):
        part = slice(BATCH * (step % 2), BATCH * (step % 2 + 1))
        loss = functional.cross_entropy(model(lib.tensor(x[part])), lib.tensor(y[part]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def compare(ours, theirs, bound):
    """Biases begin at 0 and are small after twenty steps: 1e-5 is little beside batch norm's weight, 1."""
    state = {key: value.detach().numpy() for key, value in theirs.state_dict().items()}
    for key, value in ours.state_dict().items():
        apart = np.linalg.norm((value.detach().numpy() - state[key]).astype(np.float64))
        assert apart <= max(bound * np.linalg.norm(state[key].astype(np.float64)), 1e-5), key


def test_all_layers(pair, dtype):
    ours, theirs, _, x, y = pair
    if dtype == "float32":
        smooth(ours, nn)
        smooth(theirs, torch.nn)
    before = {key: value.numpy().copy() for key, value in ours.state_dict().items()}
    rates = {"lr": 1e-3, "momentum": 0.9}
    losses = fine_tune(mg, nn.functional, optim.SGD(ours.parameters(), **rates), ours.train(), x, y)
    others = fine_tune(
        torch, torch.nn.functional, torch.optim.SGD(theirs.parameters(), **rates), theirs.train(), x, y
    )
    assert losses[-1] < losses[0]
    moved = [
        key for key, value in ours.state_dict().items() if not np.array_equal(value.numpy(), before[key])
    ]
    assert {key for key, _ in ours.named_parameters()} <= {*moved}
    np.testing.assert_allclose(losses, others, atol=1e-3)
    compare(ours, theirs, 1e-6 if dtype == "float64" else 1e-4)


@pytest.mark.parametrize("dtype", ["float32"], indirect=True)
def test_the_head_alone(pair):
    ours, theirs, head, x, y = pair
    for model in (ours, theirs):
        model.eval()
        model.requires_grad_(False)
        model.get_submodule(head).requires_grad_(True)
    before = {key: value.numpy().copy() for key, value in ours.state_dict().items()}
    losses = fine_tune(
        mg, nn.functional, optim.Adam(ours.get_submodule(head).parameters(), lr=1e-3), ours, x, y
    )
    others = fine_tune(
        torch,
        torch.nn.functional,
        torch.optim.Adam(theirs.get_submodule(head).parameters(), lr=1e-3),
        theirs,
        x,
        y,
    )
    assert losses[-1] < losses[0]
    moved = [
        key for key, value in ours.state_dict().items() if not np.array_equal(value.numpy(), before[key])
    ]
    assert moved == [f"{head}.weight", f"{head}.bias"]
    np.testing.assert_allclose(losses, others, atol=1e-3)
    compare(ours, theirs, 1e-3)
