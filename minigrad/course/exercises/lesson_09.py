"""Exercises of lesson 9: convolution by hand."""

from typing import Any

import numpy as np

import minigrad as mg
from minigrad.course.grading import exercise
from minigrad.nn import functional as F


def _places(size: int, k: int, stride: int, padding: int) -> int:
    return sum(1 for at in range(-padding, size + padding - k + 1) if (at + padding) % stride == 0)


@exercise(
    title="How large is the result?",
    hints=(
        "Count the places at which the kernel can begin. With padding the image is longer on both sides.",
        "The image has size + 2 * padding pixels. The last place to begin at is k pixels before its end, so "
        "there are size + 2 * padding - k + 1 places for a stride of 1.",
        "Of these, every stride-th is taken, the first one included: (size + 2 * padding - k) // stride + 1.",
    ),
    reference=_places,
    draw=lambda rng: [
        (size, k, stride, padding)
        for size, k, stride, padding in [
            (5, 3, 1, 0),
            (5, 3, 2, 0),
            (6, 3, 2, 0),
            (28, 5, 1, 2),
            (28, 4, 2, 1),
            (7, 7, 3, 0),
            (9, 2, 4, 1),
            *(
                (
                    int(rng.integers(8, 40)),
                    int(rng.integers(1, 8)),
                    int(rng.integers(1, 5)),
                    int(rng.integers(0, 4)),
                )
                for _ in range(6)
            ),
        ]
    ],
    slips={
        "the first place counts, too: + 1 after the division.": lambda size, k, stride, padding: (
            (size + 2 * padding - k) // stride
        ),
        "padding is on both sides.": lambda size, k, stride, padding: (size + padding - k) // stride + 1,
        "the 1 is added before the division.": lambda size, k, stride, padding: (
            (size + 2 * padding - k + 1) // stride
        ),
    },
    single=False,
)
def output_size(size: int, k: int, stride: int, padding: int) -> int:
    """Find out how many numbers a convolution gives along one side.

    The image is size pixels long, and on each side padding zeros are put to it. A kernel of k pixels begins
    at the first pixel and moves on by stride pixels, as long as it lies within. Return how many places that
    are.

    In five pixels, three fit at the places 0, 1 and 2; with stride 2, at 0 and 2:

    >>> output_size(5, 3, 1, 0)
    3

    >>> output_size(5, 3, 2, 0)
    2
    """
    return (size + 2 * padding - k) // stride + 1


def _conv(x: Any, w: Any, b: Any, stride: int) -> Any:
    return np.asarray(F.conv2d(mg.tensor(x[None]), mg.tensor(w), mg.tensor(b), stride=stride))[0]


@exercise(
    title="Convolution with channels",
    hints=(
        "For each kernel o and each place (i, j) of the result there is one number: which part of x "
        "goes into it?",
        "The window x[:, stride * i : stride * i + KH, stride * j : stride * j + KW] has the shape of the "
        "kernel w[o]. Multiply them number by number, and add up.",
        "Three loops around y[o, i, j] = (w[o] * window).sum() + b[o]; y = np.zeros((O, OH, OW)) before "
        "them, with OH = (H - KH) // stride + 1.",
    ),
    reference=_conv,
    draw=lambda rng: [
        (rng.normal(size=(c, h, w)), rng.normal(size=(o, c, kh, kw)), rng.normal(size=o), stride)
        for c, h, w, o, kh, kw, stride in [
            (1, 3, 3, 1, 2, 2, 1),
            (2, 4, 5, 3, 3, 2, 1),
            (3, 7, 6, 2, 2, 3, 2),
            (1, 8, 9, 2, 3, 3, 3),
        ]
    ],
    slips={
        "the kernel is turned round. Here it is laid on as it is, which is strictly called correlation.": (
            lambda x, w, b, stride: _conv(x, w[:, :, ::-1, ::-1].copy(), b, stride)
        ),
        "the bias is missing.": lambda x, w, b, stride: _conv(x, w, 0 * b, stride),
    },
    survivors={
        "np.zeros -> np.ones": "every entry is written afterwards",
        "w -> b": "there is a bias for each kernel",
    },
)
def convolve(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int) -> np.ndarray:
    """Take several kernels over an image with several channels.

    x is an image of shape (C, H, W), w has O kernels, shape (O, C, KH, KW), and b a number for each. Lay
    each kernel on the image at every place it fits, moving by stride pixels; multiply what lies on each
    other, add up over all channels, and add b. Return the O maps, shape (O, OH, OW). Loops are good enough.

    One channel, one kernel: 1 * 1 + 2 * 10, then 2 * 1 + 3 * 10, and 100 more.

    >>> convolve(np.array([[[1.0, 2.0, 3.0]]]), np.array([[[[1.0, 10.0]]]]), np.array([100.0]), 1)
    array([[[121.0, 132.0]]])
    """
    O, KH, KW = len(w), *w.shape[2:]
    OH, OW = (x.shape[1] - KH) // stride + 1, (x.shape[2] - KW) // stride + 1
    y = np.zeros((O, OH, OW))
    for o in range(O):
        for i in range(OH):
            for j in range(OW):
                window = x[:, stride * i : stride * i + KH, stride * j : stride * j + KW]
                y[o, i, j] = (w[o] * window).sum() + b[o]
    return y


@exercise(
    title="Windows as columns",
    hints=(
        "The result has a column for each place of the window. Its order is that of reading: along the rows.",
        "The window at (i, j) is x[:, stride * i : stride * i + KH, stride * j : stride * j + KW], and "
        "ravel() makes one row of its numbers, channel by channel.",
        "Collect the ravelled windows in a list, in two loops, and np.stack(windows, axis=1).",
    ),
    reference=lambda x, KH, KW, stride: np.asarray(F.unfold(mg.tensor(x[None]), (KH, KW), stride=stride))[0],
    draw=lambda rng: [
        (rng.normal(size=shape), kh, kw, stride)
        for shape, kh, kw, stride in [
            ((1, 3, 3), 2, 2, 1),
            ((2, 4, 3), 2, 1, 1),
            ((3, 5, 6), 3, 2, 1),
            ((2, 7, 9), 2, 4, 3),
            ((1, 9, 8), 4, 3, 2),
        ]
    ],
    slips={
        "it has a row for each window; a window is to be a column.": lambda x, KH, KW, stride: (
            np.asarray(F.unfold(mg.tensor(x[None]), (KH, KW), stride=stride))[0].T
        ),
    },
)
def im2col(x: np.ndarray, KH: int, KW: int, stride: int) -> np.ndarray:
    """Lay out all windows of an image, so that convolution becomes one product of matrices.

    x has the shape (C, H, W). A window has C * KH * KW numbers: make a column of it, channel after channel,
    and in each row after row. The windows move by stride pixels, along the rows first. Return an array of
    shape (C * KH * KW, OH * OW). (Kernels w, reshaped to (O, C * KH * KW), times it, are all results of the
    convolution.)

    In an image of one channel and two rows, windows of 2 x 2 fit at two places:

    >>> im2col(np.array([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]), 2, 2, 1)
    array([[1.0, 2.0], [2.0, 3.0], [4.0, 5.0], [5.0, 6.0]])
    """
    OH, OW = (x.shape[1] - KH) // stride + 1, (x.shape[2] - KW) // stride + 1
    windows = []
    for i in range(OH):
        for j in range(OW):
            windows.append(x[:, stride * i : stride * i + KH, stride * j : stride * j + KW].ravel())
    return np.stack(windows, axis=1)


@exercise(
    title="Convolution, backward",
    hints=(
        "y[o, i, j] was the sum of w[o] * window. If dy[o, i, j] arrives, what does each number of w[o] get, "
        "and what each number of the window?",
        "w[o] gets dy[o, i, j] * window, and the window of x gets dy[o, i, j] * w[o]. Windows overlap: "
        "add up.",
        "dx and dw are zeros first. In three loops: dw[o] += dy[o, i, j] * x[window]; dx[window] += dy[o, i, "
        "j] * w[o]; and db is dy.sum(axis=(1, 2)).",
    ),
    gradient_of=lambda x, w, b: F.conv2d(x.reshape(1, *x.shape), w, b)[0],
    returns=("dx", "dw", "db"),
    draw=lambda rng: [
        (rng.normal(size=(c, h, w)), rng.normal(size=(o, c, kh, kw)), rng.normal(size=o))
        for c, h, w, o, kh, kw in [(1, 3, 3, 1, 2, 2), (2, 4, 5, 3, 3, 2), (3, 5, 4, 2, 2, 3)]
    ],
)
def convolve_rule(dy: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hand a gradient back through a convolution with channels, with stride 1.

    x is an image of shape (C, H, W), w has O kernels, shape (O, C, KH, KW), and the result y = convolution +
    b has the shape (O, OH, OW), as dy has, its gradient. Return the gradients of x, w and b.

    The windows (1, 2) and (2, 3) meet the kernel (5, 7). If 1 and 10 arrive, the 2 in the middle gets 1 * 7
    + 10 * 5:

    >>> convolve_rule(np.array([[[1.0, 10.0]]]), np.array([[[1.0, 2.0, 3.0]]]), np.array([[[[5.0, 7.0]]]]))
    (array([[[5.0, 57.0, 70.0]]]), array([[[[21.0, 32.0]]]]), array([11.0]))
    """
    KH, KW = w.shape[2:]
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for o, i, j in np.ndindex(dy.shape):
        dw[o] += dy[o, i, j] * x[:, i : i + KH, j : j + KW]
        dx[:, i : i + KH, j : j + KW] += dy[o, i, j] * w[o]
    return dx, dw, dy.sum(axis=(1, 2))


@exercise(
    title="Max pooling, backward",
    hints=(
        "Only the largest of a window acts on the result. So who gets what arrives?",
        "For each window find the place of its largest number; there, and only there, put dy[i, j].",
        "In two loops: window = x[k * i : k * i + k, k * j : k * j + k]; a, b = "
        "np.unravel_index(window.argmax(), window.shape); dx[k * i + a, k * j + b] = dy[i, j].",
    ),
    gradient_of=lambda x, k: F.max_pool2d(x.reshape(1, 1, *x.shape), k)[0, 0],
    returns=("dx",),
    draw=lambda rng: [
        (rng.permutation(h * w).reshape(h, w) / 3.0 - 2, k)
        for h, w, k in [(2, 2, 2), (4, 4, 2), (4, 6, 2), (6, 9, 3), (5, 7, 2), (8, 7, 3)]
    ],
    slips={
        "every number of a window gets a share. That is the mean's rule; only the largest gets something.": (
            lambda dy, x, k: np.pad(
                np.kron(dy, np.ones((k, k))) / k**2,
                ((0, x.shape[0] - dy.shape[0] * k), (0, x.shape[1] - dy.shape[1] * k)),
            )
        ),
        "every number of a window gets all of it; only the largest does.": lambda dy, x, k: np.pad(
            np.kron(dy, np.ones((k, k))),
            ((0, x.shape[0] - dy.shape[0] * k), (0, x.shape[1] - dy.shape[1] * k)),
        ),
    },
)
def max_pool_rule(dy: np.ndarray, x: np.ndarray, k: int) -> np.ndarray:
    """Hand a gradient back through max pooling.

    x is an image of shape (H, W). Windows of k x k pixels lie side by side, and y has the largest number of
    each, shape (H // k, W // k). What is left over at the right and at the bottom, is in no window. dy is
    the gradient of y. Return that of x. No two numbers of a window are equal.

    >>> max_pool_rule(np.array([[5.0]]), np.array([[1.0, 4.0], [3.0, 2.0]]), 2)
    array([[0.0, 5.0], [0.0, 0.0]])
    """
    dx = np.zeros_like(x)
    for i, j in np.ndindex(dy.shape):
        window = x[k * i : k * i + k, k * j : k * j + k]
        a, b = np.unravel_index(window.argmax(), window.shape)
        dx[k * i + a, k * j + b] = dy[i, j]
    return dx


@exercise(
    title="Transposed convolution",
    hints=(
        "Every number of x puts a stamp on the result: the kernel, times that number. Where does the "
        "stamp of x[i, j] lie?",
        "Its corner is at (stride * i, stride * j). Where stamps overlap, they add up.",
        "y = np.zeros((stride * (H - 1) + KH, stride * (W - 1) + KW)), and in two loops y[stride * i : "
        "stride * i + KH, stride * j : stride * j + KW] += x[i, j] * w.",
    ),
    reference=lambda x, w, stride: np.asarray(
        F.conv_transpose2d(mg.tensor(x[None, None]), mg.tensor(w[None, None]), stride=stride)
    )[0, 0],
    draw=lambda rng: [
        (rng.normal(size=x), rng.normal(size=w), stride)
        for x, w, stride in [
            ((1, 2), (1, 2), 1),
            ((2, 2), (2, 2), 1),
            ((2, 3), (3, 2), 2),
            ((3, 2), (2, 4), 3),
            ((3, 4), (3, 3), 1),
        ]
    ],
    slips={
        "where stamps overlap, the last one is left alone: add them up, +=.": lambda x, w, stride: _stamped(
            x, w, stride
        ),
    },
)
def transposed_convolution(x: np.ndarray, w: np.ndarray, stride: int) -> np.ndarray:
    """Make an image larger with a kernel: the transposed convolution.

    x is an image of shape (H, W) and w a kernel of shape (KH, KW). Each pixel of x lays the kernel, times
    the pixel, on the result, at a place stride pixels further for each step in x. Where several lie on each
    other, they are added. Return the result, which is just as large as it has to be: stride * (H - 1) + KH
    rows.

    With stride 1 the stamps (1, 10) and (2, 20) overlap in the middle; with stride 2 they lie side by side.

    >>> transposed_convolution(np.array([[1.0, 2.0]]), np.array([[1.0, 10.0]]), 1)
    array([[1.0, 12.0, 20.0]])

    >>> transposed_convolution(np.array([[1.0, 2.0]]), np.array([[1.0, 10.0]]), 2)
    array([[1.0, 10.0, 2.0, 20.0]])
    """
    KH, KW = w.shape
    y = np.zeros((stride * (x.shape[0] - 1) + KH, stride * (x.shape[1] - 1) + KW))
    for i, j in np.ndindex(x.shape):
        y[stride * i : stride * i + KH, stride * j : stride * j + KW] += x[i, j] * w
    return y


def _stamped(x: Any, w: Any, stride: int) -> Any:
    y = np.zeros([stride * (n - 1) + k for n, k in zip(x.shape, w.shape, strict=True)])
    for i, j in np.ndindex(x.shape):
        y[stride * i : stride * i + w.shape[0], stride * j : stride * j + w.shape[1]] = x[i, j] * w
    return y
