"""The sources compiled for a card that need not be there, with everything that they are ever compiled with.

    python -m minigrad.kernels.cupy_gpu.compiling        compiles all, and says how many

By NVRTC, as CuPy does it (``pip install nvidia-cuda-nvrtc``), or by the nvcc on the path.
"""

import ctypes
import functools
import hashlib
import importlib.util
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from minigrad.files import write_whole
from minigrad.kernels.cupy_gpu import on_cpu
from minigrad.kernels.cupy_gpu.arrays import Where
from minigrad.kernels.cupy_gpu.launch import REALS, SOURCE, Defines, program
from minigrad.kernels.cupy_gpu.tiles import COLUMNS, TILES, WARPGROUP_ROWS

ARCHITECTURE = HOPPER = "sm_90"  # H100, H200
SINGLE = ("conv_gather.cu", "conv_parts.cu", "conv_weight_grad.cu")  # what is of float32 alone


class Variant(NamedTuple):
    """A source and what it is compiled with, as in `launch`."""

    source: str
    defines: Defines

    @property
    def warpgroups(self) -> bool:
        """Whether four warps multiply together: for Hopper alone, which the compiler calls sm_90a."""
        return ("WGMMA", 1) in self.defines

    def __str__(self) -> str:
        return " ".join([self.source, *(f"{name}={value}" for name, value in self.defines)])


def variants() -> Iterator[Variant]:
    """Every source with each set of definitions that this package launches its kernels with."""
    for path in sorted(SOURCE.glob("*.cu")):
        for real in ("float",) if path.name in SINGLE else REALS.values():
            for defines in _defines(path.name, real):
                yield Variant(path.name, (("REAL", real), *defines))


def _defines(source: str, real: str) -> Iterator[Defines]:
    if source in ("activation.cu", "norm.cu"):
        yield (("WIDE", 1),)
        yield (("WIDE", 4 if real == "float" else 2),)  # 16 bytes
    elif source == "pool.cu":
        yield (("PLACE", "unsigned char"),)
        yield (("PLACE", "int"),)
    elif source in ("conv_gather.cu", "conv_weight_grad.cu"):
        for tile, passes, alike in itertools.product(TILES, (1, 3), (0, 1)):
            shape = ("TILE_M", tile.m), ("TILE_N", COLUMNS), ("WARPS_M", tile.warps_m)
            tiled = (*shape, ("PASSES", passes), ("ALIKE", alike))
            together = (0, 1) if passes == 1 and tile.m >= WARPGROUP_ROWS else (0,)
            if source == "conv_gather.cu":
                yield tiled
            else:
                for warpgroups, wide in itertools.product(together, (0, 1)):
                    yield (*tiled, ("WGMMA", warpgroups), ("WIDE_ROWS", wide))
    else:
        yield ()


def compiler() -> str | None:
    """ "nvrtc", "nvcc", or None where neither is found."""
    return "nvrtc" if _nvrtc() is not None else "nvcc" if shutil.which("nvcc") else None


def compiled(variant: Variant, architecture: str = ARCHITECTURE) -> bytes:
    """The card's code. RuntimeError with what the compiler says, where it does not accept the source."""
    options = [
        f"-arch={architecture}{'a' if variant.warpgroups else ''}",
        "-std=c++17",
        *(f"-D{name}={value}" for name, value in variant.defines),
    ]
    with_nvrtc = compiler() == "nvrtc"
    done, log, code = (_by_nvrtc if with_nvrtc else _by_nvcc)(program(variant.source), options)
    if not done:
        raise RuntimeError(f"{variant} does not compile:\n{log}")
    return code


# For the card that is here ----------------------------------------------------------------------------------


@functools.cache
def here() -> str | None:
    """The architecture of this machine's cards, if they are alike and NVRTC is found and knows them: then it
    compiles what runs. Otherwise CuPy does, which takes subnormal numbers for 0 and knows nothing of Hopper's
    own instructions.
    """
    import cupy

    count = cupy.cuda.runtime.getDeviceCount()
    found = {str(cupy.cuda.Device(number).compute_capability) for number in range(count)}
    cupy.cuda.nvrtc.getVersion()  # CuPy finds the library, wherever it is installed, and loads it
    library, known = _nvrtc(), ctypes.c_int()
    if len(found) != 1 or library is None:
        return None
    library.nvrtcGetNumSupportedArchs(ctypes.byref(known))
    numbers = (ctypes.c_int * known.value)()
    library.nvrtcGetSupportedArchs(numbers)
    (capability,) = found
    return f"sm_{capability}" if int(capability) in list(numbers) else None


def warpgroups(where: Where) -> bool:
    """Whether kernels at ``where`` multiply by four warps together."""
    return on_cpu.is_hopper() if where == "host" else here() == HOPPER


def kept(variant: Variant, architecture: str) -> str:
    """The file with the card's code, where CuPy keeps its own; compiled if it is not there."""
    text = f"{architecture} {variant}\0{program(variant.source)}"
    folder = Path(os.environ.get("CUPY_CACHE_DIR") or Path.home() / ".cupy" / "kernel_cache")
    file = folder / f"minigrad_{hashlib.sha256(text.encode()).hexdigest()[:40]}.cubin"
    if not file.exists():
        code = compiled(variant, architecture)
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(file, code, "a kernel")
    return str(file)


# By either compiler -----------------------------------------------------------------------------------------


def _by_nvcc(text: str, options: list[str]) -> tuple[bool, str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder) / "kernel.cu", Path(folder) / "kernel.cubin"
        source.write_text(text, encoding="utf-8")
        command = ["nvcc", "-cubin", *options, str(source), "-o", str(result)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return not done.returncode, done.stderr, b"" if done.returncode else result.read_bytes()


def _by_nvrtc(text: str, options: list[str]) -> tuple[bool, str, bytes]:
    library, made = _nvrtc(), ctypes.c_void_p()
    library.nvrtcCreateProgram(ctypes.byref(made), text.encode(), b"kernel.cu", 0, None, None)
    try:
        given = (ctypes.c_char_p * len(options))(*(option.encode() for option in options))
        failed = library.nvrtcCompileProgram(made, len(options), given)
        log = _fetched(library.nvrtcGetProgramLogSize, library.nvrtcGetProgramLog, made)
        code = b"" if failed else _fetched(library.nvrtcGetCUBINSize, library.nvrtcGetCUBIN, made)
        return not failed, log.rstrip(b"\0").decode(), code
    finally:
        library.nvrtcDestroyProgram(ctypes.byref(made))


def _fetched(size_of: Any, fetch: Any, made: ctypes.c_void_p) -> bytes:
    size = ctypes.c_size_t()
    size_of(made, ctypes.byref(size))
    buffer = ctypes.create_string_buffer(size.value)
    fetch(made, buffer)
    return buffer.raw


@functools.cache
def _nvrtc() -> Any:
    """NVRTC's library: where the system finds it, or in the package nvidia-cuda-nvrtc."""
    found = importlib.util.find_spec("nvidia")
    folders = map(Path, (found.submodule_search_locations or ()) if found else ())
    packaged = [str(file) for folder in folders for file in sorted(folder.glob("*/lib/libnvrtc.so.*"))]
    for name in (*packaged, "libnvrtc.so.13", "libnvrtc.so.12"):
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None


if __name__ == "__main__":
    everything = list(variants())
    sizes = [len(compiled(variant)) for variant in everything]
    print(f"{len(sizes)} variants compile for {ARCHITECTURE} by {compiler()}: {sum(sizes)} bytes")  # noqa: T201
