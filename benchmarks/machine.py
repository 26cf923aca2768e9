"""On what was measured: without it a number says nothing."""

import datetime
import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any


def describe(threads: int) -> dict[str, Any]:
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": threads,
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load_before": round(os.getloadavg()[0], 2),
        "system": platform.platform(),
        "python": platform.python_version(),
        "numpy": version_of("numpy"),
        "numba": version_of("numba"),
        "minigrad_commit": _commit(),
        "date": datetime.date.today().isoformat(),
    }


def _processor() -> str:
    """Family and model are named too, because a virtual machine's name for its processor is often vague."""
    if sys.platform == "linux":
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        fields = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
        if "model name" in fields:
            return f"{fields['model name']} (family {fields['cpu family']}, model {fields['model']})"
    if sys.platform == "darwin":
        return _output("sysctl", "-n", "machdep.cpu.brand_string")
    return platform.processor() or platform.machine()


def version_of(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _commit() -> str:
    try:
        commit = _output("git", "rev-parse", "--short", "HEAD")
        return commit + (" with changes" if _output("git", "status", "--porcelain", "minigrad") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"  # an archive of the sources, without git


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
