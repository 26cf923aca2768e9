"""The process group: which ranks there are, and which of them this program is."""

import atexit
import faulthandler
import importlib.util
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from minigrad import cuda
from minigrad.distributed.agreement import Agreement
from minigrad.distributed.channel import Channel, MpiChannel
from minigrad.distributed.work import Work
from minigrad.errors import DistBackendError, refuse
from minigrad.kernels.threads import processors, share_processors
from minigrad.train.ranks import set_first

DEFAULT_TIMEOUT = timedelta(minutes=10)
_LAUNCHERS = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MPI_LOCALNRANKS", "MV2_COMM_WORLD_SIZE", "WORLD_SIZE")
"""Variables by which the launchers of MPI, and torchrun, tell a program how many ranks there are."""

_LAST_WORDS = 0.2
"""Seconds between an error's text and the end of the job: mpiexec drops what it has not yet passed on."""


@dataclass
class Group:
    """The ranks that work together.

    Attributes:
        channel: what carries numbers between them.
        backend: "mpi" or "nccl", which is for the arrays on cards; those on the CPU go by MPI then, too.
        timeout: in seconds.
        nccl: the communicator between the cards.
        broken: whether an operation has failed: then the ranks no longer agree on what comes next.
    """

    channel: Channel
    backend: str
    timeout: float
    nccl: Any = None
    broken: bool = False

    def fail(self) -> None:
        """An operation has failed."""
        self.broken = True


_group: Group | None = None


def init_process_group(
    backend: str | None = None,
    init_method: str | None = None,
    timeout: timedelta | None = None,
    world_size: int = -1,
    rank: int = -1,
    store: Any = None,
    group_name: str = "",
    pg_options: Any = None,
    device_id: Any = None,
) -> None:
    """Find the other ranks. Every rank calls it, before anything else of this package.

    Who is there, the launcher has said: ``mpiexec -n 2 python -m mpi4py program.py``. A program that is
    started without one is a group of one rank, and needs no mpi4py.

    Ranks of one machine share its processors: each takes its part of them for its threads, unless a number
    was chosen by ``mg.set_num_threads``, $OMP_NUM_THREADS or $NUMBA_NUM_THREADS.

    Args:
        backend: None or "mpi": numbers travel by MPI, those of a card by way of the CPU. "nccl": those of
            cards go from card to card by NCCL, which CuPy brings; each rank first calls
            ``mg.cuda.set_device``. (NCCL has not been run on cards yet.)
        timeout: how long a rank waits for the others before it ends with an error; 10 minutes by default.
            While it waits for them to begin, it ends without an exception, and tells where it was.
        world_size, rank: what the launcher has said, or -1. The other options of PyTorch's are refused.

    Raises:
        RuntimeError: there is a group already, or the launcher has said otherwise.
        DistBackendError: the program was started by mpiexec, and mpi4py is missing or belongs to another MPI;
            or NCCL is missing.
    """
    global _group
    if _group is not None:
        raise RuntimeError("init_process_group: there is a group already; destroy_process_group() ends it.")
    if backend not in (None, "mpi", "nccl"):
        raise ValueError(f"init_process_group: backend is None, 'mpi' or 'nccl', got {backend!r}.")
    refuse(
        "init_process_group",
        "the launcher of MPI says who is there",
        init_method=init_method,
        store=store,
        group_name=group_name or None,
        pg_options=pg_options,
        device_id=device_id,
    )
    limit = (DEFAULT_TIMEOUT if timeout is None else timeout).total_seconds()
    if not limit > 0:
        raise ValueError(f"init_process_group: timeout must be above 0, got {timeout!r}.")
    channel = _channel(limit)
    for name, given, there in (("world_size", world_size, channel.size), ("rank", rank, channel.rank)):
        if given not in (-1, there):
            raise RuntimeError(
                f"init_process_group: {name}={given}, but the launcher has said {there}. Leave {name} out: "
                "mpiexec -n says how many there are."
            )
    group = Group(channel, "mpi" if backend is None else backend, limit)
    if backend == "nccl":
        group.nccl = _nccl(group)
    _group = group
    set_first(channel.rank == 0)
    if channel.size > 1:
        atexit.register(_leave, group)


def destroy_process_group(group: None = None) -> None:
    """Wait for the others, and end the group. A program may also just end.

    While an exception is on its way, as in ``finally``, nobody is waited for: the others may be elsewhere,
    and hear of it when the program ends.
    """
    global _group
    own = current("destroy_process_group", group)
    if sys.exc_info()[1] is None and not own.broken:
        channel, call = own.channel, Agreement(own.channel, "destroy_process_group")
        Work(call.words, channel.barrier(), channel, own.timeout, None, own.fail, call).wait()
        atexit.unregister(_leave)
    _group = None
    set_first(True)


def current(owner: str, group: None = None) -> Group:
    """The group; ``owner`` is whom an error is to name."""
    refuse(owner, "there is one group, of all ranks", group=group)
    if _group is None:
        raise ValueError(f"{owner}: there is no process group yet: call init_process_group() first.")
    return _group


def is_available() -> bool:
    """Whether this package can be used: always, if only by one rank."""
    return True


def is_mpi_available() -> bool:
    """Whether mpi4py is installed."""
    return importlib.util.find_spec("mpi4py") is not None


def is_nccl_available() -> bool:
    """Whether there are an NVIDIA GPU and CuPy, and it brings NCCL."""
    if not cuda.is_available():
        return False
    from minigrad.devices import nccl

    return nccl.available()


def is_initialized() -> bool:
    """Whether ``init_process_group`` was called."""
    return _group is not None


def get_rank(group: None = None) -> int:
    """Which one this program is, from 0."""
    return current("get_rank", group).channel.rank


def get_world_size(group: None = None) -> int:
    """How many ranks there are."""
    return current("get_world_size", group).channel.size


def get_backend(group: None = None) -> str:
    """What carries the numbers: "mpi", or "nccl" for those on cards."""
    return current("get_backend", group).backend


def _share_processors(MPI: Any) -> None:
    """Among the ranks of this machine that may use the same ones: a launcher may bind each to its own."""
    here = MPI.COMM_WORLD.Split_type(MPI.COMM_TYPE_SHARED)
    mine, everyones = processors(), here.allgather(processors())
    here.Free()
    share_processors(sum(not mine.isdisjoint(own) for own in everyones))


def _channel(limit: float) -> Channel:
    started = [name for name in _LAUNCHERS if os.environ.get(name, "1") not in ("", "1")]
    if is_mpi_available():
        with _given_up_after(limit) if started else nullcontext():
            try:
                from mpi4py import MPI
            except (ImportError, RuntimeError) as error:
                raise DistBackendError(
                    f"init_process_group: mpi4py is installed and finds no MPI ({error}). Install one: pip "
                    "install mpich, or your system's; or uninstall mpi4py to run as one rank."
                ) from error
            if MPI.COMM_WORLD.Get_size() > 1:
                _share_processors(MPI)
                return MpiChannel(MPI.COMM_WORLD)
        hint = (
            f"the MPI of mpi4py, {MPI.get_vendor()[0]}, knows of one. Start them with the mpiexec that comes "
            "with this MPI, or install mpi4py for yours."
        )
    else:
        hint = "mpi4py, by which they talk, is not installed: pip install mpi4py"
    if started:
        raise DistBackendError(
            f"init_process_group: {os.environ[started[0]]} ranks were started ({started[0]}), and {hint}"
        )
    return Channel()


@contextmanager
def _given_up_after(seconds: float) -> Iterator[None]:
    """End the program if what is inside takes longer, and say where it was.

    MPI waits without end for ranks that never begin, and holds Python's lock: no thread and no signal of
    Python's could end it.
    """
    faulthandler.dump_traceback_later(seconds, exit=True, file=2)  # standard error
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def _nccl(group: Group) -> Any:
    """The communicator between the cards: rank 0 draws its name and tells the others by MPI."""
    if not is_nccl_available():
        raise DistBackendError(
            "init_process_group: backend='nccl' needs an NVIDIA GPU and a CuPy that brings NCCL (pip install "
            "cupy-cuda13x nvidia-nccl-cu13). backend='mpi' carries a card's numbers, too."
        )
    from minigrad.devices import nccl

    name = nccl.new_name() if group.channel.rank == 0 else np.zeros(nccl.NAME_BYTES, np.uint8)
    request = group.channel.broadcast(name, 0)
    Work("init_process_group", request, group.channel, group.timeout, None, group.fail).wait()
    return nccl.Communicator(group.channel.size, name, group.channel.rank)


def _leave(group: Group) -> None:
    """This program ends. If by an error, all are to end: the others would wait for it forever."""
    if group.broken or getattr(sys, "last_value", None) is not None:
        sys.stderr.flush()
        time.sleep(_LAST_WORDS)
        group.channel.abort()
    group.channel.take_leave()
