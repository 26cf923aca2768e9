"""Both jobs in PyTorch's names: the same lines run PyTorch and minigrad, whichever is handed in."""

import itertools
from collections.abc import Callable
from types import ModuleType
from typing import Any

from benchmarks import problem


def dense_step(lib: ModuleType, nn: ModuleType, optim: ModuleType) -> Callable[[], Any]:
    a, b, c, d = problem.SIZES
    model = nn.Sequential(
        nn.Linear(a, b), nn.ReLU(), nn.Linear(b, c), nn.ReLU(), nn.Dropout(problem.DROPOUT), nn.Linear(c, d)
    )
    state = {}
    for key, (weight, bias) in zip(("0", "2", "5"), problem.layers(), strict=True):
        state[f"{key}.weight"] = lib.tensor(weight)
        state[f"{key}.bias"] = lib.tensor(bias)
    model.load_state_dict(state)
    optimizer = optim.Adam(model.parameters(), lr=problem.LEARNING_RATE)
    data = itertools.cycle([(lib.tensor(x), lib.tensor(y)) for x, y in problem.batches()])

    def step() -> Any:
        x, y = next(data)
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss.detach()

    return step


def chain(lib: ModuleType) -> Callable[[], Any]:
    def run() -> Any:
        x = lib.ones(1, requires_grad=True)
        y = x
        for _ in range(problem.CHAIN_LENGTH):
            y = y * problem.CHAIN_FACTOR + problem.CHAIN_ADDEND
        y.backward()
        return x.grad.item()

    return run
