"""Launching a kernel of `source/`: on the card for CuPy arrays, on the CPU for NumPy's.

    launch("activation.cu", "relu", blocks_for(x.size), 256, y, x, x.size)

The first line of a kernel in its .cu file is the one place that says what it takes: arguments are checked and
converted by it. ``real`` in a source is float or double, as the first array is, and a source is compiled for
each when it is first used; the compiled code is kept on disk.
"""

import functools
import operator
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minigrad.kernels.reference.arrays import Array

SOURCE = Path(__file__).with_name("source")
REALS = {"f": "float", "d": "double"}
ALL_BLOCKS = 2048
"""As many blocks of 256 threads as fill any card of today; more work than that goes on in their loops."""

Dim = int | tuple[int, ...]
Defines = tuple[tuple[str, int | str], ...]

_NUMBERS = {
    "int": np.int32,
    "unsigned": np.uint32,
    "long long": np.int64,
    "unsigned long long": np.uint64,
    "float": np.float32,
    "double": np.float64,
}
_ELEMENTS = {
    **{name: np.dtype(kind) for name, kind in _NUMBERS.items()},
    "unsigned char": np.dtype(np.uint8),
    "int2": np.dtype(np.int32),
    "int4": np.dtype(np.int32),
}


class Parameter(NamedTuple):
    """One parameter of a kernel: ``const float *x`` is an array, ``int n`` a number."""

    name: str
    kind: str
    array: bool


def launch(
    source: str,
    kernel: str,
    grid: Dim,
    block: Dim,
    *args: Any,
    shared: int = 0,
    defines: Defines = (),
    real: np.dtype[Any] | None = None,
) -> None:
    """Run ``kernel`` of ``source``, a file in `source/` or any by its path, on grid x block threads, with
    ``shared`` bytes of shared memory beside what it declares.

    ``real`` is the dtype that the source is compiled for where no array among the arguments says it. Arrays
    are C-ordered, of the kernel's dtype, and all of one library; None stands for an array that is not there.
    The launch is asynchronous on a card, on the current stream. TypeError names an argument that is not what
    the kernel takes.
    """
    parameters = kernels_in(source)[kernel]
    if len(parameters) != len(args):
        names = ", ".join(p.name for p in parameters)
        raise TypeError(f"{kernel} of {source} takes {len(parameters)} arguments ({names}), got {len(args)}")
    real_name = REALS[real.char] if real is not None else _real(parameters, args)
    on_host = any(isinstance(arg, np.ndarray) for p, arg in zip(parameters, args, strict=True) if p.array)
    given = [_converted(kernel, p, arg, real_name, on_host) for p, arg in zip(parameters, args, strict=True)]
    dims = _three(grid), _three(block)
    if on_host:
        from minigrad.kernels.cupy_gpu import on_cpu

        on_cpu.run(source, kernel, *dims, given, shared, ((("REAL", real_name), *defines)))
    else:
        function = _function(source, kernel, real_name, defines)
        if shared > 48 * 1024 and function.max_dynamic_shared_size_bytes < shared:
            function.max_dynamic_shared_size_bytes = shared
        function(*dims, tuple(np.uint64(0) if arg is None else arg for arg in given), shared_mem=shared)


def blocks_for(size: int) -> int:
    """How many blocks of 256 threads go over ``size`` elements."""
    return max(1, min(-(-size // 256), ALL_BLOCKS))


def wide(size: int, *arrays: Array) -> int:
    """How many elements a thread takes at a time, as ``WIDE`` in a source: 16 bytes, where ``size`` elements
    and the arrays' first places allow it.
    """
    width = 16 // arrays[0].itemsize
    return width if size % width == 0 and all(address(x) % 16 == 0 for x in arrays) else 1


def address(x: Array) -> int:
    """Where in memory x begins."""
    return int(x.ctypes.data if isinstance(x, np.ndarray) else x.data.ptr)


@functools.cache
def text(source: str) -> str:
    """The text of a source file, with what it includes."""
    written = (SOURCE / source).read_text(encoding="utf-8")
    return re.sub(r'#include "(\w+\.h)"\n', lambda found: text(found[1]), written)


@functools.cache
def kernels_in(source: str) -> dict[str, tuple[Parameter, ...]]:
    """The kernels of a source file, with their parameters."""
    found = re.finditer(
        r'extern "C" __global__ void (?:__launch_bounds__\([\w, ]+\) )?(\w+)\(([^)]*)\)', text(source)
    )
    return {match[1]: tuple(map(_parameter, match[2].split(","))) for match in found}


def program(source: str) -> str:
    """What the compiler for a card is given."""
    return f'{text("on_gpu.h")}\ntypedef REAL real;\n#line 1 "{source}"\n{text(source)}'


def _parameter(written: str) -> Parameter:
    words = written.replace("*", " * ").split()
    array = "*" in words
    kind = " ".join(word for word in words[:-1] if word not in ("const", "*", "__restrict__"))
    return Parameter(words[-1], kind, array)


def _converted(kernel: str, parameter: Parameter, value: Any, real: str, on_host: bool) -> Any:
    name, kind, array = parameter
    kind = real if kind == "real" else kind
    if not array:
        return _number(kernel, name, kind, value)
    if value is None:
        return None
    if not hasattr(value, "flags") or isinstance(value, np.ndarray) is not on_host:
        library = "NumPy" if on_host else "CuPy"
        raise TypeError(f"{kernel}: {name} is an array of {kind}, of {library}; got {type(value)}")
    if value.dtype != (_ELEMENTS.get(kind) or value.dtype) or not value.flags.c_contiguous:
        order = "C-ordered" if value.flags.c_contiguous else "not C-ordered"
        raise TypeError(f"{kernel}: {name} is an array of {kind}, C-ordered; got {value.dtype}, {order}")
    return value


def _number(kernel: str, name: str, kind: str, value: Any) -> Any:
    make: Any = _NUMBERS[kind]
    try:
        return make(float(value) if kind in REALS.values() else operator.index(value))
    except (TypeError, OverflowError) as error:
        raise type(error)(f"{kernel}: {name} is a number of type {kind}; got {value!r}") from error


def _real(parameters: tuple[Parameter, ...], args: tuple[Any, ...]) -> str:
    """What ``real`` is: the dtype of the first array that is one."""
    kinds = (a.dtype.char for p, a in zip(parameters, args, strict=True) if p.array and p.kind == "real")
    return REALS.get(next(kinds, "f"), "float")


def _three(dim: Dim) -> tuple[int, int, int]:
    sizes: Sequence[int] = (dim,) if isinstance(dim, int) else dim
    x, y, z = (*sizes, 1, 1)[:3]
    return x, y, z


@functools.cache
def _function(source: str, kernel: str, real: str, defines: Defines) -> Any:
    return _module(source, real, defines).get_function(kernel)


@functools.cache
def _module(source: str, real: str, defines: Defines) -> Any:
    import cupy

    from minigrad.kernels.cupy_gpu import compiling

    architecture = compiling.here()
    if architecture is not None:
        variant = compiling.Variant(source, (("REAL", real), *defines))
        return cupy.RawModule(path=compiling.kept(variant, architecture))
    options = ("-std=c++17", f"-DREAL={real}", *(f"-D{name}={value}" for name, value in defines))
    return cupy.RawModule(code=program(source), options=options)
