"""Exercises of lesson 19: a way round, and a kernel for each map."""

from typing import Any

import numpy as np

import minigrad as mg
from minigrad.course.grading import exercise
from minigrad.nn import functional as F


def _in_depth(slopes: Any, way_round: bool) -> Any:
    """By going forward from each block: what the end moves by when that block's input moves by one."""
    found = []
    for start in range(len(slopes)):
        moved = 1.0
        for slope in slopes[start:]:
            moved = moved * slope + (moved if way_round else 0.0)
        found.append(moved)
    return found


@exercise(
    title="How much of the gradient is left?",
    hints=(
        "Go from the last block to the first. By what does each of them multiply what it hands on?",
        "Without a way round, by its slope. With it y = x + f(x), and the slope of x by itself is 1: by 1 +"
        " its slope.",
        "g = 1.0, and for slope in reversed(slopes): multiply g by it, or by 1 + slope, and append g to a "
        "list. At the end turn the list round: the first block's comes first.",
    ),
    reference=_in_depth,
    draw=lambda rng: [
        ([float(v) for v in rng.normal(size=n)], way_round)
        for n in (1, 2, 3, 7)
        for way_round in (True, False)
    ],
    slips={
        "the way round is forgotten: y = x + f(x) has the slope 1 + f'(x).": lambda slopes, way_round: (
            _in_depth(slopes, False)
        ),
        "the way round is there even where there is none: look at way_round.": lambda slopes, way_round: (
            _in_depth(slopes, True)
        ),
        "the ways add up in each block, and the blocks multiply; here all are added.": (
            lambda slopes, way_round: [float(way_round) + sum(slopes[k:]) for k in range(len(slopes))]
        ),
        "it is multiplied from the first block on; gradients come from the last.": lambda slopes, way_round: (
            _in_depth(slopes[::-1], way_round)[::-1]
        ),
    },
    single=False,
)
def left_of_gradient(slopes: list[float], way_round: bool) -> list[float]:
    """Follow a gradient of 1 back through many blocks, with and without a way round them.

    Numbers go through one block after the other. Block k adds f(x) to its input x if there is a way round
    it, y = x + f(x); without one, it hands on y = f(x). slopes[k] is the slope of f there. The gradient
    behind the last block is 1. Return the list of the gradients at the input of each block, the first
    block's first.

    Two blocks of slopes 0.5 and 0.1. With a way round the last one hands on 1.1, and the first 1.5 times
    that:

    >>> left_of_gradient([0.5, 0.1], True)
    [1.65, 1.1]

    >>> left_of_gradient([0.5, 0.1], False)
    [0.05, 0.1]
    """
    g, grads = 1.0, []
    for slope in reversed(slopes):
        g *= 1 + slope if way_round else slope
        grads.append(g)
    return grads[::-1]


def _block(x: Any, A: Any, B: Any) -> Any:
    return x + mg.relu(x @ A) @ B


def _without_the_way_round(dy: Any, x: Any, A: Any, B: Any) -> Any:
    h = np.maximum(x @ A, 0)
    dh = dy @ B.T * (h > 0)
    return dh @ A.T, x.T @ dh, h.T @ dy


@exercise(
    title="Back through a block",
    hints=(
        "Name the steps: h = relu(x @ A), f = h @ B, y = x + f. What arrives at f? At x, how many ways?",
        "f gets dy. So B gets h.T @ dy, and h gets dy @ B.T, which passes where h is greater than 0. x gets"
        " dy itself, and what comes back through A.",
        "dh = dy @ B.T * (h > 0); then dx = dy + dh @ A.T and dA = x.T @ dh.",
    ),
    gradient_of=_block,
    returns=("dx", "dA", "dB"),
    draw=lambda rng: [
        (rng.normal(size=(n, d)), rng.normal(size=(d, h)), rng.normal(size=(h, d)))
        for n, d, h in [(1, 1, 2), (2, 2, 3), (4, 3, 5), (3, 4, 2)]
    ],
    slips={
        "the way round is left out: x gets dy itself, too.": _without_the_way_round,
        "the ReLU is passed as if it were open: where x @ A is below 0 nothing goes back.": (
            lambda dy, x, A, B: (
                dy + dy @ B.T @ A.T,
                x.T @ (dy @ B.T),
                np.maximum(x @ A, 0).T @ dy,
            )
        ),
    },
)
def block_rule(
    dy: np.ndarray, x: np.ndarray, A: np.ndarray, B: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hand a gradient back through a residual block, y = x + relu(x @ A) @ B.

    x has an example in each row, shape (N, D); A has the shape (D, H), and B the shape (H, D). relu(h) is h
    where it is greater than 0, else 0. dy, the gradient of y, has the shape of x. Return the gradients of x,
    of A and of B.

    The lesson's block, at x = 2 with the weights 0.5 and -0.4: h is 1. If -2.8 arrives, -2.8 goes round the
    block, and -2.8 * -0.4 * 0.5 comes through it.

    >>> block_rule(np.array([[-2.8]]), np.array([[2.0]]), np.array([[0.5]]), np.array([[-0.4]]))
    (array([[-2.24]]), array([[2.24]]), array([[-2.8]]))
    """
    h = np.maximum(x @ A, 0)
    dh = dy @ B.T * (h > 0)
    return dy + dh @ A.T, x.T @ dh, h.T @ dy


def _depthwise(x: Any, w: Any, stride: int) -> Any:
    kernels = mg.tensor(w[:, None].copy())
    return np.asarray(F.conv2d(mg.tensor(x[None]), kernels, stride=stride, groups=len(x)))[0]


@exercise(
    title="A kernel for each map",
    hints=(
        "There are as many results as maps, and result c is made of map c and kernel c alone.",
        "At the place (i, j) kernel w[c] meets x[c, stride * i : stride * i + KH, stride * j : stride * j +"
        " KW]. Nothing is added up over c.",
        "y = np.zeros((C, OH, OW)) with OH = (H - KH) // stride + 1, three loops over c, i and j, and y[c, "
        "i, j] = (w[c] * window).sum().",
    ),
    reference=_depthwise,
    draw=lambda rng: [
        (rng.normal(size=(c, h, w)), rng.normal(size=(c, kh, kw)), stride)
        for c, h, w, kh, kw, stride in [
            (1, 3, 3, 2, 2, 1),
            (2, 4, 5, 3, 2, 1),
            (3, 7, 6, 2, 3, 2),
            (4, 8, 9, 3, 3, 3),
        ]
    ],
    slips={
        "all maps are added up. Depthwise, map c meets its own kernel, and stays by itself.": (
            lambda x, w, stride: np.broadcast_to(
                _depthwise(x, w, stride).sum(axis=0), _depthwise(x, w, stride).shape
            )
        ),
        "every map meets the first kernel; each has one of its own.": lambda x, w, stride: _depthwise(
            x, np.repeat(w[:1], len(w), axis=0), stride
        ),
        "the kernels are turned round. They are laid on as they are.": lambda x, w, stride: _depthwise(
            x, w[:, ::-1, ::-1].copy(), stride
        ),
        "the windows begin next to each other; they are stride pixels apart.": lambda x, w, stride: _close_by(
            x, w, stride
        ),
    },
    survivors={"np.zeros -> np.ones": "every entry is written afterwards"},
)
def depthwise(x: np.ndarray, w: np.ndarray, stride: int) -> np.ndarray:
    """Take a kernel of its own over each map.

    x has C maps, shape (C, H, W), and w a kernel for each of them, shape (C, KH, KW). Lay kernel c on map c
    at every place it fits, moving by stride pixels, multiply what lies on each other and add up. Maps are
    not mixed. Return C maps, shape (C, OH, OW). Loops are good enough.

    Two maps of one row, each with its kernel: 1 * 1 + 2 * 10 and 2 * 1 + 3 * 10; then 4 * 2 and 5 * 2.

    >>> depthwise(np.array([[[1.0, 2.0, 3.0]], [[4.0, 5.0, 6.0]]]),
    ...           np.array([[[1.0, 10.0]], [[2.0, 0.0]]]), 1)
    array([[[21.0, 32.0]], [[8.0, 10.0]]])
    """
    C, KH, KW = w.shape
    OH, OW = (x.shape[1] - KH) // stride + 1, (x.shape[2] - KW) // stride + 1
    y = np.zeros((C, OH, OW))
    for c, i, j in np.ndindex(C, OH, OW):
        window = x[c, stride * i : stride * i + KH, stride * j : stride * j + KW]
        y[c, i, j] = (w[c] * window).sum()
    return y


def _close_by(x: Any, w: Any, stride: int) -> Any:
    OH, OW = ((size - k) // stride + 1 for size, k in zip(x.shape[1:], w.shape[1:], strict=True))
    return _depthwise(x, w, 1)[:, :OH, :OW]


def _separable(x: Any, w: Any, p: Any) -> Any:
    """x (C, H, W), w (C, KH, KW), p (O, C) -> (O, OH, OW)."""
    C, KH, KW = w.shape
    seen = F.conv2d(x.reshape(1, *x.shape), w.reshape(C, 1, KH, KW), groups=C)
    return F.conv2d(seen, p.reshape(*p.shape, 1, 1))[0]


@exercise(
    title="Depthwise, then mixed: backward",
    hints=(
        "There are two layers. Call what is between them u, the maps that the kernels w make of x. First dy"
        " goes back to p and to u.",
        "y[o] is the sum over c of p[o, c] * u[c]. So p[o, c] gets the sum over all places of dy[o] * u[c],"
        " and u[c] gets the sum over o of p[o, c] * dy[o].",
        "Then, for each map c and place (i, j): dw[c] += du[c, i, j] * window and, at the same window, dx "
        "+= du[c, i, j] * w[c]. The u for dp is (w[c] * window).sum().",
    ),
    gradient_of=_separable,
    returns=("dx", "dw", "dp"),
    draw=lambda rng: [
        (rng.normal(size=(c, h, w)), rng.normal(size=(c, kh, kw)), rng.normal(size=(o, c)))
        for c, h, w, kh, kw, o in [
            (1, 3, 3, 2, 2, 1),
            (2, 4, 3, 2, 1, 2),
            (3, 4, 5, 3, 2, 2),
            (2, 5, 4, 2, 3, 4),
        ]
    ],
    survivors={
        "np.zeros_like -> np.ones_like": "that is u, whose every entry is written afterwards",
        "du -> u (2)": "they have the same shape",
    },
)
def separable_rule(
    dy: np.ndarray, x: np.ndarray, w: np.ndarray, p: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hand a gradient back through a depthwise separable convolution, with stride 1.

    x has C maps, shape (C, H, W). Kernel w[c] goes over map c alone, and makes the map u[c]; w has the shape
    (C, KH, KW). Then the maps are mixed: y[o] is the sum of p[o, c] * u[c] over c, where p has the shape (O,
    C). dy is the gradient of y, shape (O, OH, OW). Return the gradients of x, w and p.

    One map (1, 2, 3) with the kernel (5, 7) makes 19 and 31, which are doubled. If 1 and 10 arrive, 2 and 20
    reach u, and the 2 in the middle gets 2 * 7 + 20 * 5:

    >>> separable_rule(np.array([[[1.0, 10.0]]]), np.array([[[1.0, 2.0, 3.0]]]), np.array([[[5.0, 7.0]]]),
    ...                np.array([[2.0]]))
    (array([[[10.0, 114.0, 140.0]]]), array([[[42.0, 64.0]]]), array([[329.0]]))
    """
    KH, KW = w.shape[1:]
    du = np.tensordot(p.T, dy, axes=1)  # (C, OH, OW)
    u, dx, dw = np.zeros_like(du), np.zeros_like(x), np.zeros_like(w)
    for c, i, j in np.ndindex(du.shape):
        window = np.s_[c, i : i + KH, j : j + KW]
        u[c, i, j] = (w[c] * x[window]).sum()
        dw[c] += du[c, i, j] * x[window]
        dx[window] += du[c, i, j] * w[c]
    return dx, dw, np.tensordot(dy, u, axes=((1, 2), (1, 2)))


def _kernels(inputs: int, out: int, k: int) -> int:
    return np.zeros((inputs, 1, k, k)).size + np.zeros((out, inputs, 1, 1)).size


@exercise(
    title="What two pieces cost",
    hints=(
        "Two layers, one after the other. How many weights has a kernel that meets one map? How many "
        "kernels are there?",
        "inputs kernels of k * k weights; then, to mix, out * inputs weights. Each weight is multiplied "
        "once for each number of a map.",
        "pieces = inputs * k * k + out * inputs. Return pieces, pieces * side * side, and the weights of "
        "the ordinary convolution, out * inputs * k * k, divided by pieces.",
    ),
    returns=("weights", "multiplications", "times fewer"),
    reference=lambda inputs, out, k, side: (
        _kernels(inputs, out, k),
        _kernels(inputs, out, k) * side**2,
        np.zeros((out, inputs, k, k)).size / _kernels(inputs, out, k),
    ),
    draw=lambda rng: [
        (64, 64, 3, 56),
        *(tuple(int(v) for v in rng.integers(2, 20, 4)) for _ in range(5)),
    ],
    single=False,
    slips={
        "the mixing is missing: out * inputs weights of 1 x 1.": lambda inputs, out, k, side: (
            inputs * k * k,
            inputs * k * k * side * side,
            out,
        ),
        "each of the first kernels meets one map, not all of them.": lambda inputs, out, k, side: (
            inputs * inputs * k * k + out * inputs,
            (inputs * inputs * k * k + out * inputs) * side * side,
            out * inputs * k * k / (inputs * inputs * k * k + out * inputs),
        ),
        "each input has a kernel, not each result: inputs * k * k.": lambda inputs, out, k, side: (
            out * k * k + out * inputs,
            (out * k * k + out * inputs) * side * side,
            inputs * k * k / (k * k + inputs),
        ),
    },
)
def in_two_pieces(inputs: int, out: int, k: int, side: int) -> tuple[int, int, float]:
    """Count what a convolution costs in two pieces: first a kernel for each map, then a mixture of maps.

    There are inputs maps. The first piece has a kernel of k x k for each of them, and makes as many maps.
    The second one has kernels of 1 x 1, and makes out maps of them. All maps that are made have side x side
    numbers; there are no biases. Return three numbers: the weights of both pieces together, the
    multiplications that they take for one image, and how many times more weights one ordinary convolution of
    k x k has, from inputs maps to out maps.

    From 2 maps to 4 with 3 x 3: 2 * 9 weights and 4 * 2, so 26, each used for 5 * 5 numbers. All at once it
    would be 4 * 2 * 9 = 72, and 72 / 26 is 2.769.

    >>> in_two_pieces(2, 4, 3, 5)
    (26, 650, 2.769)
    """
    pieces = inputs * k * k + out * inputs
    return pieces, pieces * side * side, out * inputs * k * k / pieces
