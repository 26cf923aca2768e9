"""tinygrad on the CPU, its step recorded once and replayed (TinyJit), as its users train. It needs clang."""

import itertools
import os
import shutil
from collections.abc import Callable
from typing import Any

COMPILERS = ("clang", *(f"clang-{version}" for version in range(25, 13, -1)))
os.environ.setdefault("DEV", "CPU")
os.environ.setdefault("CC", next(filter(shutil.which, COMPILERS), ""))

from tinygrad import Context, Tensor, TinyJit, nn  # noqa: E402

from benchmarks import networks  # noqa: E402
from benchmarks.frameworks import CannotRun  # noqa: E402
from benchmarks.frameworks.plain_numpy import CNN_DROPOUT, cnn_layers, the_cnn  # noqa: E402


class CNN:
    """models/cnn.py's small_cnn."""

    def __init__(self, dropout: float) -> None:
        self.dropout = dropout
        self.conv1, self.conv2 = nn.Conv2d(1, 32, 3), nn.Conv2d(32, 64, 3)
        self.l1, self.l2 = nn.Linear(1600, 128), nn.Linear(128, 10)
        layers = (self.conv1, self.conv2, self.l1, self.l2)
        for layer, (weight, bias) in zip(layers, cnn_layers(), strict=True):
            layer.weight.assign(Tensor(weight)).realize()
            layer.bias.assign(Tensor(bias)).realize()

    def __call__(self, x: Tensor) -> Tensor:
        h = self.conv1(x).relu().max_pool2d(2)
        h = self.conv2(h).relu().max_pool2d(2)
        return self.l2(self.l1(h.flatten(1)).relu().dropout(self.dropout))


def network(name: str, dropout: float = CNN_DROPOUT) -> Callable[[], Any]:
    spec = networks.NETWORKS[the_cnn(name)]
    if not os.environ["CC"]:
        raise CannotRun("needs clang")
    model = CNN(dropout)
    optimizer = nn.optim.Adam(nn.state.get_parameters(model), lr=networks.LEARNING_RATE)

    @TinyJit
    def train(x: Tensor, y: Tensor) -> Tensor:
        with Context(TRAINING=1):
            optimizer.zero_grad()
            loss = model(x).sparse_categorical_crossentropy(y)
            loss.backward()
            return loss.realize(*optimizer.schedule_step())

    data = itertools.cycle(
        [(Tensor(x).realize(), Tensor(y.astype("int32")).realize()) for x, y in networks.labelled(spec)]
    )
    return lambda: train(*next(data)).item()


def network_without_dropout(name: str) -> Callable[[], Any]:
    return network(name, dropout=0.0)
