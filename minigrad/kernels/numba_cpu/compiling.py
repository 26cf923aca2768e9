"""Compiling loops with numba, and handing them arrays in the layout that they are fast for."""

import pickle
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from glob import escape
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba import types
from numba.core.event import Listener, register

from minigrad.kernels.reference.arrays import Array

njit: Any = numba.njit  # its types differ from one release to the next
listen: Any = register
Pointer: Any = types.CPointer

inner: Any = njit(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Makes a function that compiled loops may call, and only they."""

inlined: Any = njit(
    nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True
)
"""The same for what is called so often that the call itself counts: its code is repeated in its caller's."""

REORDER = {"reassoc", "nsz", "contract"}
"""For fastmath: sums in the order that the vector units like; NaN and infinity stay what they are."""

DAMAGE = (EOFError, pickle.PickleError, AttributeError, ImportError)
"""What numba raises where a file of its cache is empty or cut off, or names a class that is no more."""

CACHE_FAULTS = (OSError, *DAMAGE)
"""The same, and where a file is gone or cannot be read or written."""


def compiled(loop: Callable[..., Any] | None = None, *, fastmath: bool | set[str] = False) -> Any:
    """``loop`` compiled at its first call, for the types of that call, and kept on disk for the next process.

    ``fastmath`` are LLVM's permissions to compute in another order than written.

    The disk is numba's choice: beside this file, else in the user's cache folder (or $NUMBA_CACHE_DIR). No
    folder that can be written, a full disk, or a file that is gone, empty or cut off costs a compilation
    (0.1 s), not an error. Machine code with wrong bytes in it is not found out, and may end the process:
    delete the .nbi and .nbc files then.
    """
    if loop is None:
        return partial(compiled, fastmath=fastmath)
    _loops.add(loop)
    # error_model numpy: a division by zero gives inf. Python's would raise, and its test for zero keeps the
    # loop from being vectorised (0.54 ms for an Adam step instead of 0.04).
    options = {"nogil": True, "error_model": "numpy", "fastmath": fastmath}
    fast = _kept(loop, options)

    def run(*args: Any) -> Any:
        nonlocal fast
        try:
            return fast(*args)
        except CACHE_FAULTS as fault:  # before the loop has run
            _forget(fast, fault)
            fast = njit(**options)(loop)
            return fast(*args)

    return run


def _kept(function: Callable[..., Any], options: dict[str, Any]) -> Any:
    """A dispatcher whose machine code is kept on disk, if there is a folder that can be written."""
    try:
        fast = njit(cache=True, **options)(function)
        _stamp(fast, function)
        _places[Path(function.__code__.co_filename).parent] = Path(fast.stats.cache_path)
    except RuntimeError:  # no folder that can be written
        fast = njit(**options)(function)
    return fast


def apart(arguments: str, function: Callable[..., None], parallel: bool = False) -> Callable[..., int]:
    """``address(dtype)``: where ``function`` lies, compiled by itself for a dtype, for `call` to jump to.

    What compiled loops call otherwise, LLVM takes into each of them and optimises again there. A jump takes
    some nanoseconds.

    ``arguments`` has a letter for each argument: "x" for a pointer to numbers of the dtype, "t" for one to a
    table of int64, "i" for an integer. The function returns nothing and raises nothing.
    """
    _loops.add(function)
    options = {"nogil": True, "error_model": "numpy", "no_cpython_wrapper": True, "parallel": parallel}
    kept = _kept(function, options)

    @cache
    def address(dtype: Any = None) -> int:
        kinds = {
            "x": dtype and Pointer(getattr(types, dtype.name)),
            "t": Pointer(types.int64),
            "i": types.int64,
        }
        signature = types.void(*(kinds[letter] for letter in arguments))
        fast = kept
        try:
            fast.compile(signature)
        except CACHE_FAULTS as fault:
            _forget(fast, fault)
            fast = njit(**options)(function)
            fast.compile(signature)
        compiled = fast.overloads[signature.args]
        place: int = compiled.library.get_pointer_to_function(compiled.fndesc.llvm_cfunc_wrapper_name)
        return place

    return address


def _forget(fast: Any, fault: Exception) -> None:
    """Delete what is kept of a loop if it is damaged, the next process keeps it anew: first the machine code,
    for a new index counts its files from 1 again.
    """
    index = getattr(getattr(getattr(fast, "_cache", None), "_cache_file", None), "_index_path", None)
    if index is None or not isinstance(fault, DAMAGE):
        return
    index = Path(index)
    with suppress(OSError):
        for file in [*index.parent.glob(f"{escape(index.stem)}.*.nbc"), index]:
            file.unlink(missing_ok=True)


def _stamp(fast: Any, loop: Callable[..., Any]) -> None:
    """Have the cache hold for the whole folder as it is: loops take in functions of other files, too.

    Numba itself looks at the loop's own file alone. Where its insides have changed, it stays at that.
    """
    file = getattr(getattr(fast, "_cache", None), "_cache_file", None)
    if file is not None and hasattr(file, "_source_stamp"):
        file._source_stamp = _folder(Path(loop.__code__.co_filename).parent)


@cache
def _folder(folder: Path) -> tuple[tuple[str, int, int], ...]:
    stats = {path.name: path.stat() for path in sorted(folder.glob("*.py"))}
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats.items())


_loops: set[Callable[..., Any]] = set()
"""The loops of minigrad: a learner may have some of their own."""

_places: dict[Path, Path] = {}
"""Where numba has chosen to keep the machine code of the loops in a folder."""


def kept() -> tuple[Path | None, int]:
    """Where the loops beside this file are kept, None if no folder can be written, and how many of them are.

    Those count that were compiled after the last change of a loop's source: older ones are not used.
    """
    source = Path(__file__).parent
    place = _places.get(source)
    if place is None:
        return None, 0
    changed = max(mtime for _, mtime, _ in _folder(source))
    return place, sum(index.stat().st_mtime_ns >= changed for index in place.glob("*.nbi"))


class _SaidIfSlow(Listener):
    """Print a line, once in a process, while a loop of minigrad is compiled, if that takes long.

    Numba tells of what it compiles, one loop at a time, and not of what it finds on disk.
    """

    def on_start(self, event: Any) -> None:
        """A loop begins to be compiled: the line is printed unless that ends in time."""
        if event.data["dispatcher"].py_func in _loops:
            self.timer = threading.Timer(0.7, _say)
            self.timer.daemon = True
            self.timer.start()

    def on_end(self, event: Any) -> None:
        """It is compiled."""
        if event.data["dispatcher"].py_func in _loops:
            self.timer.cancel()


@cache
def _say() -> None:
    sys.stderr.write(
        "minigrad: compiling fast loops for this processor, some seconds for each that is new to it\n"
    )


listen("numba:compile", _SaidIfSlow())


def row(array: Array) -> Array:
    """The elements in C order as one contiguous row that can be read: a view where that is how they lie."""
    return array.reshape(-1) if array.flags.carray else np.array(array, order="C").reshape(-1)
