"""The transforms of Winograd's minimal filtering: tiles of images, kernels and results, and their products.

winograd.py says what they are for. Each is M X Mᵀ for a small matrix M, here for many
tiles X, with a vector of channels at a time.
"""

# mypy: allow-untyped-defs

import math
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from minigrad.kernels.numba_cpu.compiling import apart, inner
from minigrad.kernels.numba_cpu.vectors import INDEX, PLACE, Writer, align_stack, at, jump, lanes_of
from minigrad.kernels.reference.arrays import Array

Matrix: TypeAlias = tuple[tuple[float, ...], ...]


def _turned(matrix: Matrix) -> Matrix:
    return tuple(zip(*matrix, strict=True))


# A form is named 10 * side + r: tiles of side * side pixels for kernels of r * r taps. Kernels and results
# stand for polynomials, multiplied value by value at as many points as a side has: infinity and those below.
# Of many choices these round least: float32 results of 64 channels are off by 0.2e-6 (root mean square) with
# four points, by 0.6e-6 with five (0, 1, -1, 2: 1.0e-6), by 0.8e-6 with six (0, 1, -1, 2, -2: 1.4e-6), and
# by 0.3e-6 in plain sums.
POINTS = {
    4: (0, 1, -1),
    5: (0, 1, Fraction(-1, 2), -2),
    6: (0, Fraction(3, 2), Fraction(-3, 2), Fraction(2, 3), Fraction(-3, 4)),
}


def matrices(side: int, r: int) -> tuple[Matrix, Matrix, Matrix]:
    """B, A and G, with y = A [(G g) * (B x)]: the Toom-Cook method, its matrices transposed.

    Point p has a row of B, the coefficients of the product of (t - q) over the other points q; a column of
    A, the powers of p; and a row of G, the powers of p over the product of (p - q). Infinity has the product
    over all points, and the highest power. Signs are turned where a row of B would begin with a minus.
    """
    points = [Fraction(p) for p in POINTS[side]]
    results = side + 1 - r
    image, kernel = [], []
    for p in points:
        others = [q for q in points if q != p]
        image.append([*_expanded(others), Fraction(0)])
        kernel.append([p**n / math.prod(p - q for q in others) for n in range(r)])
    image.append(_expanded(points))
    kernel.append([Fraction(n == r - 1) for n in range(r)])
    for row, factors in zip(image, kernel, strict=True):
        if next(c for c in row if c) < 0:
            row[:], factors[:] = [-c for c in row], [-f for f in factors]
    output = [[*(p**n for p in points), Fraction(n == results - 1)] for n in range(results)]
    return _floats(image), _floats(output), _floats(kernel)


def _expanded(points: list[Fraction]) -> list[Fraction]:
    """The coefficients of the product of (t - p), the constant one first."""
    zero, product = Fraction(0), [Fraction(1)]
    for p in points:
        product = [low - p * high for low, high in zip([zero, *product], [*product, zero], strict=True)]
    return product


def _floats(rows: list[list[Fraction]]) -> Matrix:
    return tuple(tuple(map(float, row)) for row in rows)


B, A, G = {}, {}, {}
for _form in (43, 42, 52, 63):
    B[_form // 10], A[_form], G[_form] = matrices(*divmod(_form, 10))

# The transforms, to which the form is added (to the first, the side).
OF_IMAGE, OF_KERNEL, TO_RESULTS, OF_UPSTREAM, TO_KERNEL, ROW_OF_KERNEL = 0, 100, 200, 300, 400, 500


def _times(write: Any, row: tuple[float, ...], vectors: list[Any]) -> Any:
    """The sum of vectors times numbers, most of which are 1, -1 or 0."""
    builder, total = write.builder, None
    for factor, vector in zip(row, vectors, strict=True):
        if not factor:
            continue
        if abs(factor) != 1:
            number = ir.Constant(write.kind, [float(factor)] * write.lanes)
            total = write.multiply_add(vector, number, total or write.zeros)
        elif total is None:
            total = builder.fsub(write.zeros, vector) if factor < 0 else vector
        else:
            total = (builder.fsub if factor < 0 else builder.fadd)(total, vector)
    return total


def _tile(matrix: Matrix, of_short: bool) -> Any:
    """The function M X Mᵀ for compiled code, for as many tiles X at once as a vector has numbers.

        tile(x, start, row, column, y, place, y_row, y_column, lacks_row, lacks_column)

    X[i, j] is the vector at x[start + i row + j column], and the result is written alike. With ``of_short``
    tiles there may be one row or column less than M has columns: what stands in its place is taken for 0.
    """
    height, width = len(matrix), len(matrix[0])

    def signature(context, x, start, row, column, y, place, y_row, y_column, lacks_row, lacks_column):
        return types.void(x, PLACE, PLACE, PLACE, y, PLACE, PLACE, PLACE, PLACE, PLACE), generate

    def generate(context, builder, signature, arguments):
        x, start, row, column, y, place, y_row, y_column, *lacks = arguments
        write = Writer(context, builder, signature.args[0].dtype)
        lacks_row, lacks_column = (builder.icmp_signed("!=", lack, INDEX(0)) for lack in lacks)

        def corner(array: Any, first: Any, down: Any, right: Any, i: int, j: int) -> Any:
            lines = builder.add(builder.mul(down, down.type(i)), builder.mul(right, right.type(j)))
            return write.at(array, builder.add(first, lines))

        align_stack(builder)  # a tile of 36 vectors is more than there are registers
        grid = [[write.load(corner(x, start, row, column, i, j)) for j in range(width)] for i in range(width)]
        if of_short:
            for n in range(width):
                grid[-1][n] = builder.select(lacks_row, write.zeros, grid[-1][n])
                grid[n][-1] = builder.select(lacks_column, write.zeros, grid[n][-1])
        beside = [[_times(write, line, vectors) for line in matrix] for vectors in grid]  # X Mᵀ
        for j in range(height):
            vectors = [vectors[j] for vectors in beside]
            for i, line in enumerate(matrix):
                there = corner(y, place, y_row, y_column, i, j)
                write.store(_times(write, line, vectors), there)
        return context.get_dummy_value()

    return intrinsic(signature)


def _row(matrix: Matrix) -> Any:
    """The same for a single row of the result, whose number takes the place of ``lacks_row``."""
    height, width = len(matrix), len(matrix[0])

    def signature(context, x, start, row, column, y, place, y_row, y_column, number, _):
        return types.void(x, PLACE, PLACE, PLACE, y, PLACE, PLACE, PLACE, PLACE, PLACE), generate

    def generate(context, builder, signature, arguments):
        x, start, row, column, y, place, _, y_column, number, _ = arguments
        write = Writer(context, builder, signature.args[0].dtype)
        rows = [builder.append_basic_block(f"row_{i}") for i in range(height)]
        leave = builder.append_basic_block("leave")
        which = builder.switch(number, leave)
        for i, block in enumerate(rows):
            which.add_case(INDEX(i), block)
            builder.position_at_end(block)
            beside = []
            for b in range(width):
                column_b = builder.add(start, builder.mul(column, INDEX(b)))
                places = [builder.add(column_b, builder.mul(row, INDEX(a))) for a in range(width)]
                beside.append(_times(write, matrix[i], [write.load(write.at(x, place)) for place in places]))
            for j, line in enumerate(matrix):
                there = builder.add(place, builder.mul(y_column, INDEX(j)))
                write.store(_times(write, line, beside), write.at(y, there))
            builder.branch(leave)
        builder.position_at_end(leave)
        return context.get_dummy_value()

    return intrinsic(signature)


def _all_tiles(name: str, matrix: Matrix, of_short: bool = False, one_row: bool = False) -> Any:
    """A function for all tiles with all their channels, a vector of them at a time."""
    tile = _row(matrix) if one_row else _tile(matrix, of_short)

    def tiles(
        x, x_line, x_tile, x_row, x_column, y, y_line, y_tile, y_row, y_column, y_beside, lines, wide,
        channels, lacks_row, lacks_column,
    ):  # fmt: skip
        for i in range(lines):
            for j in range(wide):
                start, place = i * x_line + j * x_tile, i * y_line + j * y_tile
                for c in range(0, channels, lanes_of(x)):
                    tile(x, start + c, x_row, x_column, y, place, y_row, y_column, lacks_row, lacks_column)
                    place += y_beside

    tiles.__name__ = tiles.__qualname__ = name  # see microkernel.py: a name of its own
    return inner(tiles)


_of_image_4 = _all_tiles("of_image_4", B[4])
_of_kernel_43 = _all_tiles("of_kernel_43", G[43])
_row_of_kernel_43 = _all_tiles("row_of_kernel_43", G[43], one_row=True)
_to_results_43 = _all_tiles("to_results_43", A[43])
_of_upstream_43 = _all_tiles("of_upstream_43", _turned(A[43]), of_short=True)
_to_kernel_43 = _all_tiles("to_kernel_43", _turned(G[43]))
_of_kernel_42 = _all_tiles("of_kernel_42", G[42])
_row_of_kernel_42 = _all_tiles("row_of_kernel_42", G[42], one_row=True)
_to_results_42 = _all_tiles("to_results_42", A[42])
_of_upstream_42 = _all_tiles("of_upstream_42", _turned(A[42]), of_short=True)
_to_kernel_42 = _all_tiles("to_kernel_42", _turned(G[42]))
_of_image_6 = _all_tiles("of_image_6", B[6])
_of_kernel_63 = _all_tiles("of_kernel_63", G[63])
_row_of_kernel_63 = _all_tiles("row_of_kernel_63", G[63], one_row=True)
_to_results_63 = _all_tiles("to_results_63", A[63])
_of_upstream_63 = _all_tiles("of_upstream_63", _turned(A[63]), of_short=True)
_to_kernel_63 = _all_tiles("to_kernel_63", _turned(G[63]))
_of_image_5 = _all_tiles("of_image_5", B[5])
_of_kernel_52 = _all_tiles("of_kernel_52", G[52])
_row_of_kernel_52 = _all_tiles("row_of_kernel_52", G[52], one_row=True)
_to_results_52 = _all_tiles("to_results_52", A[52])
_of_upstream_52 = _all_tiles("of_upstream_52", _turned(A[52]), of_short=True)
_to_kernel_52 = _all_tiles("to_kernel_52", _turned(G[52]))


def _transform(
    kind, x, x_line, x_tile, x_row, x_column, y, y_line, y_tile, y_row, y_column, y_beside, lines, wide,
    channels, lacks_row, lacks_column,
):  # fmt: skip
    tiles = (
        x, x_line, x_tile, x_row, x_column, y, y_line, y_tile, y_row, y_column, y_beside, lines, wide,
        channels, lacks_row, lacks_column,
    )  # fmt: skip
    if kind == OF_IMAGE + 4:
        _of_image_4(*tiles)
    elif kind == OF_IMAGE + 5:
        _of_image_5(*tiles)
    elif kind == OF_IMAGE + 6:
        _of_image_6(*tiles)
    elif kind == TO_RESULTS + 43:
        _to_results_43(*tiles)
    elif kind == TO_RESULTS + 42:
        _to_results_42(*tiles)
    elif kind == TO_RESULTS + 52:
        _to_results_52(*tiles)
    elif kind == TO_RESULTS + 63:
        _to_results_63(*tiles)
    elif kind == OF_UPSTREAM + 43:
        _of_upstream_43(*tiles)
    elif kind == OF_UPSTREAM + 42:
        _of_upstream_42(*tiles)
    elif kind == OF_UPSTREAM + 52:
        _of_upstream_52(*tiles)
    elif kind == OF_UPSTREAM + 63:
        _of_upstream_63(*tiles)
    elif kind == OF_KERNEL + 43:
        _of_kernel_43(*tiles)
    elif kind == OF_KERNEL + 42:
        _of_kernel_42(*tiles)
    elif kind == OF_KERNEL + 52:
        _of_kernel_52(*tiles)
    elif kind == OF_KERNEL + 63:
        _of_kernel_63(*tiles)
    elif kind == ROW_OF_KERNEL + 43:
        _row_of_kernel_43(*tiles)
    elif kind == ROW_OF_KERNEL + 42:
        _row_of_kernel_42(*tiles)
    elif kind == ROW_OF_KERNEL + 52:
        _row_of_kernel_52(*tiles)
    elif kind == ROW_OF_KERNEL + 63:
        _row_of_kernel_63(*tiles)
    elif kind == TO_KERNEL + 43:
        _to_kernel_43(*tiles)
    elif kind == TO_KERNEL + 42:
        _to_kernel_42(*tiles)
    elif kind == TO_KERNEL + 52:
        _to_kernel_52(*tiles)
    elif kind == TO_KERNEL + 63:
        _to_kernel_63(*tiles)


ARGUMENTS = "i" + 2 * "xiiii" + "iiiiii"

transform_of = apart(ARGUMENTS, _transform)
"""The address of `transform` for a dtype."""


class Tiles(NamedTuple):
    """Where tiles lie in a flat array, channels side by side: the first, and how far it is from there to the
    next line of tiles and tile in the line, and within a tile to the next row and column."""

    array: Array
    start: int
    line: int
    tile: int
    row: int
    column: int


_call = jump(ARGUMENTS)


@inner
def transform(routines, kind, source, target, beside, lines, wide, channels, lacks_row=0, lacks_column=0):
    """Transform ``wide`` tiles in each of so many lines. Whole vectors are written, each ``beside`` the last.

    In the upstream gradient a short tile ``lacks`` its last row or column, where others' numbers stand. Of
    ROW_OF_KERNEL ``lacks_row`` is the number of the row.
    """
    _call(
        routines.transform,
        (
            kind, at(source.array, source.start), source.line, source.tile, source.row, source.column,
            at(target.array, target.start), target.line, target.tile, target.row, target.column, beside,
            lines, wide, channels, lacks_row, lacks_column,
        ),
    )  # fmt: skip
