"""Compiled loops that are shared among threads.

numba shares a loop by itself where it finds ``prange``, but has LLVM optimise such a loop three times over:
compiling lesson 10's loops took 46 s. So there is but one loop with ``prange`` here, `_everyone`, which calls
a function by its address on every thread. A loop to be shared is an ordinary one, compiled once (12 s):

    @shared
    def _negate(team, x, y):
        if spread(team):
            return
        for n in mine(team, x.shape[0]):
            y[n] = -x[n]

Called from Python it finds itself with thread -1, and `spread` calls it again, on each thread with its own
number: `mine` are the rounds of that thread. Loops over single numbers take a `share` of each array instead,
and begin at 0 there: numba checks for negative places otherwise, and LLVM does not vectorise the check.
"""

# mypy: allow-untyped-defs

import threading
from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from minigrad.kernels import threads
from minigrad.kernels.numba_cpu.compiling import apart, compiled, inner
from minigrad.kernels.numba_cpu.vectors import INDEX, call, cgutils

config: Any = numba.config
prange: Any = numba.prange
BYTES = ir.IntType(8).as_pointer()


class Team(NamedTuple):
    """The first argument of a shared loop."""

    thread: int
    """The number of the thread that runs it, from 0 on, or -1 if the threads are still to be called."""
    threads: int
    everyone: int
    """The address of `_everyone`."""


ONE = Team(-1, 1, 0)
"""A thread by itself."""


_one_at_a_time = threading.RLock()
"""Numba's plainest thread pool ends the process when two threads start parallel loops at once."""

SHARED = 1 << 17
"""Elements from which on an elementwise loop is shared among threads: one alone takes 12 microseconds for
them, and waking a second takes 5."""


def thread_count() -> int:
    """How many threads a loop is shared among: its room to work in is cut for as many."""
    return min(threads.get_num_threads(), int(config.NUMBA_NUM_THREADS))


def shared(loop: Callable[..., None] | None = None, *, fastmath: bool | set[str] = False) -> Any:
    """``loop`` compiled (see `compiled`), to be called without its first argument, the `Team`.

    It is shared among as many threads as `threads` says; called with ``alone=True`` it takes one, for arrays
    too small to share, and with ``threads=`` as many as it has room for.
    """
    if loop is None:
        return partial(shared, fastmath=fastmath)
    fast = compiled(loop, fastmath=fastmath)

    def run(*args: Any, alone: bool = False, threads: int | None = None) -> None:
        number = 1 if alone else threads or thread_count()
        if number == 1:
            fast(ONE, *args)
            return
        with _one_at_a_time:
            if numba.get_num_threads() != number:  # whoever set another one before
                numba.set_num_threads(number)
            fast(Team(-1, number, _address()), *args)

    return run


def _everyone(function, arguments, threads):
    for thread in prange(threads):
        call(function, (arguments, thread))


@cache
def _address() -> int:
    return apart("iii", _everyone, parallel=True)(np.dtype(np.int64))


FIRST = 2
"""Where in a compiled function its own arguments begin: the Team's three numbers, then the others."""


def _owners(arguments: Any) -> list[int]:
    """Which arguments say who owns an array's memory: of an array the first two are pointers to bytes, and
    then come two integers.

    The threads get arrays that nobody owns. Else each slice is counted as a reference, and the threads wait
    for each other at the count (a depthwise convolution: 1.5 ms on two threads, 1.3 on one; 0.7 so on two).
    """
    kinds = [argument.type for argument in arguments]
    array = [BYTES, BYTES, INDEX, INDEX]
    found = [i for i in range(FIRST, len(kinds)) if kinds[i : i + len(array)] == array]
    return [i + j for i in found for j in (0, 1)]


def _part(builder: Any, kind: Any) -> Any:
    """The function that runs the loop on one thread: part(arguments, thread), compiled with the loop."""
    loop = builder.function
    part = ir.Function(loop.module, ir.FunctionType(ir.VoidType(), [BYTES, INDEX]), f"{loop.name}.part")
    part.linkage = "internal"
    inside = ir.IRBuilder(part.append_basic_block())
    given, thread = part.args
    given = inside.bitcast(given, kind.as_pointer())
    values = [inside.load(cgutils.gep_inbounds(inside, given, 0, i)) for i in range(len(loop.args))]
    values[FIRST] = thread
    for i in _owners(loop.args):
        values[i] = values[i].type(None)
    status = inside.call(loop, values)
    with inside.if_then(inside.icmp_signed("!=", status, status.type(0))):
        inside.store(status, cgutils.gep_inbounds(inside, given, 0, len(loop.args)))
    inside.ret_void()
    return part


def _spread(context, team):
    """Whether the loop has just been run by all threads, and there is nothing left to do."""

    def generate(context, builder, signature, arguments):
        thread, threads, everyone = cgutils.unpack_tuple(builder, arguments[0])
        loop = builder.function
        status = loop.ftype.return_type
        kind = ir.LiteralStructType([argument.type for argument in loop.args] + [status])
        given = cgutils.alloca_once(builder, kind)
        whole = builder.icmp_signed("<", thread, INDEX(0))
        with builder.if_then(whole):
            for i, value in enumerate((*loop.args, status(0))):
                builder.store(value, cgutils.gep_inbounds(builder, given, 0, i))
            part = _part(builder, kind)
            with builder.if_else(builder.icmp_signed("==", threads, INDEX(1))) as (one, several):
                with one:
                    builder.call(part, [builder.bitcast(given, BYTES), INDEX(0)])
                with several:
                    function = ir.FunctionType(ir.VoidType(), [INDEX, INDEX, INDEX]).as_pointer()
                    addresses = [builder.ptrtoint(pointer, INDEX) for pointer in (part, given)]
                    builder.call(builder.inttoptr(everyone, function), [*addresses, threads])
            failed = builder.load(cgutils.gep_inbounds(builder, given, 0, len(loop.args)))
            with builder.if_then(builder.icmp_signed("!=", failed, status(0))):
                context.call_conv.return_user_exc(builder, MemoryError, ("no memory for a thread's work",))
        return whole

    return types.boolean(team), generate


spread: Any = intrinsic(_spread)


@inner
def mine(team, count):
    """The rounds of this thread: neighbours, and as many as the other threads have, or one more."""
    return range(count * team.thread // team.threads, count * (team.thread + 1) // team.threads)


@inner
def share(team, row):
    """The part of a flat array that is this thread's: a view."""
    return row[row.size * team.thread // team.threads : row.size * (team.thread + 1) // team.threads]
