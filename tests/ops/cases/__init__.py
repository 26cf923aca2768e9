"""How to call each differentiable function: filled by the modules imported here."""

from tests.ops.cases import conv, elementwise, linalg, nn, norm, pool, reduce, shape
from tests.ops.cases.table import CASES

__all__ = ["CASES", "conv", "elementwise", "linalg", "nn", "norm", "pool", "reduce", "shape"]
