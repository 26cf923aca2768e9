"""One operation there and back, in PyTorch's names: the sweep runs the same lines on PyTorch and minigrad."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np


class Checksum:
    """The mean absolute values of several tensors, added when a number is asked for: after the time."""

    def __init__(self, *tensors: Any) -> None:
        self.tensors = tensors

    def __float__(self) -> float:
        return float(sum(float(tensor.abs().mean()) for tensor in self.tensors))


def operation(case: str, lib: ModuleType, nn: ModuleType) -> Callable[[], Checksum]:
    """`case` as JSON: a function of nn.functional, the shapes of its tensors, its options."""
    fields = json.loads(case)
    function = getattr(nn.functional, fields["function"])
    options = fields["options"]
    rng = np.random.default_rng(0)

    def tensor(shape: list[int]) -> Any:
        return lib.tensor(rng.standard_normal(shape, dtype=np.float32))

    inputs = [tensor(shape).requires_grad_() for shape in fields["shapes"]]
    if fields["function"] == "batch_norm":
        channels = fields["shapes"][0][1]
        x, weight, bias = inputs
        mean, variance = lib.zeros(channels), lib.ones(channels)

        def forward() -> Any:
            return function(x, mean, variance, weight, bias, training=True)
    else:

        def forward() -> Any:
            return function(*inputs, **options)

    upstream = tensor(list(forward().shape))

    def run() -> Checksum:
        y = forward()
        return Checksum(y.detach(), *lib.autograd.grad(y, inputs, upstream))

    return run
