"""Tensor: an array, its gradient, and its place in the graph.

The operations are in minigrad.ops; here they are only given to the class, by name.
"""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minigrad import numpy_protocol, random
from minigrad.engine import backward as engine
from minigrad.engine import graph
from minigrad.engine.inplace import assign
from minigrad.engine.promotion import get_default_dtype
from minigrad.ops import activation, elementwise, linalg, reduce
from minigrad.ops import shape as shaping
from minigrad.ops.convert import to_dtype
from minigrad.printing import format_tensor
from minigrad.random import Generator, rng_of


def _in_place(operation: Callable[..., Any]) -> Callable[..., Any]:
    """The method that computes ``operation`` and puts its result into the tensor's own memory."""
    name = f"{operation.__name__}_"

    def method(self: "Tensor", *args: Any, **options: Any) -> "Tensor":
        return assign(self, operation(self, *args, **options), name)  # type: ignore[no-any-return]

    method.__name__ = name
    method.__doc__ = (
        f"``{operation.__name__}``, in place: x becomes {(operation.__doc__ or '').removeprefix('y = ')}"
    )
    return method


def _operator(operation: Callable[..., Any]) -> Callable[..., Any]:
    """The operator for a tensor on the left: ``x - 2``. A function is bound faster than an operation."""

    def method(self: "Tensor", other: Any) -> Any:
        return operation(self, other)

    return method


def _reversed(operation: Callable[..., Any]) -> Callable[..., Any]:
    """The operator for a tensor on the right: ``2 - x``."""

    def method(self: "Tensor", other: Any) -> Any:
        return operation(other, self)

    return method


def _plain_index(index: Any) -> Any:
    """An index with arrays in place of tensors and lists."""
    if isinstance(index, tuple):
        return tuple(_plain_index(part) for part in index)
    if isinstance(index, Tensor):
        index = index._data
    if isinstance(index, np.ndarray) and index.dtype.kind in "iub":
        return index.item() if index.ndim == 0 and index.dtype.kind != "b" else index
    if isinstance(index, np.integer):
        return int(index)
    if isinstance(index, list):
        if any(part is None or part is Ellipsis or isinstance(part, slice) for part in index):
            return _plain_index(tuple(index))
        return np.asarray([_plain_index(part) for part in index]) if index else np.zeros(0, np.int64)
    if isinstance(index, float) or getattr(getattr(index, "dtype", None), "kind", "") == "f":
        raise IndexError(
            "an index is an integer, a slice, None, ..., or a bool or integer tensor, not floating"
        )
    return index


def _two_steps(index: Any) -> tuple[Any, Any] | None:
    """An index that mixes integers and arrays, as one by the integers and then one by the arrays; else None.

    That is PyTorch's reading: x[0, :, [1, 2]] is x[0][:, [1, 2]]. NumPy's puts the axis of [1, 2] first.
    """
    if not isinstance(index, tuple) or not any(type(part) is int for part in index):
        return None
    if not any(isinstance(part, np.ndarray) for part in index):
        return None
    first: list[Any] = []
    second: list[Any] = []
    for part in index:
        if isinstance(part, np.ndarray):
            first += [slice(None)] * (part.ndim if part.dtype == np.bool_ else 1)
            second.append(part)
        else:
            first.append(part)
            if type(part) is not int:
                second.append(Ellipsis if part is Ellipsis else slice(None))
    return tuple(first), tuple(second)


class Tensor:
    """An array of numbers of one dtype that can remember where it came from.

    ``data`` is the array, ``grad`` the gradient that ``backward`` left, ``requires_grad`` whether operations
    on it are recorded, ``grad_fn`` the operation that made it (None for a leaf). Made by ``minigrad.tensor``
    and its like.
    """

    __slots__ = ("__weakref__", "_cut", "_data", "_grad", "_hooks", "_node", "_requires_grad", "_views")
    __hash__ = object.__hash__  # by identity: == compares elements

    _data: Any
    _grad: "Tensor | None"
    _node: Any  # the graph.Node that made it
    _requires_grad: bool
    _hooks: dict[int, Callable[[Any], Any]] | None
    _cut: Any  # a views.Cut, if this is a view
    _views: dict[int, Any] | None  # the views cut from this

    def __init__(self, data: Any, requires_grad: bool = False) -> None:
        """A tensor on the array or tensor ``data``, whose memory it shares. ``minigrad.tensor`` takes any
        numbers.
        """
        self._data = data._data if isinstance(data, Tensor) else np.asarray(data)
        self._node = self._grad = self._hooks = self._cut = self._views = None
        self._requires_grad = False
        self.requires_grad = requires_grad

    @staticmethod
    def _wrap(array: Any, node: Any = None) -> "Tensor":
        """A tensor on ``array`` itself, with the node that made it."""
        self = Tensor.__new__(Tensor)
        self._data = array
        self._node = node
        self._requires_grad = node is not None
        self._grad = self._hooks = self._cut = self._views = None
        return self

    # What it is ---------------------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The size of each axis."""
        return self._data.shape  # type: ignore[no-any-return]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the numbers: ``minigrad.float32``, say."""
        return self._data.dtype  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        """How many axes there are."""
        return self._data.ndim  # type: ignore[no-any-return]

    @property
    def device(self) -> str:
        """Where the numbers are: "cpu"."""
        return "cpu"

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one axis."""
        return self.shape if dim is None else self.shape[shaping.dimension("size", dim, self.ndim)]

    def dim(self) -> int:
        """How many axes there are."""
        return self.ndim

    def numel(self) -> int:
        """How many numbers there are."""
        return self._data.size  # type: ignore[no-any-return]

    def element_size(self) -> int:
        """How many bytes a number takes."""
        return self._data.itemsize  # type: ignore[no-any-return]

    def stride(self) -> tuple[int, ...]:
        """How many elements of memory lie between neighbours along each axis."""
        return tuple(step // self._data.itemsize for step in self._data.strides)

    def is_floating_point(self) -> bool:
        """Whether the dtype is a floating one."""
        return self.dtype.kind == "f"

    def is_contiguous(self) -> bool:
        """Whether the numbers lie in memory in row-major order."""
        return bool(self._data.flags.c_contiguous)

    def __repr__(self) -> str:
        return format_tensor(self, get_default_dtype())

    def __format__(self, spec: str) -> str:
        if not spec:
            return repr(self)
        if self.numel() != 1:
            raise TypeError(f"the format {spec!r} is for one number; this tensor has shape {self.shape}")
        return format(self.item(), spec)

    # Its place in the graph ---------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are recorded, for a gradient."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if self._node is not None:
            if not value:
                raise RuntimeError(
                    "requires_grad of a tensor that an operation made cannot be turned off: detach() gives "
                    "one without history"
                )
        elif value and self._data.dtype.kind != "f":
            raise RuntimeError(
                f"only floating tensors can require gradients; this one is {self._data.dtype}. A derivative "
                "needs numbers that can change a little: write 1. for 1, or convert with .float()."
            )
        self._requires_grad = bool(value)

    def requires_grad_(self, requires_grad: bool = True) -> "Tensor":
        """Set ``requires_grad``; returns the tensor."""
        self.requires_grad = requires_grad
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made this tensor: backward leaves gradients at leaves."""
        return self._node is None

    @property
    def grad_fn(self) -> Any:
        """The recorded operation that made this tensor, None for a leaf."""
        return self._node

    @property
    def grad(self) -> "Tensor | None":
        """The gradient of the last loss(es) by this tensor: the sum over all backward passes since it was
        None.
        """
        if self._grad is None and self._node is not None:
            warnings.warn(
                "grad of a tensor that is no leaf: backward does not keep it. Call retain_grad() on the "
                "tensor before backward, or look at a leaf.",
                stacklevel=2,
            )
        return self._grad

    @grad.setter
    def grad(self, value: "Tensor | None") -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"grad: expected a Tensor or None, got {type(value).__name__}")
            if value.shape != self.shape:
                raise RuntimeError(
                    f"grad: expected shape {self.shape}, that of the tensor, got {value.shape}"
                )
            if value.dtype != self.dtype:
                raise RuntimeError(
                    f"grad: expected dtype {self.dtype}, that of the tensor, got {value.dtype}; convert with "
                    f".to(mg.{self.dtype})"
                )
        self._grad = value

    def backward(
        self,
        gradient: "Tensor | None" = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Add to the ``grad`` of each leaf the gradient of this tensor by it; see ``autograd.backward``."""
        engine.backward(self, gradient, retain_graph, create_graph, inputs)

    def register_hook(self, hook: Callable[["Tensor"], "Tensor | None"]) -> "graph.HookHandle":
        """Call ``hook(gradient)`` whenever this tensor's gradient is known; what it returns replaces it."""
        if not self._requires_grad:
            raise RuntimeError(
                "register_hook: this tensor does not require grad, so no gradient will come to it"
            )
        owner = self if self._node is None else self._node
        return graph.add_hook(owner, hook)

    def retain_grad(self) -> None:
        """Keep the gradient of a tensor that is no leaf, too."""
        if not self._requires_grad:
            raise RuntimeError("retain_grad: this tensor does not require grad")
        if self._node is not None:
            graph.retain_grad(self)

    def detach(self) -> "Tensor":
        """The same numbers, in the same memory, without history."""
        return Tensor._wrap(self._data)

    def detach_(self) -> "Tensor":
        """Forget the history of this tensor: it becomes a leaf."""
        if self._cut is not None:
            raise RuntimeError(
                "detach_: a view cannot be detached in place; detach() gives a tensor without history"
            )
        self._node, self._requires_grad = None, False
        return self

    @property
    def data(self) -> "Tensor":
        """The same numbers, in the same memory, without history."""
        return self.detach()

    @data.setter
    def data(self, value: "Tensor") -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"data: expected a Tensor, got {type(value).__name__}")
        self._data = value._data

    # Out of minigrad ----------------------------------------------------------------------------------------

    def numpy(self) -> Any:
        """The NumPy array itself, not a copy. A write to it is not seen by the engine."""
        if self._requires_grad:
            raise RuntimeError(
                "numpy() of a tensor that requires grad: what NumPy does is not recorded. Use "
                "t.detach().numpy()."
            )
        return self._data

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return numpy_protocol.call_ufunc(self, ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        return numpy_protocol.call_function(function, args, options)

    def __dlpack__(self, **options: Any) -> Any:
        return self.numpy().__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self._data.__dlpack_device__()

    def item(self) -> Any:
        """The number in a tensor of one element, as a Python number."""
        if self._data.size != 1:
            raise RuntimeError(
                f"item: expected a tensor of one element, got shape {self.shape}; tolist() gives all"
            )
        return self._data.item()

    def tolist(self) -> Any:
        """The numbers as nested Python lists."""
        return self._data.tolist()

    def cpu(self) -> "Tensor":
        """The tensor on the CPU: itself."""
        return self

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.dtype.kind not in "iu" or self.numel() != 1:
            raise TypeError(
                f"only an integer tensor of one element is an index; got {self.dtype}, shape {self.shape}"
            )
        return int(self.item())

    def __bool__(self) -> bool:
        if self._data.size != 1:
            raise RuntimeError(
                f"the truth of a tensor of shape {self.shape} is ambiguous: use .any() or .all(), or combine "
                "conditions with & and | in place of `and` and `or`"
            )
        return bool(self._data.item())

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("a tensor of no dimension has no len()")
        return self.shape[0]

    def __iter__(self) -> Iterator["Tensor"]:
        if not self.ndim:
            raise TypeError("a tensor of no dimension cannot be iterated over; item() gives its number")
        return iter(shaping.unbind(self))

    def __contains__(self, value: Any) -> bool:
        return bool((self == value).any())

    def __reduce__(self) -> Any:
        self._only_leaf("pickle")
        return _rebuild, (type(self), self._data, self._requires_grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> "Tensor":
        self._only_leaf("deepcopy")
        copied = memo[id(self)] = _rebuild(type(self), self._data.copy(), self._requires_grad)
        if self._grad is not None:
            copied._grad = Tensor._wrap(self._grad._data.copy())
        return copied  # type: ignore[no-any-return]

    def _only_leaf(self, what: str) -> None:
        if self._node is not None:
            raise RuntimeError(f"{what}: only leaf tensors can be copied whole; detach() this one first")

    # Conversion ---------------------------------------------------------------------------------------------

    def to(self, *args: Any, dtype: Any = None, device: Any = None, copy: bool = False) -> "Tensor":
        """The tensor in another dtype, or that of another tensor: ``x.to(mg.float64)``."""
        for arg in args:
            if isinstance(arg, Tensor):
                dtype = arg.dtype
            elif isinstance(arg, str) and arg not in np.sctypeDict:
                device = arg
            else:
                dtype = arg
        if device not in (None, "cpu"):
            raise NotImplementedError(f"to: device {device!r} is not supported; tensors live on 'cpu'")
        if dtype is None or np.dtype(dtype) == self.dtype:
            return self.clone() if copy else self
        return to_dtype(self, np.dtype(dtype))  # type: ignore[no-any-return]

    def type(self, dtype: Any) -> "Tensor":
        """The tensor in another dtype."""
        return self.to(dtype=dtype)

    def type_as(self, other: "Tensor") -> "Tensor":
        """The tensor in the dtype of another."""
        return self.to(dtype=other.dtype)

    def float(self) -> "Tensor":
        """The tensor in float32."""
        return self.to(dtype=np.float32)

    def double(self) -> "Tensor":
        """The tensor in float64."""
        return self.to(dtype=np.float64)

    def int(self) -> "Tensor":
        """The tensor in int32."""
        return self.to(dtype=np.int32)

    def long(self) -> "Tensor":
        """The tensor in int64."""
        return self.to(dtype=np.int64)

    def bool(self) -> "Tensor":
        """The tensor in bool: whether each number is not 0."""
        return self.to(dtype=np.bool_)

    # Operators ----------------------------------------------------------------------------------------------

    __add__ = __radd__ = _operator(elementwise.plus)
    __sub__ = _operator(elementwise.minus)
    __rsub__ = _reversed(elementwise.minus)
    __mul__ = __rmul__ = _operator(elementwise.mul)
    __truediv__ = _operator(elementwise.true_divide)
    __rtruediv__ = _reversed(elementwise.true_divide)
    __floordiv__ = _operator(elementwise.floor_divide)
    __rfloordiv__ = _reversed(elementwise.floor_divide)
    __mod__ = _operator(elementwise.remainder)
    __rmod__ = _reversed(elementwise.remainder)
    __pow__ = _operator(elementwise.pow)
    __rpow__ = _reversed(elementwise.pow)
    __matmul__ = linalg.matmul
    __rmatmul__ = _reversed(linalg.matmul)
    __neg__ = elementwise.neg
    __pos__ = elementwise.positive
    __abs__ = elementwise.abs
    __invert__ = elementwise.bitwise_not
    __and__ = __rand__ = elementwise.bitwise_and
    __or__ = __ror__ = elementwise.bitwise_or
    __xor__ = __rxor__ = elementwise.bitwise_xor
    __lt__ = elementwise.lt
    __le__ = elementwise.le
    __gt__ = elementwise.gt
    __ge__ = elementwise.ge

    def __eq__(self, other: object) -> Any:
        return elementwise.eq(self, other) if isinstance(other, _NUMBERS) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return elementwise.ne(self, other) if isinstance(other, _NUMBERS) else NotImplemented

    def __getitem__(self, index: Any) -> "Tensor":
        index = _plain_index(index)
        steps = _two_steps(index)
        if steps is not None:
            return self[steps[0]][steps[1]]
        return shaping.getitem(self, index)  # type: ignore[no-any-return]

    def __setitem__(self, index: Any, value: Any) -> None:
        index = _plain_index(index)
        steps = _two_steps(index)
        if steps is not None:
            self[steps[0]][steps[1]] = value
        else:
            assign(self, shaping.setitem(self, index, value), "setitem")

    # Elementwise --------------------------------------------------------------------------------------------

    abs = elementwise.abs
    neg = elementwise.neg
    positive = elementwise.positive
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
    clamp = elementwise.clamp
    add = elementwise.add
    sub = elementwise.sub
    mul = elementwise.mul
    div = elementwise.div
    pow = elementwise.pow
    remainder = elementwise.remainder
    floor_divide = elementwise.floor_divide
    maximum = elementwise.maximum
    minimum = elementwise.minimum
    eq = elementwise.eq
    ne = elementwise.ne
    lt = elementwise.lt
    le = elementwise.le
    gt = elementwise.gt
    ge = elementwise.ge

    def where(self, condition: Any, other: Any) -> "Tensor":
        """x where the condition holds, other elsewhere."""
        return elementwise.where(condition, self, other)  # type: ignore[no-any-return]

    masked_fill = elementwise.masked_fill
    logical_not = elementwise.logical_not
    logical_and = elementwise.logical_and
    logical_or = elementwise.logical_or
    logical_xor = elementwise.logical_xor
    isnan = elementwise.isnan
    isinf = elementwise.isinf
    isfinite = elementwise.isfinite
    floor = elementwise.floor
    ceil = elementwise.ceil
    round = elementwise.round

    # Reductions ---------------------------------------------------------------------------------------------

    sum = reduce.sum
    mean = reduce.mean
    prod = reduce.prod
    amax = reduce.amax
    amin = reduce.amin
    max = reduce.max
    min = reduce.min
    var = reduce.var
    std = reduce.std
    logsumexp = reduce.logsumexp
    argmax = reduce.argmax
    argmin = reduce.argmin
    any = reduce.any
    all = reduce.all
    cumsum = reduce.cumsum
    norm = reduce.norm
    sort = reduce.sort
    argsort = reduce.argsort
    topk = reduce.topk

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
    chunk = shaping.chunk
    unbind = shaping.unbind
    flip = shaping.flip
    roll = shaping.roll
    tril = shaping.tril
    triu = shaping.triu
    repeat = shaping.repeat
    tile = shaping.tile
    repeat_interleave = shaping.repeat_interleave
    narrow = shaping.narrow
    select = shaping.select
    index_select = shaping.index_select
    masked_select = shaping.masked_select
    gather = shaping.gather
    scatter_add = shaping.scatter_add

    def reshape(self, *sizes: Any, shape: Any = None) -> "Tensor":
        """The same numbers in row-major order under another shape: ``x.reshape(2, -1)``."""
        return shaping.reshape(self, shaping.sizes(sizes, shape))  # type: ignore[no-any-return]

    def permute(self, *axes: Any, dims: Any = None) -> "Tensor":
        """The axes in another order: ``x.permute(2, 0, 1)``."""
        return shaping.permute(self, shaping.sizes(axes, dims))  # type: ignore[no-any-return]

    def split(self, split_size: Any, dim: Any = 0) -> "tuple[Tensor, ...]":
        """x cut along ``dim`` into pieces of one size (the last may be smaller), or of the sizes given."""
        return shaping.split(self, split_size, dim)

    def expand_as(self, other: "Tensor") -> "Tensor":
        """x stretched to the shape of another tensor."""
        return shaping.expand(self, other.shape)  # type: ignore[no-any-return]

    def reshape_as(self, other: "Tensor") -> "Tensor":
        """x under the shape of another tensor."""
        return self.reshape(other.shape)

    def view_as(self, other: "Tensor") -> "Tensor":
        """x under the shape of another tensor, in the same memory."""
        return shaping.view(self, other.shape)  # type: ignore[no-any-return]

    @property
    def T(self) -> "Tensor":
        """The tensor with the order of its axes reversed."""
        return self.permute(tuple(reversed(range(self.ndim))))

    @property
    def mT(self) -> "Tensor":
        """Each matrix transposed: the last two axes exchanged."""
        return shaping.transpose(self, -2, -1)  # type: ignore[no-any-return]

    def clone(self) -> "Tensor":
        """The same numbers in memory of their own, with a history."""
        return shaping.clone(self)  # type: ignore[no-any-return]

    def contiguous(self) -> "Tensor":
        """The tensor itself if its numbers lie in row-major order, else a copy in which they do."""
        return self if self.is_contiguous() else self.clone()

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

    add_ = _in_place(elementwise.add)
    sub_ = _in_place(elementwise.sub)
    mul_ = _in_place(elementwise.mul)
    div_ = _in_place(elementwise.div)
    pow_ = _in_place(elementwise.pow)
    remainder_ = _in_place(elementwise.remainder)
    floor_divide_ = _in_place(elementwise.floor_divide)
    neg_ = _in_place(elementwise.neg)
    abs_ = _in_place(elementwise.abs)
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
    clamp_ = _in_place(elementwise.clamp)
    floor_ = _in_place(elementwise.floor)
    ceil_ = _in_place(elementwise.ceil)
    round_ = _in_place(elementwise.round)
    masked_fill_ = _in_place(elementwise.masked_fill)
    relu_ = _in_place(activation.relu)
    scatter_add_ = _in_place(shaping.scatter_add)
    __iadd__ = add_
    __isub__ = sub_
    __imul__ = mul_
    __itruediv__ = div_
    __ipow__ = pow_
    __imod__ = remainder_
    __ifloordiv__ = floor_divide_

    def copy_(self, source: Any) -> "Tensor":
        """x becomes ``source``, broadcast to its shape."""
        return assign(self, shaping.replace(self, source), "copy_")  # type: ignore[no-any-return]

    def fill_(self, value: Any) -> "Tensor":
        """x becomes ``value`` everywhere."""
        return assign(self, shaping.replace(self, value), "fill_")  # type: ignore[no-any-return]

    def zero_(self) -> "Tensor":
        """x becomes 0 everywhere."""
        return self.fill_(0)

    def uniform_(self, low: Any = 0.0, high: Any = 1.0, *, generator: Generator | None = None) -> "Tensor":
        """x becomes random, uniform in [low, high)."""
        return self.copy_(low + (high - low) * rng_of(generator).random(self.shape))

    def normal_(self, mean: Any = 0.0, std: Any = 1.0, *, generator: Generator | None = None) -> "Tensor":
        """x becomes random, normal with the given mean and standard deviation."""
        return self.copy_(mean + std * rng_of(generator).standard_normal(self.shape))

    def bernoulli(self, p: Any = None, *, generator: Generator | None = None) -> "Tensor":
        """1 with the probability that the tensor holds, or with p, else 0."""
        return Tensor._wrap(random.draw_bernoulli(self._data, p, generator))

    def multinomial(
        self, num_samples: Any, replacement: Any = False, *, generator: Generator | None = None
    ) -> "Tensor":
        """Classes drawn with probabilities proportional to the numbers in each row."""
        return Tensor._wrap(random.draw_classes(self._data, num_samples, replacement, generator))

    def bernoulli_(self, p: Any = 0.5, *, generator: Generator | None = None) -> "Tensor":
        """x becomes random, 1 with probability p and 0 otherwise."""
        return self.copy_(rng_of(generator).random(self.shape) < p)


def _rebuild(kind: Any, array: Any, requires_grad: Any) -> Any:
    # The dtype of an unpickled array equals, but is not, the one that the engine compares with.
    return kind(array.view(array.dtype.type), requires_grad=requires_grad)


# What == compares a tensor with, element by element; of anything else it is different.
_NUMBERS = (Tensor, np.ndarray, np.generic, bool, int, float, list, tuple)

graph.Tensor = Tensor  # the engine, which this module builds on, makes its results with it
