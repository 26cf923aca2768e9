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
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numba.np.ufunc import parallel

from minigrad.forks import in_child
from minigrad.kernels.numba_cpu.compiling import apart, compiled, inner
from minigrad.kernels.numba_cpu.vectors import INDEX, TypingError, align_stack, cgutils, jump
from minigrad.kernels.threads import compute_alone, get_num_threads

config: Any = numba.config
prange: Any = numba.prange
threading_layer: Any = parallel.threading_layer
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


_told = threading.local()
"""How many threads numba was told to take, by this thread: to ask it takes as long as to wake them."""


@in_child
def _without_the_parents_threads() -> None:
    """Whichever thread was inside a loop has stayed with the parent, and so have those that loops are shared
    among. Numba's plainest pool starts others; of its OpenMP, GNU's ends the process, so it is not asked.
    """
    global _one_at_a_time
    _one_at_a_time = threading.RLock()
    if _layer() == "omp":
        compute_alone()


def _layer() -> str:
    """Which pool of threads numba has begun to use; "" before it uses one."""
    try:
        return str(threading_layer())
    except ValueError:
        return ""


WORTH_SHARING = 1 << 17
"""Elements from which on an elementwise loop is shared among threads: one alone takes 12 microseconds for
them, and waking a second takes 5."""


def thread_count() -> int:
    """How many threads a loop is shared among: its room to work in is cut for as many."""
    return min(get_num_threads(), int(config.NUMBA_NUM_THREADS))


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
            if getattr(_told, "number", None) != number:
                _start_threads(number)
                _told.number = number
            fast(Team(-1, number, _address()), *args)

    return run


def _start_threads(number: int) -> None:
    try:
        numba.set_num_threads(number)
    except ValueError as error:  # an operation would take it for one about its shapes
        raise RuntimeError(
            f"numba cannot start threads (NUMBA_THREADING_LAYER is {config.THREADING_LAYER!r}). Unset that, "
            f"or do without: mg.set_num_threads(1). {error}"
        ) from error


_call = jump("ii")


def _everyone(function, arguments, threads):
    for thread in prange(threads):
        _call(function, (arguments, thread))


@cache
def _address() -> int:
    return apart("iii", _everyone, parallel=True)()


def _owners(arguments: Any) -> list[int]:
    """Which arguments say who owns an array's memory: of an array the first two are pointers to bytes, and
    then come two integers.

    The threads get arrays that nobody owns. Else each slice is counted as a reference, and the threads wait
    for each other at the count (a depthwise convolution: 1.5 ms on two threads, 1.3 on one; 0.7 so on two).
    """
    kinds = [argument.type for argument in arguments]
    array = [BYTES, BYTES, INDEX, INDEX]
    found = [i for i in range(len(kinds)) if kinds[i : i + len(array)] == array]
    return [i + j for i in found for j in (0, 1)]


class _Call:
    """What the threads are given: the loop's own arguments, as they are in memory, and how it ended.

    Of a compiled function the first arguments are numba's: where to write the result, and the exception. The
    others are a `Team`'s three numbers and what follows.
    """

    def __init__(self, context: Any, builder: Any) -> None:
        self.loop = builder.function
        self.own = list(context.call_conv.get_arguments(self.loop))
        self.numbas = list(self.loop.args)[: -len(self.own)]
        if len(self.numbas) != 2 or [argument.type for argument in self.own[:3]] != [INDEX] * 3:
            raise TypingError(
                "a Team is the first argument of a shared loop, and spread is called there only"
            )
        self.status = self.loop.ftype.return_type
        self.exception = self.numbas[1].type.pointee
        kinds = [argument.type for argument in self.own]
        self.kind = ir.LiteralStructType([*kinds, self.exception, self.status])

    def field(self, builder: Any, call: Any, i: int) -> Any:
        """The place of an argument; with -2 that of the exception, with -1 that of the status."""
        return cgutils.gep_inbounds(builder, call, 0, i % len(self.kind.elements))

    def part(self) -> Any:
        """The function that runs the loop on one thread: part(call, thread), compiled with the loop."""
        kind = ir.FunctionType(ir.VoidType(), [BYTES, INDEX])
        part = ir.Function(self.loop.module, kind, f"{self.loop.name}.part")
        part.linkage = "internal"
        builder = ir.IRBuilder(part.append_basic_block())
        call = builder.bitcast(part.args[0], self.kind.as_pointer())
        values = [builder.load(self.field(builder, call, i)) for i in range(len(self.own))]
        values[0] = part.args[1]
        for i in _owners(self.own):
            values[i] = values[i].type(None)
        # Numba promises LLVM that nobody else knows these two places.
        result, exception = (builder.alloca(argument.type.pointee) for argument in self.numbas)
        builder.store(self.exception(None), exception)
        status = builder.call(self.loop, [result, exception, *values])
        with builder.if_then(builder.icmp_signed("!=", status, self.status(0))):
            builder.store(builder.load(exception), self.field(builder, call, -2))
            builder.store(status, self.field(builder, call, -1))
        builder.ret_void()
        return part


def _spread(context, team):
    """Whether the loop has just been run by all threads. Then the caller's has only to return, or to put
    together what they found: it is alone again.
    """

    def generate(context, builder, signature, arguments):
        align_stack(builder)
        thread, threads, everyone = cgutils.unpack_tuple(builder, arguments[0])
        c = _Call(context, builder)
        call = cgutils.alloca_once(builder, c.kind)
        whole = builder.icmp_signed("<", thread, INDEX(0))
        with builder.if_then(whole):
            for i, value in enumerate([*c.own, c.exception(None), c.status(0)]):
                builder.store(value, c.field(builder, call, i))
            part = c.part()
            with builder.if_else(builder.icmp_signed("==", threads, INDEX(1))) as (one, several):
                with one:
                    builder.call(part, [builder.bitcast(call, BYTES), INDEX(0)])
                with several:
                    function = ir.FunctionType(ir.VoidType(), [INDEX, INDEX, INDEX]).as_pointer()
                    addresses = [builder.ptrtoint(pointer, INDEX) for pointer in (part, call)]
                    builder.call(builder.inttoptr(everyone, function), [*addresses, threads])
            status = builder.load(c.field(builder, call, -1))
            with builder.if_then(builder.icmp_signed("!=", status, c.status(0))):  # a thread's is the loop's
                builder.store(builder.load(c.field(builder, call, -2)), c.numbas[1])
                builder.ret(status)
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
