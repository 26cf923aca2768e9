"""What went wrong in a formula, said in the learner's terms."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.devices import CPU, place
from minigrad.engine.arguments import another_librarys, no_number, not_a_tensor
from minigrad.errors import DeviceError, DtypeError, ShapeError

if TYPE_CHECKING:
    from minigrad.engine.op import Op


def shape_of(value: Any) -> tuple[int, ...] | None:
    """The shape of an array, None for anything else."""
    return tuple(value.shape) if hasattr(value, "shape") else None


def explain(op: "Op[...]", operands: Sequence[Any], error: Exception) -> Exception:
    """The error to raise in place of NumPy's when an operation fails on these operands."""
    name = op.name
    if place.apart(operands):
        return DeviceError(f"{name}: {_apart(operands, op.parameters)}")
    parameters = () if op.variadic else op.__signature__.parameters.values()
    given = [*zip(parameters, operands, strict=False)]
    mistake = another_librarys(name, operands) or no_number(name, given, error)
    if mistake is not None:
        return mistake
    if isinstance(error, AttributeError):
        return not_a_tensor(name, error.obj) or error
    if isinstance(error, TypeError) and (operands[0] is None or isinstance(operands[0], (list, str))):
        return not_a_tensor(name, operands[0]) or error
    if isinstance(error, (ShapeError, DtypeError)):
        return error
    if isinstance(error, np.exceptions.AxisError) and error.ndim is not None and error.axis is not None:
        shape, ndim = shape_of(operands[0]), max(error.ndim, 1)
        if -ndim <= error.axis < ndim:  # of one number, whose one dimension is named in several ways
            return ShapeError(f"{name}: a dimension is named twice")
        return IndexError(
            f"{name}: dimension {error.axis} is out of range for shape {shape}: from {-ndim} to {ndim - 1}"
        )
    if op.explanation is None and str(error).startswith(f"{name}: "):
        return error  # the formula's own
    if isinstance(error, TypeError) and "interpreted as an integer" in str(error):
        return TypeError(f"{name}: sizes and dimensions are integers: {error}")
    if isinstance(error, OverflowError):  # a Python number that the arrays' dtype does not hold
        return OverflowError(f"{name}: {error}; convert the tensor to a larger dtype first: .int(), .float()")
    if isinstance(error, TypeError) and all(isinstance(x, (bool, int, float)) or _dtype(x) for x in operands):
        dtypes = " and ".join(filter(None, map(_dtype, operands)))
        return DtypeError(f"{name}: not defined for {dtypes}: {error}")
    if "duplicate value in 'axis'" in str(error):
        return ShapeError(f"{name}: a dimension is named twice")
    said = broadcasting(name, operands) if op.explanation is None else op.explanation(*operands)
    if said is not None:
        return (IndexError if isinstance(error, IndexError) else ShapeError)(f"{name}: {said}")
    shapes = [f"{shape}" for shape in map(shape_of, operands) if shape is not None]
    text = f"{name}: {error}" + (f" (given shapes {', '.join(shapes)})" if shapes else "")
    if isinstance(error, ValueError):
        return ShapeError(text)
    return (TypeError if isinstance(error, TypeError) else IndexError)(text)


def _apart(operands: Sequence[Any], parameters: Sequence[str]) -> str:
    """Which operand is where, when they are on different devices, and the likely fix."""
    if len(parameters) != len(operands):  # a variadic operation's
        parameters = [f"tensor {i}" for i in range(len(operands))]
    said = [
        f"{parameter} of shape {tuple(array.shape)} on {where}"
        for parameter, operand in zip(parameters, operands, strict=True)
        for array, where in place.arrays([operand])
    ]
    there = next(str(where) for _, where in place.arrays(operands) if where is not CPU)
    return (
        f"the tensors of one operation are on one device, and here {' and '.join(said)}. Bring the other "
        f'there, x.to("{there}"): data in each step, a model once, before its optimiser is made.'
    )


def _dtype(value: Any) -> str:
    return str(getattr(value, "dtype", ""))


def broadcasting(name: str, operands: Sequence[Any]) -> str | None:
    """Which dimension keeps two or three shapes from being broadcast; None if they fit."""
    shapes = [shape for shape in map(shape_of, operands) if shape is not None]
    for i, sizes in enumerate(zip_longest(*(reversed(shape) for shape in shapes), fillvalue=1)):
        different = sorted({size for size in sizes if size != 1})
        if len(different) > 1:
            given = " and ".join(str(shape) for shape in shapes)
            text = (
                f"shapes {given} do not broadcast: in dimension -{i + 1} the sizes are "
                f"{' and '.join(map(str, sizes))}, where they must be equal or 1."
            )
            return text + to_broadcast(shapes)
    return None


def to_broadcast(shapes: Sequence[tuple[int, ...]], stacks: bool = False) -> str:
    """The likely fix for shapes that do not broadcast, of tensors or of ``stacks`` of matrices."""
    if len(shapes) == 2:
        a, b = shapes
        if len(a) == len(b) > 1 and a == b[::-1] and not stacks:
            return " One is the transpose of the other: .T on one of them?"
        for shape, other, which in ((a, b, "first"), (b, a, "second")):
            if len(shape) == 1 and len(other) >= 2 and other[-2] == shape[0] and not stacks:
                return f" To give each row its own number, make the {which} a column: unsqueeze(1)."
            for i in range(len(shape), 0, -1) if len(shape) < len(other) else ():
                if _broadcast((*shape[:i], 1, *shape[i:]), other):
                    return f" With one dimension more the {which} fits: unsqueeze({i})."
    return (
        " Cut the longer one there, or give what is to be repeated size 1 (keepdim=True keeps the dimension "
        "that a sum or a mean takes away)."
    )


def _broadcast(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return all(x == y or 1 in (x, y) for x, y in zip(reversed(a), reversed(b), strict=False))
