"""Exercises of lesson 10: a convolutional network that tells clothes apart."""

from typing import Any

import numpy as np

import minigrad as mg
from minigrad.course.grading import exercise
from minigrad.nn import functional as F


def _through(size: int, layers: Any) -> Any:
    row, sizes = list(range(size)), []
    for k, stride, padding in layers:
        row = [0] * padding + row + [0] * padding
        row = [1 for at in range(0, len(row), stride) if at + k <= len(row)]
        sizes.append(len(row))
    return sizes


@exercise(
    title="How large are the maps?",
    hints=(
        "Each layer takes what the one before it has left. Begin with the size of the image.",
        "A layer makes (size + 2 * padding - k) // stride + 1 of size.",
        "Go through the layers, replace size by the new size, and append it to a list.",
    ),
    reference=_through,
    draw=lambda rng: [
        (28, [(3, 1, 0), (2, 2, 0), (3, 1, 0), (2, 2, 0)]),
        (7, [(3, 1, 1)]),
        (5, []),
        *(
            (
                int(rng.integers(100, 150)),  # so that something is left behind four layers
                [
                    (int(rng.integers(1, 6)), int(rng.integers(1, 3)), int(rng.integers(0, 3)))
                    for _ in range(4)
                ],
            )
            for _ in range(4)
        ),
    ],
    slips={
        "each layer is given the image; it is given what the layer before it made.": lambda size, layers: [
            _through(size, [layer])[0] for layer in layers
        ],
    },
    single=False,
)
def map_sizes(size: int, layers: list[tuple[int, int, int]]) -> list[int]:
    """Follow the size of the maps through a network.

    The image is size pixels wide. layers has a tuple for each convolution or pooling, in order: the size k
    of its window, its stride and its padding, the number of zeros on each side. Return how wide the maps are
    after each layer.

    28 pixels, a convolution of 3 x 3, then pooling of 2 x 2:

    >>> map_sizes(28, [(3, 1, 0), (2, 2, 0)])
    [26, 13]
    """
    sizes = []
    for k, stride, padding in layers:
        size = (size + 2 * padding - k) // stride + 1
        sizes.append(size)
    return sizes


@exercise(
    title="Weights and multiplications",
    hints=(
        "A kernel has a weight for each of its pixels in each channel of the input. How many kernels "
        "are there?",
        "out kernels of inputs * k * k weights, and out biases. For each number of the result, a kernel is "
        "multiplied once, weight by weight.",
        "weights = out * inputs * k * k + out; multiplications = out * inputs * k * k * side * side.",
    ),
    returns=("weights", "multiplications"),
    reference=lambda inputs, out, k, side: (
        sum(1 + inputs * k**2 for _ in range(out)),
        sum(side * k**2 * inputs for _ in range(out * side)),
    ),
    draw=lambda rng: [tuple(int(v) for v in rng.integers(2, 20, 4)) for _ in range(6)],
    single=False,
    slips={
        "biases are weights, too, but nothing is multiplied with them.": lambda inputs, out, k, side: (
            out * (inputs * k * k + 1),
            out * (inputs * k * k + 1) * side * side,
        ),
    },
)
def cost(inputs: int, out: int, k: int, side: int) -> tuple[int, int]:
    """Count what a convolution learns, and what it has to do.

    It makes out maps of inputs channels, with kernels of k x k pixels and a bias for each map. Each map has
    side x side numbers. Return how many numbers it learns, biases included, and how many multiplications it
    takes for one image.

    One channel, two kernels of 3 x 3, maps of 4 x 4: 2 * 9 weights and 2 biases, and 2 * 16 results of 9
    products.

    >>> cost(1, 2, 3, 4)
    (20, 288)
    """
    kernel = inputs * k * k
    return out * (kernel + 1), out * kernel * side * side


@exercise(
    title="The mean of each map, and back",
    hints=(
        "Each of the H * W numbers of a map acts on the mean by the same slope. Which?",
        "1 / (H * W). So every pixel of a map gets the map's gradient, divided by H * W.",
        "dy[:, :, None, None] has two more axes: np.ones(shape) * dy[:, :, None, None] / (H * W).",
    ),
    gradient_of=lambda x: x.mean((2, 3)),
    returns=("dx",),
    draw=lambda rng: [
        (rng.normal(size=shape),) for shape in ((1, 1, 2, 2), (2, 3, 2, 4), (1, 4, 3, 1), (3, 2, 3, 3))
    ],
)
def global_mean_rule(dy: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Hand a gradient back through the mean of every map.

    x has the shape (N, C, H, W), and y, of shape (N, C), has the mean of each map: that is how many networks
    get from maps to scores. dy is the gradient of y. Return that of x.

    One map of 1 x 2 pixels: each gets one half.

    >>> global_mean_rule(np.array([[6.0]]), np.array([[[[1.0, 2.0]]]]))
    array([[[[3.0, 3.0]]]])
    """
    H, W = x.shape[2:]
    return np.ones_like(x) * dy[:, :, None, None] / (H * W)


def _folded(w: Any, b: Any, gamma: Any, beta: Any, mean: Any, var: Any, eps: float) -> Any:
    """From what it does: the answers to no input, and to one pixel at a time."""
    out = w.shape[0]

    def both(x: Any) -> Any:
        return np.asarray(
            F.batch_norm(
                F.conv2d(mg.tensor(x), mg.tensor(w), mg.tensor(b)),
                mg.tensor(mean),
                mg.tensor(var),
                mg.tensor(gamma),
                mg.tensor(beta),
                eps=eps,
            )
        )[:, :, 0, 0]

    nothing = both(np.zeros((1, *w.shape[1:])))[0]
    single = np.eye(w[0].size).reshape(-1, *w.shape[1:])
    return (both(single) - nothing).T.reshape(out, *w.shape[1:]), nothing


@exercise(
    title="Batch norm inside of a convolution",
    hints=(
        "When a network is used, batch norm is a factor and a summand for each map, both fixed. Write "
        "them down.",
        "It makes gamma * (y - mean) / sqrt(var + eps) + beta of y = w * x + b. Which factor does w get?",
        "scale = gamma / np.sqrt(var + eps), one for each kernel: w * scale[:, None, None, None]. "
        "And (b - mean) * scale + beta.",
    ),
    returns=("w", "b"),
    reference=_folded,
    draw=lambda rng: [
        (
            rng.normal(size=(o, c, k, k)),
            *(rng.normal(size=o) for _ in range(4)),
            rng.uniform(0.5, 2, o),
            eps,
        )
        for o, c, k, eps in [(1, 1, 1, 0.1), (2, 1, 2, 0.5), (3, 2, 2, 0.01), (4, 3, 1, 1.0)]
    ],
    close=1e-7,
    slips={
        "the bias of the convolution is normalised, too: (b - mean) times the factor.": (
            lambda w, b, gamma, beta, mean, var, eps: (
                w * (gamma / np.sqrt(var + eps))[:, None, None, None],
                b + beta - mean * gamma / np.sqrt(var + eps),
            )
        ),
    },
)
def fold_batch_norm(
    w: np.ndarray,
    b: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    mean: np.ndarray,
    var: np.ndarray,
    eps: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Make one convolution of a convolution and the batch norm behind it.

    w has O kernels, shape (O, C, KH, KW), and b their biases. When the network is used, batch norm takes
    from each map the running mean, divides by the root of the running var plus eps, multiplies by gamma and
    adds beta, each with O numbers. Return kernels and biases of a convolution that does all of this by
    itself.

    y = 3 x + 1, then (y - 5) / 2 * 10 + 100: together 15 x + 80.

    >>> fold_batch_norm(np.array([[[[3.0]]]]), np.array([1.0]), np.array([10.0]), np.array([100.0]),
    ...                 np.array([5.0]), np.array([4.0]), 0.0)
    (array([[[[15.0]]]]), array([80.0]))
    """
    scale = gamma / np.sqrt(var + eps)
    return w * scale[:, None, None, None], (b - mean) * scale + beta
