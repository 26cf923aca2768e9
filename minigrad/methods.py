"""The operations as operators and methods of Tensor: which name is which operation."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import numpy as np

from minigrad.devices import CPU, place
from minigrad.engine.arguments import what_came
from minigrad.engine.inplace import assign
from minigrad.ops import (
    activation,
    arithmetic,
    compare,
    convert,
    draws,
    elementwise,
    index,
    join,
    linalg,
    lookup,
    order,
    reduce,
)
from minigrad.ops import shape as shaping
from minigrad.random import Generator

if TYPE_CHECKING:
    from minigrad.tensor import Tensor

P = ParamSpec("P")


def _in_place(operation: Callable[Concatenate[Any, P], Any]) -> Callable[Concatenate[Any, P], "Tensor"]:
    """The method that computes ``operation`` and puts its result into the tensor's own memory."""
    name = f"{operation.__name__}_"

    def method(self: Any, /, *args: P.args, **options: P.kwargs) -> "Tensor":
        return assign(self, operation(self, *args, **options), name)

    method.__name__ = name
    method.__wrapped__ = operation  # type: ignore[attr-defined]  # help() shows its arguments
    method.__doc__ = (
        f"``{operation.__name__}``, in place: x becomes {(operation.__doc__ or '').removeprefix('y = ')}"
    )
    return method


def _operator(operation: Callable[..., Any]) -> Callable[[Any, Any], "Tensor"]:
    """The operator for a tensor on the left: ``x - 2``.

    Python binds a function faster than an operation, and arithmetic is short enough for that to show.
    """

    def method(self: Any, other: Any) -> "Tensor":
        return operation(self, other)

    return method


def _reversed(operation: Callable[..., Any]) -> Callable[[Any, Any], "Tensor"]:
    """The operator for a tensor on the right: ``2 - x``."""

    def method(self: Any, other: Any) -> "Tensor":
        return operation(other, self)

    return method


def _element_by_element(comparison: Any, x: Any, other: Any) -> Any:
    """``x == other`` or ``x != other``. Lists of numbers are compared, too; anything else is different."""
    if isinstance(other, (list, tuple)):
        if isinstance(other, order.ValuesAndIndices):
            raise TypeError(f"{comparison.name}: {what_came(other)}")
        other = place.beside(x._data, np.asarray(other))
    if isinstance(other, (Methods, np.generic, bool, int, float)) or place.is_array(other):
        return comparison(x, other)
    return NotImplemented


class Methods:
    """What a tensor can be asked to compute. The mathematics is in minigrad.ops."""

    __slots__ = ()
    __hash__ = object.__hash__  # by identity: == compares elements

    # Operators ----------------------------------------------------------------------------------------------

    __add__ = __radd__ = _operator(arithmetic.plus)
    __sub__ = _operator(arithmetic.minus)
    __rsub__ = _reversed(arithmetic.minus)
    __mul__ = __rmul__ = _operator(arithmetic.mul)
    __truediv__ = _operator(arithmetic.true_divide)
    __rtruediv__ = _reversed(arithmetic.true_divide)
    __floordiv__ = _operator(arithmetic.floor_divide)
    __rfloordiv__ = _reversed(arithmetic.floor_divide)
    __mod__ = _operator(arithmetic.remainder)
    __rmod__ = _reversed(arithmetic.remainder)
    __pow__ = _operator(arithmetic.pow)
    __rpow__ = _reversed(arithmetic.pow)
    __matmul__ = linalg.matmul
    __rmatmul__ = _reversed(linalg.matmul)
    __neg__ = arithmetic.neg
    __pos__ = arithmetic.positive
    __abs__ = arithmetic.abs
    __invert__ = compare.bitwise_not
    __and__ = __rand__ = compare.bitwise_and
    __or__ = __ror__ = compare.bitwise_or
    __xor__ = __rxor__ = compare.bitwise_xor
    __lt__ = compare.lt
    __le__ = compare.le
    __gt__ = compare.gt
    __ge__ = compare.ge

    def __eq__(self, other: object) -> Any:
        return _element_by_element(compare.eq, self, other)

    def __ne__(self, other: object) -> Any:
        return _element_by_element(compare.ne, self, other)

    def __getitem__(self, key: Any) -> "Tensor":
        return index.read(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        index.write(self, key, value)

    # Elementwise --------------------------------------------------------------------------------------------

    abs = arithmetic.abs
    neg = arithmetic.neg
    positive = arithmetic.positive
    exp = elementwise.exp
    expm1 = elementwise.expm1
    log = elementwise.log
    log1p = elementwise.log1p
    log2 = elementwise.log2
    sqrt = elementwise.sqrt
    rsqrt = elementwise.rsqrt
    square = elementwise.square
    sin = elementwise.sin
    cos = elementwise.cos
    tanh = elementwise.tanh
    sigmoid = elementwise.sigmoid
    erf = elementwise.erf
    reciprocal = elementwise.reciprocal
    sign = elementwise.sign
    clamp = clip = compare.clamp
    add = arithmetic.add
    sub = arithmetic.sub
    mul = arithmetic.mul
    div = arithmetic.div
    pow = arithmetic.pow
    remainder = arithmetic.remainder
    floor_divide = arithmetic.floor_divide
    maximum = compare.maximum
    minimum = compare.minimum
    eq = compare.eq
    ne = compare.ne
    lt = compare.lt
    le = compare.le
    gt = compare.gt
    ge = compare.ge

    def where(self, condition: Any, other: Any) -> "Tensor":
        """x where the condition holds, other elsewhere."""
        return compare.where(condition, self, other)

    nonzero = compare.nonzero
    masked_fill = compare.masked_fill
    logical_not = compare.logical_not
    logical_and = compare.logical_and
    logical_or = compare.logical_or
    logical_xor = compare.logical_xor
    isclose = compare.isclose
    allclose = compare.allclose
    equal = compare.equal
    isnan = compare.isnan
    isinf = compare.isinf
    isfinite = compare.isfinite
    floor = elementwise.floor
    ceil = elementwise.ceil
    round = elementwise.round

    # Reductions ---------------------------------------------------------------------------------------------

    sum = reduce.sum
    mean = reduce.mean
    prod = reduce.prod
    amax = reduce.amax
    amin = reduce.amin
    max = order.max
    min = order.min
    var = reduce.var
    std = reduce.std
    logsumexp = reduce.logsumexp
    argmax = order.argmax
    argmin = order.argmin
    any = reduce.any
    all = reduce.all
    cumsum = reduce.cumsum
    norm = reduce.norm
    sort = order.sort
    argsort = order.argsort
    topk = order.topk

    # Shape --------------------------------------------------------------------------------------------------

    view = shaping.view
    transpose = shaping.transpose
    movedim = shaping.movedim
    t = shaping.t
    squeeze = shaping.squeeze
    unsqueeze = shaping.unsqueeze
    expand = shaping.expand
    broadcast_to = shaping.broadcast_to
    flatten = shaping.flatten
    unflatten = shaping.unflatten
    chunk = join.chunk
    unbind = join.unbind
    flip = shaping.flip
    roll = shaping.roll
    tril = shaping.tril
    triu = shaping.triu
    repeat = shaping.repeat
    tile = shaping.tile
    repeat_interleave = lookup.repeat_interleave
    narrow = index.narrow
    select = index.select
    index_select = lookup.index_select
    masked_select = index.masked_select
    gather = lookup.gather
    scatter_add = lookup.scatter_add
    scatter = lookup.scatter

    def reshape(self: Any, *sizes: Any, shape: Any = None) -> "Tensor":
        """The same numbers in row-major order under another shape: ``x.reshape(2, -1)``."""
        return shaping.reshape(self, shaping.sizes(sizes, shape))

    def permute(self: Any, *axes: Any, dims: Any = None) -> "Tensor":
        """The axes in another order: ``x.permute(2, 0, 1)``."""
        return shaping.permute(self, shaping.sizes(axes, dims))

    def split(self: Any, split_size: Any, dim: Any = 0) -> "tuple[Tensor, ...]":
        """x cut along ``dim`` into pieces of one size (the last may be smaller), or of the sizes given."""
        return join.split(self, split_size, dim)

    def expand_as(self: Any, other: "Tensor") -> "Tensor":
        """x stretched to the shape of another tensor."""
        return shaping.expand(self, other.shape)

    def reshape_as(self: Any, other: "Tensor") -> "Tensor":
        """x under the shape of another tensor."""
        return self.reshape(other.shape)

    def view_as(self: Any, other: "Tensor") -> "Tensor":
        """x under the shape of another tensor, in the same memory."""
        return shaping.view(self, other.shape)

    @property
    def T(self: Any) -> "Tensor":
        """The tensor with the order of its axes reversed."""
        return self.permute(tuple(reversed(range(self.ndim))))

    @property
    def mT(self: Any) -> "Tensor":
        """Each matrix transposed: the last two axes exchanged."""
        return shaping.transpose(self, -2, -1)

    def clone(self: Any) -> "Tensor":
        """The same numbers in memory of their own, with a history."""
        return shaping.clone(self)

    def contiguous(self: Any) -> "Tensor":
        """The tensor itself if its numbers lie in row-major order, else a copy in which they do."""
        return self if self.is_contiguous() else self.clone()

    # Draws --------------------------------------------------------------------------------------------------

    bernoulli = draws.bernoulli
    multinomial = draws.multinomial

    # Linear algebra -----------------------------------------------------------------------------------------

    matmul = linalg.matmul
    mm = linalg.mm
    bmm = linalg.bmm
    mv = linalg.mv
    dot = linalg.dot
    outer = linalg.outer

    # Activations --------------------------------------------------------------------------------------------

    relu = activation.relu
    softmax = activation.softmax
    log_softmax = activation.log_softmax

    # In place -----------------------------------------------------------------------------------------------
    # A write is seen by the engine: backward refuses a value that was overwritten after an operation saved
    # it.

    add_ = _in_place(arithmetic.add)
    sub_ = _in_place(arithmetic.sub)
    mul_ = _in_place(arithmetic.mul)
    div_ = _in_place(arithmetic.div)
    pow_ = _in_place(arithmetic.pow)
    remainder_ = _in_place(arithmetic.remainder)
    floor_divide_ = _in_place(arithmetic.floor_divide)
    neg_ = _in_place(arithmetic.neg)
    abs_ = _in_place(arithmetic.abs)
    exp_ = _in_place(elementwise.exp)
    expm1_ = _in_place(elementwise.expm1)
    log_ = _in_place(elementwise.log)
    log1p_ = _in_place(elementwise.log1p)
    log2_ = _in_place(elementwise.log2)
    sqrt_ = _in_place(elementwise.sqrt)
    rsqrt_ = _in_place(elementwise.rsqrt)
    square_ = _in_place(elementwise.square)
    reciprocal_ = _in_place(elementwise.reciprocal)
    sin_ = _in_place(elementwise.sin)
    cos_ = _in_place(elementwise.cos)
    tanh_ = _in_place(elementwise.tanh)
    sigmoid_ = _in_place(elementwise.sigmoid)
    erf_ = _in_place(elementwise.erf)
    sign_ = _in_place(elementwise.sign)
    clamp_ = _in_place(compare.clamp)
    floor_ = _in_place(elementwise.floor)
    ceil_ = _in_place(elementwise.ceil)
    round_ = _in_place(elementwise.round)
    masked_fill_ = _in_place(compare.masked_fill)
    relu_ = _in_place(activation.relu)
    scatter_add_ = _in_place(lookup.scatter_add)
    __iand__ = _in_place(compare.bitwise_and)
    __ior__ = _in_place(compare.bitwise_or)
    __ixor__ = _in_place(compare.bitwise_xor)
    __iadd__ = add_
    __isub__ = sub_
    __imul__ = mul_
    __itruediv__ = div_
    __ipow__ = pow_
    __imod__ = remainder_
    __ifloordiv__ = floor_divide_

    def copy_(self: Any, src: Any, non_blocking: bool = False) -> "Tensor":
        """x becomes ``src``, broadcast to its shape, from any device. The copy is done when it returns, with
        ``non_blocking``, too.
        """
        return assign(self, shaping.replace(self, convert.brought(src, self)), "copy_")

    def fill_(self: Any, value: Any) -> "Tensor":
        """x becomes ``value`` everywhere."""
        return assign(self, shaping.replace(self, value), "fill_")

    def zero_(self: Any) -> "Tensor":
        """x becomes 0 everywhere."""
        return self.fill_(0)

    def uniform_(
        self: Any, low: Any = 0.0, high: Any = 1.0, *, generator: Generator | None = None
    ) -> "Tensor":
        """x becomes random, uniform in [low, high)."""
        return self.copy_(draws.uniform(self, low, high, generator))

    def normal_(
        self: Any, mean: Any = 0.0, std: Any = 1.0, *, generator: Generator | None = None
    ) -> "Tensor":
        """x becomes random, normal with the given mean and standard deviation."""
        return self.copy_(draws.normal(self, mean, std, generator))

    def bernoulli_(self: Any, p: Any = 0.5, *, generator: Generator | None = None) -> "Tensor":
        """x becomes random, 1 with probability p and 0 otherwise."""
        return self.copy_(draws.ones("bernoulli_", self._data, p, generator))

    # Conversion ---------------------------------------------------------------------------------------------
    # These come last: below them float, int and bool are methods, in annotations, too.

    to = convert.to

    def cuda(self: Any, device: Any = None, non_blocking: bool = False) -> "Tensor":
        """The tensor on a GPU: the current one unless it is named."""
        return self.to(device="cuda" if device is None else device, non_blocking=non_blocking)

    def cpu(self: Any) -> "Tensor":
        """The tensor on the CPU: itself if it is there."""
        return self.to(device=CPU)

    def type(self: Any, dtype: Any) -> "Tensor":
        """The tensor in another dtype."""
        return self.to(dtype=dtype)

    def type_as(self: Any, other: "Tensor") -> "Tensor":
        """The tensor in the dtype of another."""
        return self.to(dtype=other.dtype)

    def float(self: Any) -> "Tensor":
        """The tensor in float32."""
        return self.to(dtype=np.float32)

    def half(self: Any) -> "Tensor":
        """The tensor in float16."""
        return self.to(dtype=np.float16)

    def double(self: Any) -> "Tensor":
        """The tensor in float64."""
        return self.to(dtype=np.float64)

    def int(self: Any) -> "Tensor":
        """The tensor in int32."""
        return self.to(dtype=np.int32)

    def long(self: Any) -> "Tensor":
        """The tensor in int64."""
        return self.to(dtype=np.int64)

    def bool(self: Any) -> "Tensor":
        """The tensor in bool: whether each number is not 0."""
        return self.to(dtype=np.bool_)
