"""A problem small enough to train on in milliseconds: which side of a line a point lies on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import minigrad as mg
from minigrad import nn, optim, train
from minigrad.data import DataLoader, TensorDataset


@dataclass
class Problem:
    model: nn.Module
    optimizer: optim.Optimizer
    training: DataLoader[Any]
    validation: DataLoader[Any]

    def fit(self, epochs: int, **options: Any) -> train.History:
        options = {"validation": self.validation, "metrics": [train.accuracy], "progress": False} | options
        return train.fit(self.model, self.training, nn.CrossEntropyLoss(), self.optimizer, epochs, **options)


def make_problem(seed: int = 0, dropout: float = 0.0) -> Problem:
    mg.manual_seed(seed)
    x = mg.randn(50, 2)
    y = (x[:, 0] > x[:, 1]).to(mg.int64)
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Dropout(dropout), nn.Linear(8, 2))
    return Problem(
        model,
        optim.Adam(model.parameters(), lr=0.01),
        DataLoader(TensorDataset(x[:35], y[:35]), 8, shuffle=True),
        DataLoader(TensorDataset(x[35:], y[35:]), 4),
    )


@pytest.fixture
def problem() -> Problem:
    return make_problem()


@pytest.fixture
def captures(device: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A captured step where there is no card to capture on: the step itself, each time."""
    if device.type != "cuda":
        monkeypatch.setattr(mg.cuda, "capture", lambda step: step)


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt, as in a terminal: a program started in the background ignores it."""
    import signal

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
