"""Exercises of lesson 22: one convolution on a GPU. None of them takes one: they count what threads do."""

import itertools
from typing import Any

import numpy as np

from minigrad.course.grading import exercise


def _whose(block: int, thread: int, threads: int, shape: Any) -> Any:
    """By walking through the places in order, in blocks."""
    places = ((n, *place) for n in range(shape[0]) for place in np.ndindex(*shape[1:]))
    for number, place in enumerate(places):
        if divmod(number, threads) == (block, thread):
            return place
    return None


@exercise(
    title="Which number is mine?",
    hints=(
        "First, how many threads are before this one? In the blocks before its own, and in its own.",
        "at = block * threads + thread is the thread's number among all. From it to the place: the last "
        "axis runs fastest, so j is at % OW. What is left, at // OW, is the number of the row, and goes on "
        "in the same way.",
        "N, O, OH, OW = shape; None if at >= N * O * OH * OW; else at // (O * OH * OW), at // (OH * OW) % "
        "O, at // OW % OH, at % OW.",
    ),
    reference=_whose,
    draw=lambda rng: [
        (0, 0, 4, (1, 1, 2, 2)),
        (1, 3, 4, (1, 1, 3, 3)),
        (2, 0, 4, (1, 1, 3, 3)),
        (2, 1, 4, (1, 1, 3, 3)),
        (1, 5, 6, (1, 1, 3, 4)),
        (1, 5, 6, (1, 1, 4, 3)),
        (1, 5, 256, (2, 3, 7, 9)),
        *(
            (
                int(rng.integers(0, 5)),
                int(rng.integers(0, threads)),
                threads,
                tuple(int(v) for v in rng.integers(2, 6, 4)),
            )
            for threads in (4, 8, 16, 32, 32, 32)
        ),
    ],
    slips={
        "a thread behind the last number has nothing to do: return None for it.": (
            lambda block, thread, threads, shape: _whose(block, thread, threads, (10**9, *shape[1:]))
        ),
        "blocks and threads are exchanged: a block's threads follow one another.": (
            lambda block, thread, threads, shape: _whose(0, thread * threads + block, 10**9, shape)
        ),
        "it runs down the columns first; the last axis, along the row, runs fastest.": (
            lambda block, thread, threads, shape: _down(block, thread, threads, shape)
        ),
        "the block is forgotten: thread 0 of each block would compute the same number.": (
            lambda block, thread, threads, shape: _whose(0, thread, threads, shape)
        ),
    },
    single=False,
)
def my_number(
    block: int, thread: int, threads: int, shape: tuple[int, int, int, int]
) -> tuple[int, int, int, int] | None:
    """Find out which number of the result a thread is to compute.

    The result y has the shape (N, O, OH, OW), and lies in memory in the order of reading: image after image,
    in each map after map, row after row, and along the row. Blocks have so many threads, and are numbered
    from 0, as the threads of each block are. Thread 0 of block 0 computes the first number of y, thread 1
    the next one; block 1 goes on where block 0 ends. Return the place (n, o, i, j), or None for a thread
    that comes behind the last number.

    Thread 3 of block 1, where a block has 4 threads, has seven before it. In rows of 3, number 7 stands in
    row 2 at place 1:

    >>> my_number(1, 3, 4, (1, 1, 3, 3))
    (0, 0, 2, 1)

    >>> my_number(2, 1, 4, (1, 1, 3, 3))
    None
    """
    N, O, OH, OW = shape
    at = block * threads + thread
    if at >= N * O * OH * OW:
        return None
    return at // (O * OH * OW), at // (OH * OW) % O, at // OW % OH, at % OW


def _down(block: int, thread: int, threads: int, shape: Any) -> Any:
    place = _whose(block, thread, threads, (*shape[:2], shape[3], shape[2]))
    return None if place is None else (*place[:2], place[3], place[2])


@exercise(
    title="How often does a warp ask?",
    hints=(
        "Write down which number each of the 32 threads reads, and in which piece of memory that is. How "
        "many different pieces are there?",
        "Thread t reads number first + step * t, which lies in piece (first + step * t) // piece. A set "
        "keeps each piece once.",
        "len({(first + step * t) // piece for t in range(32)}).",
    ),
    reference=lambda first, step, piece: int(
        np.count_nonzero(np.bincount((first + step * np.arange(32)) // piece))
    ),
    draw=lambda rng: [
        (0, 1, 32),
        (0, 0, 32),
        (31, 1, 32),
        (0, 32, 32),
        (16, 2, 8),
        *(
            (int(rng.integers(0, 200)), int(rng.integers(0, 12)), int(piece))
            for piece in (8, 16, 32, 32, 64, 128)
        ),
    ],
    slips={
        "each thread is counted; threads that read from one piece ask once together.": (
            lambda first, step, piece: 32
        ),
        "where it begins counts, too: a row that begins inside a piece may need one more.": (
            lambda first, step, piece: len({step * t // piece for t in range(32)})
        ),
        "it divides by the piece, but 32 threads that read the same number ask for one piece.": (
            lambda first, step, piece: -(-32 * step // piece)
        ),
    },
    single=False,
)
def pieces_asked(first: int, step: int, piece: int) -> int:
    """Count the pieces of memory that a warp's 32 threads ask for at once.

    Memory is handed out in pieces of so many numbers: numbers 0 to piece - 1 are one piece, the next ones
    another. The threads of a warp read at once, thread t (from 0 to 31) the number first + step * t. Each
    piece in which any of these numbers lies costs one access, however many threads read from it. Return how
    many accesses it takes.

    32 numbers beside each other, from 0 on, are one piece of 32; from 8 on, they reach into a second one.
    Every second one from 0 on reaches up to number 62, in two pieces.

    >>> pieces_asked(0, 1, 32)
    1

    >>> pieces_asked(8, 1, 32)
    2

    >>> pieces_asked(0, 2, 32)
    2
    """
    return len({(first + step * t) // piece for t in range(32)})


def _fetched(thread: int, threads: int, top: int, left: int, side: int, H: int, W: int) -> Any:
    """From whole lists: who fetches what, one after the other."""
    who = itertools.cycle(range(threads))
    pixels = [(top + a, left + b) for a in range(side) for b in range(side)]
    mine = [pixel for pixel, one in zip(pixels, who, strict=False) if one == thread]
    return [pixel if pixel[0] < H and pixel[1] < W else None for pixel in mine]


@exercise(
    title="What a thread fetches",
    hints=(
        "A tile has side * side pixels. In which steps does a thread go through them, and where does it "
        "begin?",
        "It begins with number thread, and goes on by threads: range(thread, side * side, threads). Number "
        "k is in row k // side of the tile, at place k % side.",
        "For each k: h, v = top + k // side, left + k % side; append (h, v) if h < H and v < W, else None.",
    ),
    reference=_fetched,
    draw=lambda rng: [
        (1, 4, 0, 0, 3, 5, 5),
        (0, 4, 2, 3, 3, 4, 5),
        (7, 8, 0, 0, 2, 9, 9),
        (100, 256, 16, 0, 18, 34, 18),
        (3, 256, 0, 16, 18, 18, 20),
        *(
            (
                int(rng.integers(0, threads)),
                threads,
                *(int(v) for v in rng.integers(0, 5, 2)),
                int(rng.integers(3, 7)),
                *(int(v) for v in rng.integers(4, 9, 2)),
            )
            for threads in (4, 5, 8, 16)
        ),
    ],
    slips={
        "a tile at the edge reaches out of the image; what is outside, is None.": (
            lambda thread, threads, top, left, side, H, W: _fetched(
                thread, threads, top, left, side, 10**6, 10**6
            )
        ),
        "what is outside is left out; it is to stand there as None, for the tile has a place for it.": (
            lambda thread, threads, top, left, side, H, W: [
                one for one in _fetched(thread, threads, top, left, side, H, W) if one
            ]
        ),
        "a thread takes neighbouring pixels; neighbouring threads are to take them, all at once.": (
            lambda thread, threads, top, left, side, H, W: [
                (top + k // side, left + k % side) if top + k // side < H and left + k % side < W else None
                for k in range(side * side)
                if k // -(-side * side // threads) == thread
            ]
        ),
        "it is the place in the tile; the tile lies at (top, left) in the image.": (
            lambda thread, threads, top, left, side, H, W: _fetched(thread, threads, 0, 0, side, H, W)
        ),
    },
    single=False,
)
def fetched(
    thread: int, threads: int, top: int, left: int, side: int, H: int, W: int
) -> list[tuple[int, int] | None]:
    """List what one thread reads when a block fetches a tile into shared memory.

    The image has H rows and W columns. The tile has side x side pixels, its first one at row top and column
    left of the image. The tile's pixels are numbered along its rows, from 0 on. The block's threads take
    them in turns: thread 0 number 0, thread 1 number 1, and when all threads have taken one, thread 0 goes
    on with the next. Return the list of what this thread reads, in order: (row, column) in the image, or
    None where the tile reaches out of the image.

    A tile of 3 x 3 has the numbers 0 to 8. Of four threads, thread 1 takes the numbers 1 and 5: row 0,
    column 1 of the tile, and row 1, column 2. The tile begins at row 4, column 6, and the image has 8
    columns.

    >>> fetched(1, 4, 4, 6, 3, 9, 8)
    [(4, 7), None]
    """
    mine = []
    for k in range(thread, side * side, threads):
        h, v = top + k // side, left + k % side
        mine.append((h, v) if h < H and v < W else None)
    return mine


def _read(side: int, k: int, kernels: int) -> float:
    """By marking what is read: the pixels under each result, each once, and the kernels' weights."""
    pixels = np.zeros((side + k, side + k), bool)
    for i, j in np.ndindex(side, side):
        pixels[i : i + k, j : j + k] = True
    weights = np.ones((kernels, k, k), np.float32)
    return (pixels.sum() * 4 + weights.nbytes) / (side * side * kernels)


@exercise(
    title="Bytes for each number",
    hints=(
        "Which pixels are under a tile of side x side results, if each looks at k x k of them? How many "
        "weights have the kernels?",
        "(side + k - 1) ** 2 pixels, and kernels * k * k weights. Each has 4 bytes, and is fetched once.",
        "The block computes side * side * kernels numbers: divide 4 * (pixels + weights) by that.",
    ),
    reference=_read,
    draw=lambda rng: [
        (16, 3, 16),
        (1, 3, 1),
        (1, 1, 1),
        *((int(rng.integers(1, 33)), int(rng.integers(1, 8)), int(rng.integers(1, 65))) for _ in range(5)),
    ],
    slips={
        "a window at the edge reaches beyond the results: (side + k - 1) ** 2 pixels.": (
            lambda side, k, kernels: 4 * (side * side + kernels * k * k) / (side * side * kernels)
        ),
        "the weights are read, too.": lambda side, k, kernels: (
            4 * (side + k - 1) ** 2 / (side * side * kernels)
        ),
        "a block computes side * side numbers for each of its kernels.": lambda side, k, kernels: (
            4 * ((side + k - 1) ** 2 + kernels * k * k) / (side * side)
        ),
        "it counts numbers; a float32 has 4 bytes.": lambda side, k, kernels: _read(side, k, kernels) / 4,
        "nothing is shared here: the block fetches each pixel and each weight once.": (
            lambda side, k, kernels: 8.0 * k * k
        ),
    },
    survivors={"side + k - 1 -> 1 - (side + k)": "the square is the same"},
    single=False,
)
def bytes_for_each(side: int, k: int, kernels: int) -> float:
    """Find out how many bytes of memory a block of threads reads for each number that it computes.

    A block computes side x side numbers of the result for each of so many kernels, of one channel. The
    kernels are k x k, with stride 1. The block fetches all pixels that any of its numbers needs, and all
    weights of its kernels, each of them once, and shares them. All are float32, of 4 bytes. Return the bytes
    that are fetched, divided by how many numbers the block computes.

    A tile of 2 x 2 and kernels of 3 x 3 take 4 x 4 pixels; two kernels have 18 weights. 4 * (16 + 18) = 136
    bytes are for 8 numbers. With a tile of 1 x 1 and one kernel it is 72: nothing is shared.

    >>> bytes_for_each(2, 3, 2)
    17.0

    >>> bytes_for_each(1, 3, 1)
    72.0
    """
    pixels, weights = (side + k - 1) ** 2, kernels * k * k
    return 4 * (pixels + weights) / (side * side * kernels)


def _occupied(threads: int, registers: float, shared: int, limits: Any) -> float:
    """By putting one block after the other onto it, as long as there is room."""
    blocks = 0
    while (
        (blocks + 1) * threads <= limits[0]
        and (blocks + 1) * threads * registers <= limits[1]
        and (blocks + 1) * shared <= limits[2]
        and blocks + 1 <= limits[3]
    ):
        blocks += 1
    return blocks * threads / limits[0]


@exercise(
    title="How full is a multiprocessor?",
    hints=(
        "Blocks come whole or not at all. How many fit, if only threads counted? If only registers did?",
        "most_threads // threads blocks by their threads, most_registers // (threads * registers) by their "
        "registers, most_shared // shared by their memory. The scarcest thing decides.",
        "blocks = min(of the three, most_blocks), but leave the memory out if shared is 0; and return "
        "blocks * threads / most_threads.",
    ),
    reference=_occupied,
    draw=lambda rng: [
        (256, 32, 0, (2048, 65536, 100_000, 32)),
        (256, 16, 0, (2048, 65536, 100_000, 32)),
        (1024, 16, 9, (1536, 65536, 100_000, 16)),
        (256, 64, 1000, (2048, 65536, 100_000, 32)),
        (128, 32, 40_000, (2048, 65536, 100_000, 32)),
        (32, 16, 100, (2048, 65536, 100_000, 32)),
        (1024, 128, 0, (2048, 65536, 100_000, 32)),
        (96, 40, 7_000, (1536, 65536, 50_000, 16)),
        *(
            (
                int(rng.integers(1, 17)) * 32,
                int(rng.integers(16, 129)),
                int(rng.integers(0, 30_000)),
                (1536, 65536, 100_000, 16),
            )
            for _ in range(6)
        ),
    ],
    slips={
        "the registers are of each thread: a block takes threads * registers.": (
            lambda threads, registers, shared, limits: _occupied(threads, registers / threads, shared, limits)
        ),
        "shared memory is left out of account.": lambda threads, registers, shared, limits: _occupied(
            threads, registers, 0, limits
        ),
        "blocks come whole: round down.": lambda threads, registers, shared, limits: min(
            1.0,
            limits[1] / registers / limits[0],
            limits[2] / max(shared, 1) * threads / limits[0],
            limits[3] * threads / limits[0],
        ),
        "that is the number of blocks; return the share of the threads.": (
            lambda threads, registers, shared, limits: (
                _occupied(threads, registers, shared, limits) * limits[0] / threads
            )
        ),
        "there is a most number of blocks, too.": lambda threads, registers, shared, limits: _occupied(
            threads, registers, shared, (*limits[:3], 10**6)
        ),
    },
    single=False,
)
def occupancy(threads: int, registers: int, shared: int, limits: tuple[int, int, int, int]) -> float:
    """Find out how many of the threads that a multiprocessor could have at once, a kernel lets it have.

    While some threads wait for memory, others can compute, so one wants many. A multiprocessor takes whole
    blocks, as many as it has room for. Each block has so many threads, each of these takes so many
    registers, and the block takes so many bytes of shared memory, which may be 0. limits are what the
    multiprocessor has: threads, registers, bytes of shared memory, and how many blocks it takes at most.
    Return the threads of all blocks that fit, divided by the threads that it could have.

    Of blocks of 256 threads 8 would fit by their threads; by their registers 65536 // (256 * 64) = 4, and by
    their memory 100000 // 30000 = 3. So there are 3, with 768 threads of 2048.

    >>> occupancy(256, 64, 30000, (2048, 65536, 100000, 32))
    0.375
    """
    most_threads, most_registers, most_shared, most_blocks = limits
    fitting = [most_threads // threads, most_registers // (threads * registers), most_blocks]
    if shared:
        fitting.append(most_shared // shared)
    return min(fitting) * threads / most_threads


def _parts(a: Any, b: Any, count: int) -> Any:
    """By masks: in each part all of a but what belongs to it is 0."""
    K = a.shape[1]
    size = -(-K // count)
    mask = np.arange(K)[None, :] // size == np.arange(count)[:, None]
    return np.einsum("nk,pk,km->pnm", a, mask.astype(a.dtype), b)


@exercise(
    title="A long sum, cut into pieces",
    hints=(
        "Block p takes a piece of the sum: which columns of a, and which rows of b?",
        "The pieces are size = -(-K // count) long, which is K / count, rounded up. Piece p has the columns"
        " p * size to (p + 1) * size, and the last one what is left.",
        "parts = np.zeros((count, N, M)); for each p: k = slice(p * size, (p + 1) * size), and parts[p] = "
        "a[:, k] @ b[k]. A slice that reaches beyond the end takes what there is, and an empty one gives 0.",
    ),
    reference=_parts,
    draw=lambda rng: [
        (rng.normal(size=(n, k)), rng.normal(size=(k, m)), count)
        for n, k, m, count in [
            (1, 2, 1, 1),
            (2, 4, 3, 2),
            (3, 7, 2, 3),
            (2, 9, 4, 4),
            (2, 5, 2, 4),
            (3, 10, 4, 3),
        ]
    ],
    slips={
        "that is the whole product; each part is a piece of its sum.": lambda a, b, count: np.repeat(
            (a @ b)[None], count, axis=0
        ),
        "the parts are added already; return each by itself.": lambda a, b, count: _parts(a, b, count).sum(
            axis=0
        ),
        "the size is rounded down, so that the last elements are in no piece.": lambda a, b, count: np.stack(
            [
                a[:, p * (a.shape[1] // count) : (p + 1) * (a.shape[1] // count)]
                @ b[p * (a.shape[1] // count) : (p + 1) * (a.shape[1] // count)]
                for p in range(count)
            ]
        ),
        "block p takes every count-th element; it is to take neighbours.": lambda a, b, count: np.stack(
            [a[:, p::count] @ b[p::count] for p in range(count)]
        ),
    },
    survivors={"np.zeros -> np.ones": "every entry is written afterwards"},
)
def split_product(a: np.ndarray, b: np.ndarray, count: int) -> np.ndarray:
    """Cut the sum of a product of matrices into pieces, for blocks that compute them side by side.

    If a @ b is small, but its sums are long, a card has too few blocks to be busy. So let count blocks share
    each sum: a has the shape (N, K) and b (K, M), and block 0 takes the first K / count elements of the sum
    (rounded up), block 1 as many that follow, and so on; the last one, or ones, take what is left, which
    may be nothing. Return the parts, shape (count, N, M): added up they are a @ b.

    Three products, 1 * 10, 2 * 100 and 3 * 1000, in two pieces: the first two, and the last one.

    >>> split_product(np.array([[1.0, 2.0, 3.0]]), np.array([[10.0], [100.0], [1000.0]]), 2)
    array([[[210.0]], [[3000.0]]])
    """
    (N, K), M = a.shape, b.shape[1]
    size = -(-K // count)
    parts = np.zeros((count, N, M))
    for p in range(count):
        k = slice(p * size, (p + 1) * size)
        parts[p] = a[:, k] @ b[k]
    return parts
