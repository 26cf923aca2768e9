"""How much memory this process may take, and has taken."""

import os
import resource
from pathlib import Path

_MEGABYTE = 1 << 20


def bound(megabytes: int) -> None:
    """Let this process take so many megabytes besides what it has; its children have bounds of their own."""
    now = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (now + megabytes * _MEGABYTE, most))


def peak() -> float:
    """The megabytes that this process has had in memory, at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
