"""Arithmetic without subnormal numbers, for a while.

Below 1.2e-38 float32 has only numbers of few digits left, the subnormal ones, and Intel's processors hand
every operation that meets one to slow microcode. Optimisers meet them: the square of a gradient of 1e-20 is
one, and so is a momentum that has decayed for some hundred steps: rounding keeps it from reaching 0. Between
`flush` and `restore` the processor takes them for 0. (An Adam step over 235,146 weights with such gradients:
3.15 -> 0.14 ms on a Xeon; SGD with a momentum that has decayed: 1.83 -> 0.08.) So do convolutions, once a
network is sure of its answers: the gradients that come from the loss are tiny.
"""

# mypy: allow-untyped-defs

import platform
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from minigrad.kernels.numba_cpu.vectors import cgutils

X86 = platform.machine().lower() in ("x86_64", "amd64")
"""Elsewhere nothing is done: the other processors that NumPy has wheels for are not slow at them."""

FLUSH = 0x8040
"""Of x86's register MXCSR the bits DAZ (a subnormal operand is 0) and FTZ (a subnormal result is 0)."""


def _access(builder: Any, name: str, place: Any) -> None:
    """Have the processor store MXCSR at ``place`` ("stmxcsr"), or load it from there ("ldmxcsr")."""
    pointer = ir.IntType(8).as_pointer()
    function = builder.module.declare_intrinsic(
        f"llvm.x86.sse.{name}", (), ir.FunctionType(ir.VoidType(), [pointer])
    )
    builder.call(function, [builder.bitcast(place, pointer)])


def _flush(context, wanted):
    """If ``wanted``, take subnormal numbers for 0 from here on, in this thread.

    Returns what `restore` needs.
    """

    def generate(context, builder, signature, arguments):
        word = ir.IntType(32)
        if not X86:
            return word(0)
        place = cgutils.alloca_once(builder, word)
        _access(builder, "stmxcsr", place)
        before = builder.load(place)
        bits = builder.select(arguments[0], word(FLUSH), word(0))
        builder.store(builder.or_(before, bits), place)
        _access(builder, "ldmxcsr", place)
        return before

    return types.uint32(types.boolean), generate


def _restore(context, before):
    """Compute as before `flush`."""

    def generate(context, builder, signature, arguments):
        if X86:
            place = cgutils.alloca_once(builder, ir.IntType(32))
            builder.store(arguments[0], place)
            _access(builder, "ldmxcsr", place)
        return context.get_dummy_value()

    return types.none(types.uint32), generate


flush: Any = intrinsic(_flush)
restore: Any = intrinsic(_restore)
