"""The array type: a NumPy array that nobody may see, behind what CuPy's arrays answer."""

from operator import attrgetter
from typing import Any

import numpy as np

from tests.foreign import cupy_api

COMPARISONS = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
NUMBERS = (bool, int, float, np.generic)


class Flags:
    """CuPy's flags: there is no ``writeable``."""

    def __init__(self, flags: Any, own: bool) -> None:
        self.c_contiguous, self.f_contiguous, self.owndata = flags.c_contiguous, flags.f_contiguous, own


class ForeignArray:
    """An array in memory of its own. ``get()`` copies it to a NumPy array, `place` makes one of such."""

    __slots__ = ("__weakref__", "_host", "base")
    __hash__ = None  # type: ignore[assignment]

    _host: Any
    base: "ForeignArray | None"

    def __init__(self, host: Any, base: "ForeignArray | None" = None) -> None:
        self._host = host
        self.base = base

    @property
    def flags(self) -> Flags:
        return Flags(self._host.flags, self.base is None)

    @property
    def T(self) -> "ForeignArray":
        return self.transpose()  # type: ignore[no-any-return]

    def get(self) -> Any:
        return self._host.copy()

    def __getattr__(self, name: str) -> Any:
        if name not in cupy_api.METHODS:
            raise AttributeError(f"{name!r}: cupy.ndarray has no such attribute, or tests/foreign does not")
        method = getattr(self._host, name)

        def call(*args: Any, **options: Any) -> Any:
            check(f"ndarray.{name}", ("self", *cupy_api.METHODS[name]), (self, *args), options)
            result = method(*inside(args), **inside(options))
            if name in ("item", "tolist", "tobytes"):
                return result
            return outside(result, (self,))

        return call

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise TypeError(
            "Implicit conversion to a NumPy array is not allowed. Please use `.get()` to construct a NumPy "
            "array explicitly."
        )

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        name = ufunc.__name__
        if name not in cupy_api.UFUNCS:
            return NotImplemented
        if method == "__call__" and not options and name != "power" and all(map(_is_plain, inputs)):
            return outside(ufunc(*inside(inputs)), inputs)  # the most usual call: there is nothing to refuse
        if method != "__call__" and name not in cupy_api.UFUNC_METHODS.get(method, ()):
            raise NotImplementedError(f"`cupy_{name}.{method}` is not supported yet")
        if any(not isinstance(x, (ForeignArray, np.ndarray, *NUMBERS)) for x in inputs):
            return NotImplemented  # also of add.at with several arrays of places
        if method == "at":
            target, index, value = inputs
            if not isinstance(target, ForeignArray):
                raise TypeError("Unsupported type <class 'numpy.ndarray'>")
            if target.dtype.name not in cupy_api.ADDED_AT:
                raise TypeError(f"cupy.{name}.at only supports {cupy_api.ADDED_AT}")
            refuse_numpy(value)
            getattr(ufunc, method)(target._host, wrapped(target._host, index), inside(value))
            return None
        allowed = ("out", "dtype", "where") if method == "__call__" else ("axis", "dtype", "out", "keepdims")
        for option in options:
            if option not in allowed:
                raise TypeError(f"Wrong arguments {option}")
        if method == "__call__" and name in COMPARISONS:
            inputs = tuple(x.item() if isinstance(x, np.ndarray) and not x.ndim else x for x in inputs)
        if method == "reduceat":
            inputs = (inputs[0], inputs[1]._host if isinstance(inputs[1], ForeignArray) else inputs[1])
            return ForeignArray(ufunc.reduceat(inputs[0]._host, inputs[1], **options))
        for value in (*inputs, *options.values()):
            refuse_numpy(value)
        if method == "reduce":
            check_axis(inputs[0], options.get("axis", 0))
        run = power if name == "power" else getattr(ufunc, method)
        if "out" in options:
            run(*inside(inputs), **inside(options))
            return options["out"][0]
        return outside(run(*inside(inputs), **inside(options)), inputs)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        name = ".".join([*function.__module__.split(".")[1:], function.__name__])
        if name not in cupy_api.FUNCTIONS:
            return NotImplemented
        if any(not issubclass(kind, (ForeignArray, np.ndarray)) for kind in types):
            return NotImplemented
        return call(function, name, args, options)

    # In place and by index ----------------------------------------------------------------------------------

    def __getitem__(self, index: Any) -> Any:
        index = wrapped(self._host, index)
        y = self._host[index]
        if any(isinstance(part, np.ndarray) for part in (index if isinstance(index, tuple) else (index,))):
            return ForeignArray(np.array(y))  # also by an array of no dimension, where NumPy makes a view
        if isinstance(y, np.generic):  # a view of no dimension, where NumPy makes a number
            y = self._host[(*index, ...) if isinstance(index, tuple) else (index, ...)]
        return outside(y, (self,))

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(value, np.ndarray) and value.ndim:
            raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        self._host[wrapped(self._host, index)] = inside(value)

    def __len__(self) -> int:
        return len(self._host)

    def __iter__(self) -> Any:
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self._host)

    def __int__(self) -> int:
        return int(self._host)

    def __float__(self) -> float:
        return float(self._host)

    def __index__(self) -> int:
        return self._host.__index__()  # type: ignore[no-any-return]

    def __format__(self, spec: str) -> str:
        return format(self._host[()], spec)

    def __repr__(self) -> str:
        return f"foreign {self._host!r}"

    def __str__(self) -> str:
        return str(self._host)

    def __reduce__(self) -> Any:
        return ForeignArray, (self._host,)

    def __deepcopy__(self, memo: Any) -> "ForeignArray":
        return ForeignArray(self._host.copy())

    def __dlpack_device__(self) -> tuple[int, int]:
        return (2, 0)


def _operator(ufunc: Any, reverse: bool = False) -> Any:
    def operate(self: ForeignArray, other: Any) -> Any:
        if not isinstance(other, (ForeignArray, np.ndarray, *NUMBERS)):
            return NotImplemented
        a, b = (other, self) if reverse else (self, other)
        return ufunc(a, b)

    return operate


def _in_place(ufunc: Any) -> Any:
    def operate(self: ForeignArray, other: Any) -> ForeignArray:
        ufunc(self, other, out=(self,))
        return self

    return operate


for _name, _ufunc in {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "truediv": np.true_divide,
    "floordiv": np.floor_divide,
    "mod": np.remainder,
    "pow": np.power,
    "matmul": np.matmul,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "lshift": np.left_shift,
    "rshift": np.right_shift,
}.items():
    setattr(ForeignArray, f"__{_name}__", _operator(_ufunc))
    setattr(ForeignArray, f"__r{_name}__", _operator(_ufunc, reverse=True))
    if _name != "matmul":
        setattr(ForeignArray, f"__i{_name}__", _in_place(_ufunc))
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    _ufunc = getattr(
        np,
        {"eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal"}.get(_name)
        or {"gt": "greater", "ge": "greater_equal"}[_name],
    )
    setattr(ForeignArray, f"__{_name}__", _operator(_ufunc))
for _name, _ufunc in {
    "neg": np.negative,
    "pos": np.positive,
    "abs": np.absolute,
    "invert": np.invert,
}.items():
    setattr(ForeignArray, f"__{_name}__", lambda self, _ufunc=_ufunc: _ufunc(self))


for _name in cupy_api.ATTRIBUTES:
    setattr(ForeignArray, _name, property(attrgetter(f"_host.{_name}")))


# What goes in, and what comes out ---------------------------------------------------------------------------


def _is_plain(value: Any) -> bool:
    return type(value) is ForeignArray or isinstance(value, NUMBERS)


def refuse_numpy(value: Any) -> None:
    """CuPy's error for a NumPy array where one of its own belongs."""
    if isinstance(value, np.ndarray):
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")
    if isinstance(value, (tuple, list)):
        for part in value:
            refuse_numpy(part)


def inside(value: Any) -> Any:
    """The values with NumPy's arrays in place of foreign ones."""
    kind = type(value)
    if kind is ForeignArray:
        return value._host
    if kind is tuple or kind is list:
        return kind([inside(part) for part in value])
    if kind is dict:
        return {key: inside(part) for key, part in value.items()}
    return value


def outside(result: Any, sources: Any) -> Any:
    """A result with foreign arrays in place of NumPy's, also of no dimension; a view knows its base."""
    if isinstance(result, (tuple, list)):
        return type(result)(outside(part, sources) for part in result)
    if not isinstance(result, (np.ndarray, np.generic)):
        return result
    host = np.asarray(result)
    cut = host.base is not None and host.size
    for source in sources:
        if isinstance(source, ForeignArray):
            if host is source._host:
                return source
            if cut and np.may_share_memory(host, source._host):
                host.flags.writeable or host.setflags(write=source._host.flags.writeable)
                return ForeignArray(host, source if source.base is None else source.base)
    return ForeignArray(host if host.base is None else host.copy())


def _is_mask(part: Any) -> bool:
    return getattr(part, "dtype", None) == np.bool_


def wrapped(host: Any, index: Any) -> Any:
    """An index for NumPy. CuPy takes lists and NumPy arrays in it, and goes round at the ends of an axis."""
    parts = index if isinstance(index, tuple) else (index,)
    if sum(_is_mask(part) for part in parts) > 1:
        raise NotImplementedError("cupy does not support several boolean arrays in an index")
    axis, found = 0, []
    for i, part in enumerate(parts):
        part = np.asarray(part) if isinstance(part, (list, tuple, range)) else inside(part)
        if part is Ellipsis:
            left = [p for p in parts[i + 1 :] if p is not None]
            axis = host.ndim - sum(p.ndim if _is_mask(p) else 1 for p in left)
        elif isinstance(part, np.ndarray) and part.dtype == bool:
            axis += part.ndim
        elif isinstance(part, np.ndarray):
            size = host.shape[axis]
            part = np.asarray(part % size) if size else part
            axis += 1
        elif part is not None:
            axis += 1
        found.append(part)
    return tuple(found) if isinstance(index, tuple) else found[0]


def power(x: Any, exponent: Any, **options: Any) -> Any:
    """x ** exponent: CuPy rounds an integer to a negative power, which NumPy refuses, towards 0."""
    if np.result_type(x, exponent).kind != "i" or not np.any(np.less(exponent, 0)):
        return np.power(x, exponent, **options)
    up = np.power(x, np.abs(exponent))
    return np.multiply(up, np.greater_equal(exponent, 0) | (np.abs(x) == 1), **options)


def check(name: str, parameters: Any, args: Any, options: Any) -> None:
    """Raise for a NumPy array among the arguments, and for an option that CuPy's function does not have."""
    if len(args) > len(parameters) and not any(p.startswith("*") for p in parameters):
        raise TypeError(f"cupy.{name}() takes {len(parameters)} arguments, got {len(args)}")
    for option in options:
        if option not in parameters:
            raise TypeError(f"cupy.{name}() got an unexpected keyword argument {option!r}")
    for value in (*args, *options.values()):
        refuse_numpy(value)
    if "axis" in parameters and name not in ("stack", "expand_dims", "take", "ndarray.take", "linspace"):
        place = parameters.index("axis")
        check_axis(args[0] if args else None, args[place] if len(args) > place else options.get("axis"))


def check_axis(array: Any, axis: Any) -> None:
    """Raise for an axis of an array of no dimension: NumPy takes 0 and -1 there, CuPy does not."""
    if isinstance(array, ForeignArray) and not array.ndim and axis not in (None, ()):
        raise np.exceptions.AxisError(axis[0] if isinstance(axis, tuple) else axis, 0)


def call(function: Any, name: str, args: Any, options: Any) -> Any:
    """What CuPy's function of this name returns."""
    if name in ("asarray", "array"):  # these take what is NumPy's
        return ForeignArray(np.array(inside(args[0]), *args[1:], **options))
    if name == "einsum":  # and this sends it there
        args = tuple(ForeignArray(x) if isinstance(x, np.ndarray) else x for x in args)
    check(name, cupy_api.FUNCTIONS[name], args, options)
    if name == "where" and not isinstance(args[0], ForeignArray):
        raise AttributeError(f"'{type(args[0]).__name__}' object has no attribute 'astype'")
    if options.get("kind", "stable") not in (None, "stable"):
        raise ValueError("kind can only be None or 'stable'")
    if name.endswith("_like") and not options.get("shape", True):  # () is no shape to it
        options = {key: value for key, value in options.items() if key != "shape"}
    names = [p for p in cupy_api.FUNCTIONS[name] if not p.startswith("*")]
    sources = [*args, *(part for arg in args if isinstance(arg, (tuple, list)) for part in arg)]
    if name == "copyto":
        function(*inside(args), **inside(options))
        return None
    if name == "broadcast_to":
        # CuPy's are not read-only.
        source, y = args[0], function(*inside(args))
        host = np.lib.stride_tricks.as_strided(source._host, y.shape, y.strides)
        return ForeignArray(host, source if source.base is None else source.base)
    renamed = {"prototype": "prototype", "newshape": "shape", "obj": "object"}
    given = {renamed.get(key, key): inside(value) for key, value in options.items()}
    result = function(*inside(args), **given)
    if "out" in options and "out" in names:
        return options["out"]
    return outside(result, sources)
