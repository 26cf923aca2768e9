"""How much memory this process holds, and how much it has held, in MiB."""

import os
import resource
import sys


def peak_mb() -> float:
    """The most memory this process has had resident so far.

    On Linux from /proc, because ru_maxrss also remembers the process that started this one.
    """
    if sys.platform == "linux":
        return _proc_status("VmHWM") / 1024
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def resident_mb() -> float:
    """The memory resident now; where the system does not say, the peak."""
    if sys.platform == "linux":
        return _proc_status("VmRSS") / 1024
    return peak_mb()


def _proc_status(name: str) -> int:
    with open(f"/proc/{os.getpid()}/status") as status:
        for line in status:
            if line.startswith(name):
                return int(line.split()[1])  # in kB
    raise RuntimeError(f"/proc/{os.getpid()}/status has no line {name}")
