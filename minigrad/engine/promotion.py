"""Which dtype a mixed operation has: PyTorch's answer, where NumPy's differs.

NumPy adds an int64 array to a float32 array in float64; PyTorch in float32. Source: PyTorch documentation,
"Tensor Attributes", section on type promotion.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.devices.place import ARRAYS
from minigrad.dtypes import DTYPES, KINDS, get_default_dtype, promote_types
from minigrad.engine.arguments import what_came

FOLLOWED = {int: "fi", float: "f"}
"""The kinds of array whose dtype an operation with a Python number of a type has in any case."""


def result_type(*operands: Any) -> np.dtype[Any]:
    """The dtype of an operation on these arrays and Python numbers.

    They are in three groups, and a later one decides only when its kind (bool < integer < floating) is
    higher:

        arrays                  their dtypes, promoted
        0-dimensional arrays    theirs
        Python numbers          bool, int64, or the default floating dtype

    NumPy's scalars are Python numbers beside arrays. Alone they stand for 0-dimensional arrays, of which
    NumPy makes them in the middle of a formula.
    """
    if not any(map(_is_array, operands)):
        operands = tuple(np.asarray(x) if isinstance(x, np.generic) else x for x in operands)
    groups: list[np.dtype[Any] | None] = [None, None, None]
    group: int
    dtype: np.dtype[Any]
    for operand in operands:
        if isinstance(operand, (bool, np.bool_)):
            group, dtype = 2, np.dtype(bool)
        elif isinstance(operand, (int, np.integer)):
            group, dtype = 2, np.dtype("int64")
        elif isinstance(operand, (float, np.floating)):
            group, dtype = 2, get_default_dtype()
        elif not hasattr(operand, "dtype"):
            raise TypeError(what_came(operand) or f"expected a tensor, got {type(operand).__name__}")
        else:
            group, dtype = (0 if operand.ndim else 1), operand.dtype
        if dtype not in DTYPES:
            raise TypeError(f"no tensor has dtype {dtype}; convert with .astype(...)")
        known = groups[group]
        groups[group] = dtype if known is None else promote_types(known, dtype)
    result: np.dtype[Any] | None = None
    for candidate in groups:
        if candidate is not None and (result is None or KINDS[candidate.kind] > KINDS[result.kind]):
            result = candidate if result is None else promote_types(result, candidate)
    assert result is not None, "an operation has at least one operand"
    return result


def _is_array(value: Any) -> bool:
    return hasattr(value, "dtype") and not isinstance(value, np.generic)


def _cast(operands: Sequence[Any], dtype: np.dtype[Any]) -> list[Any]:
    # Python numbers stay as they are: NumPy already lets them follow the arrays.
    cast = []
    for operand in operands:
        if isinstance(operand, np.generic):
            operand = operand.item()
        elif not isinstance(operand, (bool, int, float)):
            operand = operand.astype(dtype, copy=False)
        cast.append(operand)
    if not any(_is_array(operand) for operand in cast):
        cast[0] = np.asarray(cast[0], dtype)
    elif dtype.kind == "f":
        # An integer too large for int64 or a bool must not drag a floating result along.
        cast = [float(operand) if isinstance(operand, (bool, int)) else operand for operand in cast]
    return cast


def to_common(operands: Sequence[Any]) -> Sequence[Any]:
    """Cast the operands of add, mul, where ... to their common dtype."""
    if len(operands) == 2:  # the usual case, told apart quickly: nothing to cast
        a, b = operands
        kind = type(a)
        if kind in ARRAYS:
            if type(b) is kind:
                if a.dtype is b.dtype:
                    return operands
            elif a.dtype.kind in FOLLOWED.get(type(b), ""):
                return operands
        elif (kind is float or kind is int) and type(b) in ARRAYS and b.dtype.kind == "f":
            return [float(a), b]
    return _cast(operands, result_type(*operands))


def to_floating(operands: Sequence[Any]) -> Sequence[Any]:
    """Cast the operands of exp, sqrt, div ... to their common dtype, integers to the default floating one."""
    first, last = operands[0], operands[-1]
    if type(first) in ARRAYS and first.dtype.kind == "f":
        return operands if len(operands) == 1 else to_common(operands)
    if type(last) in ARRAYS and last.dtype.kind == "f":
        return to_common(operands)
    dtype = result_type(*operands)
    return _cast(operands, dtype if dtype.kind == "f" else get_default_dtype())
