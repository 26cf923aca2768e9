"""How many threads compute: one number for the compiled loops and for NumPy's matrix products."""

import importlib
import os
from functools import cache

__all__ = ["get_num_threads", "set_num_threads"]

_VARIABLES = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS")
_chosen: int | None = None
_alone = False


def get_num_threads() -> int:
    """How many threads a compiled loop is shared among: as set, else as $NUMBA_NUM_THREADS or
    $OMP_NUM_THREADS says, else one for each processor that this process may use.

    It is 1, whatever is set, in a process that was forked after loops had been shared among OpenMP's threads,
    which do not live through a fork (docs/guides/threads.md).
    """
    if _alone:
        return 1
    return _default() if _chosen is None else _chosen


def compute_alone() -> None:
    """Compiled loops take one thread from now on, whatever is set: there are no others to be had."""
    global _alone
    _alone = True


@cache  # asked at every call of a kernel, where reading the environment takes 8 microseconds
def _default() -> int:
    for name in _VARIABLES:
        value = os.environ.get(name, "")
        if value.isdecimal() and int(value) > 0:
            return int(value)
    return len(processors())


def processors() -> set[int]:
    """Which processors this process may use."""
    available = getattr(os, "sched_getaffinity", None)
    return set(available(0)) if available else set(range(os.cpu_count() or 1))


def share_processors(processes: int) -> None:
    """Use a part of the processors, which so many processes share, unless a number of threads was chosen.

    Threads wait for each other in a loop: more of them than there are processors take many times as long.
    """
    chosen = _chosen is not None or any(os.environ.get(name) for name in _VARIABLES)
    if not chosen:
        set_num_threads(max(1, len(processors()) // processes))


def set_num_threads(num: int) -> None:
    """Let compiled loops and matrix products use ``num`` threads, from the next one on.

    Compiled loops use no more threads than the process had processors when the first of them ran. The matrix
    products are told through threadpoolctl, which scikit-learn brings; without it they stay as they are.
    """
    if isinstance(num, bool) or not isinstance(num, int):
        raise TypeError(f"set_num_threads: expected an int, got {type(num).__name__}")
    if num < 1:
        raise RuntimeError(f"set_num_threads: expected a number of threads from 1 on, got {num}")
    global _chosen
    _chosen = num
    try:
        pools = importlib.import_module("threadpoolctl")
    except ImportError:
        return
    pools.threadpool_limits(num, user_api="blas")
