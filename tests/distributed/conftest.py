"""Programs of several ranks run as a user runs them: by mpiexec. Where there is no MPI they are skipped."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(__file__).parent / "programs"


def mpiexec() -> str | None:
    """The launcher beside this Python, as the wheel of mpich brings it, or the system's."""
    beside = Path(sys.executable).parent / "mpiexec"
    return str(beside) if beside.exists() else shutil.which("mpiexec")


def why_not() -> str:
    """Why no program of several ranks can run here; "" if it can."""
    if importlib.util.find_spec("mpi4py") is None:
        return "mpi4py is not installed: pip install mpi4py mpich"
    return "" if mpiexec() else "there is no mpiexec: pip install mpich"


needs_mpi = pytest.mark.skipif(bool(why_not()), reason=why_not() or "MPI is there")


def command(ranks: int, program: Path | str, *arguments: str, module: bool = True) -> list[str]:
    """How a program of so many ranks is started."""
    python = [sys.executable, "-W", "error", *(["-m", "mpi4py"] if module else [])]
    return [str(mpiexec()), "-n", str(ranks), *python, str(PROGRAMS / program), *arguments]


def environment() -> dict[str, str]:
    """One thread for each rank; more ranks than cores are no fault."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    root = dict.fromkeys(("OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"), "1")
    more = {"OMPI_MCA_rmaps_base_oversubscribe": "1", "PYTHONPATH": str(ROOT)}
    return {**os.environ, **threads, **root, **more}


def run(
    ranks: int, program: Path | str, *arguments: str, module: bool = True, timeout: float = 240
) -> "subprocess.CompletedProcess[str]":
    """The ended program of so many ranks."""
    return subprocess.run(
        command(ranks, program, *arguments, module=module),
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
