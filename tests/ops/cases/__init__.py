"""How to call each differentiable function: filled by the modules imported here."""

from tests.ops.cases import conv, elementwise, linalg, nn, norm, pool, reduce, shape
from tests.ops.cases.table import CASES, Draw

__all__ = ["CASES", "Draw", "conv", "elementwise", "linalg", "nn", "norm", "pool", "reduce", "shape"]
