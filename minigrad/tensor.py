"""Tensor: an array, its gradient, and its place in the graph.

The operations are in minigrad.ops; methods.py gives them to the class, by name.
"""

import weakref
from collections.abc import Callable, Iterator
from typing import Any, overload

import numpy as np

from minigrad import numpy_protocol
from minigrad.callsite import warn
from minigrad.devices import CPU, device, place
from minigrad.dtypes import as_dtype, get_default_dtype, numbers
from minigrad.elsewhere import Elsewhere
from minigrad.engine import backward as engine
from minigrad.engine import graph, hooks
from minigrad.errors import DeviceError, DtypeError
from minigrad.methods import Methods
from minigrad.ops import join
from minigrad.ops import shape as shaping
from minigrad.ops.axes import dimension
from minigrad.printing import format_tensor


class Tensor(Methods):
    """An array of numbers of one dtype that can remember where it came from.

    ``data`` is the array, ``grad`` the gradient that ``backward`` left, ``requires_grad`` whether operations
    on it are recorded, ``grad_fn`` the operation that made it (None for a leaf). Made by ``minigrad.tensor``
    and its like.
    """

    __slots__ = (
        "__weakref__",
        "_after_grad",
        "_cut",
        "_data",
        "_grad",
        "_hooks",
        "_node",
        "_requires_grad",
        "_views",
    )

    _data: Any
    _grad: "Tensor | None"
    _node: Any  # the graph.Node that made it
    _requires_grad: bool
    _hooks: dict[int, Callable[[Any], Any]] | None
    _after_grad: dict[int, Callable[[Any], object]]  # not there until a hook is: see engine/hooks.py
    _cut: Any  # a views.Cut, if this is a view
    _views: dict[int, Any] | None  # the views cut from this

    def __init__(self, data: Any, requires_grad: bool = False) -> None:
        """A tensor on the array or tensor ``data``, whose memory it shares. ``minigrad.tensor`` takes any
        numbers.
        """
        if not hasattr(data, "dtype") or not isinstance(requires_grad, (bool, np.bool_)):
            raise TypeError(
                "Tensor takes one array or tensor, whose memory it shares. mg.tensor([1.0, 2.0]) makes one "
                "of numbers, mg.zeros(2, 3) or mg.empty(2, 3) one of a shape."
            )
        dtype = as_dtype(data.dtype)
        array = data._data if isinstance(data, Tensor) else place.as_array(data)
        if not array.dtype.isnative:
            raise DtypeError(
                f"Tensor: dtype {array.dtype} has its bytes in the other order; tensor() copies them"
            )
        self._data = array if array.dtype is dtype else array.view(dtype)
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
    def device(self) -> device:
        """Where the numbers are: "cpu", "cuda:0"."""
        return place.device_of(self._data)

    @property
    def is_cuda(self) -> bool:
        """Whether the numbers are on a GPU."""
        return self.device.type == "cuda"

    @property
    def nbytes(self) -> int:
        """How many bytes the numbers take."""
        return self._data.nbytes  # type: ignore[no-any-return]

    @overload
    def size(self, dim: None = None) -> tuple[int, ...]: ...
    @overload
    def size(self, dim: int) -> int: ...
    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one axis."""
        return self.shape if dim is None else self.shape[dimension("size", dim, self.ndim)]

    def dim(self) -> int:
        """How many axes there are."""
        return self.ndim

    def numel(self) -> int:
        """How many numbers there are."""
        return self._data.size  # type: ignore[no-any-return]

    nelement = numel

    def element_size(self) -> int:
        """How many bytes a number takes."""
        return self._data.itemsize  # type: ignore[no-any-return]

    @overload
    def stride(self, dim: None = None) -> tuple[int, ...]: ...
    @overload
    def stride(self, dim: int) -> int: ...
    def stride(self, dim: int | None = None) -> Any:
        """How many elements of memory lie between neighbours along each axis, or along one."""
        steps = tuple(step // self._data.itemsize for step in self._data.strides)
        return steps if dim is None else steps[dimension("stride", dim, self.ndim)]

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

    append = Elsewhere("A tensor has a fixed size: mg.cat([x, y]) or mg.stack([x, y]) makes a larger one.")
    astype = Elsewhere("x.to(mg.float32) converts; x.float() and x.long() are short for the usual ones.")
    copy = Elsewhere("x.clone() is a copy.")
    zero_grad = Elsewhere(
        "x.grad = None forgets the gradient, optimizer.zero_grad() those of all parameters."
    )

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
            warn(
                "grad of a tensor that is no leaf: backward does not keep it. Call retain_grad() on the "
                "tensor before backward, or look at a leaf. Was it one, before w = w - lr * w.grad? Write "
                "into it, under no_grad: w -= lr * w.grad."
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
            if value.device != self.device:
                raise DeviceError(
                    f"grad: the tensor is on {self.device}, this gradient on {value.device}; bring it there "
                    f'with .to("{self.device}")'
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

    def register_hook(self, hook: Callable[["Tensor"], "Tensor | None"]) -> hooks.RemovableHandle:
        """Call ``hook(gradient)`` whenever this tensor's gradient is known; what it returns replaces it."""
        if not self._requires_grad:
            raise RuntimeError(
                "register_hook: this tensor does not require grad, so no gradient will come to it"
            )
        owner = self if self._node is None else self._node
        return hooks.add_hook(owner, hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[["Tensor"], object]) -> hooks.RemovableHandle:
        """Call ``hook(tensor)`` each time backward has added all of this leaf's gradient to ``grad``.

        That is as soon as it is known, while the pass goes on to what was computed before. With
        ``create_graph``, or where ``inputs`` are named, it is at the end of the pass.
        """
        if not self._requires_grad or self._node is not None:
            raise RuntimeError(
                "register_post_accumulate_grad_hook: this is for a leaf that requires grad, where backward "
                "adds gradients up. register_hook is for any tensor that requires one."
            )
        return hooks.add_after_grad(self, hook)

    def retain_grad(self) -> None:
        """Keep the gradient of a tensor that is no leaf, too."""
        if not self._requires_grad:
            raise RuntimeError("retain_grad: this tensor does not require grad")
        if self._node is not None:
            self._node.keep = weakref.ref(self)  # the graph must not keep its outputs alive

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
            raise TypeError(f"data: expected a Tensor, got {type(value).__name__}. mg.tensor(...) makes one.")
        if self._requires_grad and value.dtype.kind != "f":
            raise RuntimeError(
                f"data: expected floating numbers for a tensor that requires grad, got {value.dtype}; "
                "convert with .float()"
            )
        self._data = value._data

    # Out of minigrad ----------------------------------------------------------------------------------------

    def numpy(self, *, force: bool = False) -> np.ndarray[Any, Any]:
        """The NumPy array itself, not a copy; with ``force`` that of ``detach().cpu()``.

        A write to it is not seen by the engine: one that comes before ``backward()`` may spoil a gradient,
        and no error says so. Write through the tensor, or to a copy.
        """
        if force:
            return self.detach().cpu().numpy()
        self._refuse_if_traced("numpy()", "t.detach().numpy()")
        if self.device is not CPU:
            raise DeviceError(
                f"numpy() of a tensor on {self.device}: NumPy's arrays are on the CPU. t.cpu().numpy() "
                "copies it there first; t.item() and t.tolist() give its numbers."
            )
        return self._data  # type: ignore[no-any-return]

    def _refuse_if_traced(self, what: str, instead: str) -> None:
        if self._requires_grad:
            raise RuntimeError(
                f"{what} of a tensor that requires grad: what is done outside of minigrad is not recorded. "
                f"Use {instead}."
            )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return numpy_protocol.call_ufunc(self, ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        return numpy_protocol.call_function(function, args, options)

    def __dlpack__(self, **options: Any) -> Any:
        self._refuse_if_traced("DLPack", "t.detach()")
        return self._data.__dlpack__(**options)

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

    def pin_memory(self, device: Any = None) -> "Tensor":
        """A copy in page-locked memory: ``to("cuda", non_blocking=True)`` of it runs beside the program."""
        self._refuse_if_traced("pin_memory()", "t.detach()")
        if self.device is not CPU:
            raise DeviceError(f"pin_memory: memory of the CPU can be pinned; this tensor is on {self.device}")
        there = place.at(place.find("cuda" if device is None else device, "pin_memory"))
        return Tensor._wrap(there.pinned(self._data))

    def is_pinned(self, device: Any = None) -> bool:
        """Whether the numbers are in page-locked memory."""
        where = "cuda" if device is None else device
        try:
            there = place.at(place.find(where))
        except DeviceError:
            return False  # without a GPU nothing is
        return self.device is CPU and there.is_pinned(self._data)

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
        return iter(join.unbind(self))

    def __contains__(self, value: Any) -> bool:
        if not isinstance(value, (Tensor, np.generic, bool, int, float)) and not place.is_array(value):
            raise RuntimeError(
                f"in: what is looked for in a tensor is a number or a tensor, got {type(value).__name__}. Of "
                "several numbers, ask for each."
            )
        return bool((self == value).any())

    def __reduce__(self) -> Any:
        self._only_leaf("copy and pickle")
        return _rebuild, (type(self), self._data, self._requires_grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> "Tensor":
        self._only_leaf("deepcopy")
        copied = memo[id(self)] = _rebuild(type(self), self._data.copy(), self._requires_grad)
        if self._grad is not None:
            copied._grad = Tensor._wrap(self._grad._data.copy())
        return copied  # type: ignore[no-any-return]

    def _only_leaf(self, what: str) -> None:
        if self._node is not None:
            raise RuntimeError(
                f"{what}: only leaf tensors can be copied whole, and an operation made this one. To draw it, "
                "or to keep its numbers: t.detach()."
            )

    # Others like it -----------------------------------------------------------------------------------------

    def new_zeros(
        self, *size: Any, dtype: Any = None, device: Any = None, requires_grad: Any = False
    ) -> "Tensor":
        """0 everywhere, of another shape, in the dtype and on the device of this tensor."""
        shape = shaping.shape_of(size)
        return self.new_full(shape, 0, dtype=dtype, device=device, requires_grad=requires_grad)

    def new_ones(
        self, *size: Any, dtype: Any = None, device: Any = None, requires_grad: Any = False
    ) -> "Tensor":
        """1 everywhere, of another shape, in the dtype and on the device of this tensor."""
        shape = shaping.shape_of(size)
        return self.new_full(shape, 1, dtype=dtype, device=device, requires_grad=requires_grad)

    def new_full(
        self, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: Any = False
    ) -> "Tensor":
        """``fill_value`` everywhere, of another shape, in the dtype and on the device of this tensor."""
        where = self.device if device is None else place.find(device, "new_full")
        shape, dtype = shaping.shape_of((size,)), as_dtype(dtype or self.dtype)
        return filled("new_full", shape, fill_value, dtype, where, requires_grad)


def filled(
    name: str, shape: tuple[int, ...], value: Any, dtype: Any, where: device, requires_grad: bool
) -> Tensor:
    """``value`` everywhere, a number or a tensor of one element: what `new_full` and `minigrad.full` make."""
    number = numbers(name, value.item() if isinstance(value, Tensor) else value, dtype)[()]
    return Tensor(place.make(np.full, where, shape, number, dtype), requires_grad)


def _rebuild(kind: Any, array: Any, requires_grad: Any) -> Any:
    # The dtype of an unpickled array equals, but is not, the one that the engine compares with.
    return kind(array.view(array.dtype.type), requires_grad=requires_grad)


graph.Tensor = Tensor  # the engine, which this module builds on, makes its results with it
