"""Functions, right rules for their gradients, rules with a slip planted: CASES, filled by these modules."""

from tests.diagnosis.planted import (
    chains,
    elementwise,
    losses,
    matrices,
    networks,
    operands,
    reduce,
    statistics,
)
from tests.diagnosis.planted.sized import SIZED
from tests.diagnosis.planted.table import CASES, Case, Numbers

__all__ = [
    "CASES",
    "SIZED",
    "Case",
    "Numbers",
    "chains",
    "elementwise",
    "losses",
    "matrices",
    "networks",
    "operands",
    "reduce",
    "statistics",
]
