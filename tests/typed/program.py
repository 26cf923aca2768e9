"""A program as a user writes it, and what a type checker is to know of each value. tests/test_typed.py has
mypy check it, and runs it. pyright, which is not installed with the tests, says the same of it:
`pip install pyright`, then `pyright tests/typed/program.py`.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, assert_type

import numpy as np

import minigrad as mg
from minigrad import Tensor, nn, optim, train
from minigrad.autograd import grad, gradcheck
from minigrad.data import DataLoader, Dataset, TensorDataset, random_split, transforms
from minigrad.nn import functional as F
from minigrad.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, StepLR


class Network(nn.Module):
    """Two layers, and a size that is no tensor."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.hidden = nn.Linear(2, width)
        self.out = nn.Linear(width, 2)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(F.relu(self.hidden(x)), self.out.weight, self.out.bias)


class Points(Dataset[tuple[Tensor, int]]):
    """A data set of one's own."""

    def __init__(self, points: Tensor) -> None:
        self.points = points

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        point = self.points[index]
        return point, int(point.sum() > 0)


@mg.op
def cube(input: Any) -> Any:
    """y = x ** 3"""
    return input**3


@cube.grad("input")
def _(dy: Any, input: Any) -> Any:
    return dy * 3 * input**2


def tensors() -> None:
    """Made, read, computed with, indexed."""
    x = mg.arange(6.0).reshape(2, 3)
    assert_type(x, Tensor)
    assert_type(mg.tensor([1, 2]), Tensor)
    assert_type(mg.from_numpy(np.ones(3)), Tensor)
    assert_type(x.shape, tuple[int, ...])
    assert_type(x.size(), tuple[int, ...])
    assert_type(x.size(1), int)
    assert_type(x.dtype, np.dtype[Any])
    assert_type(x.requires_grad, bool)
    assert_type(x.grad, Tensor | None)
    assert_type(x.numpy(), np.ndarray[Any, Any])

    # An operation, as a function, a method and an operator.
    assert_type(mg.add(x, 1), Tensor)
    assert_type(mg.exp(x), Tensor)
    assert_type(x.exp(), Tensor)
    assert_type(x.add(x, alpha=2), Tensor)
    assert_type(x.round(decimals=1), Tensor)
    assert_type(x.sum(0, keepdim=True), Tensor)
    assert_type(x + 1, Tensor)
    assert_type(2**x, Tensor)
    assert_type(-x @ x.T, Tensor)
    assert_type(x > 1, Tensor)
    assert_type(x.clone().add_(1).clamp_(0, 1), Tensor)
    assert_type(cube(x), Tensor)

    # What comes of a choice of options.
    assert_type(x.max(), Tensor)
    assert_type(x.max(1).indices, Tensor)
    assert_type(mg.min(x, x), Tensor)
    assert_type(mg.sort(x).values, Tensor)
    assert_type(mg.where(x > 1, x, 0), Tensor)
    assert_type(mg.where(x > 1), tuple[Tensor, ...])
    assert_type(x.nonzero(), Tensor)
    assert_type(mg.cat([x, x]), Tensor)
    assert_type(x.split(1), tuple[Tensor, ...])
    assert_type(mg.equal(x, x), bool)

    # Places, ranges, masks, arrays of places.
    assert_type(x[0], Tensor)
    assert_type(x[:, -1], Tensor)
    assert_type(x[..., None, [0, 2]], Tensor)
    assert_type(x[x > 1], Tensor)
    x[0, 1:] = 7.0
    x[1] = x[0]
    for row in x:
        assert_type(row, Tensor)


def derivatives() -> None:
    """Backward, `grad`, hooks, modes."""
    x = mg.tensor([1.0, 2.0], dtype=mg.float64, requires_grad=True)
    (slope,) = grad(cube(x).sum(), x, create_graph=True)
    assert_type(slope, Tensor)
    handle = x.register_hook(lambda gradient: gradient * 2)
    (slope * x).sum().backward()
    handle.remove()
    assert_type(gradcheck(cube, (x,)), bool)
    with mg.no_grad():
        x -= 0.1 * x.detach()
    assert_type(x, Tensor)

    @mg.no_grad()
    def doubled(value: Tensor) -> Tensor:
        return value * 2

    assert_type(doubled(x), Tensor)


def layers_and_losses() -> None:
    """Layers, what is in them, and losses."""
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Dropout(0.2))
    assert_type(model[0], nn.Module)
    assert_type(list(model.parameters()), list[nn.Parameter])
    assert_type(dict(model.named_parameters()), dict[str, nn.Parameter])
    assert_type(model.eval(), nn.Sequential)
    assert_type(nn.Linear(2, 3).weight, nn.Parameter)
    images, classes = mg.rand(2, 1, 8, 8), mg.tensor([0, 1])
    assert_type(F.conv2d(images, mg.rand(4, 1, 3, 3), padding=1), Tensor)
    assert_type(F.softmax(images, dim=1), Tensor)
    scores: Tensor = nn.Linear(144, 2)(model(images))
    assert_type(F.cross_entropy(scores, classes), Tensor)
    assert_type(F.mse_loss(scores, scores), Tensor)
    loss: Tensor = nn.CrossEntropyLoss(label_smoothing=0.1)(scores, classes)
    loss.backward()


def training(folder: Path) -> None:
    """A loop of one's own, the library's, and files."""
    mg.manual_seed(0)
    points = mg.randn(32, 2)
    learnt, kept = random_split(Points(points), [24, 8])
    loader = DataLoader(learnt, batch_size=8, shuffle=True)
    network = Network(8)
    optimizer = optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    schedules: list[LRScheduler] = [StepLR(optimizer, 2), CosineAnnealingLR(optimizer, 10)]
    for inputs, targets in loader:
        loss = F.cross_entropy(network(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    for schedule in schedules:
        schedule.step()
        assert_type(schedule.get_last_lr(), list[float])

    normal = transforms.Compose([transforms.ToTensor(), transforms.Normalize([0.5], [0.5])])
    assert_type(transforms.ToTensor()(np.zeros((2, 2), np.uint8)), Tensor)
    image: Tensor = normal(np.zeros((2, 2), np.uint8))
    assert_type(len(TensorDataset(points, image.expand(32, 2, 2))), int)

    adam = optim.Adam(network.parameters(), lr=0.01)
    history = train.fit(
        network, loader, nn.CrossEntropyLoss(), adam, 1, metrics=[train.accuracy], progress=False
    )
    assert_type(history["loss"], list[float])
    assert_type(train.evaluate(network, DataLoader(kept, 8), F.cross_entropy), dict[str, float])

    mg.save(network.state_dict(), folder / "network.safetensors")
    network.load_state_dict(mg.load(folder / "network.safetensors"))


if __name__ == "__main__":
    tensors()
    derivatives()
    layers_and_losses()
    with TemporaryDirectory() as name:
        training(Path(name))
