"""What ``minigrad doctor`` looks at: one function for each subject, which tells what it found.

None of them takes longer than it takes to load what it asks about, or a tenth of a second.
"""

import os
import platform
import shutil
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

import minigrad as mg
from minigrad.data.catalogue import KnownSet, catalogue
from minigrad.data.places import cache_folder
from minigrad.errors import DeviceError

THREADS = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

KERNELS = {
    512: ("skylakex", "cooperlake", "sapphirerapids"),
    256: ("haswell", "zen", "excavator"),
    128: (
        *("katmai", "coppermine", "northwood", "prescott", "banias", "atom", "nano", "athlon", "opteron"),
        *("opteron_sse3", "barcelona", "bobcat", "core2", "penryn", "dunnington", "nehalem", "sandybridge"),
        *("bulldozer", "piledriver", "steamroller"),
    ),
}
"""OpenBLAS's kernels for x86, in lower case, by the bits that one of their instructions multiplies and adds.
(Those of Sandybridge have 256, and multiply and add apart.)"""


class Finding(NamedTuple):
    """What was found about a subject; ``wrong`` is to be mended, ``slow`` works. ``advice`` may be empty."""

    subject: str
    state: Literal["ok", "slow", "wrong"]
    told: str
    advice: str = ""


def packages() -> Finding:
    """Are the packages that minigrad names as its own here, in the releases that it asks for?"""
    try:
        asked = metadata.requires("minigrad") or []
    except metadata.PackageNotFoundError:
        folder = Path(mg.__file__).parent
        return Finding("packages", "ok", f"minigrad is not installed, but read from {folder}")
    try:
        from packaging.requirements import Requirement
    except ImportError:
        return Finding("packages", "wrong", "packaging is missing", "pip install packaging")
    here, lacking = [], []
    for requirement in map(Requirement, asked):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            lacking.append((requirement, f"{requirement.name} is missing"))
            continue
        here.append(f"{requirement.name} {version}")
        if not requirement.specifier.contains(version, prereleases=True):
            lacking.append((requirement, f"{requirement.name} should be {requirement.specifier}"))
    told = ", ".join(here)
    if not lacking:
        return Finding("packages", "ok", told)
    names = " ".join(f"'{requirement.name}{requirement.specifier}'" for requirement, _ in lacking)
    return Finding(
        "packages", "wrong", f"{'; '.join(said for _, said in lacking)}. Here: {told}", f"pip install {names}"
    )


def processor() -> Finding:
    """How many processors and threads there are, which instructions, and whether others use them."""
    available, threads = _available(), mg.get_num_threads()
    width = _width(_instructions())
    has = {512: ", with AVX-512", 256: ", with AVX2", 128: ", without AVX2", 0: ""}[width]
    told = f"{available} of {os.cpu_count()} processors{has}; minigrad uses {counted(threads, 'thread')}"
    if width == 128:
        advice = "another machine. If this is a virtual one, its settings may hide what the processor has"
        return Finding("processor", "slow", f"{told}. Without AVX2 all arithmetic is slow.", advice)
    if threads < available:
        names = [f"{name}={os.environ[name]}" for name in THREADS if os.environ.get(name)]
        why = f", as {names[0]} says" if names else ""
        advice = f"unset {names[0].partition('=')[0]}" if names else f"mg.set_num_threads({available})"
        return Finding("processor", "slow", f"{told}{why}", f"{advice}, unless that is meant")
    everyone = os.cpu_count() or available
    busy = min(_others_that_run(), everyone)
    if busy + threads > everyone:  # of all processors: on which of them the others run is not said
        told += f". Other programs keep {busy} busy, and threads that share a loop wait for the slowest one"
        fewer = f", or until then mg.set_num_threads({max(1, everyone - busy)})" if threads > 1 else ""
        return Finding("processor", "slow", told, f"wait for them, or end some{fewer}")
    return Finding("processor", "ok", told)


def products() -> Finding:
    """Which library multiplies matrices for NumPy, and with the kernels of which processor."""
    try:
        pools = [pool for pool in _pools() if pool["user_api"] == "blas"]
    except ImportError:
        pools = []
    if not pools:  # Apple's, or one that threadpoolctl does not know
        known = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return Finding("products", "ok", f"by {known['name']} {known['version']}; no more is known of it")
    pool = pools[0]
    known_as = {"openblas": "OpenBLAS", "mkl": "MKL", "blis": "BLIS"}
    name = known_as.get(pool["internal_api"], pool["internal_api"])
    core, threads = pool.get("architecture") or "", counted(pool["num_threads"], "thread")
    told = f"by {name} {pool['version']}{core and f' with its kernels for {core}'}, {threads}"
    state, said, advice = _kernels_judged(core, _width(_instructions()), os.environ)
    return Finding("products", state, f"{told}{said}", advice)


def loops() -> Finding:
    """Does numba work, can what it compiles be kept, and is something kept already?"""
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        told = "NUMBA_DISABLE_JIT is set, so plain loops run: convolutions take many times as long"
        return Finding("loops", "slow", told, "unset NUMBA_DISABLE_JIT")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            mg.backend("numba")
        except ImportError as error:
            return Finding("loops", "wrong", " ".join([*(str(one.message) for one in said), str(error)]))
    from minigrad.kernels.numba_cpu.compiling import kept

    folder, count = kept()
    if folder is None:
        return Finding(
            "loops",
            "wrong",
            "numba finds no folder to keep compiled loops in, so every program compiles them anew",
            "let the variable NUMBA_CACHE_DIR name a folder that you may write to",
        )
    if not count:
        told = f"numba works; nothing is compiled yet. {folder} will hold it"
        advice = "nothing: the first training compiles, which takes some seconds"
        return Finding("loops", "slow", told, advice)
    return Finding("loops", "ok", f"numba works; {count} are compiled, in {folder}")


def pictures() -> Finding:
    """Can Graphviz lay a graph out? One is."""
    from minigrad.viz.graphs.render import render

    x = mg.tensor(3.0, requires_grad=True)
    try:
        render(mg.viz.graph(x * x).dot, "svg")
    except RuntimeError as error:
        return Finding("pictures", "wrong", str(error))
    return Finding("pictures", "ok", f"graphs are laid out by {shutil.which('dot') or 'pygraphviz'}")


def gpu() -> Finding:
    """Is there a card that tensors can be on, and if not, why?"""
    try:
        from minigrad.devices.place import find

        find("cuda", "GPU")
    except DeviceError as error:
        if shutil.which("nvidia-smi") is None:
            told = "no NVIDIA driver is seen (there is no nvidia-smi): all is computed on the CPU"
            return Finding("GPU", "ok", told)
        return Finding("GPU", "slow", f"a driver is here, and the card is not used: {error}")
    names = [mg.cuda.get_device_name(number) for number in range(mg.cuda.device_count())]
    return Finding("GPU", "ok", f"{', '.join(names)}; x.to('cuda') brings a tensor there")


def data_sets() -> Finding:
    """Which data sets are here, with files of the right size; can others be fetched?"""
    folder = cache_folder()
    try:
        here = {known.name: known.found() for known in catalogue()}
        bad = [known.name for known in catalogue() if here[known.name] and _of_another_size(known)]
        may_write = os.access(_existing(folder), os.W_OK)
    except OSError as error:
        return Finding("data sets", "wrong", f"{folder} cannot be read ({error.strerror})", _ELSEWHERE)
    if bad:
        told = f"files of {' and '.join(bad)} have not the size that they should have"
        return Finding("data sets", "wrong", told, f"minigrad data repair {' '.join(bad)}")
    places = [f"{name} is in {place}" for name, place in here.items() if place]
    absent = [name for name, place in here.items() if not place]
    told = "; ".join([*places, *([f"not here: {', '.join(absent)}"] if absent else [])])
    if absent and not may_write:
        return Finding("data sets", "wrong", f"{told}. {folder} cannot be written to", _ELSEWHERE)
    advice = f"minigrad data fetch {' '.join(absent)}, when a lesson needs it" if absent else ""
    return Finding("data sets", "ok", told, advice)


ALL: tuple[Callable[[], Finding], ...] = (packages, processor, products, loops, pictures, gpu, data_sets)

_ELSEWHERE = "let the variable MINIGRAD_DATA name a folder that you may write to"


# ------------------------------------------------------------------------------------------------------------


def _kernels_judged(
    core: str, width: int, environment: Mapping[str, str]
) -> tuple[Literal["ok", "slow"], str, str]:
    """Are OpenBLAS's kernels for ``core`` those of a processor whose instructions have ``width`` bits?

    OpenBLAS chooses by the processor's name. It may not know a new one, or one of a virtual machine, and
    takes those of an older one then; a variable, read when it is loaded, makes it take others.
    """
    bits = next((bits for bits, names in KERNELS.items() if core.lower() in names), None)
    chosen = environment.get("OPENBLAS_CORETYPE")
    by = f", as OPENBLAS_CORETYPE={chosen} says" if chosen else ""
    if bits is None or bits >= width:
        return "ok", by, ""
    better = {512: "SkylakeX", 256: "Haswell"}[width]
    has = {512: "AVX-512", 256: "AVX2"}[width]
    return (
        "slow",
        f"{by}. They do not use {has}, which this processor has: large products take up to "
        f"{'twice' if bits == 256 else 'several times'} as long",
        f"set the variable OPENBLAS_CORETYPE={better} before Python starts; minigrad bench measures with and "
        "without",
    )


def _instructions() -> set[str]:
    """What NumPy found that this processor can do, by NumPy's names; they change with its release."""
    found = np.show_config(mode="dicts").get("SIMD Extensions", {})
    return {*found.get("baseline", ()), *found.get("found", ())}


def _width(instructions: Iterable[str]) -> int:
    """The bits that an instruction of this processor multiplies and adds; 0 if it is no x86."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return 0
    names = {*instructions}
    return 512 if names & {"AVX512_SKX", "X86_V4"} else 256 if names & {"AVX2", "X86_V3"} else 128


def _pools() -> list[dict[str, Any]]:
    """What threadpoolctl, which scikit-learn brings, tells of the libraries that are loaded."""
    pools: list[dict[str, Any]] = import_module("threadpoolctl").threadpool_info()
    return pools


def _available() -> int:
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def _others_that_run(file: Path = Path("/proc/loadavg")) -> int:
    """How many threads of other programs run or wait for a processor: on Linux, within a tenth of a second;
    elsewhere it is not known (0).
    """
    counts = []
    for _ in range(9):
        try:
            counts.append(int(file.read_text().split()[3].partition("/")[0]))  # this one is among them
        except (OSError, ValueError, IndexError):
            return 0
        time.sleep(0.01)
    return max(0, sorted(counts)[len(counts) // 2] - 1)


def counted(number: object, noun: str) -> str:
    """A number and its noun: "1 thread", "2 threads"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _of_another_size(known: KnownSet) -> bool:
    """Whether a file that minigrad fetched has not its size. What the system has may be packed otherwise."""
    folder = known.place()
    return known.found() == folder and any(
        (folder / file.name).stat().st_size != file.size for file in known.files
    )


def _existing(folder: Path) -> Path:
    """The folder, or the innermost one above it that there is."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
