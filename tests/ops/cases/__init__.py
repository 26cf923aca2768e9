"""How to call each differentiable function: filled by the modules imported here."""

from tests.ops.cases import elementwise, linalg, nn, pool, reduce, shape
from tests.ops.cases.table import CASES, Draw

__all__ = ["CASES", "Draw", "elementwise", "linalg", "nn", "pool", "reduce", "shape"]
