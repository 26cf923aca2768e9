"""Samples that are text: an expression with names that both libraries have, and what it gives."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .compare import outcome, refused, silenced

Names = dict[str, Any]
"""What the names in an expression are."""


def each(form: str, **values: tuple[Any, ...]) -> list[str]:
    """The text with every combination of values in its braces."""
    combinations = itertools.product(*values.values())
    return [form.format(**dict(zip(values, chosen, strict=True))) for chosen in combinations]


@dataclass
class Text:
    """An expression; ``names`` gives what it may use of either library, anew for each."""

    expression: str
    names: Callable[[Any], Names]

    def __str__(self) -> str:
        return self.expression

    def judge(self) -> str:
        """What the expression gives otherwise."""
        import torch

        import minigrad as mg

        with silenced():
            z, y = (outcome(lambda L=L: plain(eval(self.expression, self.names(L)))) for L in (torch, mg))
        if (said := refused(y, z)) is not None:
            return said
        return "" if same(y, z) else f"gives {y!r}"[:150] + f"; PyTorch {z!r}"[:150]


def plain(value: Any) -> Any:
    """A value without its library: tensors as dtype and numbers."""
    if hasattr(value, "tolist"):
        return str(value.dtype).removeprefix("torch."), tuple(value.shape), value.tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value).__name__, [plain(item) for item in value]
    if isinstance(value, (list, tuple)):
        return type(value)(plain(item) for item in value)
    return value


def same(a: Any, b: Any) -> bool:
    """Whether two plain values are the same: numbers to 12 digits."""
    if isinstance(a, float) and isinstance(b, float):
        return bool(np.isclose(a, b, rtol=1e-12, atol=1e-15, equal_nan=True))
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    return bool(a == b)
