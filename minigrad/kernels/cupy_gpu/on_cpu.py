"""The kernels of `source/` on the CPU, compiled as C++: their numbers without a card.

For tests, for lesson 22, and for a debugger; not for speed. See source/on_cpu.h for how it is done. It takes
a C++ compiler (c++, or what the environment variable CXX names).
"""

import ctypes
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from minigrad.kernels.cupy_gpu.launch import SOURCE, Parameter, kernels_in, text

_CTYPES: dict[str, Any] = {
    "int": ctypes.c_int32,
    "unsigned": ctypes.c_uint32,
    "long long": ctypes.c_int64,
    "unsigned long long": ctypes.c_uint64,
    "float": ctypes.c_float,
    "double": ctypes.c_double,
}
_Three = ctypes.c_int * 3

_as = {"backwards": False, "hopper": False}


@contextmanager
def _set(what: str) -> Iterator[None]:
    before = _as[what]
    _as[what] = True
    try:
        yield
    finally:
        _as[what] = before


def backwards() -> AbstractContextManager[None]:
    """Inside, blocks and threads run from the last to the first. What comes out differently is a race."""
    return _set("backwards")


def hopper() -> AbstractContextManager[None]:
    """Inside, what is compiled for Hopper cards alone runs, not what is for every card."""
    return _set("hopper")


def is_hopper() -> bool:
    """Whether it does."""
    return _as["hopper"]


def compiler() -> str | None:
    """The C++ compiler: $CXX, or the first of c++, g++ and clang++ on the path; None without one."""
    named = os.environ.get("CXX")
    return next(filter(None, map(shutil.which, [named] if named else ["c++", "g++", "clang++"])), None)


def run(
    source: str,
    kernel: str,
    grid: tuple[int, int, int],
    block: tuple[int, int, int],
    args: list[Any],
    shared: int,
    defines: tuple[tuple[str, Any], ...],
) -> None:
    """As launch.launch does on a card, at once and on the calling thread."""
    real = dict(defines)["REAL"]
    given = [
        (None if arg is None else ctypes.c_void_p(arg.ctypes.data))
        if parameter.array
        else _CTYPES[str(real) if parameter.kind == "real" else parameter.kind](arg.item())
        for parameter, arg in zip(kernels_in(source)[kernel], args, strict=True)
    ]
    function = getattr(_library(source, defines), f"run_{kernel}")
    function.restype = ctypes.c_char_p
    wrong = function(_Three(*grid), _Three(*block), shared, int(_as["backwards"]), *given)
    if wrong is not None:
        raise RuntimeError(f"{kernel} of {source}, {wrong.decode()}")


def _caller(kernel: str, parameters: tuple[Parameter, ...]) -> str:
    """C++ that runs a kernel on all its threads."""
    declared = ", ".join(f"{p.kind} {'*' if p.array else ''}{p.name}" for p in parameters)
    names = ", ".join(p.name for p in parameters)
    return (
        f'extern "C" const char *run_{kernel}(const int *grid, const int *block, int shared, int backwards,\n'
        f"                                    {declared})\n"
        f"{{ return on_cpu::run(grid, block, shared, backwards, [=] {{ {kernel}({names}); }}); }}\n"
    )


@functools.cache
def _library(source: str, defines: tuple[tuple[str, Any], ...]) -> ctypes.CDLL:
    cxx = compiler()
    if cxx is None:
        named = os.environ.get("CXX")
        raise ImportError(
            "running CUDA kernels on the CPU takes a C++ compiler: install g++ or clang++, or name one in "
            "the environment variable CXX" + (f", which names {named!r}: that is not found" if named else "")
        )
    callers = "".join(_caller(kernel, parameters) for kernel, parameters in kernels_in(source).items())
    program = f'typedef REAL real;\n#line 1 "{SOURCE / source}"\n{text(source)}\n{callers}'
    flags = ["-std=c++17", "-O1", "-U_FORTIFY_SOURCE", "-w", "-fPIC", "-shared", "-x", "c++"]
    flags += [f"-D{name}={value}" for name, value in defines]
    key = hashlib.sha256("\0".join([cxx, *flags, text("on_cpu.h"), program, sys.platform]).encode())
    try:
        library = _folder() / f"{Path(source).stem}-{key.hexdigest()[:20]}.so"
        if not library.exists():
            with tempfile.TemporaryDirectory(dir=library.parent) as work:
                built = Path(work) / "kernel.so"
                header = str(SOURCE / "on_cpu.h")
                _compile([cxx, *flags, "-include", header, "-", "-o", str(built)], source, program)
                os.replace(built, library)
        return ctypes.CDLL(str(library))
    except OSError as error:
        raise OSError(
            f"a compiled kernel cannot be kept in {tempfile.gettempdir()} or loaded from there: {error}. "
            "Name another folder in the environment variable TMPDIR, where you may write and run programs"
        ) from error


def _compile(command: list[str], source: str, program: str) -> None:
    done = subprocess.run(command, input=program, text=True, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{source} does not compile with {command[0]}:\n{done.stderr}")


def _folder() -> Path:
    """Where compiled kernels are kept; of this user alone, for what lies there is run."""
    folder = Path(tempfile.gettempdir()) / f"minigrad-kernels-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.stat()
    if found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise PermissionError(f"others may write into {folder}")
    return folder
