"""The networks of models/ on PyTorch: the very files with their imports changed, and what PyTorch lacks.

PyTorch has no batch norm over another axis than the channels and no padding of pools by name. What stands
here is what its user would write, in the fastest of the forms that were tried: see BatchNorm.
"""

import re
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

MODELS = Path(__file__).parents[2] / "models"


class BatchNorm(torch.nn.BatchNorm2d):
    """Batch norm over rows, axis 2 of (N, C, H, W).

    PyTorch normalises axis 1, so the axes have to be turned. Turned to (N, H, W, C) and back, the result is
    what PyTorch calls channels_last; its convolutions and pools then stay in that layout, and the next turn
    copies nothing. With rows and channels transposed instead, the network takes 1.5 times as long.
    """

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1, axis: int = 1) -> None:
        if axis != 2:
            raise NotImplementedError(f"BatchNorm: axis={axis}, but only rows (axis 2) are written here")
        super().__init__(num_features, eps, momentum)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return super().forward(input.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class MaxPool2d(torch.nn.MaxPool2d):
    """With padding="same" as Keras has it: for windows of 2x2 with stride 2 that is PyTorch's ceil_mode."""

    def __init__(self, kernel_size: int, stride: int | None = None, padding: Any = 0) -> None:
        if padding == "same":
            if (kernel_size, stride or kernel_size) != (2, 2):
                raise NotImplementedError("MaxPool2d: padding='same' is written for windows of 2x2, stride 2")
            super().__init__(kernel_size, ceil_mode=True)
        else:
            super().__init__(kernel_size, stride, padding)


nn = ModuleType("nn", doc="torch.nn, with the two layers above.")
nn.__dict__.update(torch.nn.__dict__ | {"BatchNorm": BatchNorm, "MaxPool2d": MaxPool2d})
Tensor, cat = torch.Tensor, torch.cat


@cache
def models(file: str) -> ModuleType:
    """models/{file}.py, run with the names of this module in minigrad's place."""
    path = MODELS / f"{file}.py"
    source = path.read_text(encoding="utf-8").replace("from minigrad import", f"from {__name__} import")
    source = re.sub(r"^from models import (\w+)$", r'\1 = models("\1")', source, flags=re.MULTILINE)
    module = ModuleType(f"{file}_on_torch")
    module.__dict__["models"] = models
    exec(compile(source, path, "exec"), module.__dict__)
    return module
