"""The transforms of Winograd's minimal filtering: tiles of images, kernels and results, and their products.

winograd.py says what they are for. Each is M X Mᵀ for a small matrix M of ones and halves, here for many
tiles X, with a vector of channels at a time.
"""

# mypy: allow-untyped-defs

from typing import Any, NamedTuple, TypeAlias

from numba import types
from numba.extending import intrinsic

from minigrad.kernels.numba_cpu.compiling import apart, inner
from minigrad.kernels.numba_cpu.vectors import PLACE, Writer, at, call, lanes_of
from minigrad.kernels.reference.arrays import Array

Matrix: TypeAlias = tuple[tuple[float, ...], ...]


def _turned(matrix: Matrix) -> Matrix:
    return tuple(zip(*matrix, strict=True))


# The matrices: of the image, and by the side r of the kernel (SIDE + 1 - r results) of results and kernel.
B = ((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, 1, 0, -1))
A = {3: ((1, 1, 1, 0), (0, 1, -1, -1)), 2: ((1, 1, 1, 0), (0, 1, -1, 0), (0, 1, 1, -1))}
G = {
    3: ((1, 0, 0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0, 0, 1)),
    2: ((1, 0), (0.5, 0.5), (0.5, -0.5), (0, 1)),
}

# The transforms, to which r is added where it matters.
OF_IMAGE, OF_KERNEL, TO_RESULTS, OF_UPSTREAM, TO_KERNEL = 0, 10, 20, 30, 40


def _times(write: Any, row: tuple[float, ...], vectors: list[Any]) -> Any:
    """The sum of vectors, each times 1, -1, 1/2, -1/2 or 0."""
    builder, total, half = write.builder, None, None
    for factor, vector in zip(row, vectors, strict=True):
        if not factor:
            continue
        if abs(factor) == 0.5:
            half = half or write.spread(write.number(0.5))
            vector = builder.fmul(vector, half)
        if total is None:
            total = builder.fsub(write.zeros, vector) if factor < 0 else vector
        else:
            total = (builder.fsub if factor < 0 else builder.fadd)(total, vector)
    return total


def _tile(matrix: Matrix) -> Any:
    """The function M X Mᵀ for compiled code, for as many tiles X at once as a vector has numbers.

        tile(x, start, row, column, y, place, y_row, y_column)

    X[i, j] is the vector at x[start + i row + j column], and the result is written alike.
    """
    height, width = len(matrix), len(matrix[0])

    def signature(context, x, start, row, column, y, place, y_row, y_column):
        return types.void(x, PLACE, PLACE, PLACE, y, PLACE, PLACE, PLACE), generate

    def generate(context, builder, signature, arguments):
        x, start, row, column, y, place, y_row, y_column = arguments
        write = Writer(context, builder, signature.args[0].dtype)

        def corner(array: Any, first: Any, down: Any, right: Any, i: int, j: int) -> Any:
            lines = builder.add(builder.mul(down, down.type(i)), builder.mul(right, right.type(j)))
            return write.at(array, builder.add(first, lines))

        grid = [[write.load(corner(x, start, row, column, i, j)) for j in range(width)] for i in range(width)]
        beside = [[_times(write, line, vectors) for line in matrix] for vectors in grid]  # X Mᵀ
        for j in range(height):
            vectors = [vectors[j] for vectors in beside]
            for i, line in enumerate(matrix):
                write.store(_times(write, line, vectors), corner(y, place, y_row, y_column, i, j))
        return context.get_dummy_value()

    return intrinsic(signature)


def _all_channels(name: str, matrix: Matrix) -> Any:
    """A function for one tile with all its channels, a vector of them at a time."""
    tile = _tile(matrix)

    def channels(x, start, row, column, y, place, y_row, y_column, count):
        for c in range(0, count, lanes_of(x)):
            tile(x, start + c, row, column, y, place + c, y_row, y_column)

    channels.__name__ = channels.__qualname__ = name  # see microkernel.py: a name of its own
    return inner(channels)


_of_image = _all_channels("of_image", B)
_of_kernel_3, _of_kernel_2 = _all_channels("of_kernel_3", G[3]), _all_channels("of_kernel_2", G[2])
_to_results_3, _to_results_2 = _all_channels("to_results_3", A[3]), _all_channels("to_results_2", A[2])
_of_upstream_3 = _all_channels("of_upstream_3", _turned(A[3]))
_of_upstream_2 = _all_channels("of_upstream_2", _turned(A[2]))
_to_kernel_3, _to_kernel_2 = (
    _all_channels("to_kernel_3", _turned(G[3])),
    _all_channels("to_kernel_2", _turned(G[2])),
)


def _transform(
    kind, x, x_image, x_line, x_tile, x_row, x_column, y, y_image, y_line, y_tile, y_row, y_column,
    images, lines, wide, channels,
):  # fmt: skip
    for b in range(images):
        for i in range(lines):
            start, place = b * x_image + i * x_line, b * y_image + i * y_line
            for _ in range(wide):
                if kind == OF_IMAGE:
                    _of_image(x, start, x_row, x_column, y, place, y_row, y_column, channels)
                elif kind == TO_RESULTS + 3:
                    _to_results_3(x, start, x_row, x_column, y, place, y_row, y_column, channels)
                elif kind == TO_RESULTS + 2:
                    _to_results_2(x, start, x_row, x_column, y, place, y_row, y_column, channels)
                elif kind == OF_UPSTREAM + 3:
                    _of_upstream_3(x, start, x_row, x_column, y, place, y_row, y_column, channels)
                elif kind == OF_UPSTREAM + 2:
                    _of_upstream_2(x, start, x_row, x_column, y, place, y_row, y_column, channels)
                elif kind == OF_KERNEL + 3:
                    _of_kernel_3(x, start, x_row, x_column, y, place, y_row, y_column, channels)
                elif kind == OF_KERNEL + 2:
                    _of_kernel_2(x, start, x_row, x_column, y, place, y_row, y_column, channels)
                elif kind == TO_KERNEL + 3:
                    _to_kernel_3(x, start, x_row, x_column, y, place, y_row, y_column, channels)
                elif kind == TO_KERNEL + 2:
                    _to_kernel_2(x, start, x_row, x_column, y, place, y_row, y_column, channels)
                start += x_tile
                place += y_tile


transform_of = apart("i" + 2 * "xiiiii" + "iiii", _transform)
"""The address of `transform` for a dtype."""


class Tiles(NamedTuple):
    """Where tiles lie in a flat array, channels side by side: the first, and how far it is from there to the
    next image, line of tiles and tile in the line, and within a tile to the next row and column."""

    array: Array
    start: int
    image: int
    line: int
    tile: int
    row: int
    column: int


@inner
def transform(routines, kind, source, target, images, lines, wide, channels):
    """Transform ``wide`` tiles in each of so many lines of so many images. Whole vectors are written."""
    call(
        routines.transform,
        (
            kind, at(source.array, source.start), source.image, source.line, source.tile, source.row,
            source.column, at(target.array, target.start), target.image, target.line, target.tile,
            target.row, target.column, images, lines, wide, channels,
        ),
    )  # fmt: skip
