"""The records of convolution: the slides' numbers, and what is computed after backward, in plain Python."""

from typing import Any

import numpy as np
import pytest

from minigrad.course import Example
from minigrad.course.examples import convolution

IMAGE = [[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]]
KERNEL = [[0, 1, 2], [2, 2, 0], [0, 1, 2]]


def written(example: Example, name: str) -> Any:
    return example[name].value.exact().tolist()


def test_the_numbers_are_those_of_the_slides() -> None:
    assert written(convolution.slides, "x") == written(convolution.slides_pooled, "x") == IMAGE
    assert written(convolution.slides, "w") == KERNEL
    assert written(convolution.slides, "y") == [[12, 12, 17], [10, 17, 19], [9, 6, 14]]
    assert written(convolution.slides_pooled, "y") == [[3, 3, 3], [3, 3, 3], [3, 2, 3]]


OPTIONS = {"slides": (1, 0, 1), "stride": (2, 0, 1), "padding": (1, 1, 1), "dilation": (1, 0, 2)}


@pytest.mark.parametrize("name", OPTIONS)
def test_every_number_meets_every_pixel_under_it_once(name: str) -> None:
    """All three passes from the one sum, taken term by term."""
    stride, padding, dilation = OPTIONS[name]
    example: Example = getattr(convolution, name)
    x, w, dy = (example.given[of] for of in ("x", "w", "dy"))
    y, dx, dw = np.zeros_like(dy), np.zeros_like(x), np.zeros_like(w)
    for i, j in np.ndindex(dy.shape):
        for a, b in np.ndindex(w.shape):
            row, column = stride * i + dilation * a - padding, stride * j + dilation * b - padding
            if 0 <= row < x.shape[0] and 0 <= column < x.shape[1]:
                y[i, j] += w[a, b] * x[row, column]
                dw[a, b] += dy[i, j] * x[row, column]
                dx[row, column] += dy[i, j] * w[a, b]
    assert np.array_equal(example["y"].value.exact(), y)
    for of, gradient in (("x", dx), ("w", dw)):
        assert np.array_equal(example[of].gradient.exact(), gradient)  # type: ignore[union-attr]
        assert np.array_equal(example[f"d{of}"].value.exact(), gradient)
    assert example["L"].value.exact() == np.sum(dy * y) == np.sum(dx * x) == np.sum(dw * w)


def test_transposed_convolution_puts_down_kernels() -> None:
    example = convolution.transposed
    x, w, dy = (example.given[of] for of in ("x", "w", "dy"))
    y, dx, dw = np.zeros_like(dy), np.zeros_like(x), np.zeros_like(w)
    for i, j in np.ndindex(x.shape):
        for a, b in np.ndindex(w.shape):
            y[2 * i + a, 2 * j + b] += x[i, j] * w[a, b]
            dx[i, j] += dy[2 * i + a, 2 * j + b] * w[a, b]
            dw[a, b] += dy[2 * i + a, 2 * j + b] * x[i, j]
    assert np.array_equal(example["y"].value.exact(), y)
    for of, gradient in (("x", dx), ("w", dw)):
        assert np.array_equal(example[of].gradient.exact(), gradient)  # type: ignore[union-attr]
        assert np.array_equal(example[f"d{of}"].value.exact(), gradient)


def test_pooling_sends_all_to_the_largest() -> None:
    example = convolution.pooled
    x, dy = example.given["x"], example.given["dy"]
    dx = np.zeros_like(x)
    for i, j in np.ndindex(dy.shape):
        window = x[i : i + 2, j : j + 2]
        assert np.sum(window == window.max()) == 1  # no tie: there a slope would not exist
        a, b = np.unravel_index(window.argmax(), window.shape)
        dx[i + a, j + b] += dy[i, j]
    assert np.array_equal(example["x"].gradient.exact(), dx)  # type: ignore[union-attr]


def test_pixel_by_pixel_is_a_convolution() -> None:
    example = convolution.pixel_by_pixel
    x = np.array([[example.given[f"x{i}{j}"] for j in (1, 2, 3)] for i in (1, 2, 3)])
    w = np.array([[example.given[f"w{i}{j}"] for j in (1, 2)] for i in (1, 2)])
    dy = np.array([[1, 2], [-1, 3]])
    for i, j in np.ndindex(2, 2):
        assert example[f"y{i + 1}{j + 1}"].value.exact() == np.sum(w * x[i : i + 2, j : j + 2])
        gradient = example[f"w{i + 1}{j + 1}"].gradient
        assert gradient is not None
        assert gradient.exact() == np.sum(dy * x[i : i + 2, j : j + 2])


def test_grids() -> None:
    example = convolution.transposed
    assert example.grids("x", "w", "grad.w") == (
        "x          w           gradient of w\n"
        " 1   2     0  1  2      3   1  -1\n"
        "-1   3     2  2  0      1   4   0\n"
        "           0  1  2      2   0  10"
    )
    for name in ("L", "grad.dy"):
        with pytest.raises(ValueError, match="is no matrix"):
            example.grids(name)
