"""Whole vectors moved at a time: what numba's Python cannot say, written in LLVM's language.

numba checks every index for being negative, which keeps short loops from being vectorised: copying the rows
of small images took 3.5 cycles a number, and takes 0.3 so.
"""

# mypy: allow-untyped-defs

from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba import types
from numba.core import cgutils as _cgutils
from numba.core.errors import TypingError as _TypingError
from numba.extending import intrinsic

_features = llvmlite.binding.get_host_cpu_features()

VECTOR = 64 if _features.get("avx512f") else 32 if _features.get("avx2") else 16
"""Bytes in a vector register."""

MANY_REGISTERS = bool(VECTOR == 64 or not _features.get("sse2"))
"""Whether there are 32 vector registers (AVX-512, ARM), not 16."""

cgutils: Any = _cgutils  # it has no types
TypingError: Any = _TypingError
Pointer: Any = types.CPointer
INDEX = ir.IntType(64)
PLACE = types.intp


class Writer:
    """Writes instructions for vectors of one floating dtype, or for halves of them."""

    def __init__(self, context: Any, builder: Any, dtype: Any, half: bool = False) -> None:
        self.builder = builder
        self.lanes = VECTOR * 8 // dtype.bitwidth // (2 if half else 1)
        self.bytes = dtype.bitwidth // 8
        self.number = context.get_value_type(dtype)
        self.kind = ir.VectorType(self.number, self.lanes)
        self.zeros = ir.Constant(self.kind, [0.0] * self.lanes)
        self.undefined = ir.Constant(self.kind, ir.Undefined)
        self.fma = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(self.kind, [self.kind] * 3),
            f"llvm.fma.v{self.lanes}f{dtype.bitwidth}",
        )

    def at(self, pointer: Any, index: Any) -> Any:
        """The place of an element."""
        return self.builder.gep(pointer, [INDEX(index) if isinstance(index, int) else index])

    def phi(self, *incoming: tuple[Any, Any]) -> Any:
        """A vector that is another one by the block it comes from."""
        node = self.builder.phi(self.kind)
        for value, block in incoming:
            node.add_incoming(value, block)
        return node

    def load(self, pointer: Any, kind: Any = None) -> Any:
        """A vector, from any place."""
        vector = self.builder.load(self.builder.bitcast(pointer, (kind or self.kind).as_pointer()))
        vector.align = self.bytes
        return vector

    def store(self, vector: Any, pointer: Any) -> None:
        """Write a vector, to any place."""
        stored = self.builder.store(vector, self.builder.bitcast(pointer, vector.type.as_pointer()))
        stored.align = self.bytes

    def prefetch(self, pointer: Any, to_write: bool) -> None:
        """Have what lies there fetched into the second cache, if there is such a place."""
        byte, whole = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, whole, whole, whole])
        prefetch = cgutils.get_or_insert_function(self.builder.module, kind, "llvm.prefetch.p0")
        second, data = whole(2), whole(1)
        self.builder.call(prefetch, [self.builder.bitcast(pointer, byte), whole(int(to_write)), second, data])

    def spread(self, number: Any) -> Any:
        """A vector of one number."""
        one = self.builder.insert_element(self.undefined, number, ir.IntType(32)(0))
        return self.shuffle(one, self.undefined, [0] * self.lanes)

    def shuffle(self, a: Any, b: Any, places: list[int]) -> Any:
        """The elements of a and b at these places, b's counted on from a's."""
        mask = ir.Constant(ir.VectorType(ir.IntType(32), len(places)), places)
        return self.builder.shuffle_vector(a, b, mask)

    def multiply_add(self, a: Any, b: Any, c: Any) -> Any:
        """a b + c, rounded once."""
        return self.builder.call(self.fma, [a, b, c])

    def store_first(self, vector: Any, count: Any, pointer: Any) -> None:
        """Write the first ``count`` numbers of a vector, or all if it has fewer."""
        whole = self.builder.icmp_signed(">=", count, INDEX(self.lanes))
        with self.builder.if_else(whole, likely=True) as (then, otherwise):
            with then:
                self.store(vector, pointer)
            with otherwise:  # by way of memory: a half, a quarter, ... as the bits of count say
                kept = cgutils.alloca_once(self.builder, self.kind)
                self.builder.store(vector, kept)
                self.copy_pieces(self.builder.bitcast(kept, self.number.as_pointer()), pointer, count)

    def copy_pieces(self, source: Any, target: Any, count: Any) -> None:
        """Copy ``count`` numbers, fewer than a vector has."""
        size = self.lanes // 2
        while size:
            with self.builder.if_then(
                self.builder.icmp_signed("!=", self.builder.and_(count, INDEX(size)), INDEX(0))
            ):
                place = self.builder.and_(count, INDEX(-2 * size))
                kind = ir.VectorType(self.number, size)
                self.store(self.load(self.at(source, place), kind), self.at(target, place))
            size //= 2


def rolled(builder: Any, branch: Any) -> None:
    """Have LLVM leave a loop as it is, whose branch back this is.

    It would write a short one out twice. Where there are not enough registers for that, vectors wait on the
    stack, and it depends on the process whether they lie across two cache lines there. (8 rows by 2 vectors,
    see microkernel.py, with AVX-512: 107 GFLOP/s of a core in one process and 60 in the next; now 111.)
    """
    alone = builder.module.add_metadata([ir.MetaDataString(builder.module, "llvm.loop.unroll.disable")])
    this = builder.module.add_metadata([alone, alone])
    this.operands = (this, alone)  # a loop's metadata begin with themselves; so llvmlite cannot hash them
    branch.set_metadata("llvm.loop", this)


def align_stack(builder: Any) -> None:
    """Have a function's part of the stack begin where a vector may: what there are no registers for lies in
    one cache line then, and not across two in every other process.

    LLVM sees to that where the function keeps a vector there and, for all LLVM knows, makes use of it. (A
    transform of 6 x 6 vectors, in ten processes with AVX-512: 73 to 104 ns, and 73 to 75 so.)
    """
    place = cgutils.alloca_once(builder, ir.ArrayType(ir.IntType(8), VECTOR))
    place.align = VECTOR
    builder.asm(ir.FunctionType(ir.VoidType(), [place.type]), "", "r", [place], side_effect=True)


def pointers(context: Any, builder: Any, kinds: Any, arguments: Any) -> list[Any]:
    """The data of arrays, other arguments as they are."""
    return [
        context.make_array(kind)(context, builder, value).data if isinstance(kind, types.Array) else value
        for kind, value in zip(kinds, arguments, strict=True)
    ]


def _at(context, array, place):
    """A pointer to an element of a flat array."""

    def generate(context, builder, signature, arguments):
        data, place = pointers(context, builder, signature.args, arguments)
        return builder.gep(data, [place])

    return Pointer(array.dtype)(array, PLACE), generate


def _pointer(context, address, place, number):
    """A pointer to an element of a row of ``number``'s dtype that begins at an address."""

    def generate(context, builder, signature, arguments):
        kind = context.get_value_type(signature.args[2]).as_pointer()
        return builder.gep(builder.inttoptr(arguments[0], kind), [arguments[1]])

    return Pointer(number)(types.int64, PLACE, number), generate


def _lanes_of(context, pointer):
    """How many numbers of an array's, or a pointer's, dtype a vector has."""

    def generate(context, builder, signature, arguments):
        return INDEX(VECTOR * 8 // signature.args[0].dtype.bitwidth)

    return PLACE(pointer), generate


def jump(letters: str) -> Any:
    """The function call(address, arguments) for compiled code: to a function that was compiled apart.

    ``letters`` are those of `apart`. What does not fit them is an error when the loop is compiled: behind the
    address nothing is checked any more.
    """

    def fits(letter: str, kind: Any, numbers: Any) -> bool:
        if letter == "i":
            return isinstance(kind, types.Integer | types.Boolean)
        return bool(kind == (numbers if letter == "x" else Pointer(types.int64)))

    def call(context, address, arguments):
        if len(arguments) != len(letters):
            raise TypingError(f"expected {len(letters)} arguments ({letters!r}), got {len(arguments)}")
        pointers_to = [kind for letter, kind in zip(letters, arguments, strict=True) if letter == "x"]
        numbers = pointers_to[0] if pointers_to else None
        for letter, kind in zip(letters, arguments, strict=True):
            if not fits(letter, kind, numbers):
                raise TypingError(f"expected arguments of the kinds {letters!r}, got {list(arguments)}")
        kinds = [
            types.int64 if letter == "i" else kind for letter, kind in zip(letters, arguments, strict=True)
        ]

        def generate(context, builder, signature, given):
            address, values = given
            values = [
                context.cast(builder, value, was, kind)
                for value, was, kind in zip(
                    cgutils.unpack_tuple(builder, values), signature.args[1], kinds, strict=True
                )
            ]
            function = ir.FunctionType(ir.VoidType(), [value.type for value in values])
            builder.call(builder.inttoptr(address, function.as_pointer()), values)
            return context.get_dummy_value()

        return types.none(types.int64, arguments), generate

    return intrinsic(call)


def _copy(context, source, start, target, place, count, more):
    """target[place + i] = source[start + i] + more, for i below count; flat arrays, no bounds checked."""

    def generate(context, builder, signature, arguments):
        source, start, target, place, count, more = pointers(context, builder, signature.args, arguments)
        write = Writer(context, builder, signature.args[0].dtype)
        source, target = write.at(source, start), write.at(target, place)
        added = write.spread(more)
        whole = builder.and_(count, INDEX(-write.lanes))
        with cgutils.for_range_slice(builder, INDEX(0), whole, INDEX(write.lanes)) as (i, _):
            write.store(builder.fadd(write.load(write.at(source, i)), added), write.at(target, i))
        left = builder.sub(count, whole)
        size = write.lanes // 2
        while size:
            with builder.if_then(builder.icmp_signed("!=", builder.and_(left, INDEX(size)), INDEX(0))):
                i = builder.add(whole, builder.and_(left, INDEX(-2 * size)))
                kind = ir.VectorType(write.number, size)
                part = write.load(write.at(source, i), kind)
                write.store(builder.fadd(part, write.shuffle(added, added, [0] * size)), write.at(target, i))
            size //= 2
        return context.get_dummy_value()

    return types.void(source, PLACE, target, PLACE, PLACE, source.dtype), generate


def _add(context, source, start, target, place, count):
    """target[place + i] += source[start + i], for i below count, a number of whole vectors."""

    def generate(context, builder, signature, arguments):
        source, start, target, place, count = pointers(context, builder, signature.args, arguments)
        write = Writer(context, builder, signature.args[0].dtype)
        source, target = write.at(source, start), write.at(target, place)
        with cgutils.for_range_slice(builder, INDEX(0), count, INDEX(write.lanes)) as (i, _):
            there = write.at(target, i)
            write.store(builder.fadd(write.load(there), write.load(write.at(source, i))), there)
        return context.get_dummy_value()

    return types.void(source, PLACE, target, PLACE, PLACE), generate


def _pick(context, source, start, step, target, place, count):
    """target[place + i] = source[start + step * i], for i below count."""

    def generate(context, builder, signature, arguments):
        source, start, step, target, place, count = pointers(context, builder, signature.args, arguments)
        write = Writer(context, builder, signature.args[0].dtype)
        source, target = write.at(source, start), write.at(target, place)
        begin = cgutils.alloca_once_value(builder, INDEX(0))
        with builder.if_then(builder.icmp_signed("==", step, INDEX(2))):
            # Two vectors, of which every second number is wanted. The last of them is read singly, as what
            # follows it may not be there.
            whole = builder.and_(builder.sub(count, INDEX(1)), INDEX(-write.lanes))
            evens = [2 * lane for lane in range(write.lanes)]
            with cgutils.for_range_slice(builder, INDEX(0), whole, INDEX(write.lanes)) as (i, _):
                twice = builder.mul(i, INDEX(2))
                first = write.load(write.at(source, twice))
                second = write.load(write.at(source, builder.add(twice, INDEX(write.lanes))))
                write.store(write.shuffle(first, second, evens), write.at(target, i))
            with builder.if_then(builder.icmp_signed(">", whole, INDEX(0))):
                builder.store(whole, begin)
        with cgutils.for_range_slice(builder, builder.load(begin), count, INDEX(1)) as (i, _):
            builder.store(builder.load(write.at(source, builder.mul(i, step))), write.at(target, i))
        return context.get_dummy_value()

    return types.void(source, PLACE, PLACE, target, PLACE, PLACE), generate


def _scatter(context, source, start, source_step, target, place, step, count, more):
    """target[place + step * i] = source[start + source_step * i] + more, for i below count."""

    def generate(context, builder, signature, arguments):
        source, start, source_step, target, place, step, count, more = pointers(
            context, builder, signature.args, arguments
        )
        write = Writer(context, builder, signature.args[0].dtype)
        source, target = write.at(source, start), write.at(target, place)
        with cgutils.for_range_slice(builder, INDEX(0), count, INDEX(1)) as (i, _):
            value = builder.load(write.at(source, builder.mul(i, source_step)))
            builder.store(builder.fadd(value, more), write.at(target, builder.mul(i, step)))
        return context.get_dummy_value()

    return types.void(source, PLACE, PLACE, target, PLACE, PLACE, PLACE, source.dtype), generate


def _clear(context, target, place, count):
    """target[place + i] = 0 for i below count."""

    def generate(context, builder, signature, arguments):
        target, place, count = pointers(context, builder, signature.args, arguments)
        write = Writer(context, builder, signature.args[0].dtype)
        zero = ir.Constant(write.number, 0.0)
        with cgutils.for_range_slice(builder, place, builder.add(place, count), INDEX(1)) as (i, _):
            builder.store(zero, write.at(target, i))
        return context.get_dummy_value()

    return types.void(target, PLACE, PLACE), generate


at: Any = intrinsic(_at)
pointer: Any = intrinsic(_pointer)
lanes_of: Any = intrinsic(_lanes_of)
copy: Any = intrinsic(_copy)
add: Any = intrinsic(_add)
pick: Any = intrinsic(_pick)
scatter: Any = intrinsic(_scatter)
clear: Any = intrinsic(_clear)
